"""Which packages are installed, and which formats and commands each extra opens.

What is required stands in the metadata of the installed package: there is no second list.
"""

from collections.abc import Iterator
from functools import cache
from importlib.metadata import PackageNotFoundError, metadata, requires, version
from importlib.util import find_spec

from packaging.requirements import Requirement

from wkflow.errors import SourceError
from wkflow.inspection.check import Check

PACKAGE = "wkflow"

OPENS = {
    "czi": "CZI",
    "nifti": "faster .nii.gz and .mrc.gz",
    "dicom": "DICOM",
    "hdf5": "IMS",
    "nd2": "ND2",
    "lif": "LIF, LOF, XLIF",
    "bioformats": "125 suffixes more through Bio-Formats",
    "s3": "s3://",
    "gs": "gs://",
    "view": "wkflow view",
    "xlsx": "sheets of wkflow batch in .xlsx",
    "rocrate": "--ro-crate",
    "slurm": "--distribution-strategy slurm",
    "kubernetes": "--distribution-strategy kubernetes",
}
"""What each extra is for."""

COLLECTIONS = frozenset({"all", "test", "docs"})
"""Extras of extras, and of those who develop."""


def check_packages() -> Iterator[Check]:
    """Check what every conversion needs, then each extra."""
    try:
        found = version(PACKAGE)
    except PackageNotFoundError:
        yield Check(
            PACKAGE, "fault", "runs from a folder and is not installed: its packages are unknown",
            "pip install -e . in that folder",
        )  # fmt: skip
        return
    needed = _requirements("")
    faults = [fault for one in needed if (fault := lack_of(one))]
    yield Check(
        PACKAGE, "fault" if faults else "ok",
        f"{found}; " + ("; ".join(faults) or f"{len(needed)} packages that it needs"),
        f"pip install --upgrade {PACKAGE}" if faults else "", 2 if faults else 0,
    )  # fmt: skip
    names = metadata(PACKAGE).get_all("Provides-Extra") or []
    for extra in sorted(set(names) - COLLECTIONS, key=_rank):
        yield _check_extra(extra)


def _rank(extra: str) -> tuple[int, str]:
    """Put extras in the order of the table."""
    order = list(OPENS)
    return (order.index(extra) if extra in order else len(order), extra)


@cache
def _requirements(extra: str) -> tuple[Requirement, ...]:
    """List what an extra needs on this machine, or what everybody needs."""
    found = []
    for text in requires(PACKAGE) or ():
        one = Requirement(text)
        is_common = one.marker is None or one.marker.evaluate({"extra": ""})
        is_of_extra = one.marker is not None and one.marker.evaluate({"extra": extra})
        if is_common if not extra else is_of_extra and not is_common:
            found.append(one)
    return tuple(found)


def lack_of(one: Requirement) -> str:
    """Say what is wrong with a package; nothing if nothing is."""
    try:
        found = version(one.name)
    except PackageNotFoundError:
        return f"{one.name} is not installed"
    is_right = one.specifier.contains(found, prereleases=True)
    return "" if is_right else f"{one.name} is {found}, wanted is {one.specifier}"


def _check_extra(extra: str) -> Check:
    opens, needed = OPENS.get(extra, ""), _requirements(extra)
    what = f"{opens}: " if opens else ""
    if not needed:
        return Check(extra, "absent", f"{what}not for this system or Python")
    if faults := [fault for one in needed if (fault := lack_of(one))]:
        return Check(extra, "absent", what + "; ".join(faults), f"pip install '{PACKAGE}[{extra}]'")
    if extra == "bioformats" and (lack := _lack_of_java()):
        return Check(extra, "absent", f"{what}{lack.what}", lack.remedy)
    versions = ", ".join(f"{one.name} {version(one.name)}" for one in needed)
    return Check(extra, "ok", f"{what}{versions}")


def _lack_of_java() -> SourceError | None:
    """Say what Bio-Formats lacks besides its packages: its jar, or a Java."""
    if not find_spec("jpype"):
        return None
    from wkflow.readers.bioformats.java import find_jar, find_jvm  # noqa: PLC0415 -- it needs jpype

    try:
        find_jar("")
        find_jvm("")
    except SourceError as lack:
        return lack
    return None
