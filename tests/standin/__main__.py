"""Run the stand-in: `python -m tests.standin --folder STATE` prints its URL when it listens."""

import argparse
import json
import sys
import threading
from dataclasses import replace
from pathlib import Path

from werkzeug.serving import BaseWSGIServer, make_server

from tests.standin.application import Application
from tests.standin.faults import read_faults
from tests.standin.options import GIBIBYTE, TWO_WEEKS, Options
from tests.standin.site import Site
from tests.standin.wire import Handler

HOST = "127.0.0.1"


def main() -> None:
    """Serve until the process is ended, or until its standard input is."""
    given = _parser().parse_args()
    tls = tuple(given.tls) if given.tls else None
    servers = [_server(given.port, tls)]
    if given.datastore_port is not None:
        servers.append(_server(given.datastore_port, tls))
    scheme = "https" if tls else "http"
    urls = [f"{scheme}://{HOST}:{server.port}" for server in servers]
    options = replace(_options(given), url=urls[0], datastore_url=urls[-1])
    site = Site(given.folder, options, read_faults(json.loads(given.faults)))
    if len(servers) == 1:
        servers[0].app = Application(site)
    else:
        servers[0].app = Application(site, ("/api", "/standin"))
        servers[1].app = Application(site, ("/data", "/standin"))
    for server in servers:
        threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True).start()
    sys.stdout.write(urls[0] + "\n")
    sys.stdout.flush()
    _wait(forever=given.forever)


def _wait(*, forever: bool) -> None:
    """Wait for the end of whoever started this process: then its input is closed."""
    if forever:
        threading.Event().wait()
    sys.stdin.buffer.read()


def _server(port: int, tls: tuple[str, str] | None) -> BaseWSGIServer:
    return make_server(
        HOST, port, _not_yet, threaded=True, request_handler=Handler, ssl_context=tls
    )


def _not_yet(_environ: object, start_response: object) -> list[bytes]:
    """Stand where the application will be, until the ports are known."""
    raise NotImplementedError


def _options(given: argparse.Namespace) -> Options:
    return Options(
        api=given.api,
        oldest=given.oldest,
        organization=given.organization,
        root_folder=given.root_folder,
        quota=given.quota,
        allows_upload=not given.no_datastore,
        allows_delete=not given.no_delete,
        expiry=given.expiry,
        max_body=given.max_body,
    )


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m tests.standin", description=__doc__)
    add = parser.add_argument
    add("--folder", type=Path, required=True, help="all that it remembers")
    add("--port", type=int, default=0, help="0 takes a free one")
    add("--datastore-port", type=int, help="serve the datastore's routes there, and only there")
    add("--api", type=int, default=16, help="current version of the API")
    add("--oldest", type=int, default=5, help="oldest supported version of the API")
    add("--organization", default="sample_organization", help="id of the users' organization")
    add("--root-folder", default="sample_organization", help="name of its root folder")
    add("--quota", type=int, help="bytes that the organization may store")
    add("--no-datastore", action="store_true", help="no datastore takes uploads")
    add("--no-delete", action="store_true", help="no dataset can be deleted")
    add("--expiry", type=float, default=TWO_WEEKS, help="seconds that an upload may be idle")
    add("--max-body", type=int, default=GIBIBYTE, help="bytes of the longest request")
    add("--faults", default="{}", help="JSON, see tests/standin/faults.py")
    add("--tls", nargs=2, metavar=("CERT", "KEY"), help="serve https")
    add("--forever", action="store_true", help="do not end with the standard input")
    return parser


if __name__ == "__main__":
    main()
