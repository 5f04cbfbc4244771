"""What a LIF, LOF or XLIF says of itself: its XML as it is."""

from liffile import LifFile

from wkflow.readers.base.source_metadata import SourceMetadata


def read_metadata(path: str) -> SourceMetadata | None:
    """Read the description of all images of the file."""
    with LifFile(path) as lif:
        return SourceMetadata.of_xml("lif.xml", lif.xml_header())
