"""From files to volumes: a stack of slices, or each image of each file."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from wkflow.errors import SourceError, several
from wkflow.origins.address import name_of
from wkflow.readers import BELOW, probe, series_notes, series_spacing, sort_series, suffix_of
from wkflow.readers.gaps import gap_notes, require_no_gaps
from wkflow.source import About, Probe, RawLayout, References, Source
from wkflow.steps.find_layers import NAMED, Found, Mark, layer_name

DICOM_SUFFIXES = frozenset({".dcm", ".dicom", ".ima", ""})

Local = Callable[[str], str]
"""Gives a file's name on this machine: a remote one is fetched."""


@dataclass(frozen=True, slots=True)
class Volume:
    """One image of the source, all its samples picked; `notes` are what a person should know."""

    name: str
    source: Source
    about: About
    notes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class _Opening:
    """How files are opened: those without a header as `raw` says, remote ones after `local`."""

    raw: RawLayout | None
    local: Local
    references: References

    def probe(self, file: str) -> tuple[Probe, ...]:
        return probe(self.local(file), self.raw, self.references)


def find_volumes(
    found: Found,
    *,
    raw: RawLayout | None = None,
    pad: bool = False,
    local: Local = str,
    references: References = BELOW,
) -> list[Volume]:
    """Read the headers of a folder's files, and say which volumes they are.

    Several files of one plane and one image each are the slices of one volume; any others are
    volumes of their own, one for each image that they hold. DICOM files are told apart by series.
    `pad` makes a stack as large as its largest slice. `references` says where files may lie that
    others name.

    Raises
    ------
    SourceError
        If a header cannot be read; all such files are named.
    """
    groups = [found]
    if len(found.files) > 1 and suffix_of(name_of(found.files[0])) in DICOM_SUFFIXES:
        groups = _series(found, local)
    opening = _Opening(raw, local, references)
    return [volume for group in groups for volume in _volumes(group, opening, pad=pad)]


def _series(found: Found, local: Local) -> list[Found]:
    """Tell the DICOM volumes of a folder apart; each is a group with its files in order."""
    marks = dict(zip(found.files, found.marks, strict=True))
    names = dict(zip(found.files, found.names, strict=True))
    here = {local(file): file for file in found.files}
    volumes = [(label, [here[path] for path in one]) for label, one in sort_series(list(here))]
    labels = [label for label, _ in volumes]
    are_names = all(labels) and len(set(labels)) == len(labels)
    groups = []
    for number, (label, files) in enumerate(volumes):
        suffix = f"_{label}" if are_names else f"_series{number}" + (f"_{label}" if label else "")
        name = found.name if len(volumes) == 1 else layer_name(found.name + suffix)
        note = f"layer {name}: its series holds several volumes at the same places"
        groups.append(
            Found(
                name,
                tuple(files),
                tuple(marks[file] for file in files),
                tuple(names[file] for file in files),
                (note,) if label else (),
            )
        )
    return groups


def _volumes(found: Found, opening: _Opening, *, pad: bool) -> list[Volume]:
    first = _probe_first(found.files, opening)
    if len(found.files) > 1 and _is_slice(first):
        return [_stack(found, first[0], opening, pad=pad)]
    groups = list(_apart(found, first, opening))
    return [
        volume
        for name, file, mark, probes in groups
        for volume in _images(
            found.name if len(groups) == 1 else name,
            file,
            mark,
            [_without_gaps(one, file, pad=pad) for one in probes],
            opening,
        )
    ]


def _without_gaps(one: Probe, file: str, *, pad: bool) -> Probe:
    """Refuse planes that were never written, or say that they are filled."""
    if not pad:
        require_no_gaps(one, file)
    about = replace(one.about, notes=(*one.about.notes, *gap_notes(one)))
    return replace(one, about=about)


def _is_slice(probes: tuple[Probe, ...]) -> bool:
    """Whether a file is one slice of a stack."""
    return len(probes) == 1 and probes[0].header.planes == 1 and not probes[0].files


