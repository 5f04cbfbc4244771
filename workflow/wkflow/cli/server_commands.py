"""The commands about datasets that a server has: `wkflow list` and `wkflow delete`."""

import argparse
import json
import os
import sys
from dataclasses import asdict
from typing import TYPE_CHECKING

from wkflow.cli.inspect import Inspection
from wkflow.cli.inspection_options import add_json, add_server
from wkflow.cli.messages import say
from wkflow.errors import ConfigError
from wkflow.model.units import shown_bytes

if TYPE_CHECKING:
    from wkflow.webknossos.client.catalog import ListedDataset

COLUMNS = ("name", "folder", "state", "created", "size", "url")


def _add_list(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--webknossos-url", metavar="URL",
        help="Address of the server. [default: $WK_URL, else https://webknossos.org]",
    )  # fmt: skip
    parser.add_argument(
        "--folder", metavar="lab/raw", help="Only this folder of the server, and those below it."
    )
    parser.add_argument(
        "--sizes", action="store_true",
        help="Also ask what each takes on the server's disk: a request for each.",
    )  # fmt: skip
    add_json(parser)
    add_server(parser)


def _add_delete(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("dataset", metavar="URL", help="Address of the dataset.")
    parser.add_argument(
        "--any", action="store_true", help="Also delete a dataset that is complete and usable."
    )
    parser.add_argument("--yes", action="store_true", help="Delete without asking: for scripts.")
    add_server(parser)


def _list(options: argparse.Namespace) -> int:
    from wkflow.access_token import user_token  # noqa: PLC0415 -- not for --help
    from wkflow.options.upload import DEFAULT_URL  # noqa: PLC0415
    from wkflow.webknossos.client.catalog import list_datasets  # noqa: PLC0415
    from wkflow.webknossos.client.server import Server  # noqa: PLC0415
    from wkflow.webknossos.client.session import Session  # noqa: PLC0415

    url = options.webknossos_url or os.environ.get("WK_URL") or DEFAULT_URL
    token = user_token()
    with Session(token, ca_bundle=options.ca_bundle, insecure=options.insecure) as session:
        if token:  # before anything is asked
            session.require_private(url)
        server = Server.connect(session, url)
        found = list_datasets(server, options.folder, sizes=options.sizes)
    if options.json:
        say(json.dumps([asdict(one) for one in found], indent=2), sys.stdout)
    else:
        say(datasets_table(found, sizes=options.sizes), sys.stdout)
    return 0


def datasets_table(found: "list[ListedDataset]", *, sizes: bool) -> str:
    """Show datasets to a person, a line each; a column of sizes only where they were asked for."""
    if not found:
        return "no datasets"
    columns = [name for name in COLUMNS if sizes or name != "size"]
    rows = [columns]
    for one in found:
        size = "?" if one.bytes is None else shown_bytes(one.bytes)
        shown = asdict(one) | {"folder": one.folder or "/", "size": size}
        shown["created"] = one.created.partition("T")[0]
        rows.append([str(shown[name]) for name in columns])
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    return "\n".join(
        "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip()
        for row in rows
    )


def _delete(options: argparse.Namespace) -> int:
    from wkflow.access_token import user_token  # noqa: PLC0415 -- not for --help
    from wkflow.model.dataset_url import DatasetAddress  # noqa: PLC0415
    from wkflow.webknossos.client.catalog import (  # noqa: PLC0415
        check_deletable,
        delete_dataset,
        require_failed,
        state_of,
    )
    from wkflow.webknossos.client.find_dataset import visiting  # noqa: PLC0415

    address = DatasetAddress.parse(options.dataset)
    with visiting(
        address, user_token(), ca_bundle=options.ca_bundle, insecure=options.insecure
    ) as dataset:
        if not options.any:
            require_failed(dataset, remedy="To delete it all the same, give --any as well.")
        check_deletable(dataset)
        words = f"{dataset.name} ({state_of(dataset).rstrip('.')}), {dataset.url}"
        if not options.yes and not _agrees(words):
            say("wkflow: nothing was deleted", sys.stderr)
            return 0
        delete_dataset(dataset)
    say(f"wkflow: deleted {words}", sys.stderr)
    return 0


def _agrees(words: str) -> bool:
    """Ask the person at the terminal.

    Raises
    ------
    ConfigError
        If there is none.
    """
    if not (sys.stdin.isatty() and sys.stderr.isatty()):
        raise ConfigError(
            f"would delete {words} for good, and there is no terminal to ask at", "wkflow delete",
            "Give --yes to delete without being asked.",
        )  # fmt: skip
    say(f"wkflow: {words}\nwkflow: delete this dataset for good? [y/N]", sys.stderr)
    return sys.stdin.readline().strip().lower() in {"y", "yes"}


SERVER_COMMANDS = (
    Inspection(
        "list",
        "list the datasets on a WEBKNOSSOS server",
        "List the datasets of your organization on a server: name, folder, state, size, address. "
        "One that is not usable is an upload that goes on or has failed.",
        _add_list,
        _list,
    ),
    Inspection(
        "delete",
        "delete a failed upload from a WEBKNOSSOS server",
        "Delete a dataset of a server for good: one that is not usable, because its upload failed; "
        "any other with --any. You are asked before, or give --yes.",
        _add_delete,
        _delete,
    ),
)
