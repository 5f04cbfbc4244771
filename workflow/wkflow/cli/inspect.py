"""The commands that look and run no workflow: their options, and what they print."""

import argparse
import json
import os
import sys
from collections.abc import Callable, Iterable
from contextlib import suppress
from dataclasses import asdict, dataclass
from pathlib import Path
from threading import Event
from typing import Any

from wkflow.access_token import TOKEN
from wkflow.cli.arguments import usage_of
from wkflow.cli.inspection_options import add_doctor, add_info, add_verify, add_view
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


def add_inspections(
    subparsers: Any,  # noqa: ANN401 -- argparse hides its type
    commands: Iterable[Inspection],
) -> dict[str, argparse.ArgumentParser]:
    """Add commands; give the parser of each."""
    parsers = {}
    for one in commands:
        parser = subparsers.add_parser(
            one.name, help=one.help, description=one.description, allow_abbrev=False,
        )  # fmt: skip
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


def _info(options: argparse.Namespace) -> int:
    from wkflow.inspection.describe_dataset import dataset_table, describe_dataset  # noqa: PLC0415 -- not for --help
    from wkflow.inspection.open_dataset import open_dataset  # noqa: PLC0415

    dataset = open_dataset(options.dataset, where="wkflow info", **_server_options(options))
    description = describe_dataset(dataset)
    _print(asdict(description) if options.json else dataset_table(description))
    return 0


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


def _doctor(options: argparse.Namespace) -> int:
    from wkflow.access_token import user_token  # noqa: PLC0415 -- not for --help
    from wkflow.inspection.check import checks_table  # noqa: PLC0415
    from wkflow.inspection.check_machine import check_machine  # noqa: PLC0415
    from wkflow.inspection.check_packages import check_packages  # noqa: PLC0415
    from wkflow.options.upload import DEFAULT_URL  # noqa: PLC0415

    checks = [*check_machine(Path.cwd()), *check_packages()]
    can_convert = not any(check.status for check in checks)
    url = options.webknossos_url or os.environ.get("WK_URL") or (user_token() and DEFAULT_URL)
    if url:
        from wkflow.inspection.check_server import check_server  # noqa: PLC0415 -- only who has one

        checks += check_server(url, ca_bundle=options.ca_bundle, insecure=options.insecure)
    if options.json:
        _print({"can_convert": can_convert, "checks": [asdict(check) for check in checks]})
    else:
        told = "this machine can convert" if can_convert else "no conversion can run here"
        _print(f"{checks_table(checks)}\n\n{told}")
    return next((check.status for check in checks if check.status), 0)


def _view(options: argparse.Namespace) -> int:
    import webbrowser  # noqa: PLC0415 -- not for --help

    from wkflow.inspection.open_dataset import open_dataset  # noqa: PLC0415
    from wkflow.inspection.precomputed_view import shown_layers  # noqa: PLC0415

    dataset = open_dataset(options.dataset, where="wkflow view", **_server_options(options))
    try:
        from wkflow.inspection.neuroglancer_view import serving  # noqa: PLC0415
    except ImportError as lack:
        if str(lack.name).startswith("wkflow"):  # a fault of the installation
            raise
        raise ConfigError(
            f"needs a package that is not installed ({lack.name})", "wkflow view",
            "pip install 'wkflow[view]'",
        ) from None  # fmt: skip
    with (
        shown_layers(dataset) as (layers, notes),
        serving(layers, port=options.port, say=_note) as link,
    ):
        for note in notes:
            _note(note)
        print(link, flush=True)
        if not options.no_browser:
            webbrowser.open(link)
        _note("Ctrl-C ends the view")
        with suppress(KeyboardInterrupt):
            Event().wait()
    return 0


def _note(words: str) -> None:
    print(f"wkflow: {words}", file=sys.stderr, flush=True)


def _server_options(options: argparse.Namespace) -> dict[str, object]:
    """Give the options that say how a dataset is opened."""
    return {
        "ca_bundle": options.ca_bundle,
        "insecure": options.insecure or None,
        "follow_links": options.follow_links or None,
    }


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
        add_info,
        _info,
    ),
    Inspection(
        "verify",
        "prove that the files of a dataset are whole",
        "Hold each shard against the size and the digest that its receipt has; where there are no "
        "receipts, decode all chunks. Nothing is written. The exit status is 7 if a file is "
        "missing, damaged or different.",
        add_verify,
        _verify,
    ),
    Inspection(
        "doctor",
        "check this machine, its packages, and the server",
        "Say what of Python, packages, disk, memory, clusters and the server is there, which "
        "formats each extra opens, and what to do about the rest. The exit status is 2 if no "
        "conversion can run here, else 4 or 5 if the server or the token is of no use.",
        add_doctor,
        _doctor,
    ),
    Inspection(
        "view",
        "show a dataset in the browser, with Neuroglancer",
        "Serve a dataset of any format to this machine's browser alone, and show it in "
        "Neuroglancer: all layers in their scale, contrast and colours. Ctrl-C ends it.",
        add_view,
        _view,
    ),
)
