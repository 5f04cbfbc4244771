"""Which mag of a layer the others are computed from: the coarsest that is whole.

An interrupted program may have left a mag that is listed and not whole. What would be computed
from it would be zeros; so each listed mag is held against the one below it.
"""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace
from functools import partial
from itertools import islice, pairwise
from math import prod

from wkflow.errors import ConfigError, SourceError
from wkflow.formats.mag_reader import MagReader, open_mag
from wkflow.model.box import Box
from wkflow.model.datasource_properties import ExistingLayer, ExistingMag
from wkflow.model.kernel import kernel_for
from wkflow.model.layer import Grid, lay_grid
from wkflow.model.mag import Mag
from wkflow.model.stored_mag import StoredMag
from wkflow.network.urls import is_url
from wkflow.options.settings import Settings
from wkflow.planning.find_dataset import Target
from wkflow.voxels.base_mag import some_of
from wkflow.voxels.finer_mag import opened_files
from wkflow.voxels.reduce import Reduction

LOOKED_AT = 2**27
"""Voxels that are computed at most to find out whether missing shards should hold some."""

PIECE = (128, 128, 128)

FEW, FEW_CHUNKS, FEW_SHARDS = 2, 0.1, 0.5
"""Files that may be lost, by number and by share of all: who leaves zeros out leaves out more."""


@dataclass(frozen=True, slots=True)
class Base:
    """The mag to begin with, `torn` listed ones above it that are made anew, and what to tell."""

    mag: Mag
    grid: Grid
    given: StoredMag
    torn: tuple[Mag, ...] = ()
    notes: tuple[str, ...] = ()


def choose_base(target: Target, layer: ExistingLayer, settings: Settings) -> Base:
    """Choose the mag, and make sure that it is whole.

    Raises
    ------
    ConfigError
        If there is no such mag as the option says.
    SourceError
        If the mag misses shards that should be there.
    """
    look = _Look(target, layer, settings)
    mags = _wanted(layer, settings)
    torn: list[Mag] = []
    if len(mags) > 1 and not is_url(target.root):
        whole = 1 + next((i for i, (f, m) in enumerate(pairwise(mags)) if look.is_torn(f, m)),
                         len(mags) - 1)  # fmt: skip
        torn = [one.mag for one in mags[whole:]]
        mags = mags[:whole]
    base = mags[-1]
    notes = [f"layer {layer.layer.name}: mag {_names(torn)} is not whole and made anew"] * bool(
        torn
    )
    given, note = look.judged(base)
    notes += [note] if note else []
    return Base(base.mag, look.grid(base), given, tuple(torn), tuple(notes))


def _wanted(layer: ExistingLayer, settings: Settings) -> list[ExistingMag]:
    """List the mags of which the last whole one is taken."""
    if not layer.mags:
        raise SourceError("has no mag", f"layer {layer.layer.name}", "Convert its images.")
    if settings.from_mag is None:
        return list(layer.mags[:1] if settings.overwrite_mags else layer.mags)
    found = layer.mag(Mag.parse(settings.from_mag))
    if found is None:
        raise ConfigError(
            f"layer {layer.layer.name} has no mag {settings.from_mag}; "
            f"it has {_names(one.mag for one in layer.mags)}",
            "from_mag", "Give one of these.",
        )  # fmt: skip
    return [found]


