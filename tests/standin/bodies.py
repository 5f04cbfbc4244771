"""JSON bodies of requests: what has to be in them, and the errors that say what is not."""

import json
import re
from typing import Any

from tests.standin.answers import RefusalError, as_json, refusal

Body = dict[str, Any]

EXPECTED = {
    str: "error.expected.jsstring",
    int: "error.expected.jsnumber",
    bool: "error.expected.jsboolean",
    dict: "error.expected.jsobject",
    list: "error.expected.jsarray",
}
INTEGER_EXPECTED = "error.expected.int"
ID = "an object id"
"""Stands in a shape for 24 hexadecimal digits."""

RESUMABLE = {
    "uploadId": str,
    "totalFileCount": int,
    "totalFileSizeInBytes?": int,
    "filePaths?": [str],
}
LINKS = [{"datasetId": ID, "layerName": str, "newLayerName?": str}]
RESERVE = {
    "resumableUploadInfo": RESUMABLE,
    "datasetName": str,
    "organizationId": str,
    "initialTeamIds": [ID],
    "layersToLink?": LINKS,
    "folderId?": ID,
    "requireUniqueName?": bool,
    "isVirtual?": bool,
    "needsConversion?": bool,
}
RESERVE_V13 = {
    **RESUMABLE,
    "name": str,
    "organization": str,
    "initialTeams": [ID],
    "layersToLink?": LINKS,
    "folderId?": ID,
    "requireUniqueName?": bool,
    "isVirtual?": bool,
    "needsConversion?": bool,
}
MAG = {"mag": [int], "channelIndex?": int, "axisOrder?": dict}
RESERVE_MAG = {
    "resumableUploadInfo": RESUMABLE,
    "datasetId": ID,
    "layerName": str,
    "mag": MAG,
    "overwritePending": bool,
}
RESERVE_PATHS = {
    "datasetName": str,
    "initialTeamIds": [ID],
    "folderId?": ID,
    "requireUniqueName": bool,
    "layersToLink": LINKS,
    "dataSource": dict,
    "pathPrefix?": str,
}
MAG_PATH = {
    "layerName": str,
    "mag": [int],
    "axisOrder?": dict,
    "channelIndex?": int,
    "pathPrefix?": str,
    "overwritePending": bool,
}
UPLOAD_ID = {"uploadId": str}
"""Shapes: a name that ends in `?` may be missing or null; a list is of one kind of element."""


def parsed(text: bytes, content_type: str) -> Any:  # noqa: ANN401 -- any JSON value
    """Parse a body that has to be JSON.

    Raises
    ------
    RefusalError
        415 for another content type, 400 for text that is not JSON.
    """
    if content_type.partition(";")[0].strip() not in {"application/json", "text/json"}:
        raise refusal("Expecting text/json or application/json body", status=415)
    try:
        return json.loads(text)
    except ValueError as failure:
        raise refusal(f"Invalid Json: {failure}") from failure


def validated(document: Any, shape: Any) -> Body:  # noqa: ANN401 -- any JSON value
    """Give the document back if it has the shape, else answer 400 with all that is wrong.

    Examples
    --------
    >>> validated({"uploadId": "a"}, UPLOAD_ID)
    {'uploadId': 'a'}
    >>> errors({"mag": [1, "2"]}, MAG, "obj")
    {'obj.mag[1]': 'error.expected.jsnumber'}
    """
    wrong = errors(document, shape, "obj")
    if wrong:
        said = {path: [{"msg": [what], "args": []}] for path, what in wrong.items()}
        raise RefusalError(as_json(said, 400))
    checked: Body = document
    return checked


def errors(value: Any, shape: Any, path: str) -> dict[str, str]:  # noqa: ANN401 -- any JSON value
    """Map the path of each wrong value to what is wrong with it."""
    if shape is ID:
        return _id_errors(value, path)
    if isinstance(shape, type):
        return _type_errors(value, shape, path)
    if isinstance(shape, list):
        return _list_errors(value, shape[0], path)
    if not isinstance(value, dict):
        return {path: EXPECTED[dict]}
    found = {}
    for name, inner in shape.items():
        found |= _member_errors(value, name, inner, path)
    return found


def _member_errors(document: Body, name: str, shape: Any, path: str) -> dict[str, str]:  # noqa: ANN401 -- any shape
    key, optional = name.removesuffix("?"), name.endswith("?")
    value = document.get(key)
    if value is not None:
        return errors(value, shape, f"{path}.{key}")
    return {} if optional else {f"{path}.{key}": "error.path.missing"}


def _list_errors(value: Any, shape: Any, path: str) -> dict[str, str]:  # noqa: ANN401 -- any JSON value
    if not isinstance(value, list):
        return {path: EXPECTED[list]}
    found = {}
    for index, element in enumerate(value):
        found |= errors(element, shape, f"{path}[{index}]")
    return found


def _type_errors(value: Any, kind: type, path: str) -> dict[str, str]:  # noqa: ANN401 -- any JSON value
    if kind is int and isinstance(value, float):
        return {path: INTEGER_EXPECTED}
    right = isinstance(value, kind) and (kind is bool or not isinstance(value, bool))
    return {} if right else {path: EXPECTED[kind]}


def _id_errors(value: Any, path: str) -> dict[str, str]:  # noqa: ANN401 -- any JSON value
    if not isinstance(value, str):
        return {path: EXPECTED[str]}
    return {} if re.fullmatch("[0-9a-f]{24}", value) else {path: "bsonid.invalid"}
