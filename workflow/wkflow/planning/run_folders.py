"""The run folder: one for each source, and nothing of anybody else's in it."""

import shutil
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from hashlib import blake2b
from pathlib import Path

from wkflow.errors import ConfigError, SourceError
from wkflow.locks import dataset_lock_file
from wkflow.options.settings import Settings
from wkflow.planning.target_state import began_of, sources_of
from wkflow.run_folder import (
    ASKED,
    CLAIM,
    CONFIG,
    DOUBTFUL,
    DRAFT,
    HEADERS,
    LOCK,
    LOGS,
    PAGE,
    PICTURES,
    PLAN,
    PROGRESS,
    RECEIPTS,
    REPORT,
    SCRATCH,
    TEMPORARY,
    UNPACKED,
)

OURS = (LOCK, CLAIM, DRAFT)
"""One of them is in every run folder."""

TRACES = frozenset({
    *(LOCK, CONFIG, ASKED),
    *(LOGS, ".snakemake", TEMPORARY, PROGRESS, HEADERS, DOUBTFUL),
})  # fmt: skip
"""What a run leaves there before a plan is drawn."""

DOWNLOADS = frozenset({SCRATCH, UNPACKED})

WRITTEN = (CONFIG, PLAN, REPORT, PAGE, PICTURES, ASKED, RECEIPTS)
"""What a run writes, under names that others may use."""


def with_own_folder(settings: Settings) -> Settings:
    """Give a run that makes no dataset in its target a folder that belongs to its source alone.

    It is called after the source, and several sources may have one name: then a later one gets a
    digest of its place besides.
    """
    if settings.work_dir or not (settings.kind.has_server or settings.kind.adds_layers):
        return settings
    usual, (source, *others) = settings.run_folder, sources_of(settings)
    digest = blake2b(source.encode(), digest_size=4).hexdigest()
    own = usual.with_name(f"{usual.stem}-{digest}{usual.suffix}")
    if not own.exists() and began_of(usual, source) in {None, source, *others}:
        return settings
    return settings.model_copy(update={"work_dir": own})


def require_own_files(settings: Settings) -> None:
    """Refuse a folder whose files would be written over, though no run made them.

    Raises
    ------
    ConfigError
        Naming them.
    """
    folder = settings.run_folder
    if not settings.work_dir or any((folder / name).exists() for name in OURS):
        return
    found = [name for name in WRITTEN if (folder / name).exists()]
    if found:
        raise ConfigError(
            f"holds {', '.join(found)}, which no run made, and a run would write over",
            str(folder),
            "Choose another --work-dir: an empty or new folder.",
        )


@contextmanager
def without_new_folders(folder: Path) -> Iterator[None]:
    """Remove the run folder and those above it, if the block made them and leaves them empty."""
    missing = [place for place in (folder, *folder.parents) if not place.exists()]
    try:
        yield
    except BaseException:
        for place in missing:
            with suppress(OSError):  # it is not empty, or was not made
                place.rmdir()
        raise


@contextmanager
def without_traces(folder: Path) -> Iterator[None]:
    """Remove what the block left in the run folder, if it failed before a plan was drawn.

    What was fetched or unpacked stays for the next run, unless it is no good; and the logs stay
    if the failure tells to look at them.
    """
    try:
        yield
    except BaseException as error:
        is_lasting = isinstance(error, ConfigError | SourceError)
        traces = TRACES | DOWNLOADS if is_lasting else TRACES
        own = dataset_lock_file(folder / "dataset").name  # of one that is only there to be sent
        found = {place.name for place in folder.glob("*")} - {own}
        is_begun = not found <= traces or str(folder) in str(error)
        for name in () if is_begun else (*found, own):
            place = folder / name
            if place.is_dir():
                shutil.rmtree(place, ignore_errors=True)
            else:
                place.unlink(missing_ok=True)
        raise
