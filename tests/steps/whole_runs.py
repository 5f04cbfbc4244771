"""A conversion without Snakemake: what its rules do, one after the other, in this process."""

from pathlib import Path

from wkflow.formats.replace_dataset import finish_replacing
from wkflow.model.claim import place_of
from wkflow.model.plan import Plan
from wkflow.options.settings import Settings
from wkflow.planning.claim_target import bring_back, claim_target, lay_aside
from wkflow.planning.plan_conversion import plan_conversion
from wkflow.run_folder import ASKED, DRAFT, PLAN, REPORT
from wkflow.steps.convert_slab import convert_slab
from wkflow.steps.create_layer import create_layer
from wkflow.steps.downsample_block import downsample_block
from wkflow.steps.downsample_rest import downsample_rest
from wkflow.steps.write_properties import write_properties
from wkflow.steps.write_report import write_report


def planned(settings: Settings) -> Plan:
    """Do what comes before the first job; also what a run does that only shows its jobs."""
    bring_back(settings.run_folder)
    plan = plan_conversion(settings)
    lay_aside(settings)
    plan.write(settings.run_folder / DRAFT)
    return plan


def carry_out(settings: Settings, *, until: str = "") -> Plan:
    """Do all jobs that have no receipt; stop before one whose name begins with `until`."""
    plan, folder = planned(settings), settings.run_folder
    claim_target(settings, plan)
    plan.write(folder / PLAN)
    for job, _ in plan.jobs():
        if until and job.startswith(until):
            return plan
        if not (folder / "receipts" / f"{job}.json").exists():
            _do(_placed(plan, folder), job, folder)
    for one in plan.layers:
        create_layer(_placed(plan, folder), one.layer.name)
    if until == "write_properties":
        return plan
    receipts = [str(folder / "receipts" / f"{job}.json") for job, _ in plan.jobs()]
    write_properties(_placed(plan, folder), receipts)
    if until == "finish_replacing":
        return plan
    finish_replacing(plan, folder)
    write_report(plan, receipts, folder / REPORT)
    (folder / ASKED).unlink(missing_ok=True)
    return plan


def _placed(plan: Plan, folder: Path) -> Plan:
    document = {name: getattr(plan, name) for name in Plan.__dataclass_fields__}
    return Plan(**document | {"dataset": str(place_of(Path(plan.dataset), folder))})


def _do(plan: Plan, job: str, folder: Path) -> None:
    rule, layer, *rest = job.split("/")
    options = {"threads": 2, "tick": lambda _: None, "scratch": folder / "scratch"}
    do = {
        "convert_slab": convert_slab,
        "downsample_block": downsample_block,
        "downsample_rest": downsample_rest,
    }[rule]
    do(plan, layer, *rest, **options).write(folder / "receipts" / f"{job}.json")  # type: ignore[operator]
