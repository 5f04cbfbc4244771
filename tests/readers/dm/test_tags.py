"""Tags of DM3 and DM4, written by hand after http://www.er-c.org/cbb/info/dmformat/."""

import struct
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray
from wkflow.errors import SourceError
from wkflow.readers.dm.tags import DmTags, Span, Tree

CODES = {
    "int16": 2, "int32": 3, "uint16": 4, "uint32": 5, "float32": 6, "float64": 7, "bool": 8,
    "int8": 9, "uint8": 10, "int64": 11, "uint64": 12,
}  # fmt: skip


Tags = dict[str, Any] | list[Any]


class Writer:
    """Makes the bytes of a file of nested dicts and lists; a list's tags have no names."""

    def __init__(self, version: int = 3, order: str = "<") -> None:
        self.version, self.order = version, order
        self.word = ">q" if version == 4 else ">i"

    def file(self, tree: Tags) -> bytes:
        body = self.group(tree)
        size = struct.pack(self.word, len(body))
        little = int(self.order == "<")
        return struct.pack(">I", self.version) + size + struct.pack(">I", little) + body + bytes(8)

    def group(self, tree: Tags) -> bytes:
        pairs = tree.items() if isinstance(tree, dict) else (("", value) for value in tree)
        tags = b"".join(self.tag(name, value) for name, value in pairs)
        return b"\1\0" + self.words(len(tree)) + tags

    def tag(self, name: str, value: object) -> bytes:
        is_group = isinstance(value, dict | list)
        body = self.group(value) if is_group else self.value(value)
        size = self.words(len(body)) if self.version == 4 else b""
        return struct.pack(">BH", 20 if is_group else 21, len(name)) + name.encode() + size + body

    def value(self, value: object) -> bytes:
        if isinstance(value, str):
            value = np.array([ord(letter) for letter in value], "uint16")
        if isinstance(value, tuple):  # a struct of numbers
            fields = [part for one in value for part in (0, CODES[one.dtype.name])]
            kinds: list[int] = [15, 0, len(value), *fields]
            body = b"".join(self.bytes_of(one) for one in value)
        elif isinstance(value, np.ndarray) and value.ndim:
            kinds, body = [20, CODES[value.dtype.name], value.size], self.bytes_of(value)
        else:
            number = np.asarray(value, "int32" if isinstance(value, int) else None)
            kinds, body = [CODES[number.dtype.name]], self.bytes_of(number)
        return b"%%%%" + self.words(len(kinds), *kinds) + body

    def bytes_of(self, value: NDArray[Any]) -> bytes:
        return value.astype(value.dtype.newbyteorder(self.order)).tobytes()

    def words(self, *numbers: int) -> bytes:
        return b"".join(struct.pack(self.word, number) for number in numbers)


def read(path: Path, only: frozenset[str] = frozenset({"Top"})) -> tuple[DmTags, Tree]:
    with path.open("rb") as file:
        tags = DmTags(file, path.stat().st_size, str(path), only)
    top = tags.root["Top"]
    assert isinstance(top, dict)
    return tags, top


VERSIONS = pytest.mark.parametrize("writer", [Writer(3), Writer(4), Writer(3, ">"), Writer(4, ">")])


@VERSIONS
def test_numbers_keep_their_value(tmp_path: Path, writer: Writer) -> None:
    """Of every type, in both byte orders, in both versions."""
    path = tmp_path / "numbers.dm"
    values = {name: np.asarray(101, name) for name in CODES if name != "bool"}
    path.write_bytes(writer.file({"Top": {**values, "bool": np.asarray(True), "last": -7}}))  # noqa: FBT003
    assert read(path)[1] == {**dict.fromkeys(values, 101), "bool": 1, "last": -7}


