"""From files to volumes: a stack of slices, or each image of each file."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

from wkflow.errors import SourceError, several
from wkflow.model.doubtful_slices import DoubtfulSlices
from wkflow.model.name_pattern import NamePattern
from wkflow.model.source import Header, ImageInfo, ImageMetadata, RawLayout, References, Source
from wkflow.network.urls import name_of
from wkflow.planning.check_headers import KnownHeaders, commonest, survey
from wkflow.planning.compare_slices import misfits, padded_slices, require_sound, stack_header
from wkflow.planning.find_layers import NAMED, ImageFolder, Mark, layer_name
from wkflow.planning.group_slices import Local, by_names, by_pattern, by_series
from wkflow.planning.missing_slices import MissingSlices
from wkflow.planning.wanted_slices import ALL, only_files, wanted_slices
from wkflow.readers import BELOW, probe, series_notes, series_spacing, suffix_of
from wkflow.readers.base.missing_planes import gap_notes, require_no_gaps

DICOM_SUFFIXES = frozenset({".dcm", ".dicom", ".ima", ""})

First = tuple[str, tuple[ImageInfo, ...]]
"""A file, and what its headers say."""


@dataclass(frozen=True, slots=True)
class Volume:
    """One image of the source, all its samples picked; `notes` are what a person should know."""

    name: str
    source: Source
    about: ImageMetadata
    notes: tuple[str, ...] = ()
    doubtful: tuple[DoubtfulSlices, ...] = ()


@dataclass(frozen=True, slots=True)
class Looking:
    """How the files of a folder are looked at.

    `raw` says how files without a header lie, `pad` makes a stack as large as its largest slice,
    `local` gives the files on this machine, `in_name_order` takes each folder as one stack in the
    order of the names, `missing` says what stands for slices that the names leave out, `pattern`
    how names are read, `known` has the headers that earlier runs saw, `references` says where files
    may lie that others name. No others than the `planes` of a stack are looked at.
    """

    raw: RawLayout | None = None
    pad: bool = False
    local: Local = str
    in_name_order: bool = False
    missing: MissingSlices = "keep"
    pattern: NamePattern | None = None
    known: KnownHeaders = field(default_factory=KnownHeaders)
    references: References = BELOW
    planes: slice = field(default_factory=lambda: ALL)

    def groups(self, found: ImageFolder) -> list[ImageFolder]:
        """Put slices in order, and channels apart."""
        if self.pattern:
            return by_pattern(found, self.pattern, self.missing)
        return [found] if self.in_name_order else by_names(found, self.missing)

    def probe(self, file: str) -> tuple[ImageInfo, ...]:
        """Read a file's headers; a remote one is fetched."""
        return probe(self.local(file), self.raw, self.references)

    def probe_slice(self, file: str) -> tuple[ImageInfo, ...]:
        """Read the headers of a slice, and refuse one of which a part was never written."""
        probes = self.probe(file)
        if not self.pad:
            require_no_gaps(probes[0], file)
        return probes


def find_volumes(found: ImageFolder, looking: Looking | None = None) -> list[Volume]:
    """Read the headers of a folder's files, and say which volumes they are.

    Several files of one plane and one image each are the slices of one volume, or of one for each
    channel that their names count; any others are volumes of their own, one for each image that
    they hold. DICOM files are told apart by series.

    Raises
    ------
    SourceError
        If a header cannot be read, or a slice is unlike the others; all such files are named.
    """
    looking = looking or Looking()
    if len(found.files) + len(found.faults) == 1 and not looking.pattern:
        return _volumes(found, looking)
    is_dicom = suffix_of(name_of(found.files[0])) in DICOM_SUFFIXES if found.files else False
    wanted, stacks = found, None
    if not is_dicom:
        wanted, stacks = wanted_slices(found, looking.planes, looking.groups)
    first = None if is_dicom else _probe_first(wanted, looking)
    if looking.pattern and (is_dicom or (first and not _is_slice(first[1]))):
        raise _no_slices(found, is_dicom=is_dicom)
    if first and not _is_slice(first[1]):
        return _volumes(found, looking, first)
    headers = survey(
        wanted, looking.probe_slice, looking.known, is_raw=looking.raw is not None,
        with_remote=looking.pad,
    )  # fmt: skip
    if is_dicom:
        require_sound(found, headers)
        groups = by_series(found, looking.local)
    else:
        groups = stacks or looking.groups(found)
    faults = [fault for group in groups for fault in misfits(group, headers, pad=looking.pad)]
    require_sound(found, headers, faults)
    return [volume for group in groups for volume in _stacked(group, headers, looking)]


def _volumes(found: ImageFolder, looking: Looking, first: First | None = None) -> list[Volume]:
    """Give each image of each file."""
    first = first or _probe_first(found, looking)
    groups = list(_apart(found, first, looking))
    volumes = [
        volume
        for name, file, mark, probes in groups
        for volume in _images(
            found.name if len(groups) == 1 else name,
            file,
            mark,
            [_without_gaps(one, file, pad=looking.pad) for one in probes],
            looking,
        )
    ]
    return [replace(volumes[0], notes=(*found.notes, *volumes[0].notes)), *volumes[1:]]


