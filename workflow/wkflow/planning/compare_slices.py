"""The headers of slices, compared: what is wrong with which of them."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace

from natsort import natsorted

from wkflow.errors import SourceError, several
from wkflow.model.doubtful_slices import DoubtfulSlices
from wkflow.model.source import Header
from wkflow.planning.check_headers import commonest
from wkflow.planning.find_layers import ImageFolder
from wkflow.voxels.layer_reader import misfit


def require_sound(
    found: ImageFolder,
    headers: Mapping[str, Header | SourceError],
    faults: Sequence[SourceError] = (),
) -> None:
    """Refuse what is wrong with any file, all of it at once and in the order of the names."""
    bad = {fault.where: fault for fault in (*found.faults, *headers.values(), *faults)
           if isinstance(fault, SourceError)}  # fmt: skip
    if bad:
        raise several([bad[path] for path in natsorted(bad)])


def misfits(
    group: ImageFolder, headers: Mapping[str, Header | SourceError], *, pad: bool
) -> Iterator[SourceError]:
    """Give the slices of one stack that are unlike most of them."""
    some = {file: headers[file] for file in group.files if file in headers}
    usual = some.get(commonest(some) or "")
    if not isinstance(usual, Header):
        return
    expected = stack_header(group, headers, usual, pad=pad)
    for file, header in some.items():
        if isinstance(header, Header):
            fault = misfit(header, expected, file, pad=pad)
            if fault:
                yield fault


def stack_header(
    found: ImageFolder, headers: Mapping[str, Header | SourceError], usual: Header, *, pad: bool
) -> Header:
    """Give what slices should be: like most, or as large as the largest."""
    if not pad:
        return usual
    some = [one for file in found.files if isinstance(one := headers.get(file), Header)]
    width = max((one.width for one in some), default=usual.width)
    height = max((one.height for one in some), default=usual.height)
    return replace(usual, width=width, height=height)


def padded_slices(
    found: ImageFolder, headers: Mapping[str, Header | SourceError], whole: Header
) -> tuple[DoubtfulSlices, ...]:
    """Give the places of slices that are smaller than the whole: zeros stand beside them."""
    places = [
        place
        for place, file in enumerate(found.files)
        if isinstance(one := headers.get(file), Header)
        and (one.width, one.height) != (whole.width, whole.height)
    ]
    return (DoubtfulSlices("smaller than others and padded with zeros", tuple(places)),) * bool(
        places
    )
