"""Make a target this run folder's, before the first job; put a dataset that is whole in its place.

A dataset that is overwritten stays as it is until the new one, beside it, is whole. Each of the
changes here is one rename or one small file, so that a run killed between two of them goes on.
"""

import os
import shutil
from contextlib import suppress
from dataclasses import replace
from pathlib import Path

from wkflow.errors import ConfigError
from wkflow.formats.dataset_contents import remove_dataset, require_dataset
from wkflow.formats.replace_dataset import finish_replacing, settle
from wkflow.model.claim import Claim, is_swapped, new_of, old_of, place_of
from wkflow.model.plan import Plan
from wkflow.model.write_datasource import PROPERTIES, remove_properties
from wkflow.options.settings import Settings
from wkflow.planning.check_resources import fits_beside
from wkflow.planning.target_state import TargetState, began_of, source_of
from wkflow.run_folder import ASKED, PAGE, PICTURES, PLAN, RECEIPTS, REPORT, RunFolder

ASIDE = "before"
"""In the run folder: receipts of a dataset that is about to be replaced, until that begins."""


def lay_aside(settings: Settings) -> None:
    """Take away the receipts that are not of the dataset which is to be made.

    Called while the rules are read, also by a run that only shows what it would do: so they are
    brought back, if the run that was to follow never began.
    """
    folder = settings.run_folder
    bring_back(folder)
    is_elsewhere = settings.kind.uploads or settings.kind.adds_layers
    state = None if is_elsewhere else TargetState.of(settings)
    if state and not (state.place / PROPERTIES).exists():  # they are no output of their rule
        RunFolder(folder).receipt("write_properties").unlink(missing_ok=True)
    if state is None or not state.has_void_receipts:
        return
    for name in (RECEIPTS, REPORT, PAGE, PICTURES):
        if (folder / name).exists():
            (folder / ASIDE).mkdir(exist_ok=True)
            (folder / name).rename(folder / ASIDE / name)


def bring_back(run_folder: Path) -> None:
    """Undo `lay_aside`."""
    for one in (run_folder / ASIDE).glob("*"):
        if not (run_folder / one.name).exists():
            one.rename(run_folder / one.name)


def claim_target(settings: Settings, plan: Plan) -> None:
    """Make the target this run folder's, and its plan the last one that was carried out.

    Called once, before the first job starts.

    Raises
    ------
    ConfigError
        If the target is somebody else's.
    """
    _claim(settings, plan)
    if plan.layers:
        plan.write(settings.run_folder / PLAN)


def _claim(settings: Settings, plan: Plan) -> None:
    folder = settings.run_folder
    is_elsewhere = settings.kind.uploads or settings.kind.adds_layers
    if not plan.layers or plan.extends or is_elsewhere:
        _note_source(settings)
        if plan.layers and not plan.extends:
            _drop_layers(plan, folder / PLAN)
        return
    settle(settings.dataset)
    state = TargetState.of(settings)
    own = Claim(str(settings.dataset), state.source)
    goes_on = state.is_being_replaced and not state.is_other_source
    if is_swapped(settings.dataset) and not goes_on:  # a run was killed while it removed this
        remove_dataset(old_of(settings.dataset))
    if state.begins_anew:
        _begin_anew(settings, state, plan)
    else:
        if goes_on:
            if state.claim and not state.claim.source:  # it could not be read
                replace(state.claim, dataset=own.dataset, source=own.source).write(folder)
            finish_replacing(plan, folder, is_whole=False)
        elif state.claim != own:
            own.write(folder)
        _drop_layers(plan, folder / PLAN, place_of(settings.dataset, folder))
    shutil.rmtree(folder / ASIDE, ignore_errors=True)
    if (folder / ASKED).exists():
        (folder / ASKED).write_bytes(b"")


def keep_source(settings: Settings) -> None:
    """Complete the claim of an earlier version, before the options are written that name another.

    That another one is taken is only said at the end of planning.
    """
    folder = settings.run_folder
    claim = Claim.read(folder)
    began = began_of(folder, source_of(settings))
    if claim and claim.source is None and began:
        replace(claim, source=began).write(folder)


def _note_source(settings: Settings) -> None:
    claim = Claim.read(settings.run_folder)
    if claim is None or claim.source is None:
        Claim(str(settings.place), source_of(settings)).write(settings.run_folder)


def _begin_anew(settings: Settings, state: TargetState, plan: Plan) -> None:
    dataset, folder = settings.dataset, settings.run_folder
    require_dataset(dataset)
    before = state.owner if state.claim else None
    if not fits_beside(plan, settings):
        remove_dataset(dataset)
        Claim(str(dataset), state.source).write(folder)
        return
    new = new_of(dataset)
    if os.path.lexists(new):  # of an overwriting that was given up, or of another run folder
        require_dataset(new)
        remove_dataset(new)
    new.mkdir(exist_ok=True)
    Claim(str(dataset), state.source, beside=True, before=before).write(folder)


def _drop_layers(plan: Plan, path: Path, place: Path | None = None) -> None:
    """Remove the layers that the last plan had and this one has not."""
    place = place or Path(plan.dataset)
    with suppress(OSError, ConfigError):
        kept = {one.layer.name for one in plan.layers}
        for name in {one.layer.name for one in Plan.read(path).layers} - kept:
            remove_properties(place)
            remove_dataset(place, name)
