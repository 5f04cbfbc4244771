"""Where a source is: a folder or file here, a zip archive, or behind a URL."""

import posixpath
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from wkflow.errors import SourceError
from wkflow.model.source import References
from wkflow.network.urls import is_url, name_of, require_readable, shown
from wkflow.options.settings import Settings
from wkflow.planning.find_layers import ImageFolder, find_layers, find_remote_layers
from wkflow.planning.group_slices import Local
from wkflow.run_folder import FETCHED, SCRATCH, UNPACKED
from wkflow.sources.display_names import names_of_members, naming
from wkflow.sources.zip_archive import is_archive, unpack

"""In the run folder: what archives hold."""


@dataclass(frozen=True, slots=True)
class OpenSource:
    """The folders of a source, how to have a file of it on this machine, what files may name.

    `root` is the folder that they lie below; `names` has what a person calls the paths of archives'
    members and of downloads.
    """

    found: list[ImageFolder]
    local: Local
    references: References
    root: str
    names: dict[str, str] = field(default_factory=dict)


@contextmanager
def located(settings: Settings, *, is_trial: bool = False) -> Iterator[OpenSource]:
    """Find the folders of the source; archives are unpacked into the run folder.

    A trial leaves nothing there: what it unpacks or fetches goes at the end of the block. Errors
    name members of archives and downloads as a person does.
    """
    has_raw = settings.raw_layout is not None
    are_apart = settings.pattern is None
    source = settings.source
    if is_url(source):
        require_readable(source)
    else:
        _require_seen(Path(source))
    is_packed = is_archive(name_of(source)) and not Path(source).is_dir()
    if not is_url(source) and not is_packed:
        root = source if Path(source).is_dir() else str(Path(source).parent)
        references = References(root, follows=settings.follow_links)
        layers = find_layers(Path(source), has_raw=has_raw, are_apart=are_apart)
        yield OpenSource(layers, str, references, str(root))
        return
    with _folder(settings, is_trial=is_trial) as folder:
        names: dict[str, str] = {}
        with naming(names):
            found = _packed if is_packed else _remote
            yield found(source, folder, names, has_raw=has_raw, are_apart=are_apart)


def _require_seen(source: Path) -> None:
    """Refuse a path that the system does not look up; one that is not there is told later."""
    try:
        source.exists()
    except OSError as error:
        raise SourceError(
            (error.strerror or str(error)).lower(), str(source),
            "Check the path, and that you may read its folders.",
        ) from None  # fmt: skip


@contextmanager
def _folder(settings: Settings, *, is_trial: bool) -> Iterator[Path]:
    if not is_trial:
        yield settings.run_folder
        return
    with tempfile.TemporaryDirectory() as folder:
        yield Path(folder)


def _packed(
    source: str, folder: Path, names: dict[str, str], *, has_raw: bool, are_apart: bool
) -> OpenSource:
    archive = source
    if is_url(source):
        archive = _kept(source, folder / SCRATCH / FETCHED, names)
    called = shown(source) if is_url(source) else source
    unpacked = unpack(Path(archive), folder / UNPACKED)
    names |= names_of_members(str(unpacked), called)
    references = References(str(unpacked), is_foreign=True, archive=called)
    layers = find_layers(unpacked, has_raw=has_raw, are_apart=are_apart)
    return OpenSource(layers, str, references, str(unpacked), names)


def _remote(
    source: str, folder: Path, names: dict[str, str], *, has_raw: bool, are_apart: bool
) -> OpenSource:
    from wkflow.sources.remote_folder import list_files  # noqa: PLC0415 -- most sources are local

    found = find_remote_layers(source, list_files(source), has_raw=has_raw, are_apart=are_apart)
    fetched = folder / SCRATCH / FETCHED
    return OpenSource(
        found,
        lambda file: _kept(file, fetched, names) if is_url(file) else file,
        References(is_foreign=True),
        source,
        names,
    )


def _kept(url: str, folder: Path, names: dict[str, str]) -> str:
    from wkflow.sources.fetch import keep  # noqa: PLC0415 -- as above

    path = keep(url, folder)
    names |= {path: shown(url), str(Path(path).parent): posixpath.dirname(shown(url))}
    return path
