"""What a run would do: the dry run as an object."""

from dataclasses import dataclass, field
from pathlib import Path

from wkflow.errors import WkflowError
from wkflow.model.units import shown_bytes, shown_extent
from wkflow.report.html_table import html_table


@dataclass(frozen=True, slots=True)
class PlannedMag:
    """One magnification: `size` and `shard` are (x, y, z) in its voxels, `bytes` uncompressed.

    `is_made` is false where the dataset has it already.
    """

    mag: str
    size: tuple[int, int, int]
    shard: tuple[int, int, int]
    files: int
    bytes: int
    is_made: bool


@dataclass(frozen=True, slots=True)
class PlannedLayer:
    """One layer: `size` is (x, y, z) in voxels of its finest mag, `dtype` numpy's name.

    `evidence` says why it has its category, `jobs` are those that write its voxels.
    """

    name: str
    category: str
    evidence: str
    dtype: str
    channels: int
    size: tuple[int, int, int]
    codec: str
    jobs: int
    mags: tuple[PlannedMag, ...]


@dataclass(frozen=True, slots=True)
class PlannedRun:
    """What a run would make, and what it needs; all amounts are in bytes.

    `place` is where the dataset will be: its folder, or its address or that of the server. `bytes`
    are uncompressed, `disk` is about what is written here, of `disk_free`; a job needs at most
    `memory_per_job`, and all together may use `memory`. What is not known without a plan of
    voxels, as in an upload, is 0. `obstacle` is the error with which the run would end at once,
    because memory or disk do not suffice.
    """

    name: str
    place: Path | str
    run_folder: Path
    layers: tuple[PlannedLayer, ...]
    voxel_size: tuple[float, float, float]
    unit: str
    jobs: int
    files: int
    voxels: int
    bytes: int
    disk: int
    disk_free: int
    memory_per_job: int
    memory: int
    notes: tuple[str, ...]
    obstacle: WkflowError | None
    table: str = field(repr=False)

    def __str__(self) -> str:
        return self.table

    def _repr_html_(self) -> str:
        facts: dict[str, object] = {
            "dataset": self.place,
            "run folder": self.run_folder,
            "jobs": self.jobs,
            "files": self.files,
            "uncompressed": shown_bytes(self.bytes),
        }
        if self.memory:
            facts["disk"] = f"about {shown_bytes(self.disk)}; {shown_bytes(self.disk_free)} free"
            most = f"{shown_bytes(self.memory)} may be used"
            facts["memory"] = f"{shown_bytes(self.memory_per_job)} for the largest job; {most}"
        facts |= {"notes": self.notes} if self.notes else {}
        facts |= {"obstacle": self.obstacle} if self.obstacle else {}
        head = ("layer", "kind", "mag", "size", "shard", "files", "uncompressed")
        rows = [
            (
                *(layer.name, f"{layer.category}, {layer.dtype}", mag.mag),
                *(shown_extent(mag.size), shown_extent(mag.shard)),
                *(mag.files if mag.is_made else "there", shown_bytes(mag.bytes)),
            )
            for layer in self.layers
            for mag in layer.mags
        ]
        return html_table(facts, head, rows, f"{self.name}: what would be made")
