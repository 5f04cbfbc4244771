"""Scripts that let a shell complete commands, flags and their values."""

import argparse
from collections.abc import Mapping

from wkflow.cli.arguments import FILE
from wkflow.cli.command_parser import choices_of
from wkflow.options.settings import Settings

FILES, FOLDERS = frozenset({"source", "ca_bundle", FILE}), frozenset({"target", "work_dir"})
"""Options whose values lie on the disk."""


def completion_script(
    shell: str, parser: argparse.ArgumentParser, parsers: Mapping[str, argparse.ArgumentParser]
) -> str:
    """Give the script for a shell; the parsers are of no other use afterwards."""
    import shtab  # noqa: PLC0415 -- it takes a tenth of a second, and few need it

    for one in parsers.values():
        for action in one._actions:  # noqa: SLF001 -- argparse lists its arguments nowhere else
            if action.dest in Settings.model_fields:
                action.choices = choices_of(action.dest) or None
            if action.dest in FILES | FOLDERS:
                kind = shtab.FILE if action.dest in FILES else shtab.DIRECTORY
                action.complete = kind  # type: ignore[attr-defined]  # where shtab looks for it
    return str(shtab.complete(parser, shell=shell)).rstrip()
