"""The commands that look and run no workflow: their options, and what they print."""

import argparse
import json
import os
from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from wkflow.access_token import TOKEN
from wkflow.cli.arguments import usage_of
from wkflow.errors import ConfigError
from wkflow.network.urls import is_url


@dataclass(frozen=True, slots=True)
class Inspection:
    """One command: `add` gives its parser the options that are its own, `run` does it.

    `run` gives the exit status.
    """

    name: str
    help: str
    description: str
    add: Callable[[argparse.ArgumentParser], None]
    run: Callable[[argparse.Namespace], int]


def add_inspections(subparsers: Any) -> dict[str, argparse.ArgumentParser]:  # noqa: ANN401 -- argparse hides its type
    """Add all commands of this module; give the parser of each."""
    parsers = {}
    for one in INSPECTIONS:
        parser = subparsers.add_parser(
            one.name, help=one.help, description=one.description, allow_abbrev=False
        )
        parser.set_defaults(command=one, verbose=False, token=None)
        one.add(parser)
        parser.usage = usage_of(one.name, parser, behind="")
        parsers[one.name] = parser
    return parsers


def inspect(options: argparse.Namespace, extra: tuple[str, ...]) -> int:
    """Run one of these commands.

    Raises
    ------
    ConfigError
        If something follows `--`.
    """
    command: Inspection = options.command
    if extra:
        raise ConfigError(
            "runs no Snakemake", "what follows `--`", "Leave it out, and the two dashes."
        )
    if options.token:
        os.environ[TOKEN] = options.token
    return command.run(options)


