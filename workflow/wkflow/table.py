"""The plan as a table for `--dry-run`."""

from math import prod

from wkflow.plan import Plan
from wkflow.settings import Settings
from wkflow.steps.check_room import measure_room


def plan_table(plan: Plan, settings: Settings) -> str:
    """Show layers, mags, jobs, voxels and bytes, memory and disk; nothing is written."""
    room = measure_room(plan, settings)
    lines = [f"dataset   {plan.name} -> {plan.dataset}", f"run folder {settings.run_folder}", ""]
    for one in plan.layers:
        x, y, z = one.layer.size
        lines += [
            f"layer {one.layer.name}: {one.layer.category} ({one.evidence}), "
            f"{one.layer.element_class}, box {x} x {y} x {z}, {one.kernel}, {one.codec}",
            f"  {'mag':>10} {'voxels x,y,z':>24} {'shard':>16} {'files':>7} {'jobs':>6} {'GB':>10}",
        ]
        for number, grid in enumerate(one.grids):
            jobs = len(one.slabs()) if number == 0 else len(one.blocks(grid))
            shown = str(jobs) if number == 0 or one.is_big(grid) else "rest"
            size = prod(grid.size) * one.layer.voxel_bytes / 1e9
            lines.append(
                f"  {grid.mag!s:>10} {_times(grid.size):>24} {_times(grid.shard):>16} "
                f"{prod(grid.shards):>7} {shown:>6} {size:>10.3f}"
            )
        lines.append("")
    jobs, voxels = len(list(plan.jobs())), sum(voxels for _, voxels in plan.jobs())
    lines += [
        f"jobs      {jobs}, at most {room.memory_per_job / 2**30:.2f} GiB of memory each "
        f"({room.memory / 2**30:.1f} GiB may be used)",
        f"voxels    {voxels:,}",
        f"bytes     {room.raw / 1e9:.3f} GB uncompressed, about {room.expected / 1e9:.3f} GB on disk"
        f" ({room.disk_free / 1e9:.1f} GB free)",
        f"files     {plan.file_count} shards",
    ]
    return "\n".join([*lines, *(f"note      {note}" for note in plan.notes)])


def _times(shape: tuple[int, int, int]) -> str:
    return "x".join(map(str, shape))
