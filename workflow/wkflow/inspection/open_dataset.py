"""A dataset that exists, and its mags, as the commands that only read see it."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

from wkflow.formats.mag_reader import MagReader, open_mag
from wkflow.model.datasource_properties import ExistingLayer, ExistingMag
from wkflow.model.layer import Grid, lay_grid
from wkflow.model.stored_mag import StoredMag
from wkflow.network.urls import is_url
from wkflow.options.settings import Settings
from wkflow.options.sharing_token import without_token
from wkflow.planning.find_dataset import Target, find_target
from wkflow.voxels.finer_mag import opened_files

ANY = (32, 32, 32)
"""Extents of chunks and shards where only the voxels of a mag count."""


@dataclass(frozen=True, slots=True)
class Dataset:
    """A dataset, and how a server is spoken to that has it."""

    target: Target
    ca_bundle: str | None = None
    insecure: bool = False

    @property
    def is_remote(self) -> bool:
        """Whether its files are not on this machine."""
        return is_url(self.target.root)

    def given(self, layer: ExistingLayer, mag: ExistingMag) -> StoredMag:
        """Say where a mag is, and how it is stored.

        Raises
        ------
        SourceError
            If it is nowhere.
        """
        given = self.target.given(layer, mag)
        return replace(given, ca_bundle=self.ca_bundle, insecure=self.insecure)


def open_dataset(place: str, *, where: str, **options: object) -> Dataset:
    """Read what a dataset says of itself.

    Parameters
    ----------
    place
        Its folder, or its URL on a server.
    where
        What an error of the options names.
    options
        `ca_bundle`, `insecure` and `follow_links`, as they are typed.

    Raises
    ------
    ConfigError
        If an option is wrong, or the URL is none of a dataset.
    SourceError
        If it is no dataset.
    ServerError, TransientError
        If a server does not show it.
    """
    given = {"command": "downsample", "target": place} | options
    settings = Settings.parse(without_token(given), where=where)
    ca_bundle = str(settings.ca_bundle) if settings.ca_bundle else None
    return Dataset(find_target(settings), ca_bundle, settings.insecure)


def grid_of(layer: ExistingLayer, mag: ExistingMag) -> Grid:
    """Say which voxels of a mag are the layer's; chunks and shards are not those that lie there."""
    return lay_grid(layer.layer, mag.mag, chunk=ANY, shard=ANY)


def folder_of(given: StoredMag) -> Path:
    """Give the folder of a mag on this machine."""
    return Path(given.root, given.path)


@contextmanager
def opened_mag(layer: ExistingLayer, mag: ExistingMag, given: StoredMag) -> Iterator[MagReader]:
    """Open a mag, whatever its format; its files are closed at the end.

    Raises
    ------
    SourceError
        If its metadata are missing or damaged, or contradict the properties.
    """
    with opened_files(given) as files:
        yield open_mag(files, given, layer.layer, grid_of(layer, mag))
