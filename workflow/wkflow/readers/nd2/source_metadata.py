"""What an ND2 says of itself: all its chunks of metadata, as nd2 reads them."""

from nd2 import ND2File

from wkflow.readers.base.source_metadata import SourceMetadata


def read_metadata(path: str) -> SourceMetadata | None:
    """Read what is no voxel; chunks that cannot be understood are left out."""
    with ND2File(path) as file:
        said = file.unstructured_metadata()
    return SourceMetadata.of_values("nd2.json", said)