def _without_gaps(one: ImageInfo, file: str, *, pad: bool) -> ImageInfo:
    """Refuse planes that were never written, or say that they are filled."""
    if not pad:
        require_no_gaps(one, file)
    about = replace(one.about, notes=(*one.about.notes, *gap_notes(one)))
    return replace(one, about=about)


def _no_slices(found: ImageFolder, *, is_dicom: bool) -> SourceError:
    if is_dicom:
        what = "is DICOM, which says itself where slices lie"
    else:
        what = "holds more than one slice, and a pattern is of files that are one each"
    return SourceError(what, found.files[0], "Leave --pattern out.")


def _is_slice(probes: tuple[ImageInfo, ...]) -> bool:
    """Whether a file is one slice of a stack."""
    return len(probes) == 1 and probes[0].header.planes == 1 and not probes[0].files


def _stacked(
    found: ImageFolder, headers: Mapping[str, Header | SourceError], looking: Looking
) -> list[Volume]:
    """Make a volume of the slices of one stack; a single one is a file as any other."""
    there = found.without_blanks
    if len(found.files) == 1:
        return _volumes(found, looking)
    usual = commonest({file: headers[file] for file in found.files if file in headers})
    wanted = only_files(there, found.some(looking.planes))
    probes = looking.probe(usual or wanted.files[0])
    if not _is_slice(probes):
        return _volumes(there, looking)
    first, header = probes[0], stack_header(found, headers, probes[0].header, pad=looking.pad)
    if found.times and header.axes:
        raise SourceError(
            f"holds {header}, and the names count times, too", there.files[0],
            "Give --slice-order names, or a --pattern without {t}.",
        )  # fmt: skip
    filled = found.notes
    if looking.pad:
        filled += _filled(wanted, [looking.probe(file)[0] for file in wanted.files])
    source = Source(
        found.files, found.marks, header, first.grain, _all_picks(first), is_stack=True,
        is_stream=False, raw=looking.raw, references=looking.references, missing=found.missing,
        times=found.times,
    )  # fmt: skip
    about, notes = first.about, filled
    if suffix_of(name_of(there.files[0])) in DICOM_SUFFIXES:
        here = [looking.local(file) for file in there.files]
        about, notes = _spaced(about, here), (*notes, *series_notes(here))
    padded = () if found.times else padded_slices(found, headers, header)
    return [Volume(found.name, source, about, notes, (*found.doubtful, *padded))]


def _filled(found: ImageFolder, probes: list[ImageInfo]) -> tuple[str, ...]:
    """Name the slices of which planes were never written."""
    named = [
        f"layer {found.name}: {Path(name_of(file)).name}: {note}"
        for file, one in zip(found.files, probes, strict=True)
        for note in gap_notes(one)
    ]
    more = [f"layer {found.name}: and {len(named) - NAMED} more slices like these"]
    return tuple(named[:NAMED] + more * (len(named) > NAMED))


def _spaced(about: ImageMetadata, files: list[str]) -> ImageMetadata:
    """Give the distance of slices along z, which no slice states by itself."""
    x, y, z = about.voxel_nm
    millimeters = series_spacing(files)
    if millimeters is None:
        return about
    left, top, first = about.place.begin
    at = first * (z or 1e6) / (millimeters * 1e6)
    place = replace(about.place, begin=(left, top, at))
    return replace(about, voxel_nm=(x, y, millimeters * 1e6), place=place)


def _apart(
    found: ImageFolder, first: First, looking: Looking
) -> Iterator[tuple[str, str, Mark, tuple[ImageInfo, ...]]]:
    """Give each file that is opened by itself; those that belong to another one are left out."""
    seen: set[str] = set()
    faults = list(found.faults)
    for name, file, mark in zip(found.names, found.files, found.marks, strict=True):
        if file in seen:
            continue
        try:
            is_known = file == first[0]
            probes = first[1] if is_known else looking.probe(file)
        except SourceError as fault:
            faults.append(fault)
            continue
        seen.update(part for one in probes for part in one.files)
        yield name, file, mark, probes
    if faults:
        raise several(faults)


def _images(
    name: str, file: str, mark: Mark, probes: Sequence[ImageInfo], looking: Looking
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
            raw=looking.raw,
            references=looking.references,
        )
        yield Volume(name + (suffix if len(probes) > 1 else ""), source, one.about)


def _all_picks(one: ImageInfo) -> tuple[int, ...]:
    return tuple(range(one.header.channels * one.header.samples))


def _mark(file: str) -> Mark:
    stat = Path(file).stat()
    return stat.st_size, stat.st_mtime_ns


def _probe_first(found: ImageFolder, looking: Looking) -> First:
    """Read the headers of the first file that has some; if none has, say why of all.

    A remote file may need its neighbours: it is tried again with all of them at hand.
    """
    faults = list(found.faults)
    for file in found.files:
        try:
            return file, looking.probe(file)
        except SourceError as fault:
            if any(looking.local(other) != other for other in found.files):
                return file, looking.probe(file)
            faults.append(fault)
    raise several(faults)