def _stack(found: Found, first: Probe, opening: _Opening, *, pad: bool) -> Volume:
    header, filled = first.header, found.notes
    if pad:
        probes = [opening.probe(file)[0] for file in found.files]
        headers = [one.header for one in probes]
        filled += _filled(found, probes)
        width, height = (max(h.width for h in headers), max(h.height for h in headers))
        header = replace(header, width=width, height=height)
    else:
        require_no_gaps(first, found.files[0])
    source = Source(
        found.files, found.marks, header, first.grain, _all_picks(first), is_stack=True,
        is_stream=False, raw=opening.raw, references=opening.references,
    )  # fmt: skip
    about, notes = first.about, filled
    if suffix_of(name_of(found.files[0])) in DICOM_SUFFIXES:
        here = [opening.local(file) for file in found.files]
        about, notes = _spaced(about, here), (*notes, *series_notes(here))
    return Volume(found.name, source, about, notes)


def _filled(found: Found, probes: list[Probe]) -> tuple[str, ...]:
    """Name the slices of which planes were never written."""
    named = [
        f"layer {found.name}: {Path(name_of(file)).name}: {note}"
        for file, one in zip(found.files, probes, strict=True)
        for note in gap_notes(one)
    ]
    more = [f"layer {found.name}: and {len(named) - NAMED} more slices like these"]
    return tuple(named[:NAMED] + more * (len(named) > NAMED))


def _spaced(about: About, files: list[str]) -> About:
    """Give the distance of slices along z, which no slice states by itself."""
    x, y, _ = about.voxel_nm
    millimeters = series_spacing(files)
    return about if millimeters is None else replace(about, voxel_nm=(x, y, millimeters * 1e6))


def _apart(
    found: Found, first: tuple[Probe, ...], opening: _Opening
) -> Iterator[tuple[str, str, Mark, tuple[Probe, ...]]]:
    """Give each file that is opened by itself; those that belong to another one are left out."""
    seen: set[str] = set()
    faults: list[SourceError] = []
    for name, file, mark in zip(found.names, found.files, found.marks, strict=True):
        if file in seen:
            continue
        try:
            probes = first if file == found.files[0] else opening.probe(file)
        except SourceError as fault:
            faults.append(fault)
            continue
        seen.update(part for one in probes for part in one.files)
        yield name, file, mark, probes
    if faults:
        raise several(faults)


def _images(
    name: str, file: str, mark: Mark, probes: Sequence[Probe], opening: _Opening
) -> Iterator[Volume]:
    """Give each image of a file, named after itself if the file says how."""
    own = [layer_name(one.about.name) if one.about.name.strip() else "" for one in probes]
    has_image = own.count("") == 1 and all(one.about.layer for one in probes if one.about.name)
    are_names = (all(own) or has_image) and len(set(own)) == len(own)  # labels, and their image
    for number, one in enumerate(probes):
        suffix = f"_{own[number]}" if own[number] else ""
        suffix = suffix if are_names else f"__image{number}"
        files = (file, *(part for part in one.files if part != file))
        source = Source(
            files,
            (mark, *(_mark(part) for part in files[1:])),
            one.header,
            one.grain,
            _all_picks(one),
            number,
            is_stream=one.is_stream,
            raw=opening.raw,
            references=opening.references,
        )
        yield Volume(name + (suffix if len(probes) > 1 else ""), source, one.about)


def _all_picks(one: Probe) -> tuple[int, ...]:
    return tuple(range(one.header.channels * one.header.samples))


def _mark(file: str) -> Mark:
    stat = Path(file).stat()
    return stat.st_size, stat.st_mtime_ns


def _probe_first(files: tuple[str, ...], opening: _Opening) -> tuple[Probe, ...]:
    """Read the first file's headers; if that fails, name all files whose headers fail.

    A remote file may need its neighbours: it is tried again with all of them at hand.
    """
    try:
        return opening.probe(files[0])
    except SourceError as first:
        if any(opening.local(file) != file for file in files):
            return opening.probe(files[0])
        faults = [first, *(fault for file in files[1:] if (fault := _fault(file, opening)))]
        raise several(faults) from None


def _fault(file: str, opening: _Opening) -> SourceError | None:
    try:
        opening.probe(file)
    except SourceError as fault:
        return fault
    return None
