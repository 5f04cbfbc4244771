"""What is at a target, and what its run folder knows of it: nothing is changed here."""

import os
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Self

import yaml

from wkflow.errors import ConfigError
from wkflow.model.claim import Claim, claim_of, is_swapped, new_of, old_of
from wkflow.model.plan import Plan
from wkflow.network.urls import identity, is_url
from wkflow.options.settings import Settings
from wkflow.run_folder import ASKED, CONFIG, DRAFT, PLAN, SCRATCH, UNPACKED

OWN = (UNPACKED, SCRATCH)
"""Below the run folder: what was unpacked or fetched says nothing of its source."""

ANEW = "anew"
"""In the file `ASKED`: the dataset is whole, and is asked for once more."""


def source_of(settings: Settings) -> str:
    """Give what a run folder is about: the source, or the dataset that gets more mags."""
    is_target = settings.kind.downsamples
    return identity(str(settings.target) if is_target else settings.source)


def sources_of(settings: Settings) -> tuple[str, ...]:
    """Give all of them, `source_of` first: of layers that have sources of their own, too."""
    return source_of(settings), *map(identity, settings.further_sources)


def is_filled(place: Path) -> bool:
    """Whether anything is there that could be lost."""
    return os.path.lexists(place) and not (place.is_dir() and not any(place.iterdir()))


@dataclass(frozen=True, slots=True)
class TargetState:
    """What is at the target of a conversion. `source` is the one that is to be converted.

    Of several it is the one with which the run folder began, so that layers may come and go.

    `began` is the source of what the run folder made; None if it made nothing, or nobody knows.
    """

    dataset: Path
    claim: Claim | None
    source: str
    began: str | None
    overwrites: bool
    is_asked_anew: bool

    @classmethod
    def of(cls, settings: Settings) -> Self:
        """Look at the target and the run folder."""
        folder, sources = settings.run_folder, sources_of(settings)
        claim = claim_of(settings.dataset, folder)
        began = began_of(folder, sources[0]) if claim else None
        source = began if began in sources else sources[0]
        asked = folder / ASKED
        return cls(
            settings.dataset, claim, source, began,
            overwrites=settings.overwrite_existing,
            is_asked_anew=asked.exists() and asked.read_bytes() == ANEW.encode(),
        )  # fmt: skip

    @property
    def is_there(self) -> bool:
        """Whether the target holds anything."""
        return is_filled(self.dataset)

    @property
    def is_being_replaced(self) -> bool:
        """Whether this run folder builds, or built, what takes the place of the target."""
        is_begun = new_of(self.dataset).is_dir() or os.path.lexists(old_of(self.dataset))
        return self.claim is not None and self.claim.beside and is_begun

    @property
    def is_given_up(self) -> bool:
        """Whether somebody removed what was to replace the target."""
        return self.claim is not None and self.claim.beside and not self.is_being_replaced

    @property
    def is_other_source(self) -> bool:
        """Whether the run folder belongs to another source."""
        return self.began is not None and self.began != self.source

    @property
    def owner(self) -> str | None:
        """The source of what is at the target now, as far as this run folder made it."""
        if self.claim and self.claim.beside and not is_swapped(self.dataset):
            return self.claim.before
        return self.began

    @property
    def begins_anew(self) -> bool:
        """Whether what is there is to be replaced, and this run is the first that does it."""
        goes_on = self.is_being_replaced and not self.is_other_source
        if not (self.overwrites and self.is_there) or goes_on:
            return False
        is_ours = self.claim and not self.is_other_source and not self.is_given_up
        return not is_ours or self.is_asked_anew

    @property
    def place(self) -> Path:
        """The folder that jobs will write, if the disk holds both datasets."""
        goes_on = self.is_being_replaced and not self.is_other_source
        if self.begins_anew or (goes_on and not is_swapped(self.dataset)):
            return new_of(self.dataset)
        return self.dataset

    @property
    def has_void_receipts(self) -> bool:
        """Whether the receipts tell of files that are not at the place: all jobs run again."""
        is_void = self.begins_anew or self.is_given_up or self.is_other_source
        return is_void or not self.place.exists()


def began_of(run_folder: Path, source: str) -> str | None:
    """Give the source with which a run folder began, as its claim says it, or what else is there.

    `source` is given back where the last plan's files lie below it.
    """
    claim = Claim.read(run_folder)
    return (claim.source if claim else None) or _noted(run_folder, source)


def _noted(run_folder: Path, source: str) -> str | None:
    """Find the source in what else a run folder keeps: its options, its last plans."""
    with suppress(OSError, ValueError, KeyError, TypeError, AttributeError, yaml.YAMLError):
        options = yaml.safe_load((run_folder / CONFIG).read_bytes())
        return identity(options["target" if options.get("command") == "downsample" else "source"])
    for name in (PLAN, DRAFT):
        with suppress(OSError, ConfigError):
            files = list(_files(Plan.read(run_folder / name), run_folder))
            if files:
                return source if all(_is_below(file, source) for file in files) else _above(files)
    return None


def _files(plan: Plan, run_folder: Path) -> Iterator[str]:
    """Give one file of each layer, but for those that were unpacked or fetched."""
    for one in plan.layers:
        for file in filter(None, [one.source.first]):
            if not any(Path(file).is_relative_to(run_folder / own) for own in OWN):
                yield identity(file)


def _is_below(file: str, source: str) -> bool:
    return file == source or file.startswith(source.rstrip("/") + "/")


def _above(files: list[str]) -> str:
    folders = [file.rpartition("/")[0] for file in files]
    return folders[0] if is_url(folders[0]) else os.path.commonpath(folders)
