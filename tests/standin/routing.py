"""The table of routes, and the versions of the API that have them."""

import re
from collections.abc import Callable
from dataclasses import dataclass
from enum import Enum

from werkzeug.exceptions import HTTPException
from werkzeug.routing import Map, Rule
from werkzeug.wrappers import Response

from tests.standin import (
    by_path,
    catalog,
    chunks,
    control,
    finishing,
    instance,
    proxy,
    reserving,
    streaming,
)
from tests.standin.answers import missing
from tests.standin.options import Options

VERSIONED = re.compile(r"/(?P<service>api|data|tracings)/v(?P<version>\d+)(?P<rest>/.*)?")
FIRST_NEW = 14
"""Since this version uploads have routes of their own."""


class Era(Enum):
    """Which servers have a route, under which versions in the path."""

    ANY = "all of them"
    NEW = "servers since 14, under every version"
    OLD = "servers of 13; since 14 under versions up to 13 alone"
    OLD_OR_BARE = "like OLD, and without a version as well"
    OLD_ALONE = "servers of 13 alone"


@dataclass(frozen=True)
class Route:
    """What is done for a path.

    Attributes
    ----------
    kind
        One of chunk, test, finish, reserve, json, read, control.
    secured
        Whether it is 401 without a valid token.
    """

    name: str
    kind: str
    answer: Callable[..., Response]
    secured: bool = False
    era: Era = Era.ANY

    def exists(self, options: Options, named: int | None) -> bool:
        """Tell whether a server has it under the version that a path names, if it names one."""
        old = options.api < FIRST_NEW
        old_path = named is not None and named < FIRST_NEW
        return {
            Era.ANY: True,
            Era.NEW: not old,
            Era.OLD: old or old_path,
            Era.OLD_OR_BARE: old or old_path or named is None,
            Era.OLD_ALONE: old,
        }[self.era]


def _wk(method: str, path: str, kind: str, answer: Callable[..., Response]) -> Rule:
    return _rule(method, f"/api{path}", kind, answer, secured=True)


def _open(method: str, path: str, kind: str, answer: Callable[..., Response]) -> Rule:
    return _rule(method, f"/api{path}", kind, answer)


def _data(
    method: str, path: str, kind: str, answer: Callable[..., Response], era: Era = Era.ANY
) -> Rule:
    return _rule(method, f"/data{path}", kind, answer, era=era)


def _control(method: str, path: str, answer: Callable[..., Response]) -> Rule:
    return _rule(method, f"/standin{path}", "control", answer)


def _rule(
    method: str, path: str, kind: str, answer: Callable[..., Response], *,
    secured: bool = False, era: Era = Era.ANY,
) -> Rule:  # fmt: skip
    module = answer.__module__.rsplit(".", 1)[1]
    name = kind if kind in {"chunk", "test"} else f"{module}.{answer.__name__}"
    return Rule(path, methods=[method], endpoint=Route(name, kind, answer, secured, era))


UPLOAD = "/datasets/upload/<any(dataset, mag):domain>"
ZARR, PROXY = "/zarr/<key>", "/datasets/<key>/proxy"

