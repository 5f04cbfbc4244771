"""What a run gave: the dataset, its layers, and where the evidence lies."""

from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

from wkflow.model.units import shown_extent, shown_sizes
from wkflow.report.html_table import html_table

Outcome = Literal["done", "nothing to do", "no job was run", "incomplete"]


@dataclass(frozen=True, slots=True)
class LayerResult:
    """One layer: `size` is (x, y, z) in voxels of mag 1, `dtype` numpy's name.

    `mags` are written as in WEBKNOSSOS, finest first: `1`, `2-2-1`, ...
    """

    name: str
    category: str
    dtype: str
    channels: int
    size: tuple[int, int, int]
    mags: tuple[str, ...]

    def __str__(self) -> str:
        kind = self.dtype if self.channels == 1 else f"{self.channels} x {self.dtype}"
        return (
            f"{self.name}: {shown_extent(self.size)} {kind}, {self.category}, {' '.join(self.mags)}"
        )


@dataclass(frozen=True, slots=True)
class RunResult:
    """How a run ended that did not fail.

    `dataset` is its folder, or its URL on a server. `outcome` says what was done: "nothing to do"
    where the dataset was complete; the last two occur only where options for Snakemake asked for
    less than a dataset, and `layers` are then those of an earlier run, if any. `report` and `proof`
    (of an upload) are files in `run_folder`, None where there is none; `receipts` is the folder of
    what each job wrote. `voxel_size` is (x, y, z) in `unit`. `notes` are what a person should
    know, `output` what Snakemake printed.
    """

    dataset: Path | str
    name: str
    outcome: Outcome
    layers: tuple[LayerResult, ...]
    voxel_size: tuple[float, float, float]
    unit: str
    run_folder: Path
    receipts: Path
    report: Path | None
    proof: Path | None
    seconds: float
    notes: tuple[str, ...] = ()
    output: str = field(default="", repr=False)

    @property
    def is_complete(self) -> bool:
        """Whether the dataset is whole."""
        return self.outcome in {"done", "nothing to do"}

    def __str__(self) -> str:
        lines = [f"{self.name}: {self.outcome} in {self.seconds:.1f} s", f"  {self.dataset}"]
        lines += [f"  layer {layer}" for layer in self.layers]
        if self.report:
            lines.append(f"  report {self.report}")
        return "\n".join([*lines, *(f"  note: {note}" for note in self.notes)])

    def _repr_html_(self) -> str:
        facts: dict[str, object] = {"dataset": self.dataset}
        if min(self.voxel_size) > 0:
            facts["voxel"] = shown_sizes(self.voxel_size, self.unit)
        facts |= {"report": self.report} if self.report else {}
        facts |= {"receipts": self.receipts}
        facts |= {"notes": self.notes} if self.notes else {}
        head = ("layer", "category", "voxels", "channels", "size", "magnifications")
        rows = [
            (
                one.name,
                one.category,
                one.dtype,
                one.channels,
                shown_extent(one.size),
                ", ".join(one.mags),
            )
            for one in self.layers
        ]
        caption = f"{self.name}: {self.outcome} in {self.seconds:.1f} s"
        return html_table(facts, head, rows, caption)
