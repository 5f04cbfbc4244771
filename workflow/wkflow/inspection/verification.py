"""What `wkflow verify` has proven of a dataset, and what is not as it should be."""

from dataclasses import dataclass, field
from typing import Literal

from wkflow.errors import VerificationError
from wkflow.model.units import shown_bytes
from wkflow.report.html_table import html_table

NAMED = 3
"""How many files an error names."""

Kind = Literal["missing", "damaged", "differs"]


@dataclass(frozen=True, slots=True)
class Fault:
    """A file, by its path in the dataset, that is `missing`, `damaged`, or `differs`; and how."""

    path: str
    kind: Kind
    what: str

    def __str__(self) -> str:
        return f"{self.path} {self.what}"


@dataclass(slots=True)
class Verification:
    """What was proven, and what is not as it should be.

    `compared` files have the size and the crc32c of their receipts, `decoded` ones consist of
    `chunks` that decode, `bytes` is the size of both. `absent` files were never written as far as
    can be told: they count as zeros. `foreign` ones belong to no dataset.
    """

    dataset: str
    compared: int = 0
    decoded: int = 0
    chunks: int = 0
    bytes: int = 0
    absent: int = 0
    faults: list[Fault] = field(default_factory=list)
    foreign: list[str] = field(default_factory=list)

    @property
    def is_sound(self) -> bool:
        """Whether nothing is missing, damaged or different."""
        return not self.faults

    def __str__(self) -> str:
        return shown_verification(self)

    def _repr_html_(self) -> str:
        facts: dict[str, object] = {"proven": tuple(str(self).splitlines())}
        rows = [(fault.path, fault.kind, fault.what) for fault in self.faults]
        return html_table(facts, ("file", "fault", "what"), rows, self.dataset)

    def require_sound(self) -> None:
        """Raise a VerificationError that names the first files that are not as they should be.

        Its `detail` names all.
        """
        if self.is_sound:
            return
        count = len(self.faults)
        lines = [f"  {fault}" for fault in self.faults[:NAMED]]
        more = f", of which {NAMED} are" if count > NAMED else ""
        raise VerificationError(
            "\n".join([f"{_files(count)} missing, damaged or different{more}:", *lines]),
            self.dataset,
            "Restore them from a backup, or remove them and give the command that made them again; "
            "--json lists all.",
            "\n".join(map(str, self.faults)),
        )


def _files(count: int) -> str:
    return "1 file is" if count == 1 else f"{count} files are"


def shown_verification(found: Verification) -> str:
    """Tell a person what was proven."""
    lines = [f"{found.dataset}: {shown_bytes(found.bytes)} verified"]
    if found.compared:
        lines.append(f"  {_count(found.compared, 'file')}: size and crc32c as written")
    if found.decoded:
        lines.append(
            f"  {_count(found.decoded, 'file')} without a receipt: {_count(found.chunks, 'chunk')} "
            "decoded"
        )
    if found.absent:
        lines.append(f"  {_count(found.absent, 'file')} not there, and never promised: zeros")
    if found.foreign:
        named = ", ".join(found.foreign[:NAMED])
        more = f" and {len(found.foreign) - NAMED} more" if len(found.foreign) > NAMED else ""
        lines.append(f"  {_count(len(found.foreign), 'file')} of no dataset: {named}{more}")
    return "\n".join(lines)


def _count(number: int, noun: str) -> str:
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"
