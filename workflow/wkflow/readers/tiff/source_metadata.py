"""What a TIFF says of itself: OME-XML as it is, else what tifffile reads of its maker's tags."""

from tifffile import TiffFile

from wkflow.readers.base.source_metadata import SourceMetadata

OME = "ome"
SHAPED = "shaped"
"""tifffile's own note of the array's shape: it says nothing that the layer does not."""


def read_metadata(path: str) -> SourceMetadata | None:
    """Read the first directory, and what it leads to."""
    with TiffFile(path) as tif:
        if tif.is_ome and tif.ome_metadata:
            return SourceMetadata.of_xml("ome.xml", tif.ome_metadata)
        makers = sorted(tif.flags - {OME, SHAPED})
        said = {maker: getattr(tif, f"{maker}_metadata", None) for maker in makers}
        found = {maker: values for maker, values in said.items() if values}
        description = tif.pages.first.description
        if description and not tif.is_shaped and not found:
            found = {"ImageDescription": description}
        return SourceMetadata.of_values("tiff.json", found)
