"""Mags that are announced for a dataset that is there, and become part of it."""

import json
from pathlib import Path

from tests.standin.answers import refusal
from tests.standin.datasets import USABLE, new_id
from tests.standin.datasource import Document, find_layer, mag_name
from tests.standin.site import Site
from tests.standin.store import Row


def new_mag(site: Site, key: str, layer_name: str, mag: list[int]) -> Path:
    """Check that a layer may get a mag; give the path that it would have."""
    dataset = site.datasets.get(key)
    if not dataset["virtual"]:
        raise refusal("Adding mags to existing datasets is only allowed for virtual datasets.")
    layer = None
    if dataset["status"] == USABLE:
        layer = find_layer(site.datasets.source(dataset), layer_name)
    if layer is None:
        raise refusal(f"Could not find layer “{layer_name}” in dataset.")
    if any(max(held["mag"]) == max(mag) for held in layer["mags"]):
        text = f"New mag {mag_name(mag)} conflicts with existing mag of the layer."
        raise refusal(text)
    if dataset["datastore"] != site.datasets.datastore()["name"]:
        raise refusal("Cannot upload mag to existing dataset via different datastore.")
    return site.datasets.root(dataset) / layer_name / f"{mag_name(mag)}__{new_id()}"


def hold(site: Site, key: str, layer: str, mag: Document, *, overwrite: bool) -> None:
    """Note a mag as pending; another of the same size yields, or is in the way."""
    name = mag_name(mag["mag"])
    if pending(site, key, layer, name) is not None and not overwrite:
        raise refusal("This mag is already pending.")
    values = (key, layer, name, mag["path"], json.dumps(mag))
    site.store.run("INSERT OR REPLACE INTO pending VALUES (?,?,?,?,?)", *values)


def pending(site: Site, key: str, layer: str, name: str) -> Row | None:
    sql = "SELECT * FROM pending WHERE dataset = ? AND layer = ? AND mag = ?"
    return site.store.row(sql, key, layer, name)


def release(site: Site, key: str, layer: str, name: str) -> None:
    sql = "DELETE FROM pending WHERE dataset = ? AND layer = ? AND mag = ?"
    site.store.run(sql, key, layer, name)


def register(site: Site, key: str, layer_name: str, mag: list[int]) -> None:
    """Make a pending mag, whose data is there, a mag of its layer."""
    name = mag_name(mag)
    row = pending(site, key, layer_name, name)
    if row is None:
        raise refusal(f"Mag {name} of layer “{layer_name}” is not pending.")
    announced = json.loads(row["document"])
    held = {field: announced[field] for field in ("mag", "path", "axisOrder", "channelIndex")
            if announced.get(field) is not None}  # fmt: skip
    if "axisOrder" in held:  # a server knows no other axes here, and drops what it does not know
        held["axisOrder"] = {axis: held["axisOrder"][axis] for axis in "cxyz"
                             if axis in held["axisOrder"]}  # fmt: skip

    def add(source: Document) -> None:
        layer = find_layer(source, layer_name)
        if layer is None:
            raise refusal(f"Could not find layer “{layer_name}” in dataset.")
        layer["mags"] = sorted([*layer["mags"], held], key=lambda one: max(one["mag"]))

    site.datasets.change(key, add)
    release(site, key, layer_name, name)
