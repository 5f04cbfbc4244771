"""Layers of a dataset on a server that another one there shows as its own: nothing is copied.

Versions 13 to 16 have the route; what is deleted with the dataset that holds the files is gone from
both. In the words of the server, a dataset is composed.
"""

from typing import Any
from urllib.parse import quote

from wkflow.errors import ServerError, VerificationError
from wkflow.model.datasource_properties import factors_of, mags_of
from wkflow.model.mag import name_of
from wkflow.webknossos.client.dataset import RemoteDataset
from wkflow.webknossos.client.error_messages import MissingError

Document = dict[str, Any]


def obstacle_of(dataset: RemoteDataset) -> str:
    """Say why a dataset can get no layers; nothing if it can."""
    if not dataset.info.get("isEditable", True):
        return "the user of this token may not change it"
    if not dataset.info.get("isVirtual", True):
        return "the server found it as a folder, and adds layers to datasets that were uploaded"
    return ""


def layers_of(dataset: RemoteDataset) -> dict[str, Document]:
    """Give the descriptions of the layers of a dataset by their names."""
    return {str(layer["name"]): layer for layer in dataset.document["dataLayers"]}


def is_same_layer(one: Document, other: Document) -> bool:
    """Whether two descriptions are of the same voxels: kind, box, and where the mags lie."""
    return _described(one) == _described(other) and _places(one) == _places(other)


def add_layer(target: RemoteDataset, source: RemoteDataset, name: str, *, was_asked: bool) -> None:
    """Let a dataset have a layer of another one, under the same name.

    Parameters
    ----------
    was_asked
        Whether the server was asked before, and may have done it: then a layer of the same kind,
        box and mags is taken for it, wherever the server says that it lies.

    Raises
    ------
    ServerError
        If it has another layer of that name, or in the server's words.
    VerificationError
        If the server says that it did it, and does not show the layer.
    """
    layer = layers_of(source)[name]
    if found := layers_of(target).get(name):
        _require_ours(target, found, layer, was_asked=was_asked)
        return
    where = target.server.at(f"/datasets/{quote(target.id, safe='')}/compose/addLayer")
    body = {"sourceDatasetId": source.id, "sourceLayerName": name, "targetLayerName": name}
    try:
        target.server.session.request("POST", where, json=body)
    except MissingError as failure:
        remedy = f"Compose them in WEBKNOSSOS by hand: what was sent is {source.url}."
        what = f"the server cannot add layers to a dataset: {failure.what}"
        raise ServerError(what, target.url, remedy, failure.detail) from None
    except ServerError:
        found = layers_of(target.again()).get(name)  # an answer may have been lost
        if not (found and is_same_layer(found, layer)):
            raise
    found = layers_of(target.again()).get(name)
    if found is None or _described(found) != _described(layer):
        raise VerificationError(
            f"the server says that it added layer {name}, and does not show it", target.url,
            f"Look at it in WEBKNOSSOS; what was sent is {source.url}.",
        )  # fmt: skip


def _require_ours(
    target: RemoteDataset, found: Document, layer: Document, *, was_asked: bool
) -> None:
    if is_same_layer(found, layer) or (was_asked and _described(found) == _described(layer)):
        return
    raise ServerError(
        f"has got another layer {layer['name']} meanwhile", target.url,
        "Rename or delete that one in WEBKNOSSOS; the same command goes on.",
    )  # fmt: skip


def _described(layer: Document) -> tuple[object, ...]:
    box = layer["boundingBox"]
    mags = sorted(name_of(factors_of(mag)) for mag in mags_of(layer))
    return layer["category"], layer["elementClass"], repr(sorted(box.items())), mags


def _places(layer: Document) -> dict[str, object]:
    return {name_of(factors_of(mag)): mag.get("path") for mag in mags_of(layer)}
