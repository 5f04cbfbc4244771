"""What stands in the names of slices: numbers by their value, words that name a channel."""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from fractions import Fraction

from wkflow.readers import suffix_of

Value = Fraction | str

_WORDS = (
    r"dapi|hoechst(?:33342|33258)?|draq5|e?[gyrcb]fp|tdtomato|tomato|dsred|m(?:cherry|scarlet|"
    r"kate2?|venus|turquoise2?)|fitc|tritc|texas[ -]?red|rhodamine|cy[2357](?:\.5)?|irfp\d*|"
    r"a(?:lexa)?(?:fluor|f)?[ -]?(?:350|405|430|488|532|546|555|561|568|594|633|647|680|700|750)|"
    r"atto[ -]?\d{3}|sir|dic|bright[ -]?field|bf|phase|trans|far[ -]?red|red|green|blue|[3-8]\d\dnm"
)
"""Dyes, proteins and contrasts as they stand in the names of files."""

_ITEM = re.compile(
    rf"(?P<word>(?<![^\W\d_])(?:{_WORDS})(?![^\W_]))"
    r"|(?P<dashes>(?<!\d)[-+\N{MINUS SIGN}]+)?"
    r"(?P<run>0x[0-9a-f]+|\d+(?:[.,]\d+)*)(?P<exponent>e[-+]\d{1,2}(?!\d))?",
    re.IGNORECASE,
)
_LETTERS = re.compile(r"([^\W\d_]+)[\W_]*$")
_HEX = re.compile(r"[0-9a-f]+", re.IGNORECASE)

SIGNS = "-+\N{MINUS SIGN}"

CLOCK = (23, 59, 59)
CALENDAR = (2100, 12, 31)
FIRST_YEAR = 1900


@dataclass(frozen=True, slots=True)
class Item:
    """One number or channel word of a name, as it is written; a word has no `run`."""

    text: str
    dashes: str = ""
    run: str = ""
    exponent: str = ""


@dataclass(frozen=True, slots=True)
class Name:
    """A file's name, taken apart: `template` is what is left, without regard of letter case."""

    file: str
    template: tuple[str, ...]
    labels: tuple[str, ...]
    items: tuple[Item, ...]


@dataclass(frozen=True, slots=True)
class Column:
    """What stands at one place of all names of a template: a value for each, and what precedes.

    `texts` are the values as they are written; `is_clock` says that they are dates or times.
    """

    label: str
    values: tuple[Value, ...]
    texts: tuple[str, ...]
    is_clock: bool = False

    @property
    def numbers(self) -> list[Fraction]:
        """The values of a column of numbers."""
        return [value for value in self.values if isinstance(value, Fraction)]

    @property
    def is_word(self) -> bool:
        """Whether names of channels stand there."""
        return isinstance(self.values[0], str)

    @property
    def varies(self) -> bool:
        """Whether the names differ there."""
        return len(set(self.values)) > 1

    @property
    def is_unique(self) -> bool:
        """Whether all names differ there."""
        return len(set(self.values)) == len(self.values)

    def of(self, rows: Sequence[int]) -> "Column":
        """Give what stands there in some of the names."""
        values, texts = self.values, self.texts
        return replace(
            self, values=tuple(values[r] for r in rows), texts=tuple(texts[r] for r in rows)
        )


def take_apart(file: str, base: str) -> Name:
    """Tell numbers and channel words from the rest of a name; `base` is the file's own name."""
    suffix = suffix_of(base)
    stem = base[: -len(suffix)] if suffix else base
    items: list[Item] = []
    texts: list[str] = []
    begin = 0
    for match in _ITEM.finditer(stem):
        texts.append(stem[begin : match.start()])
        begin = match.end()
        parts = _parts(match)
        items += parts
        texts += ["."] * (len(parts) - 1)
    rest = stem[begin:]
    kinds = ["#" if item.run else "@" for item in items]
    template = [f"{_plain(text)}{kind}" for text, kind in zip(texts, kinds, strict=True)]
    return Name(file, (*template, _plain(rest)), tuple(map(_label, texts)), tuple(items))


def _parts(match: re.Match[str]) -> list[Item]:
    """Give one item, or several where dots separate more than two numbers: dates, versions."""
    if match["word"]:
        return [Item(match["word"])]
    run, dashes, exponent = match["run"], match["dashes"] or "", match["exponent"] or ""
    pieces = re.split(r"[.,]", run)
    if len(pieces) <= 2:
        return [Item(match[0], dashes, run.replace(",", "."), exponent)]
    return [Item(piece, dashes if not i else "", piece) for i, piece in enumerate(pieces)]


def _plain(text: str) -> str:
    return re.sub(r"[\W_]+", "_", text.casefold())


def _label(text: str) -> str:
    """Give the letters before a number: what it counts."""
    match = _LETTERS.search(text.casefold())
    return match[1] if match else ""


def columns_of(names: Sequence[Name]) -> list[Column]:
    """Give the columns of names with equally many items, from left to right."""
    found: list[Column] = []
    for place, label in enumerate(names[0].labels):
        items = [name.items[place] for name in names]
        if not items[0].run:
            words = tuple(re.sub(r"[ -]", "", item.text).casefold() for item in items)
            found.append(Column(label, words, tuple(item.text for item in items)))
        elif _are_sections(items):
            halves = [(item.run + ".").split(".")[:2] for item in items]
            found += [
                Column(label, tuple(Fraction(int(one or -1)) for one in half), half)
                for half in zip(*halves, strict=True)
            ]
        else:
            texts = tuple(item.text.lstrip(SIGNS) for item in items)
            found.append(Column(label, tuple(_values(items)), texts))
    return _clocks_joined(found)


