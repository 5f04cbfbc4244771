"""Command lines in any order: flags between paths, and one sentence for each thing that is wrong.

argparse reads what comes out. On its own it takes no flag between two paths, no value that begins
with a minus, the last one of two equal flags, and it blames a path for a mistyped flag.
"""

from argparse import Action, ArgumentParser
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from difflib import get_close_matches

from wkflow.errors import ConfigError

PASSED_ON = "--"
"""What follows is Snakemake's."""


FILE = "config"
"""What parsers call the file of options, which may hold paths."""

REPEATED = frozenset({"metadata"})
"""Options whose flag may be given several times."""


@dataclass(frozen=True, slots=True)
class Flags:
    """The flags of a command, and how many paths it takes.

    `elsewhere` says which other commands have a flag.
    """

    command: str
    actions: Sequence[Action]
    elsewhere: Mapping[str, Sequence[str]]

    @property
    def of_word(self) -> dict[str, Action]:
        """Every way to spell a flag, and what it is."""
        return {word: action for action in self.actions for word in action.option_strings}

    @property
    def paths(self) -> list[str]:
        """The names of what is given without a flag."""
        return [str(action.metavar) for action in self.actions if not action.option_strings]

    def in_order(self, words: Sequence[str]) -> list[str]:
        """Put flags before paths, each flag in one word with its value.

        Raises
        ------
        ConfigError
            If a flag is unknown, given twice, without its value or with one too many; if there are
            too many paths, or the first one is missing.
        """
        flags, paths, unknown = [], [], []
        seen: set[str] = set()
        known, rest = self.of_word, iter(words)
        for word in rest:
            flag, has_value, value = word.partition("=")
            if not word.startswith("-") or word == "-":
                paths.append(word)
            elif flag not in known:
                unknown.append(self._unknown(flag))
            else:
                action = known[flag]
                if action.dest in seen - REPEATED:
                    raise self._fault(f"{self._names(action, flag)} is given twice")
                seen.add(action.dest)
                takes_none = action.nargs == 0
                if takes_none and has_value:
                    raise self._fault(f"{flag} takes no value")
                if not takes_none and not has_value:
                    value = self._value(flag, action, rest)
                if not takes_none:
                    self._check_value(flag, action, value)
                flags.append(flag if takes_none else f"{flag}={value}")
        if unknown and "help" not in seen:
            raise self._fault("; ".join(dict.fromkeys(unknown)))
        if "help" not in seen:
            self._check(paths, may_lack=FILE in seen)
        return [*flags, PASSED_ON, *paths] if self.paths else flags

    def _value(self, flag: str, action: Action, rest: Iterator[str]) -> str:
        value = next(rest, None)
        if value is None or value in self.of_word:
            raise self._fault(f"{flag} wants a value: {action.metavar}")
        if value.startswith(PASSED_ON):
            raise self._fault(f"{flag} wants a value; one with two dashes is given as {flag}=VALUE")
        return value

    def _check_value(self, flag: str, action: Action, value: str) -> None:
        if value == PASSED_ON:  # argparse would drop it
            raise self._fault(f"{flag} wants a value: {action.metavar}")
        if action.choices and value not in action.choices:
            choices = list(action.choices)
            near = nearest(value, choices)
            hint = f"; did you mean {near}?" if near else ""
            raise self._fault(f"{flag}: {value!r} is none of {', '.join(choices)}{hint}")

    def _check(self, paths: Sequence[str], *, may_lack: bool) -> None:
        """See whether there are as many paths as the command takes; a file may hold them."""
        wanted = self.paths
        is_needed = any(map(_is_needed, self.actions))
        if is_needed and not (paths or may_lack):
            raise self._fault(f"{wanted[0]} is missing")
        if len(paths) > len(wanted):
            raise self._fault(
                f"one path too many: {paths[len(wanted)]!r}"
                + (f" follows {' and '.join(wanted)}" if wanted else ""),
                "A path with blanks stands in quotes." if wanted else "",
            )
        places = (action for action in self.actions if not action.option_strings)
        for action, path in zip(places, paths, strict=False):
            self._check_value(str(action.metavar), action, path)

    def _unknown(self, flag: str) -> str:
        """Say that there is no such flag, and what may have been meant."""
        if flag.lstrip("-").upper() in self.paths:
            return f"{flag.lstrip('-').upper()} is given without {flag}"
        if flag in self.elsewhere:
            return f"{flag} is an option of {' and '.join(self.elsewhere[flag])} only"
        near = nearest(flag, list(self.of_word))
        hint = f" (did you mean {near}?)" if near else ""
        if not (near or flag.startswith("--")) and len(flag) > len("-x"):
            hint = f" (a path of that name is written ./{flag})"
        return f"there is no option {flag}{hint}"

    def _names(self, action: Action, flag: str) -> str:
        others = [word for word in action.option_strings if word != flag]
        return f"{flag} (also {', '.join(others)})" if others else flag

    def _fault(self, what: str, remedy: str = "") -> ConfigError:
        place = f"wkflow {self.command}"
        return ConfigError(what, place, remedy or f"`{place} --help` explains every option.")


