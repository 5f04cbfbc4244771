"""What was expected of a run, beside what came."""

from collections.abc import Mapping
from dataclasses import dataclass

from wkflow.model.forecast import Forecast
from wkflow.model.plan import Plan
from wkflow.model.receipt import Receipt
from wkflow.report.measured_memory import MeasuredMemory

NOT_MEASURED = MeasuredMemory(0)


@dataclass(frozen=True, slots=True)
class Comparison:
    """One row: a count, or bytes; `result` is None where nobody measured it.

    `note` says what has to be known of the result.
    """

    what: str
    forecast: int
    result: int | None = None
    is_bytes: bool = False
    note: str = ""

    @property
    def percent(self) -> int | None:
        """The result in percent of the forecast, where they differ."""
        if self.result is None or not self.forecast or self.result == self.forecast:
            return None
        return round(100 * self.result / self.forecast)


def compare(
    expected: Forecast,
    receipts: Mapping[str, Receipt],
    plan: Plan,
    memory: MeasuredMemory = NOT_MEASURED,
) -> tuple[Comparison, ...]:
    """Lay both beside one another; nothing where no voxel was to be written.

    What shards take that left the disk is not what had to be free.
    """
    if not expected.jobs:
        return ()
    written = list(receipts.values())
    stays = not any(one.passing for one in plan.layers)
    stored = sum(receipt.bytes_written for receipt in written)
    source = [Comparison("Files of the source", expected.source, is_bytes=True)]
    return (
        *(source if expected.source else []),
        Comparison("Jobs that write voxels", expected.jobs, len(written)),
        Comparison("Voxels", expected.voxels, sum(receipt.voxels for receipt in written)),
        Comparison("Shards", expected.files, sum(len(receipt.files) for receipt in written)),
        Comparison("Disk", expected.disk, stored if stays else None, is_bytes=True),
        Comparison(
            "Memory of the largest job", expected.memory_per_job, memory.peak, is_bytes=True,
            note=_seen(memory),
        ),
    )  # fmt: skip


def _seen(memory: MeasuredMemory) -> str:
    """Say of how many jobs memory is known, where it is not of all."""
    if memory.peak is None or memory.measured == memory.jobs:
        return ""
    return f"{memory.measured} of {memory.jobs} jobs measured"
