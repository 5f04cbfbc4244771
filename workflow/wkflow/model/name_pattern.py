"""A pattern says which parts of names are z, the channel and the time: `{channel}_z{z}.tif`."""

import re
from dataclasses import dataclass
from string import Formatter

FIELDS = {"z": "z", "c": "channel", "channel": "channel", "t": "t"}
"""What may stand in braces, and what it means."""

_NUMBER = {"z": r"[-+\N{MINUS SIGN}]*\d+(?:[.,]\d+)?", "t": r"\d+"}
_TEXT = r"[^/]+?"
_ANY = r"[^/]*?"
_SUFFIX = r"(?:\.[^/]*)?"

READ_AS = "names read as "
"""So begins the note that tells the pattern by which names were read."""

EXAMPLE = "write it like '{channel}_z{z}_t{t}.tif'"


@dataclass(frozen=True, slots=True)
class NamePattern:
    """A pattern for the names of slices, with as many folders before them as it names.

    `fields` are those that it has: `z`, `channel`, `t`.
    """

    text: str
    fields: tuple[str, ...]
    regex: re.Pattern[str]

    @classmethod
    def parse(cls, text: str) -> "NamePattern":
        """Read a pattern. `*` stands for anything within a name, `{{` and `}}` for braces.

        Letter case does not count, and a pattern without a suffix takes any.

        Raises
        ------
        ValueError
            If it holds what is no field, one of them twice, or neither z nor t.

        Examples
        --------
        >>> NamePattern.parse("{c}/img_{z}").read("dapi/IMG_007.tif")
        {'channel': 'dapi', 'z': '007'}
        >>> NamePattern.parse("*_z{z}_t{t}.tif").read("a_b_z-3.tif") is None
        True
        """
        try:
            pieces = list(Formatter().parse(text))
        except ValueError as error:
            raise ValueError(f"is no pattern ({error}): {EXAMPLE}") from None
        parts: list[str] = []
        fields: list[str] = []
        is_open = False  # whether anything may end here, so that digits belong to a number
        for literal, field, spec, conversion in pieces:
            if literal:
                parts.append(_ANY.join(map(re.escape, literal.split("*"))))
                is_open = literal.endswith("*")
            if field is None:
                continue
            if field not in FIELDS or spec or conversion:
                raise ValueError(f"has a field {{{field}}}; there are {{z}}, {{channel}} and {{t}}")
            name = FIELDS[field]
            if name in fields:
                raise ValueError(f"has the field {{{name}}} twice")
            fields.append(name)
            number = _NUMBER.get(name)
            before = r"(?<!\d)" if number and is_open else ""
            parts.append(f"{before}(?P<{name}>{number or _TEXT})")
            is_open = not number
        if not {"z", "t"} & set(fields):
            raise ValueError(f"has no {{z}}: {EXAMPLE}")
        last = re.split(r"[}/*]", text)[-1]
        suffix = "" if "." in last else _SUFFIX
        return cls(text, tuple(fields), re.compile("".join(parts) + suffix, re.IGNORECASE))

    @property
    def depth(self) -> int:
        """How many folders and names it is of."""
        return self.text.strip("/").count("/") + 1

    def read(self, path: str) -> dict[str, str] | None:
        """Give the fields of a name, with the folders that the pattern has; None if unlike."""
        found = self.regex.fullmatch(path)
        return found.groupdict() if found else None
