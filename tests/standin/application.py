"""The application: it finds the route of a request, lets faults strike, and answers."""

import sys
import time
import traceback
from collections.abc import Callable, Iterable
from typing import Any

from werkzeug.exceptions import HTTPException
from werkzeug.wrappers import Request, Response

from tests.standin.answers import RefusalError, failure, missing
from tests.standin.body import Body, Bucket, DroppedError
from tests.standin.faults import Fault
from tests.standin.routing import Route, find_route
from tests.standin.site import Call, Site

ALL_SERVICES = ("/api", "/data", "/standin")
NOT_LOGGED_IN = "You are not authorized to view this resource. Please log in."
ERROR_PAGE = "<html><head><title>Error</title></head><body><h1>A proxy's page</h1></body></html>"


class Application:
    """A WSGI application for one origin, which serves all paths or those of one service."""

    def __init__(self, site: Site, services: tuple[str, ...] = ALL_SERVICES) -> None:
        self.site = site
        self.services = services

    def __call__(
        self, environ: dict[str, Any], start_response: Callable[..., Any]
    ) -> Iterable[bytes]:
        request = Request(environ)
        body: Body = environ["wsgi.input"]
        response = self._answer(request, body)
        return response(environ, start_response)

    def _answer(self, request: Request, body: Body) -> Response:
        try:
            if not request.path.startswith(self.services):
                raise missing()
            route, values, version = find_route(request.method, request.path, self.site.options)
        except RefusalError as refused:
            body.discard()
            self.site.log.answered("none", str(refused.response.status_code))
            return refused.response
        call = Call(self.site, request, body, version, route.name, route.kind)
        if route.kind == "control":
            return _handled(call, route, values)
        return self._observed(call, route, values)

    def _observed(self, call: Call, route: Route, values: dict[str, str]) -> Response:
        """Answer, and note in the log how it ended."""
        log = self.site.log
        if call.token is not None:
            log.saw_token(call.request.host, call.token)
        if route.kind == "chunk":
            log.chunk_began()
        ended = "dropped"
        try:
            response = _struck(call, route, values)
            ended = str(response.status_code)
            return response
        finally:
            log.answered(route.name, ended)
            if route.kind == "chunk":
                log.chunk_ended(call.body.received)


def _struck(call: Call, route: Route, values: dict[str, str]) -> Response:
    """Let the faults that are due strike before, within and after the answer."""
    before = _before(call)
    if before is not None:
        return before
    _within(call)
    response = _handled(call, route, values)
    if not call.body.spent:
        call.body.discard()
    return _after(call, response)


def _before(call: Call) -> Response | None:
    if fault := call.due("hang"):
        time.sleep(fault.seconds)
        raise DroppedError("a fault")
    _change_memory(call)
    if fault := call.due("redirect"):
        target = fault.to.rstrip("/") + str(call.request.environ.get("RAW_URI", ""))
        return _early(call, Response("", fault.status or 302, {"Location": target}), fault)
    if fault := call.due("html"):
        return _early(call, Response(ERROR_PAGE, fault.status or 200, mimetype="text/html"), fault)
    if fault := call.due("status"):
        return _early(call, _status(fault), fault)
    length = call.body.length
    if length is not None and length > call.site.options.max_body:
        return failure("Request Entity Too Large", status=413)
    return None


def _status(fault: Fault) -> Response:
    headers = {}
    if fault.said:
        return failure("Something went wrong.", fault.said, status=fault.status or 503)
    if fault.retry_after is not None:
        headers["Retry-After"] = f"{fault.retry_after:g}"
    return Response(ERROR_PAGE, fault.status or 503, headers, mimetype="text/html")


def _early(call: Call, response: Response, fault: Fault) -> Response:
    """Answer instead of the server: before its body was read, or after."""
    if call.kind != "chunk" or fault.when == "after":
        _within(call)
        call.body.discard()
    return response


def _change_memory(call: Call) -> None:
    if call.due("revoke"):
        call.site.store.run("UPDATE users SET token = NULL WHERE token = ?", call.token)
    if fault := call.due("expire"):
        running = [row["id"] for row in call.site.uploads.all()]
        for key in running if fault.upload is None else [fault.upload]:
            call.site.uploads.forget(key)


def _within(call: Call) -> None:
    """Slow down or break off what the client sends."""
    body = call.body
    if fault := call.due("slow"):
        body.buckets.append(Bucket(fault.bytes_per_second))
    if fault := call.due("limit"):
        body.buckets.append(fault.bucket)
    if (fault := call.due("drop")) and body.length is not None:
        share = fault.dice.random() if fault.share is None else fault.share
        body.ends_after = int(share * body.length)


def _handled(call: Call, route: Route, values: dict[str, str]) -> Response:
    """Do what the route is for."""
    try:
        if route.secured and call.user is None:
            return failure(NOT_LOGGED_IN, status=401)
        return route.answer(call, **values)
    except RefusalError as refused:
        return refused.response
    except HTTPException as wrong:
        return failure(str(wrong), status=wrong.code or 500)
    except DroppedError:
        raise
    except Exception:  # noqa: BLE001 -- a server answers 500, and goes on
        sys.stderr.write(traceback.format_exc())
        return failure("Internal server error", status=500)


def _after(call: Call, response: Response) -> Response:
    if fault := call.due("delay"):
        time.sleep(fault.seconds)
    if fault := call.due("lost"):
        if fault.status is None:
            raise DroppedError("a fault")
        return _status(fault)
    return response