def _is_needed(action: Action) -> bool:
    """Whether it is a path without a default; of several only the first has to be there."""
    return not action.option_strings and action.default is None


def command_in(
    words: Sequence[str],
    parser: ArgumentParser,
    parsers: Mapping[str, ArgumentParser],
) -> str:
    """Find the command, which stands first; help and version need none.

    Raises
    ------
    ConfigError
        If another word stands first.
    """
    first = words[0] if words else ""
    if first in parsers:
        return first
    if first in {"-h", "--help", "--version"}:
        parser.parse_args([first])
    what = f"there is no command {first}"
    near = nearest(first, list(parsers))
    if first.startswith("-"):
        flag = first.partition("=")[0]
        is_known = any(flag in flags_of(name, parsers).of_word for name in parsers)
        what = f"{flag} stands behind the command" if is_known else f"there is no option {flag}"
        near = None if is_known else nearest(flag, ["--help", "--version"])
    remedy = f"Give one of {', '.join(parsers)}; `wkflow --help` explains them."
    raise ConfigError(what + (f" (did you mean {near}?)" if near else ""), "wkflow", remedy)


def flags_of(command: str, parsers: Mapping[str, ArgumentParser]) -> Flags:
    """Give the flags of a command, and which others belong to other commands."""
    elsewhere: dict[str, list[str]] = {"--version": ["wkflow"]}
    for name, parser in parsers.items():
        for word in Flags(name, parser._actions, {}).of_word:  # noqa: SLF001 -- argparse lists its arguments nowhere else
            elsewhere.setdefault(word, []).append(f"wkflow {name}")
    return Flags(command, parsers[command]._actions, elsewhere)  # noqa: SLF001


def nearest(word: str, known: Sequence[str]) -> str | None:
    """Give what was probably meant: a like word, or one that goes on so.

    >>> nearest("--voxel_sise", ["--voxel-size", "--unit"]), nearest("-j", ["--unit", "--jobs"])
    ('--voxel-size', '--jobs')
    """
    bare = {one.lstrip("-"): one for one in known}
    begun = word.lstrip("-").lower().replace("_", "-")
    near = get_close_matches(begun, bare, n=1)
    longer = [one for one in bare if begun and one.startswith(begun)]
    return bare[(near or longer)[0]] if near or longer else None


def usage_of(
    command: str, parser: ArgumentParser, behind: str = " [-- OPTIONS OF SNAKEMAKE]"
) -> str:
    """Give the one line that says how a command is called, and what may stand behind it."""
    actions = parser._actions  # noqa: SLF001 -- argparse lists its arguments nowhere else
    paths = [action for action in actions if not action.option_strings]
    needed = [one for one in paths if _is_needed(one)][:1]
    spelled = [str(one.metavar) if one in needed else f"[{one.metavar}]" for one in paths]
    return f"wkflow {' '.join([command, '[OPTIONS]', *spelled])}{behind}"
