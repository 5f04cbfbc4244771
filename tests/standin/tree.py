"""Folders of uploaded files: how much there is, where its root is, and what belongs to it."""

import os
import shutil
import zipfile
from pathlib import Path

from tests.standin.answers import refusal
from tests.standin.datasource import Document, places

DEEPEST_ROOT = 10
HIDDEN_KEPT = {".zarray", ".zattrs"}


def files_below(folder: Path) -> list[Path]:
    return [path for path in folder.rglob("*") if path.is_file()]


def bytes_below(folder: Path) -> int:
    return sum(path.stat().st_size for path in files_below(folder))


def normalize_root(folder: Path) -> Path:
    """Unpack an upload that is one archive; give the folder that all its files have in common."""
    entries = list(folder.iterdir())
    if len(entries) == 1 and entries[0].suffix.lower() == ".zip":
        _unpack(entries[0], folder)
    files = files_below(folder)
    if not files:
        raise refusal("Tried to finish upload with no files. May be a retry of a failed finish.")
    common = Path(os.path.commonpath([path.parent for path in files]))
    parts = common.relative_to(folder).parts[:DEEPEST_ROOT]
    return folder.joinpath(*parts)


def _unpack(archive: Path, folder: Path) -> None:
    """Unpack without hidden files, apart from those of zarr."""
    try:
        with zipfile.ZipFile(archive) as opened:
            for name in opened.namelist():
                hidden = any(part.startswith(".") for part in Path(name).parts[:-1])
                last = Path(name).name
                if not hidden and (not last.startswith(".") or last in HIDDEN_KEPT):
                    opened.extract(name, folder)
    except zipfile.BadZipFile as failure:
        raise refusal("Could not unzip the uploaded file.", str(failure)) from failure
    archive.unlink()


def delete_others(root: Path, source: Document) -> None:
    """Delete what is not below a mag or an attachment of the document."""
    kept = {Path(path) for path, _ in places(source)}
    for path in files_below(root):
        if path not in kept and not kept.intersection(path.parents):
            path.unlink()


def move(folder: Path, target: Path | str) -> None:
    target = Path(target)
    target.parent.mkdir(parents=True, exist_ok=True)
    shutil.move(folder, target)
