"""Do a whole conversion in this one process: what it would take without any engine.

python -m tests.benchmarks.pipeline SOURCE TARGET x,y,z [--seconds]

`--seconds` prints what it took, without imports.
"""

import os
import sys
from pathlib import Path
from time import perf_counter

from wkflow.model.plan import Plan
from wkflow.model.receipt import Receipt
from wkflow.options.settings import Settings
from wkflow.planning.plan_conversion import plan_conversion
from wkflow.steps.convert_slab import convert_slab
from wkflow.steps.create_layer import create_layer
from wkflow.steps.downsample_block import downsample_block
from wkflow.steps.downsample_rest import downsample_rest
from wkflow.steps.write_properties import write_properties

STEPS = {"downsample_block": downsample_block}
WITH_SCRATCH = {"convert_slab": convert_slab, "downsample_rest": downsample_rest}


def run(settings: Settings, threads: int) -> Plan:
    """Take the steps of all jobs one after the other, each with all threads; give the plan."""
    plan = plan_conversion(settings)
    for one in plan.layers:
        create_layer(plan, one.layer.name)
    receipts = settings.run_folder / "receipts"
    paths = []
    for job, _ in plan.jobs():
        path = receipts / f"{job}.json"
        path.parent.mkdir(parents=True, exist_ok=True)
        _take(plan, job, threads, settings.run_folder / "scratch").write(path)
        paths.append(str(path))
    write_properties(plan, paths)
    return plan


def _take(plan: Plan, job: str, threads: int, scratch: Path) -> Receipt:
    rule, *wildcards = job.split("/")
    if rule in STEPS:
        return STEPS[rule](plan, *wildcards, threads=threads, tick=lambda _: None)
    step = WITH_SCRATCH[rule]
    return step(plan, *wildcards, threads=threads, tick=lambda _: None, scratch=scratch)


if __name__ == "__main__":
    source, target, voxel_size, *flags = sys.argv[1:]
    options = {"source": source, "target": target, "voxel_size": voxel_size}
    Path(target).parent.mkdir(parents=True, exist_ok=True)
    started = perf_counter()
    run(Settings.parse(options, where="pipeline"), len(os.sched_getaffinity(0)))
    if "--seconds" in flags:
        print(perf_counter() - started)
