"""The run folder: one for each source, and nothing of anybody else's in it."""

from hashlib import blake2b
from pathlib import Path

from wkflow.claim import CLAIM
from wkflow.errors import ConfigError
from wkflow.plan import ASKED, CONFIG, DRAFT, PLAN, REPORT
from wkflow.settings import Settings
from wkflow.steps.target_state import began_of, source_of

LOCK = "lock"

OURS = (LOCK, CLAIM, DRAFT)
"""One of them is in every run folder."""

WRITTEN = (CONFIG, PLAN, REPORT, ASKED, "receipts")
"""What a run writes, under names that others may use."""


def with_own_folder(settings: Settings) -> Settings:
    """Give a run without a local target a folder that belongs to its source alone.

    It is called after the source, and several sources may have one name: then a later one gets a
    digest of its place besides.
    """
    if settings.work_dir or not (settings.sends or settings.is_remote):
        return settings
    usual, source = settings.run_folder, source_of(settings)
    digest = blake2b(source.encode(), digest_size=4).hexdigest()
    own = usual.with_name(f"{usual.stem}-{digest}{usual.suffix}")
    if not own.exists() and began_of(usual, source) in {None, source}:
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


def has_begun(folder: Path) -> bool:
    """Whether a run folder holds more than the traces of runs that were refused."""
    return any((folder / name).exists() for name in (CLAIM, DRAFT, PLAN, "receipts"))
