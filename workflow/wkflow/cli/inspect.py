"""The commands that look and run no workflow: their options, and what they print."""

import argparse
import json
import os
import sys
from collections.abc import Callable, Iterable
from contextlib import suppress
from dataclasses import asdict, dataclass
from threading import Event
from typing import Any

from wkflow.access_token import TOKEN
from wkflow.cli.arguments import usage_of
from wkflow.cli.inspection_options import add_doctor, add_info, add_verify, add_view
from wkflow.cli.inspection_results import checks_of, info_of, served_view, verification_of
from wkflow.cli.show import show
from wkflow.errors import ConfigError


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
    found = info_of(options.dataset, **_opening(options))
    from wkflow.inspection.describe_dataset import dataset_parts  # noqa: PLC0415 -- not for --help

    if options.json:
        _print(asdict(found))
    else:
        show(dataset_parts(found))
    return 0


def _verify(options: argparse.Namespace) -> int:
    from wkflow.cli.byte_bar import ByteBar  # noqa: PLC0415 -- not for --help

    bars: list[ByteBar] = []

    def bar(total: int) -> Callable[[int], object]:
        bars.append(ByteBar(0 if options.quiet else total))
        return bars[0].tick

    try:
        found = verification_of(
            options.dataset,
            follow_links=options.follow_links,
            work_dir=options.work_dir,
            decode=options.decode,
            jobs=options.jobs,
            bar=bar,
        )
    finally:
        for one in bars:
            one.close()
    if options.json:
        _print(asdict(found) | {"is_sound": found.is_sound})
    elif not options.quiet:
        _print(str(found))
    found.require_sound()
    return 0


def _doctor(options: argparse.Namespace) -> int:
    found = checks_of(
        webknossos_url=options.webknossos_url,
        ca_bundle=options.ca_bundle,
        insecure=options.insecure,
    )
    checks = [asdict(check) for check in found.checks]
    if options.json:
        _print({"can_convert": found.can_convert, "checks": checks})
    else:
        show(found.parts)
    return found.status


def _view(options: argparse.Namespace) -> int:
    import webbrowser  # noqa: PLC0415 -- not for --help

    with served_view(options.dataset, port=options.port, say=_note, **_opening(options)) as link:
        print(link, flush=True)
        if options.browser:
            webbrowser.open(link)
        _note("Ctrl-C ends the view")
        with suppress(KeyboardInterrupt):
            Event().wait()
    return 0


def _note(words: str) -> None:
    print(f"wkflow: {words}", file=sys.stderr, flush=True)


def _opening(options: argparse.Namespace) -> dict[str, Any]:
    """Give the options that say how a dataset is opened."""
    return {name: getattr(options, name) for name in ("follow_links", "ca_bundle", "insecure")}


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
