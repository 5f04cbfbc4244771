"""Let the new mags of a dataset that exists be seen, all at once."""

import json
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from wkflow import atomic_files
from wkflow.errors import ConfigError
from wkflow.formats.dataset_contents import remove_dataset
from wkflow.formats.mag_folder_names import folders_like
from wkflow.formats.pyramid_metadata import extended
from wkflow.formats.table import format_of
from wkflow.model.datasource_properties import (
    MAGS,
    RESOLUTIONS,
    factors_of,
    listed_mags,
    local_path,
    mag_of,
    mags_of,
    paths_of,
    usual_paths,
)
from wkflow.model.layer import Grid
from wkflow.model.plan import LayerPlan, Plan, digest
from wkflow.model.receipt import Receipt
from wkflow.model.write_datasource import PROPERTIES, mag_properties, properties_bytes
from wkflow.model.write_datasource import write_properties as publish
from wkflow.path_safety import is_inside, require_inside
from wkflow.run_folder import note_published
from wkflow.steps.write_properties import check_receipts
from wkflow.voxels.base_mag import require_base


def extend_properties(
    plan: Plan, receipts: Iterable[str], run_folder: Path | None = None
) -> Receipt:
    """List the new mags in `datasource-properties.json`; everything else stays as it is.

    Called again after it was interrupted, it comes to the same result; in the run folder is noted
    that it began.

    Raises
    ------
    VerificationError
        If a shard is missing or has another size than its receipt says; that receipt is removed,
        so that the same command makes the shard anew.
    SourceError
        If the mags that were there lost files meanwhile.
    ConfigError
        If the dataset has no such layer any more.
    """
    dataset = Path(plan.dataset)
    require_base(plan, run_folder)
    read = check_receipts(plan, receipts)
    files = tuple(file for receipt in read.values() for file in receipt.files)
    written = {file.path for file in files}
    document = json.loads((dataset / PROPERTIES).read_bytes())
    replaced: list[str] = []
    for one in plan.layers:
        _prune(dataset, one, written)
        gone = _extend_layer(_described(document, one, dataset), one, dataset)
        _extend_groups(dataset, one, gone)
        replaced += gone
    if run_folder:
        note_published(run_folder, digest(properties_bytes(document).hex()))
    publish(dataset, document)
    listed = _listed(dataset, document)
    for path in [*replaced, *_left_over(dataset, plan)]:
        if (dataset / local_path(path)).resolve() not in listed:
            _remove(dataset, path)
    for folder in {dataset, *(dataset / one.layer.path for one in plan.layers)}:
        atomic_files.sweep(folder, is_deep=False)
    return Receipt("extend_properties", files, sum(one.voxels for one in read.values()))


def _described(document: dict[str, Any], one: LayerPlan, dataset: Path) -> dict[str, Any]:
    for layer in document["dataLayers"]:
        if layer["name"] == one.layer.name:
            found: dict[str, Any] = layer
            return found
    raise ConfigError(
        f"has no layer {one.layer.name} any more", str(dataset / PROPERTIES),
        "Somebody changed it meanwhile: give the command again.",
    )  # fmt: skip


def _extend_layer(layer: dict[str, Any], one: LayerPlan, dataset: Path) -> list[str]:
    """Add the new mags to a layer's description; give the folders of those that they replace."""
    if RESOLUTIONS in layer and MAGS not in layer and any(grid.folder for grid in one.made):
        _modernize(layer, dataset)
    listed, replaced = mags_of(layer), []
    for grid in one.made:
        entry = _entry(layer, one, grid)
        same = [mag for mag in listed if mag_of(mag).largest == grid.mag.largest]
        paths = {str(mag["path"]) for mag in same if mag.get("path")}
        replaced += sorted(paths - {str(entry.get("path"))})
        place = listed.index(same[0]) if same else len(listed)
        listed[:] = [mag for mag in listed if mag not in same]
        listed.insert(min(place, len(listed)), entry)
    return replaced


def _entry(layer: dict[str, Any], one: LayerPlan, grid: Grid) -> dict[str, Any]:
    """Describe a mag as the layer's other ones are described."""
    if MAGS in layer:
        return mag_properties(one.layer, grid)
    return {"resolution": list(grid.mag.factors), "cubeLength": grid.shard[0]}


def _modernize(layer: dict[str, Any], dataset: Path) -> None:
    """Say where mags are, which in old descriptions goes without saying."""
    mags = []
    for old in layer[RESOLUTIONS]:
        factors = factors_of(old)
        short, long = usual_paths(layer["name"], factors)
        mags.append({
            "mag": list(factors),
            "path": short if (dataset / short).is_dir() else long,
            **{key: value for key, value in old.items() if key != "resolution"},
        })  # fmt: skip
    place = list(layer).index(RESOLUTIONS)
    items = list(layer.items())
    items[place] = (MAGS, mags)
    layer.clear()
    layer.update(items)


def _extend_groups(dataset: Path, one: LayerPlan, gone: list[str]) -> None:
    """Let the documents of a pyramid beside its arrays grow as well."""
    if one.given is None or Path(one.given.path).is_absolute():
        return

    def read(name: str) -> bytes | None:
        path = dataset / name
        return path.read_bytes() if path.is_file() else None

    added = [(f"{one.layer.path}/{grid.name}", grid.mag) for grid in one.made]
    base = (one.given.path, one.grids[0].mag)
    documents = extended(
        one.layer.data_format, read, one.layer, base, added, one.made, removed=gone
    )
    for folder in {name.rpartition("/")[0] for name in documents} - {""}:
        require_inside(dataset, folder)
    for name, content in documents.items():
        with atomic_files.atomic_write(dataset / name) as file:
            file.write(content)
    atomic_files.flush(dataset / name for name in documents)


def _prune(dataset: Path, one: LayerPlan, written: set[str]) -> None:
    """Remove from the new mags' folders what an earlier, interrupted run left."""
    kept = written | set(format_of(one.layer.data_format).document_names(one.layer, one.made))
    for grid in one.made:
        require_inside(dataset, f"{one.layer.path}/{grid.name}")
        remove_dataset(dataset, f"{one.layer.path}/{grid.name}", kept=kept)


def _listed(dataset: Path, document: dict[str, Any]) -> set[Path]:
    """Give the folders of all mags that are listed, wherever they are."""
    return {
        (dataset / local_path(path)).resolve()
        for layer, mag in listed_mags(document)
        for path in paths_of(layer, mag)
    }


def _left_over(dataset: Path, plan: Plan) -> list[str]:
    """List folders of mags that were replaced, in this run or in one that was killed here.

    They lie beside the new ones and are called like mags of their size; some may be listed.
    """
    return [
        path
        for one in plan.layers
        for grid in one.made
        if grid.folder or plan.overwrite
        for path in folders_like(dataset, one.layer.path, grid.mag)
    ]


def _remove(dataset: Path, path: str) -> None:
    """Remove a mag that is no longer listed: a link, but not what it leads to."""
    place = dataset / local_path(path)
    is_below = not Path(local_path(path)).is_absolute() and ".." not in Path(local_path(path)).parts
    if place.is_symlink():
        place.unlink()
    elif is_below and is_inside(dataset, local_path(path)) and place.is_dir():
        remove_dataset(dataset, local_path(path))
