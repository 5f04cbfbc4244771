"""Names of jobs are read as they were written."""

import pytest
from wkflow.model.voxel_job import VoxelJob


@pytest.mark.parametrize(
    ("job", "text"),
    [
        (VoxelJob.of_slab("cells", "t1z32"), "convert_slab/cells/t1z32"),
        (VoxelJob.of_block("cells", "2-2-1", "b7"), "downsample_block/cells/2-2-1/b7"),
        (VoxelJob.of_rest("cells"), "downsample_rest/cells"),
    ],
)
def test_names_survive(job: VoxelJob, text: str) -> None:
    """They stand in run folders, which later versions carry on."""
    assert str(job) == text
    assert VoxelJob.parse(text) == job
