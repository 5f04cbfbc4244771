"""The toy, judged by zarr-python."""

from pathlib import Path

from wkflow.formats.mag_writer import MagVoxels

from tests.formats.contract import FormatContract
from tests.formats.judges import Block, zarr_reads


class TestToy(FormatContract):
    data_format = "toy"
    codecs = ("zstd:3", "gzip:1", "none")
    checked = ("zstd:3", "gzip:1")

    def others_read(self, dataset: Path, voxels: MagVoxels) -> Block:
        return zarr_reads(dataset / voxels.layer.name / str(voxels.grid.mag))
