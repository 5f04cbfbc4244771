"""The command line: flags become Settings, Settings become config.yaml, Snakemake does the rest."""

import argparse
import sys
from collections.abc import Callable, Sequence
from time import monotonic
from typing import Any

from pydantic.fields import FieldInfo

from wkflow import __version__
from wkflow.errors import WkflowError
from wkflow.job import foresee
from wkflow.settings import Settings

INTERRUPTED = 130
POSITIONAL = ("source", "target")


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command line and give the exit status."""
    own, extra = _split(sys.argv[1:] if arguments is None else list(arguments))
    options = build_parser().parse_args(own)
    return guarded(lambda: _convert(options, extra))


def guarded(run: Callable[[], int]) -> int:
    """Turn what we foresaw into a few lines on stderr; let bugs keep their traceback."""
    try:
        return run()
    except WkflowError as error:
        print(f"wkflow: {error}", file=sys.stderr)
        return error.exit_status
    except OSError as error:
        foreseen = foresee(error)
        if foreseen is None:
            raise
        print(f"wkflow: {foreseen}", file=sys.stderr)
        return foreseen.exit_status
    except KeyboardInterrupt:
        print("wkflow: interrupted; the same command goes on from here", file=sys.stderr)
        return INTERRUPTED


def build_parser() -> argparse.ArgumentParser:
    """Make the parser; options and help come from the fields of `Settings`."""
    parser = argparse.ArgumentParser(
        prog="wkflow",
        description="Turn image stacks into WEBKNOSSOS datasets with their magnifications.",
        epilog="Exit status: 0 done, 2 wrong usage or config, 3 bad source, 5 try again, "
        "6 out of disk or memory, 7 verification failed, 130 interrupted.",
    )
    parser.add_argument("--version", action="version", version=f"wkflow {__version__}")
    commands = parser.add_subparsers(required=True, metavar="COMMAND")
    convert = commands.add_parser(
        "convert",
        help="convert an image stack on disk to a dataset on disk",
        description="Convert an image stack to a WEBKNOSSOS dataset (zarr3) with its pyramid. "
        "The same command again resumes. What follows `--` goes to Snakemake.",
        allow_abbrev=False,
    )
    for name, option in Settings.model_fields.items():
        _add_option(convert, name, option)
    convert.add_argument(
        "--dry-run", action="store_true", help="Show the plan as a table and write nothing."
    )
    convert.add_argument("--quiet", action="store_true", help="Print errors only.")
    return parser


def _add_option(parser: argparse.ArgumentParser, name: str, option: FieldInfo) -> None:
    """Add one field as a flag, or as a positional argument; pydantic checks the values."""
    help_text = (option.description or "").replace("%", "%%")
    if name in POSITIONAL:
        parser.add_argument(name, metavar=name.upper(), help=help_text)
        return
    flag = f"--{name.replace('_', '-')}"
    keywords: dict[str, Any] = {"dest": name, "default": None}
    if option.annotation is bool:
        keywords["action"] = argparse.BooleanOptionalAction
    else:
        keywords["metavar"] = _metavar(name, option)
    if option.is_required():
        help_text += " Required."
    elif option.default is not None:
        help_text += f" [default: {spell(option.default)}]"
    parser.add_argument(flag, help=help_text, **keywords)


def _metavar(name: str, option: FieldInfo) -> str:
    if choices := choices_of(name):
        return "|".join(choices)
    return str(option.examples[0]) if option.examples else name.upper()


def choices_of(name: str) -> list[str]:
    """List the values that an option allows, if they are few; from the JSON schema."""
    schema: dict[str, Any] = Settings.model_json_schema()["properties"][name]
    return [
        str(choice)
        for part in (schema, *schema.get("anyOf", ()))
        for choice in part.get("enum", [part["const"]] if "const" in part else [])
    ]


def spell(value: object) -> str:
    """Write a value as a person would type it."""
    if isinstance(value, tuple):
        return ",".join(map(str, value))
    return str(value).lower() if isinstance(value, bool) else str(value)


def _split(arguments: list[str]) -> tuple[list[str], tuple[str, ...]]:
    """Cut off what follows `--`: that is Snakemake's."""
    if "--" not in arguments:
        return arguments, ()
    cut = arguments.index("--")
    return arguments[:cut], tuple(arguments[cut + 1 :])


def _convert(options: argparse.Namespace, extra: tuple[str, ...]) -> int:
    given = {name: getattr(options, name) for name in Settings.model_fields}
    settings = Settings.parse(given, where="wkflow convert")
    if options.dry_run:
        return _dry_run(settings)
    from wkflow.launch import launch  # noqa: PLC0415 -- --help need not wait for it

    started = monotonic()
    busy = launch(settings, extra, quiet=options.quiet)
    if not options.quiet:
        done = f"done in {monotonic() - started:.1f} s" if busy else "nothing to do, it is complete"
        print(f"wkflow: {settings.target}: {done}", file=sys.stderr)
    return 0


def _dry_run(settings: Settings) -> int:
    from wkflow.steps.check_room import check_room  # noqa: PLC0415 -- only a dry run opens images
    from wkflow.steps.draw_plan import draw_plan  # noqa: PLC0415
    from wkflow.table import plan_table  # noqa: PLC0415

    plan = draw_plan(settings)
    print(plan_table(plan, settings))
    check_room(plan, settings)
    return 0


if __name__ == "__main__":
    sys.exit(main())
