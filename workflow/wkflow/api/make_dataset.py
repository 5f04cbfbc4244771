"""A run in this process, and what it gave."""

import json
import os
from contextlib import suppress
from pathlib import Path
from time import monotonic

from wkflow.api.run_result import LayerResult, Outcome, RunResult
from wkflow.cli.local_snakemake import suffices
from wkflow.cli.snakemake_process import forked
from wkflow.options.settings import Settings
from wkflow.rules.closing_lines import address_of

OUTCOMES: dict[str, Outcome] = {
    "DONE": "done",
    "NOTHING_TO_DO": "nothing to do",
    "ONLY_LOOKED": "no job was run",
    "INCOMPLETE": "incomplete",
}
"""How results say what `wkflow.cli.outcome.End` names."""


def make_dataset(settings: Settings, extra: tuple[str, ...], output: int) -> RunResult:
    """Run the workflow; `output` is the file behind our standard output.

    Raises
    ------
    WkflowError
        As `wkflow.cli.run.launch` does.
    """
    started = monotonic()
    with forked(extra, settings, is_wanted=suffices(settings, extra)) as forks:
        from wkflow.cli.run import launch  # noqa: PLC0415 -- beside the fork, which imports as well

        end = launch(settings, extra, forks, quiet=True)
    seconds = monotonic() - started
    os.lseek(output, 0, os.SEEK_SET)
    with os.fdopen(os.dup(output), "rb") as printed:
        text = printed.read().decode(errors="replace")
    return result_of(settings, OUTCOMES[end.name], seconds, text)


def result_of(settings: Settings, outcome: Outcome, seconds: float, output: str) -> RunResult:
    """Read what a run left, as the command line sums it up."""
    from wkflow.cli.run import notes  # noqa: PLC0415 -- as above
    from wkflow.cli.summary import Summary  # noqa: PLC0415
    from wkflow.run_folder import PROOF, RunFolder  # noqa: PLC0415

    summary = Summary()
    url = address_of(settings)
    summary.look_at_results(settings, url=url, notes=notes(settings))
    proof = settings.run_folder / PROOF
    size, unit = _voxel_size(settings)
    here = str(settings.target) if settings.kind.has_remote_target else settings.place
    return RunResult(
        url or here,
        settings.dataset_name,
        outcome,
        tuple(
            LayerResult(
                *(one["name"], one["category"], one["dtype"], one["channels"]),
                *(tuple(one["size"]), tuple(one["mags"])),
            )
            for one in summary.layers
        ),
        size,
        unit,
        settings.run_folder,
        RunFolder(settings.run_folder).receipts,
        Path(summary.report) if summary.report else None,
        proof if proof.exists() else None,
        seconds,
        tuple(summary.notes),
        output,
    )


def _voxel_size(settings: Settings) -> tuple[tuple[float, float, float], str]:
    """Read the voxel size of the dataset, or of the plan where it is not here."""
    from wkflow.errors import ConfigError, SourceError  # noqa: PLC0415 -- as above
    from wkflow.model.datasource_properties import Existing  # noqa: PLC0415
    from wkflow.model.plan import Plan  # noqa: PLC0415
    from wkflow.model.write_datasource import PROPERTIES  # noqa: PLC0415
    from wkflow.run_folder import DRAFT  # noqa: PLC0415

    with suppress(OSError, ValueError, SourceError):
        document = json.loads((settings.place / PROPERTIES).read_bytes())
        found = Existing.parse(document, str(settings.place))
        return found.voxel_size, found.unit
    with suppress(OSError, ConfigError):
        plan = Plan.read(settings.run_folder / DRAFT)
        return plan.voxel_size, plan.unit
    return (0.0, 0.0, 0.0), "nanometer"
