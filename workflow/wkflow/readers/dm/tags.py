"""The tags of a DM3 or DM4 file: groups in groups, with numbers and arrays at their ends.

After the description by C. B. Boothroyd: http://www.er-c.org/cbb/info/dmformat/. Counts and types
are big-endian, 4 bytes in DM3 and 8 in DM4; the byte order of values stands in the file's header.
"""

import struct
from collections.abc import Container
from dataclasses import dataclass
from typing import BinaryIO, Union

from wkflow.errors import SourceError
from wkflow.source_errors import REMEDY

GROUP, DATA = 20, 21
"""The first byte of a tag."""

STRUCT, STRING, ARRAY = 15, 18, 20
"""Types of values that are made of others."""

NUMBERS = {
    2: "h", 3: "i", 4: "H", 5: "I", 6: "f", 7: "d", 8: "B", 9: "b", 10: "B", 11: "q", 12: "Q",
}  # fmt: skip
"""Types of numbers, as `struct` calls them. Type 4 is also UTF-16 text."""

INFO_MAX = 1000
"""No type takes more numbers to describe."""


@dataclass(frozen=True, slots=True)
class Span:
    """Values that stay in the file: `count` items of `bytes` together, from `offset` on."""

    offset: int
    code: int
    count: int
    bytes: int


Tree = dict[str, Union["Tree", Span, int, float]]
"""Tags by name; one without a name has its place in the group for one: `"0"`, `"1"`."""


class DmTags:
    """All tags of an open file, read once from its beginning to its end.

    Parameters
    ----------
    file : binary file
        At any position; the caller closes it.
    size : int
        Its bytes.
    path : str
        For messages.
    only : container of str
        Names of the groups at the top that are wanted. Others are passed over in DM4, which says
        how long they are.
    """

    def __init__(self, file: BinaryIO, size: int, path: str, only: Container[str]) -> None:
        self._file, self._size, self._path, self._only = file, size, path, only
        self._at = 0
        self._is_wide = struct.unpack(">I", self._take(4))[0] == 4
        self._word = struct.Struct(">q" if self._is_wide else ">i")
        self._number()  # bytes of all tags: what some writers say is wrong
        self.order = "<" if struct.unpack(">I", self._take(4))[0] == 1 else ">"
        self._formats = {code: struct.Struct(self.order + one) for code, one in NUMBERS.items()}
        self.root = self._group(depth=0)

    def text(self, value: object) -> str:
        """Give a text; "" if `value` is none."""
        if not isinstance(value, Span) or value.code != 4:
            return ""
        codec = "utf-16-le" if self.order == "<" else "utf-16-be"
        return self.bytes_of(value).decode(codec, "replace").strip("\0 ")

    def bytes_of(self, span: Span) -> bytes:
        """Read values that stayed in the file."""
        self._go(span.offset)
        return self._take(span.bytes)

    def _group(self, depth: int) -> Tree:
        self._take(2)  # sorted, open
        found: Tree = {}
        for place in range(self._number()):
            kind, length = struct.unpack(">BH", self._take(3))
            name = self._take(length).decode("latin-1") or str(place)
            after = self._number() if self._is_wide else 0
            if depth == 0 and self._is_wide and name not in self._only:
                self._go(self._at + after)
            elif kind == GROUP:
                found[name] = self._group(depth + 1)
            elif kind == DATA:
                found[name] = self._value()
            else:
                raise self._damaged(f"tag {name!r} of kind {kind}")
        return found

    def _value(self) -> Span | int | float:
        if self._take(4) != b"%%%%":
            raise self._damaged("a value does not begin with %%%%")
        count = self._number()
        if not 0 < count <= INFO_MAX:
            raise self._damaged(f"a type of {count} numbers")
        kinds = struct.unpack(
            f">{count}{self._word.format[-1]}", self._take(count * self._word.size)
        )
        if kinds[0] in self._formats:
            one = self._formats[kinds[0]]
            number: int | float = one.unpack(self._take(one.size))[0]
            return number
        total, _ = self._measure(kinds, 0)
        code, items = (kinds[1], kinds[-1]) if kinds[0] == ARRAY and count == 3 else (0, 1)
        if kinds[0] == STRING:
            code, items = 4, kinds[1]
        span = Span(self._at, code, items, total)
        self._go(self._at + total)
        return span

    def _measure(self, kinds: tuple[int, ...], at: int) -> tuple[int, int]:
        """Give the bytes of the type that begins at `kinds[at]`, and where its description ends."""
        code = kinds[at]
        if code in self._formats:
            return self._formats[code].size, at + 1
        if code == STRING:
            return 2 * kinds[at + 1], at + 2
        if code == ARRAY:
            each, end = self._measure(kinds, at + 1)
            return each * kinds[end], end + 1
        if code != STRUCT:
            raise self._damaged(f"a value of type {code}")
        end = at + 3 + 2 * kinds[at + 2]  # a length of name and a type for each field
        return sum(self._measure(kinds, field)[0] for field in range(at + 4, end, 2)), end

    def _number(self) -> int:
        value: int = self._word.unpack(self._take(self._word.size))[0]
        return value

    def _take(self, count: int) -> bytes:
        if count < 0 or self._at + count > self._size:
            raise self._cut()
        taken = self._file.read(count)
        if len(taken) < count:
            raise self._cut()
        self._at += count
        return taken

    def _go(self, offset: int) -> None:
        if not 0 <= offset <= self._size:
            raise self._cut()
        self._file.seek(offset)
        self._at = offset

    def _cut(self) -> SourceError:
        what = f"is cut short or damaged: its tags go on behind byte {self._size}, its end"
        return SourceError(what, self._path, REMEDY)

    def _damaged(self, what: str) -> SourceError:
        return SourceError(f"is damaged: its tags make no sense ({what})", self._path, REMEDY)
