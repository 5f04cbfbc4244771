"""The API server's front: paths, rights, selectors, and faults, on loopback."""

import json
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from threading import Thread
from typing import Any

from werkzeug.exceptions import HTTPException
from werkzeug.routing import Map, Rule
from werkzeug.serving import WSGIRequestHandler, make_server
from werkzeug.wrappers import Request, Response

from tests.kubernetes.answers import RefusalError, forbidden, missing
from tests.kubernetes.cluster import Cluster

TOKEN = "a-token-of-the-cluster"  # noqa: S105 -- of the stand-in
CORE, BATCH = "/api/v1/namespaces/<namespace>", "/apis/batch/v1/namespaces/<namespace>"
RESOURCES = {"jobs": "jobs.batch", "pods": "pods", "secrets": "secrets", "events": "events"}
VERBS = {"POST": "create", "DELETE": "delete", "GET": "get"}
ROUTES = Map(
    [
        Rule(f"{base}/{kind}{rest}", endpoint=kind)
        for base, kinds in ((CORE, ("pods", "secrets", "events")), (BATCH, ("jobs",)))
        for kind in kinds
        for rest in ("", "/<name>", "/<name>/<part>")
    ]
)


class ApiServer:
    """A WSGI application in front of a cluster.

    `faults` are answers that come instead of the next ones, by verb and resource: a code, or None
    for a connection that breaks after the request was carried out. `delays` are seconds between a
    request that was carried out and its answer.
    """

    def __init__(self, cluster: Cluster) -> None:
        self.cluster = cluster
        self.tokens = {TOKEN}
        self.faults: dict[tuple[str, str], list[int | None]] = {}
        self.delays: dict[tuple[str, str], float] = {}
        self.seen: list[tuple[str, str]] = []

    def __call__(
        self, environ: dict[str, Any], start_response: Callable[..., Any]
    ) -> Iterable[bytes]:
        request = Request(environ)
        try:
            code, answer = self._answer(request)
        except RefusalError as refused:
            code, answer = refused.code, refused.status
        except HTTPException:
            code, answer = 404, "404 page not found\n"
        is_text = isinstance(answer, str)
        body = answer if isinstance(answer, str) else json.dumps(answer)
        mimetype = "text/plain" if is_text else "application/json"
        return Response(body, code, mimetype=mimetype)(environ, start_response)

    def _answer(self, request: Request) -> tuple[int, Any]:
        if request.headers.get("Authorization", "").removeprefix("Bearer ") not in self.tokens:
            raise RefusalError(401, "Unauthorized")
        kind, values = ROUTES.bind("").match(request.path, method=request.method)
        verb = VERBS[request.method]
        if verb == "get" and "name" not in values:
            verb = "list"
        part = f"/{values['part']}" if "part" in values else ""
        resource = RESOURCES[kind] + part
        self.seen.append((verb, resource))
        if (verb, resource) not in self.cluster.allowed:
            raise forbidden(verb, resource, values["namespace"])
        due = self.faults.get((verb, resource), [])
        fault = due.pop(0) if due else 0
        if fault:
            raise RefusalError(fault, "an error on the server has prevented the request")
        with self.cluster.lock:
            answer = self._carry_out(request, kind, verb, values)
        time.sleep(self.delays.get((verb, resource), 0))
        if fault is None:
            raise RefusalError(500, "the answer got lost")
        return 201 if verb == "create" else 200, answer

    def _carry_out(self, request: Request, kind: str, verb: str, values: dict[str, str]) -> Any:  # noqa: ANN401 -- JSON
        cluster, name = self.cluster, values.get("name", "")
        if verb == "create":
            if values["namespace"] != cluster.namespace:
                raise missing("namespaces", values["namespace"])
            given = json.loads(request.data)
            return cluster.create_job(given) if kind == "jobs" else cluster.create_secret(given)
        if verb == "delete":
            return self._delete(kind, name, request)
        if values.get("part") == "log":
            previous = request.args.get("previous", "").lower() == "true"
            return cluster.log(name, request.args["container"], previous=previous)
        if verb == "list":
            return _list(self._objects(kind), request)
        if name not in self._named(kind):
            raise missing(RESOURCES[kind], name)
        return self._named(kind)[name]

    def _delete(self, kind: str, name: str, request: Request) -> dict[str, Any]:
        if kind == "jobs":
            body = json.loads(request.data or b"{}") or {}
            policy = request.args.get("propagationPolicy") or body.get("propagationPolicy")
            return self.cluster.delete_job(name, policy)
        if kind == "pods":
            return self.cluster.delete_pod(name)
        return self.cluster.delete_secret(name)

    def _named(self, kind: str) -> dict[str, dict[str, Any]]:
        cluster = self.cluster
        return {"jobs": cluster.jobs, "pods": cluster.pods, "secrets": cluster.secrets}[kind]

    def _objects(self, kind: str) -> list[dict[str, Any]]:
        return self.cluster.events if kind == "events" else list(self._named(kind).values())


def _list(objects: list[dict[str, Any]], request: Request) -> dict[str, Any]:
    """Give those that the selectors take."""
    wanted = _pairs(request.args.get("labelSelector", ""))
    fields = _pairs(request.args.get("fieldSelector", ""))
    items = [
        one
        for one in objects
        if wanted.items() <= one["metadata"].get("labels", {}).items()
        and all(_at(one, path) == value for path, value in fields.items())
    ]
    return {"kind": "List", "apiVersion": "v1", "metadata": {}, "items": items}


def _pairs(selector: str) -> dict[str, str]:
    """Read a selector.

    Examples
    --------
    >>> _pairs("app=snakemake,run=a")
    {'app': 'snakemake', 'run': 'a'}
    """
    return dict(pair.split("=", 1) for pair in selector.split(",") if pair)


def _at(one: Any, path: str) -> Any:  # noqa: ANN401 -- JSON
    for key in path.split("."):
        one = one.get(key, {})
    return one


class _Quiet(WSGIRequestHandler):
    def log(self, *_: object) -> None: ...


@contextmanager
def serving(server: ApiServer) -> Iterator[str]:
    """Serve for the length of a block; give the URL."""
    http = make_server("127.0.0.1", 0, server, threaded=True, request_handler=_Quiet)
    thread = Thread(target=http.serve_forever, args=(0.05,), daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{http.port}"
    finally:
        http.shutdown()
        http.server_close()
        server.cluster.stop()
        thread.join()