def column_of(label: str, texts: Sequence[str], *, is_number: bool) -> Column:
    """Give the column of what stands in one field; words count as numbers where all are digits."""
    if not is_number and not all(text.isdecimal() for text in texts):
        return Column(label, tuple(text.casefold() for text in texts), tuple(texts))
    bare = tuple(text.lstrip(SIGNS) for text in texts)
    items = [
        Item(text, text[: len(text) - len(run)], run.replace(",", "."))
        for text, run in zip(texts, bare, strict=True)
    ]
    return Column(label, tuple(_values(items)), bare)


def _are_sections(items: Sequence[Item]) -> bool:
    """Whether 1.9 is followed by 1.10: a dot between two whole numbers, and no fraction."""
    pairs = {tuple(item.run.split(".")) for item in items if "." in item.run}
    if not pairs or any(item.exponent for item in items):
        return False
    widths = {len(fraction) for _, fraction in pairs}
    if any(len(fraction) > min(widths) and fraction[-1] == "0" for _, fraction in pairs):
        return True
    wholes, numbers = {whole for whole, _ in pairs}, {int(fraction) for _, fraction in pairs}
    is_grid = len(pairs) == len(wholes) * len(numbers) > len(wholes) > 1
    is_counted = max(numbers) - min(numbers) + 1 == len(numbers)
    return is_grid and is_counted and len(numbers) != 10 ** max(widths)


def _values(items: Sequence[Item]) -> Iterable[Fraction]:
    """Read numbers; a dash that stands before all of them is a hyphen, and no sign."""
    least = min(len(item.dashes) for item in items)
    both = {"+", "-"} <= {item.dashes[-1:].replace("\N{MINUS SIGN}", "-") for item in items}
    for item in items:
        is_signed = len(item.dashes) > least or both
        is_negative = is_signed and item.dashes[-1:] in {"-", "\N{MINUS SIGN}"}
        yield -_number(item) if is_negative else _number(item)


def _number(item: Item) -> Fraction:
    if item.run[:2].lower() == "0x":
        return Fraction(int(item.run, 16))
    whole, _, fraction = item.run.partition(".")
    power = int(item.exponent[1:] or 0) - len(fraction)
    return int(whole + fraction) * Fraction(10) ** power


def _clocks_joined(columns: list[Column]) -> list[Column]:
    """Make one column of three that are a date or a time of day: they count one thing."""
    joined: list[Column] = []
    while columns:
        three = columns[:3]
        if len(three) == 3 and not three[1].label + three[2].label and _is_clock(three):
            values = [
                Fraction(10000) * a + 100 * b + c
                for a, b, c in zip(*(one.numbers for one in three), strict=True)
            ]
            texts = tuple("-".join(text) for text in zip(*(c.texts for c in three), strict=True))
            one = Column(three[0].label, tuple(values), texts, is_clock=True)
            if joined and joined[-1].is_clock and not one.label:  # a date and a time of day
                both = [a * 10**6 + b for a, b in zip(joined[-1].numbers, values, strict=True)]
                texts = tuple(f"{a}-{b}" for a, b in zip(joined[-1].texts, texts, strict=True))
                one = replace(joined.pop(), values=tuple(both), texts=texts)
            joined.append(one)
            columns = columns[3:]
        else:
            joined.append(columns[0])
            columns = columns[1:]
    return joined


def _is_clock(three: Sequence[Column]) -> bool:
    if any(one.is_word for one in three):
        return False
    most = [max(one.numbers) for one in three]
    least = [min(one.numbers) for one in three]
    is_date = all(a <= b for a, b in zip(most, CALENDAR, strict=True)) and least[0] >= FIRST_YEAR
    is_time = all(a <= b for a, b in zip(most, CLOCK, strict=True)) and min(least) >= 0
    widths = {len(text) for one in three[1:] for text in one.texts}
    return (is_date or is_time) and widths == {2} and least[1].denominator == 1


def in_hexadecimal(stems: Sequence[str]) -> list[int] | None:
    """Give the values of names that count in hexadecimal: 09, 0a ... 0f, 10; else None.

    >>> in_hexadecimal(["s_09", "s_0a", "s_0b"]), in_hexadecimal(["a1", "b1"])
    ([9, 10, 11], None)
    """
    folded = [stem.casefold() for stem in stems]
    first, last = min(folded), max(folded)
    begin = next((i for i, (a, b) in enumerate(zip(first, last, strict=False)) if a != b), 0)
    fields = [stem[begin:] for stem in folded]
    tail = 0
    while tail < min(map(len, fields)) - 1 and len({field[-1 - tail] for field in fields}) == 1:
        tail += 1
    fields = [field[: len(field) - tail] for field in fields]
    is_plain = all(_HEX.fullmatch(field) for field in fields) and len(set(map(len, fields))) == 1
    if not is_plain or all(field.isdigit() for field in fields):
        return None
    values = [int(field, 16) for field in fields]
    is_counted = max(values) - min(values) + 1 == len(set(values)) == len(values)
    return values if is_counted and any(field.isdigit() for field in fields) else None
