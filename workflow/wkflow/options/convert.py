"""The options of a conversion: what `webknossos convert` documents, and ours beside them."""

from typing import Annotated, Literal, Self

from pydantic import AliasChoices, BaseModel, BeforeValidator, Field
from pydantic import model_validator as whole

from wkflow.model.box import Triple
from wkflow.model.data_formats import DATA_FORMATS, misfit, shard_of
from wkflow.model.intensity_range import AUTO
from wkflow.model.units import NANOMETER
from wkflow.options import parsers
from wkflow.options.option_help import About
from wkflow.options.option_types import (
    FormatName,
    KernelName,
    LayerName,
    MagName,
    Name,
    Shape,
    SourcePlace,
    VoxelSize,
)


class ConvertOptions(BaseModel):
    """From images to a dataset on disk."""

    source: SourcePlace = Field(
        "",
        description="Folder of slices, folder of such folders (a layer each), one file of any "
        "format, a zip archive of these, or a URL (http, s3, gs); for `wkflow upload` a dataset.",
        json_schema_extra=About(
            "Source",
            "Folder of slices or of such folders, a file, a zip archive, or a URL.",
            upload="The dataset to send: its folder.",
        ),
    )
    target: SourcePlace | None = Field(
        None,
        description="Folder that becomes the dataset; left out when it is uploaded. For `wkflow "
        "downsample` and `wkflow add-layer` a dataset that exists: its folder, or its URL on a "
        "server.",
        json_schema_extra=About(
            "Dataset",
            "Folder that becomes the dataset; left out with --upload.",
            downsample="The dataset: its folder, or its URL on a server.",
            add_layer="The dataset that gets the layers: its folder, or its URL on a server.",
        ),
    )
    voxel_size: VoxelSize | None = Field(
        None,
        description="Size of one voxel along x,y,z, in `unit`; by default what the files state.",
        examples=["11.24,11.24,25"],
        json_schema_extra=About(
            "Dataset", "Size of one voxel along x,y,z, in --unit; by default what the files state."
        ),
    )
    unit: Annotated[str, BeforeValidator(parsers.unit)] | None = Field(
        None,
        description="Unit of the voxel size, long (micrometer) or short (um); by default "
        "nanometer, or the unit of a WEBKNOSSOS dataset whose voxel size is kept.",
        examples=["um"],
        json_schema_extra=About(
            "Dataset", "Unit of the voxel size, such as micrometer or um; by default nanometer."
        ),
    )
    name: Name | None = Field(
        None,
        validation_alias=AliasChoices("name", "dataset_name"),
        description="Name of the dataset; by default that of the target, else of the source.",
        json_schema_extra=About(
            "Dataset",
            remote_convert="Name of the dataset on the server; by default that of the source.",
            upload="Name of the dataset on the server; by default that of its folder.",
        ),
    )
    layer_name: LayerName | None = Field(
        None,
        description="Name of the only layer, or prefix of the names of several.",
        json_schema_extra=About(
            "Dataset", downsample="The only layer that gets magnifications; by default all do."
        ),
    )
    category: Literal["color", "segmentation"] | None = Field(
        None,
        description="Kind of all layers; by default from names, then from voxels.",
        json_schema_extra=About("Dataset"),
    )
    data_format: FormatName = Field(
        "zarr3",
        description="Storage format of the dataset.",
        json_schema_extra=About("Dataset"),
    )
    chunk_shape: Annotated[Shape, BeforeValidator(parsers.powers_of_two)] = Field(
        (32, 32, 32),
        description="Voxels compressed as one piece: one number or x,y,z.",
        json_schema_extra=About(
            "Dataset", downsample="Voxels compressed as one piece in new mags: one number or x,y,z."
        ),
    )
    shard_shape: Shape | None = Field(
        None,
        description="Voxels of one file in mag 1 (of all new mags in `wkflow downsample`): one "
        "number or x,y,z, a multiple of the chunk; by default 128x128x1 chunks, clipped to the "
        "layer.",
        json_schema_extra=About(
            "Dataset",
            "Voxels of one file: one number or x,y,z; by default 128x128x1 chunks.",
            downsample="Voxels of one file of new mags; by default 128x128x1 chunks.",
        ),
    )
    chunks_per_shard: Shape | None = Field(
        None,
        description="Another way to give the shard shape: in chunks, one number or x,y,z.",
        json_schema_extra=About("Dataset"),
    )
    compress: bool = Field(
        default=True,
        description="Compress the chunks.",
        json_schema_extra=About("Dataset"),
    )
    compression: Annotated[str | None, BeforeValidator(parsers.compression)] = Field(
        parsers.AUTO,
        description="CODEC:LEVEL, or auto: the fastest level of zstd that is within 2 % of the "
        "smallest on some chunks of the layer.",
        json_schema_extra=About(
            "Dataset",
            "CODEC:LEVEL, or auto: the fastest level of zstd that is nearly the smallest.",
        ),
    )
    batch_size: int | None = Field(
        None,
        gt=0,
        description="Slices held in memory at once: a multiple of the shard depth.",
        json_schema_extra=About("Machine"),
    )
    downsample: bool = Field(
        default=True,
        description="Build the magnifications above 1.",
        json_schema_extra=About("Pyramid"),
    )
    max_mag: MagName | None = Field(
        None,
        validation_alias=AliasChoices("max_mag", "coarsest_mag"),
        description="Coarsest magnification (8 or 8-8-4); by default that in which a slice is "
        "about 100 voxels across, at least 4.",
        json_schema_extra=About(
            "Pyramid",
            "Coarsest magnification (8 or 8-8-4); by default slices have then 100 voxels across.",
        ),
    )
    interpolation_mode: KernelName = Field(
        "default",
        description="How voxels merge; default: median, mode for segmentation.",
        json_schema_extra=About("Pyramid"),
    )
    sampling_mode: Literal["anisotropic", "isotropic", "constant_z"] = Field(
        "anisotropic",
        description="Which axes each magnification halves.",
        json_schema_extra=About("Pyramid"),
    )
    contrast: Annotated[str, BeforeValidator(parsers.contrast)] = Field(
        AUTO,
        description="Values of color layers shown black and white at first: auto, what the file "
        "states, else percentiles of the voxels; full, the smallest and the largest; LOW,HIGH.",
        examples=["0,4095"],
        json_schema_extra=About(
            "Dataset",
            "What is shown black and white at first: auto, full, or LOW,HIGH.",
        ),
    )
    on_mismatch: Literal["refuse", "pad"] = Field(
        "refuse",
        description="Slices of other sizes: refuse them, or pad with zeros.",
        json_schema_extra=About("Source"),
    )
    slice_order: Literal["numbers", "names"] = Field(
        "numbers",
        description="Order of slices: by the values of the numbers in their names, where a second "
        "number or word that names channels makes layers; or all files of a folder as one stack, "
        "in natural order of their names.",
        json_schema_extra=About(
            "Source",
            "Order of slices: by numbers in their names, or of all files by name.",
        ),
    )
    overwrite_existing: bool = Field(
        default=False,
        description="Replace the dataset at the target, when the new one is whole.",
        json_schema_extra=About("Dataset"),
    )
    assume_yes: bool = Field(
        default=False,
        description="Answer yes where a person is asked: to remove the old dataset first, if the "
        "disk does not hold both.",
        json_schema_extra=About(
            "Dataset", "Remove the old dataset first, if the disk does not hold both."
        ),
    )

    @whole(mode="after")
    def _shapes_fit(self) -> Self:
        """Shards are whole chunks, batches whole shards."""
        unit = self.unit or NANOMETER
        if self.voxel_size and not parsers.is_plausible(self.voxel_size, unit):
            raise ValueError(
                f"voxel_size {self.voxel_size} is implausible in {unit}: an edge of a voxel "
                "has 1 pm to 1 cm; name another unit"
            )
        if self.shard_shape and self.chunks_per_shard:
            raise ValueError("shard_shape does not go with chunks_per_shard: give one of them")
        shard, chunk = self.finest_shard, self.chunk_shape
        if any(s % c for s, c in zip(shard, chunk, strict=True)):
            raise ValueError(
                f"chunk_shape {_commas(chunk)} does not divide shard_shape {_commas(shard)}"
            )
        if words := misfit(self.data_format, shard, chunk):
            raise ValueError(words)
        is_cubic = DATA_FORMATS[self.data_format].is_cubic
        deep, what = (chunk[2], "chunk") if is_cubic else (shard[2], "shard")
        if self.batch_size and self.batch_size % deep:
            raise ValueError(
                f"batch_size {self.batch_size} is no multiple of the {what} depth {deep}"
            )
        return self

    @property
    def finest_shard(self) -> Triple:
        """Shard shape of mag 1 before it is clipped to the layer, (x, y, z) in voxels."""
        chunks = self.chunks_per_shard or DATA_FORMATS[self.data_format].finest
        return self.shard_shape or shard_of(chunks, self.chunk_shape)


def _commas(shape: Triple) -> str:
    return ",".join(map(str, shape))