@VERSIONS
def test_arrays_and_structs_stay_in_the_file(tmp_path: Path, writer: Writer) -> None:
    """Their place is known; what stands behind them is read well."""
    path = tmp_path / "arrays.dm"
    array = np.arange(5, dtype="float32")
    both = (np.asarray(1, "int16"), np.asarray(2.0, "float64"))
    path.write_bytes(writer.file({"Top": {"array": array, "struct": both, "last": 3}}))
    top = read(path)[1]
    span = top["array"]
    assert isinstance(span, Span)
    assert (span.code, span.count, span.bytes) == (6, 5, 20)
    stored = path.read_bytes()[span.offset :][: span.bytes]
    assert np.frombuffer(stored, f"{writer.order}f4").tolist() == array.tolist()
    assert top["last"] == 3


def test_arrays_of_structs_and_strings_are_measured(tmp_path: Path) -> None:
    """Types made of others are passed over exactly."""
    writer = Writer(3)
    pairs = b"%%%%" + writer.words(8, 20, 15, 0, 2, 0, 2, 0, 7)[:-4]
    odd = b"%%%%" + writer.words(8, 20, 15, 0, 2, 0, 2, 0) + writer.words(7)
    assert len(pairs) < len(odd)
    array = b"%%%%" + writer.words(9, 20, 15, 0, 2, 0, 2, 0, 6, 3) + bytes(3 * (2 + 4))
    text = b"%%%%" + writer.words(2, 18, 4) + "ab\xe9c".encode("utf-16-le")
    tags = struct.pack(">BH", 21, 1) + b"a" + array + struct.pack(">BH", 21, 1) + b"t" + text
    group = b"\1\0" + writer.words(3) + tags + writer.tag("last", 9)
    whole = writer.file({"Top": []}).replace(b"\1\0" + writer.words(0), group)
    path = tmp_path / "structs.dm3"
    path.write_bytes(whole)
    with path.open("rb") as file:
        found = DmTags(file, len(whole), str(path), frozenset({"Top"}))
        top = found.root["Top"]
        assert isinstance(top, dict)
        assert found.text(top["t"]) == "ab\xe9c"
        assert found.text(top["last"]) == ""
    assert top["last"] == 9


@VERSIONS
def test_tags_without_a_name_are_counted(tmp_path: Path, writer: Writer) -> None:
    """The place in the group is the name."""
    path = tmp_path / "list.dm"
    path.write_bytes(writer.file({"Top": [5, [6], {"x": 7}]}))
    assert read(path)[1] == {"0": 5, "1": {"0": 6}, "2": {"x": 7}}


def test_groups_that_nobody_wants_are_passed_over(tmp_path: Path) -> None:
    """DM4 says how long they are, so that damage in them does not matter."""
    path = tmp_path / "other.dm4"
    whole = Writer(4).file({"Other": {"value": 5}, "Top": [1]})
    path.write_bytes(whole.replace(b"%%%%", b"oops", 1))
    assert list(read(path)[0].root) == ["Top"]


@VERSIONS
def test_a_cut_anywhere_is_refused(tmp_path: Path, writer: Writer) -> None:
    """From the first byte to the last tag."""
    path = tmp_path / "cut.dm"
    whole = writer.file({"Top": {"voxels": np.arange(50, dtype="uint16"), "x": 1}})
    for size in range(len(whole) - 8):
        path.write_bytes(whole[:size])
        with pytest.raises(SourceError, match="cut short"):
            read(path)


@pytest.mark.parametrize(
    ("old", "new", "words"),
    [
        (b"%%%%", b"%%%!", "does not begin with"),
        (b"\x15\0\1x", b"\x16\0\1x", "of kind 22"),
        (b"%%%%\0\0\0\1", b"%%%%\0\0\0\0", "type of 0 numbers"),
        (b"%%%%\0\0\0\1\0\0\0\3", b"%%%%\0\0\0\1\0\0\0\x55", "value of type 85"),
    ],
)
def test_nonsense_is_refused(tmp_path: Path, old: bytes, new: bytes, words: str) -> None:
    """It is said which tag makes none."""
    path = tmp_path / "nonsense.dm3"
    path.write_bytes(Writer(3).file({"Top": {"x": 1}}).replace(old, new))
    with pytest.raises(SourceError, match=words):
        read(path)
