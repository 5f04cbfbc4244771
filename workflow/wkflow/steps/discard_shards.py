"""Remove shards that the server has and no job needs any more."""

from pathlib import Path

from wkflow.model.plan import Plan
from wkflow.model.receipt import Receipt
from wkflow.model.voxel_job import VoxelJob
from wkflow.path_safety import require_inside
from wkflow.run_folder import RunFolder
from wkflow.voxels.scratch_mag import has_shortcut, is_spared
from wkflow.webknossos.upload_plan import UploadPlan


def discard_shards(delivery: UploadPlan, plan: Plan, run_folder: Path, *, batch: str) -> Receipt:
    """Remove the files of a batch; those of a slab only if its shortcut replaces them.

    What is left stays until the whole dataset goes.

    Raises
    ------
    ConfigError
        If a folder of a mag leads out of the dataset.
    """
    receipt = Receipt.read(RunFolder(run_folder).receipt(batch))
    if has_shortcut(plan, batch) and not is_spared(plan, run_folder, batch):
        return Receipt("discard_shards")
    one = plan.layer(VoxelJob.parse(batch).layer)
    for folder in (f"{one.layer.path}/{grid.name}" for grid in one.made):
        require_inside(Path(delivery.dataset), folder)
    for file in receipt.files:
        Path(delivery.dataset, file.path).unlink(missing_ok=True)
    return Receipt("discard_shards", receipt.files)