class _Look:
    """Looks at the files of a layer's mags."""

    def __init__(self, target: Target, layer: ExistingLayer, settings: Settings) -> None:
        self._target, self._layer, self._settings = target, layer, settings
        mode = settings.interpolation_mode
        self._kernel = kernel_for(mode, layer.layer.category).name
        self._are_zeros: set[Mag] = set()

    def grid(self, mag: ExistingMag) -> Grid:
        """Lay the mag out as if it were ours: what counts is its box."""
        return lay_grid(self._layer.layer, mag.mag, chunk=(32, 32, 32), shard=(32, 32, 32))

    def is_torn(self, finer: ExistingMag, mag: ExistingMag) -> bool:
        """Whether a mag lacks voxels that the one below it has."""
        if not mag.mag.is_over(finer.mag):
            return False
        layer, given = self._layer.layer, self._target.given
        try:
            with opened_files(given(self._layer, finer)) as files:
                coarse = open_mag(files, given(self._layer, mag), layer, self.grid(mag))
                absent = set(coarse.absent())
                if not absent:
                    return False
                fine = open_mag(files, given(self._layer, finer), layer, self.grid(finer))
                is_torn = self._holds_voxels(finer, fine, mag, coarse, absent)
        except SourceError:
            return True
        self._are_zeros |= set() if is_torn else {mag.mag}
        return is_torn

    def _holds_voxels(
        self,
        finer: ExistingMag,
        fine: MagReader,
        mag: ExistingMag,
        coarse: MagReader,
        absent: set[str],
    ) -> bool:
        """Whether something would come out where files of the coarser mag are missing."""
        reduce = Reduction(self._kernel, self.grid(finer), self.grid(mag))
        lacking = (
            (frame, piece)
            for frame in range(self._layer.layer.frames)
            for box in _lacking(self.grid(mag).box, partial(coarse.names, frame), absent)
            for piece in _pieces(box)
        )
        most = LOOKED_AT // prod(PIECE)
        return any(
            reduce.of(fine.region(frame))(piece).any() for frame, piece in islice(lacking, most)
        )

    def judged(self, mag: ExistingMag) -> tuple[StoredMag, str | None]:
        """Say where the mag is, and what is to be told of shards that are missing."""
        given = self._target.given(self._layer, mag)
        if is_url(given.root):
            return given, None
        with opened_files(given) as files:
            there = open_mag(files, given, self._layer.layer, self.grid(mag))
            absent = there.absent()
            is_proven = mag.mag in self._are_zeros
            allowed = not absent or is_proven or self._may_miss(there, absent)
        given = replace(given, absent=len(absent))
        if not absent:
            return given, None
        files_missing = f"{len(absent)} of {there.file_count} files of mag {mag.mag} of layer "
        files_missing += f"{self._layer.layer.name} are not there"
        if allowed:
            return given, f"{files_missing}: they count as zeros"
        raise SourceError(
            f"{files_missing}: {some_of(absent)}", self._target.root,
            "Restore them; if they were left out because they hold zeros, give "
            "--missing-shards zeros.",
        )  # fmt: skip

    def _may_miss(self, there: MagReader, absent: list[str]) -> bool:
        """Whether files that are missing may be taken for zeros.

        Many programs leave zeros out: then shards that are there miss chunks as well, or many files
        are missing. An array that promises all of its files may miss none.
        """
        if self._settings.missing_shards != "judge":
            return self._settings.missing_shards == "zeros"
        if there.is_gapless:
            return False
        share = FEW_SHARDS if there.has_shards else FEW_CHUNKS
        return len(absent) > max(FEW, share * there.file_count) or there.shows_gaps()


def _lacking(box: Box, names: Callable[[Box], set[str]], absent: set[str]) -> Iterator[Box]:
    """Give the boxes of which every voxel lies in a file that is missing."""
    found = names(box)
    if found <= absent:
        yield box
    elif not found.isdisjoint(absent):
        for half in _halves(box):
            yield from _lacking(half, names, absent)


def _halves(box: Box) -> tuple[Box, Box]:
    """Cut a box across its longest axis, where files are most likely to end."""
    axis = box.size.index(max(box.size))
    begin, last = box.begin[axis], box.end[axis] - 1
    shift = (begin ^ last).bit_length() - 1
    cut = last >> shift << shift
    end, middle = list(box.end), list(box.begin)
    end[axis] = middle[axis] = cut
    return (
        Box(box.begin, (end[0], end[1], end[2])),
        Box((middle[0], middle[1], middle[2]), box.end),
    )


def _pieces(box: Box) -> Iterator[Box]:
    """Cut a box into small ones."""
    for cell in box.cells(PIECE):
        yield Box.of_cell(cell, PIECE, box.end).overlap(box)


def _names(mags: Iterable[Mag]) -> str:
    return ", ".join(map(str, mags))
