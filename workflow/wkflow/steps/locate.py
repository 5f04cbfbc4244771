"""Where a source is: a folder or file here, a zip archive, or behind a URL."""

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from wkflow.origins.address import is_url, name_of
from wkflow.origins.archive import is_archive, unpack
from wkflow.plan import SCRATCH
from wkflow.settings import Settings
from wkflow.source import References
from wkflow.steps.at_hand import FETCHED
from wkflow.steps.find_layers import Found, find_layers, find_remote_layers
from wkflow.steps.find_volumes import Local

UNPACKED = "unpacked"
"""In the run folder: what archives hold."""


@dataclass(frozen=True, slots=True)
class Place:
    """The folders of a source, how to have a file of it on this machine, what files may name."""

    found: list[Found]
    local: Local
    references: References


@contextmanager
def located(settings: Settings, *, is_trial: bool = False) -> Iterator[Place]:
    """Find the folders of the source; archives are unpacked into the run folder.

    A trial leaves nothing there: what it unpacks or fetches goes at the end of the block.
    """
    has_raw = settings.raw_layout is not None
    source = settings.source
    is_packed = is_archive(name_of(source)) and not Path(source).is_dir()
    if not is_url(source) and not is_packed:
        root = source if Path(source).is_dir() else str(Path(source).parent)
        references = References(root, follows=settings.follow_links)
        yield Place(find_layers(Path(source), has_raw=has_raw), str, references)
        return
    with _folder(settings, is_trial=is_trial) as folder:
        fetched = folder / SCRATCH / FETCHED
        if not is_packed:
            yield _remote(source, fetched, has_raw=has_raw)
            return
        archive = _kept(source, fetched) if is_url(source) else source
        unpacked = unpack(Path(archive), folder / UNPACKED)
        references = References(str(unpacked), is_foreign=True)
        yield Place(find_layers(unpacked, has_raw=has_raw), str, references)


@contextmanager
def _folder(settings: Settings, *, is_trial: bool) -> Iterator[Path]:
    if not is_trial:
        yield settings.run_folder
        return
    with tempfile.TemporaryDirectory() as folder:
        yield Path(folder)


def _remote(source: str, folder: Path, *, has_raw: bool) -> Place:
    from wkflow.origins.cloud import list_files  # noqa: PLC0415 -- most sources are local

    found = find_remote_layers(source, list_files(source), has_raw=has_raw)
    return Place(
        found,
        lambda file: _kept(file, folder) if "://" in file else file,
        References(is_foreign=True),
    )


def _kept(url: str, folder: Path) -> str:
    from wkflow.origins.fetch import keep  # noqa: PLC0415 -- as above

    return keep(url, folder)