def _add_json(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--json", action="store_true", help="Print a JSON object for programs.")


def _add_links(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--follow-links",
        action="store_true",
        help="Also read mags that lie outside of the dataset's folder.",
    )


def _add_server(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--token", help="Token of your WEBKNOSSOS account; WK_TOKEN in the environment is safer."
    )
    parser.add_argument(
        "--ca-bundle", metavar="ca.pem", help="Certificates of a server to trust, as PEM."
    )
    parser.add_argument(
        "--insecure",
        action="store_true",
        help="Send the token over plain http, where others can read it.",
    )


def _add_info(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "dataset", metavar="DATASET", help="Folder of a dataset, or its URL on a server."
    )
    _add_json(parser)
    _add_links(parser)
    _add_server(parser)
    parser.add_argument(
        "--verbose", action="store_true", help="Also print the server's chain of causes."
    )


def _info(options: argparse.Namespace) -> int:
    from wkflow.inspection.describe_dataset import dataset_table, describe_dataset  # noqa: PLC0415 -- not for --help
    from wkflow.inspection.open_dataset import open_dataset  # noqa: PLC0415

    dataset = open_dataset(
        options.dataset,
        where="wkflow info",
        ca_bundle=options.ca_bundle,
        insecure=options.insecure or None,
        follow_links=options.follow_links or None,
    )
    description = describe_dataset(dataset)
    _print(asdict(description) if options.json else dataset_table(description))
    return 0


def _add_verify(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("dataset", metavar="DATASET", help="Folder of a dataset.")
    _add_json(parser)
    _add_links(parser)
    parser.add_argument(
        "--work-dir",
        metavar="FOLDER",
        help="Run folder with the receipts; by default DATASET.wkflow and DATASET.downsample.",
    )
    parser.add_argument(
        "--decode",
        action="store_true",
        help="Decode all chunks, also where receipts say what was written.",
    )
    parser.add_argument(
        "--jobs", metavar="8", type=int, help="Threads that read and decode, by default all cores."
    )
    parser.add_argument("--quiet", action="store_true", help="Print errors only.")


def _verify(options: argparse.Namespace) -> int:
    from wkflow.cli.byte_bar import ByteBar  # noqa: PLC0415 -- not for --help
    from wkflow.inspection.open_dataset import open_dataset  # noqa: PLC0415
    from wkflow.inspection.verify_dataset import (  # noqa: PLC0415
        shown_verification,
        stored_bytes,
        verify_dataset,
    )
    from wkflow.inspection.written_files import run_folders_of  # noqa: PLC0415
    from wkflow.process_limits import available_cores  # noqa: PLC0415

    _require_folder(options.dataset, "verify", "`wkflow upload` proves by itself what it sends.")
    dataset = open_dataset(
        options.dataset, where="wkflow verify", follow_links=options.follow_links or None
    )
    folders = run_folders_of(Path(dataset.target.root))
    if options.work_dir:
        folders = [Path(options.work_dir)]
    bar = ByteBar(0 if options.quiet else stored_bytes(dataset))
    threads = max(1, options.jobs or available_cores())
    try:
        found = verify_dataset(
            dataset, () if options.decode else folders, threads=threads, tick=bar.tick
        )
    finally:
        bar.close()
    if options.json:
        _print(asdict(found) | {"is_sound": found.is_sound})
    elif not options.quiet:
        _print(shown_verification(found))
    found.require_sound()
    return 0


def _add_doctor(parser: argparse.ArgumentParser) -> None:
    _add_json(parser)
    parser.add_argument(
        "--webknossos-url",
        metavar="URL",
        help="Also ask this server, and whose the token is; by default that of WK_URL, if there is "
        "WK_URL or WK_TOKEN.",
    )
    _add_server(parser)


def _doctor(options: argparse.Namespace) -> int:
    from wkflow.access_token import user_token  # noqa: PLC0415 -- not for --help
    from wkflow.inspection.check import checks_table  # noqa: PLC0415
    from wkflow.inspection.check_machine import check_machine  # noqa: PLC0415
    from wkflow.inspection.check_packages import check_packages  # noqa: PLC0415
    from wkflow.options.upload import DEFAULT_URL  # noqa: PLC0415

    checks = [*check_machine(Path.cwd()), *check_packages()]
    url = options.webknossos_url or os.environ.get("WK_URL") or (user_token() and DEFAULT_URL)
    if url:
        from wkflow.inspection.check_server import check_server  # noqa: PLC0415 -- only who has one

        checks += check_server(url, ca_bundle=options.ca_bundle, insecure=options.insecure)
    status = min((check.status for check in checks if check.status), default=0)
    can_convert = status != ConfigError.exit_status
    if options.json:
        _print({"can_convert": can_convert, "checks": [asdict(check) for check in checks]})
    else:
        told = "this machine can convert" if can_convert else "no conversion can run here"
        _print(f"{checks_table(checks)}\n\n{told}")
    return status


def _require_folder(place: str, command: str, remedy: str) -> None:
    if is_url(place):
        raise ConfigError(
            "is no folder on this machine", place, f"`wkflow {command}` wants one. {remedy}"
        )


def _print(result: object) -> None:
    """Print a table, or an object as JSON."""
    print(result if isinstance(result, str) else json.dumps(result, indent=2), flush=True)


INSPECTIONS = (
    Inspection(
        "info",
        "show what a dataset is made of",
        "Show layers, mags, types, boxes, sizes, chunks and codecs of a dataset of any tool: on "
        "disk, or on a server. Metadata are read, no voxel.",
        _add_info,
        _info,
    ),
    Inspection(
        "verify",
        "prove that the files of a dataset are whole",
        "Hold each shard against the size and the digest that its receipt has; where there are no "
        "receipts, decode all chunks. Nothing is written. The exit status is 7 if a file is "
        "missing, damaged or different.",
        _add_verify,
        _verify,
    ),
    Inspection(
        "doctor",
        "check this machine, its packages, and the server",
        "Say what of Python, packages, disk, memory, clusters and the server is there, which "
        "formats each extra opens, and what to do about the rest. The exit status is 2 if no "
        "conversion can run here, else 4 or 5 if the server or the token is of no use.",
        _add_doctor,
        _doctor,
    ),
)
