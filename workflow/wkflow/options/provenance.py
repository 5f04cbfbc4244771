"""The options about what a dataset says of itself."""

from pydantic import BaseModel, Field

from wkflow.options.option_help import About


class ProvenanceOptions(BaseModel):
    """What lies beside the voxels and the properties."""

    source_metadata: bool = Field(
        default=True,
        description="Keep what the first file of each layer says of itself beside the layer, as "
        "source-metadata.*: OME-XML, CZI and LIF XML, DM, ND2 and TIFF tags; of NIfTI and DICOM "
        "headers numbers and codes only.",
        json_schema_extra=About(
            "Dataset", "Keep what the files say of themselves (OME-XML, tags) beside the layers."
        ),
    )
    manifest: bool = Field(
        default=False,
        description="Write manifest.sha256 into the dataset, for `sha256sum -c`: every file is "
        "read once more and compared with what its job wrote.",
        json_schema_extra=About(
            "Dataset", "Write manifest.sha256 into the dataset, for `sha256sum -c`."
        ),
    )
    ro_crate: bool = Field(
        default=False,
        description="Write ro-crate-metadata.json into the dataset: source, options, versions, "
        "times, and the digest of the manifest, which is written too. Needs the extra rocrate.",
        json_schema_extra=About(
            "Dataset", "Describe source, options and versions in ro-crate-metadata.json."
        ),
    )

    @property
    def describes(self) -> bool:
        """Whether the files of the dataset are listed with their digests."""
        return self.manifest or self.ro_crate