ROUTES = Map(
    [
        _open("GET", "/buildinfo", "json", instance.build_info),
        _wk("GET", "/user", "json", instance.current_user),
        _wk("GET", "/teams", "json", instance.teams),
        _open("GET", "/features", "json", instance.features),
        _wk("GET", "/folders/tree", "json", instance.folder_tree),
        _open("GET", "/datastores", "json", instance.datastores),
        _wk("GET", "/organizations/<key>", "json", instance.organization),
        _open("GET", "/shortLinks/byKey/<key>", "json", instance.short_link),
        _wk("GET", "/datasets/<name>/isValidNewName", "json", instance.is_valid_new_name),
        _open("GET", "/datasets", "json", catalog.listing),
        _open("GET", "/datasets/<key>", "json", catalog.read),
        _open("GET", "/datasets/disambiguate/<organization>/<name>/toId", "json",
              catalog.disambiguate),
        _wk("GET", "/datasets/<key>/sharingToken", "json", catalog.sharing_token),
        _wk("PATCH", "/datasets/<key>/updatePartial", "json", catalog.update_partial),
        _wk("POST", "/datasets/<key>/compose/addLayer", "json", catalog.compose_add_layer),
        _wk("PATCH", "/datasets/<key>/teams", "json", catalog.update_teams),
        _wk("DELETE", "/datasets/<key>", "json", catalog.delete),
        _wk("POST", "/datasets/reserveUploadToPaths", "reserve", by_path.reserve),
        _wk("POST", "/datasets/<key>/finishUploadToPaths", "finish", by_path.finish),
        _wk("POST", "/datasets/<key>/reserveMagUploadToPath", "reserve", by_path.reserve_mag),
        _wk("POST", "/datasets/<key>/finishMagUploadToPath", "finish", by_path.finish_mag),
        _data("POST", "/datasets/reserveUpload", "reserve", reserving.reserve_dataset_v13,
              Era.OLD),
        _data("POST", "/datasets", "chunk", chunks.send_chunk, Era.OLD_OR_BARE),
        _data("GET", "/datasets", "test", chunks.ask_chunk, Era.OLD_OR_BARE),
        _data("POST", "/datasets/finishUpload", "finish", finishing.finish_v13, Era.OLD),
        _data("GET", "/datasets/unfinishedUploads", "json", finishing.unfinished, Era.OLD),
        _data("POST", "/datasets/cancelUpload", "json", finishing.cancel_v13, Era.OLD_ALONE),
        _data("POST", "/datasets/upload/dataset/reserveUpload", "reserve",
              reserving.reserve_dataset, Era.NEW),
        _data("POST", "/datasets/upload/mag/reserveUpload", "reserve", reserving.reserve_mag,
              Era.NEW),
        _data("POST", UPLOAD, "chunk", chunks.send_chunk, Era.NEW),
        _data("GET", UPLOAD, "test", chunks.ask_chunk, Era.NEW),
        _data("POST", f"{UPLOAD}/finishUpload", "finish", finishing.finish, Era.NEW),
        _data("POST", f"{UPLOAD}/cancelUpload", "json", finishing.cancel, Era.NEW),
        _data("GET", f"{UPLOAD}/unfinishedUploads", "json", finishing.unfinished, Era.NEW),
        _data("GET", f"{ZARR}/datasource-properties.json", "read", streaming.properties),
        _data("GET", f"{ZARR}/.zgroup", "read", streaming.group),
        _data("GET", f"{ZARR}/<layer>/.zgroup", "read", streaming.group),
        _data("GET", f"{ZARR}/<layer>/.zattrs", "read", streaming.attributes),
        _data("GET", f"{ZARR}/<layer>/<mag>/.zarray", "read", streaming.array),
        _data("GET", f"{ZARR}/<layer>/<mag>/<coordinates>", "read", streaming.chunk),
        _data("GET", f"{PROXY}/datasource-properties.json", "read", proxy.properties),
        _data("GET", f"{PROXY}/layers/<layer>/mags/<mag>/<path:path>", "read", proxy.mag_file),
        _data("GET", f"{PROXY}/layers/<layer>/attachments/<kind>/<name>", "read",
              proxy.attachment_file),
        _data("GET", f"{PROXY}/layers/<layer>/attachments/<kind>/<name>/<path:path>", "read",
              proxy.attachment_file),
        _control("GET", "/log", control.read_log),
        _control("DELETE", "/log", control.clear_log),
        _control("PUT", "/faults", control.set_faults),
        _control("PUT", "/tokens", control.set_tokens),
        _control("PUT", "/links", control.set_links),
        _control("GET", "/datasets", control.read_datasets),
        _control("GET", "/uploads", control.read_uploads),
    ],
    strict_slashes=False,
    merge_slashes=False,
)  # fmt: skip
"""Paths without their version."""


def find_route(method: str, path: str, options: Options) -> tuple[Route, dict[str, str], int]:
    """Give the route of a path, the parts of the path, and the version of the API."""
    match = VERSIONED.fullmatch(path)
    named = int(match["version"]) if match else None
    if named is not None and not options.oldest <= named <= options.api:
        raise missing(
            "This WEBKNOSSOS instance does not support the requested HTTP API version. Client "
            f"requested {named} but must be at least {options.oldest} and at most {options.api}."
        )
    plain = f"/{match['service']}{match['rest'] or ''}" if match else path
    try:
        route, values = ROUTES.bind("").match(plain, method)
    except HTTPException:
        raise missing() from None
    if not route.exists(options, named):
        raise missing()
    if route.kind in {"chunk", "test"}:
        values = {}
    return route, dict(values), named or options.api
