"""What a CZI says of itself: its XML as it is."""

from wkflow.readers.base.file_type import open_as
from wkflow.readers.base.source_metadata import SourceMetadata
from wkflow.readers.czi.directory import read_directory


def read_metadata(path: str) -> SourceMetadata | None:
    """Read the metadata segment."""
    with open_as("CZI", path) as file:
        return SourceMetadata.of_xml("czi.xml", read_directory(file, path).xml)
