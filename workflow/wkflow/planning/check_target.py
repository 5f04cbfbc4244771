"""What a target may not be: refused before anything is touched, whichever door was taken."""

import os
from collections.abc import Iterable, Iterator
from contextlib import suppress
from pathlib import Path

from wkflow.errors import ConfigError
from wkflow.formats.dataset_contents import require_dataset
from wkflow.model.claim import new_of, old_of
from wkflow.model.plan import LayerPlan
from wkflow.network.urls import is_url
from wkflow.options.settings import Settings
from wkflow.path_safety import require_inside
from wkflow.planning.added_layers import require_extensible
from wkflow.planning.check_provenance import check_provenance
from wkflow.planning.target_state import TargetState, is_filled

if os.name == "posix":
    import pwd

OTHER = "Choose another target."
ANOTHER_FOLDER = "Choose another --work-dir."


def check_target(settings: Settings) -> None:
    """Refuse a target that would cost what somebody else made; nothing is changed.

    Raises
    ------
    ConfigError
        If it overlaps with the source, holds what this run folder did not make from this source,
        or holds what no dataset is made of and is to be overwritten.
    """
    check_provenance(settings)
    state = TargetState.of(settings)
    if settings.kind.merges:
        _require_apart(settings)
        require_extensible(settings)
        if state.is_other_source and settings.work_dir:
            _refuse_folder(settings, state)
    elif settings.target and settings.kind.converts and not settings.kind.composes:
        _require_apart(settings)
        _require_ours(settings, state)
    elif state.is_other_source and (settings.work_dir or settings.kind.has_server):
        _refuse_folder(settings, state)


def _require_ours(settings: Settings, state: TargetState) -> None:
    target, claim = state.dataset, state.claim
    claimed = Path(claim.dataset) if claim and claim.dataset else target
    if settings.work_dir and is_filled(claimed) and not _is_same(claimed, target):
        _refuse_folder(settings, state)
    if state.is_being_replaced:
        if not settings.overwrite_existing:
            raise ConfigError(
                f"is being replaced by a dataset of {state.began}", str(target),
                f"Give that command again to the end, or remove {new_of(target)} to keep what is "
                "there.",
            )  # fmt: skip
    elif os.path.lexists(old_of(target)) and not os.path.lexists(target):
        raise ConfigError(
            f"was being replaced when it was interrupted; the dataset is {old_of(target)}",
            str(target),
            "Rename that back, or give the command again that began it.",
        )
    if not state.is_there:
        return
    if settings.overwrite_existing:
        if state.begins_anew:
            require_dataset(target)
        return
    if claim is None or (state.is_given_up and state.owner is None):
        raise ConfigError(
            "exists and was not made by a run of this folder",
            str(target),
            "Choose another target, or let --overwrite-existing replace it.",
        )
    if state.owner is not None and state.owner != state.source:
        raise ConfigError(
            f"was made from {state.owner}, and not from {state.source}",
            str(target),
            "Choose another target, or let --overwrite-existing replace it.",
        )


def _refuse_folder(settings: Settings, state: TargetState) -> None:
    dataset = state.claim.dataset if state.claim else ""
    raise ConfigError(
        f"belongs to {dataset or 'another dataset'}, made from {state.began or 'another source'}; "
        f"not to {state.source}",
        str(settings.run_folder),
        ANOTHER_FOLDER,
    )


def require_started_by_itself(settings: Settings) -> None:
    """Refuse to replace a dataset where the rules are a module of another workflow.

    Nothing claims the target there, so the old dataset would be mixed with the new one.

    Raises
    ------
    ConfigError
        If there is a dataset that would be replaced.
    """
    if settings.kind.converts and TargetState.of(settings).begins_anew:
        raise ConfigError(
            "is not replaced by rules that are a module of another workflow",
            str(settings.dataset),
            "Remove it first, or give `wkflow convert --overwrite-existing`.",
        )


def require_files_apart(settings: Settings, layers: Iterable[LayerPlan]) -> None:
    """Refuse to replace a dataset in which a file of the source lies, be it through links.

    Raises
    ------
    ConfigError
        Naming the file.
    """
    if not (settings.overwrite_existing and settings.target and is_filled(settings.dataset)):
        return
    target = os.path.realpath(settings.dataset) + os.sep
    folders: dict[str, str] = {}
    for file in (file for one in layers for file in one.source.files if file and not is_url(file)):
        parent, name = os.path.split(file)
        place = Path(folders.setdefault(parent, os.path.realpath(parent)), name)
        if (os.path.realpath(file) if place.is_symlink() else str(place)).startswith(target):
            raise ConfigError(f"holds {file}, which is to be converted", target[:-1], OTHER)


def require_layers_inside(settings: Settings, layers: Iterable[LayerPlan]) -> None:
    """Refuse a target in which a folder of a layer or mag is a link that leads out.

    What is sent lies in the run folder, and mags that were moved to the server's storage are links.

    Raises
    ------
    ConfigError
        Naming the folder.
    """
    if settings.target and not settings.kind.uploads:
        place = TargetState.of(settings).place
        for one in layers:
            for grid in one.made:
                require_inside(place, f"{one.layer.path}/{grid.name}")


def _require_apart(settings: Settings) -> None:
    """Refuse a target that is the source, in it or around it, or what nobody would replace."""
    target, folder = settings.place, settings.run_folder
    sources = (settings.source, *settings.further_sources)
    for source in (Path(one) for one in sources if not is_url(one)):
        if _is_same(target, source):
            raise ConfigError("is the source itself", str(target), OTHER)
        if _holds(target, source):
            raise ConfigError(f"holds the source, {source}", str(target), OTHER)
        if _holds(source, target):
            raise ConfigError(f"lies inside the source, {source}", str(target), OTHER)
    if _is_same(target, folder) or _holds(target, folder):
        raise ConfigError(f"holds the run folder, {folder}", str(target), ANOTHER_FOLDER)
    if settings.overwrite_existing:
        _require_replaceable(target)
    elif target.is_symlink() and not target.exists():
        raise ConfigError(f"is a link to {target.readlink()}, which is not there", str(target),
                          "Remove the link, or make that folder.")  # fmt: skip


def _require_replaceable(target: Path) -> None:
    for what, place in _never_replaced():
        if _is_same(target, place) or _holds(target, place):
            raise ConfigError(f"is or holds {what}, {place}: that is never replaced", str(target),
                              OTHER)  # fmt: skip
    if os.path.ismount(os.path.realpath(target)):
        raise ConfigError("is the root of a file system: that is never replaced", str(target),
                          "Choose a folder in it.")  # fmt: skip


def _never_replaced() -> Iterator[tuple[str, Path]]:
    with suppress(OSError):  # it was removed
        yield "the working directory", Path.cwd()
    with suppress(RuntimeError):
        yield "the home directory", Path.home()
    if os.name == "posix":
        with suppress(KeyError):  # a container's user without a name
            yield "the home directory", Path(pwd.getpwuid(os.getuid()).pw_dir)


def _is_same(one: Path, other: Path) -> bool:
    if os.path.realpath(one) == os.path.realpath(other):
        return True
    with suppress(OSError, ValueError):
        return one.samefile(other)
    return False


def _holds(folder: Path, place: Path) -> bool:
    """Whether a place lies below a folder: as it is spelled, or through links."""
    real = Path(os.path.realpath(folder))
    spelled = Path(os.path.realpath(place.parent)) / place.name
    inside = {*spelled.parents, *Path(os.path.realpath(place)).parents}
    return real in inside or Path(os.path.realpath(folder.parent)) / folder.name in inside
