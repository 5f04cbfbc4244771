"""Sheets as files: what editors, Excel and people make of a table."""

from pathlib import Path

import pytest
from wkflow.errors import ConfigError
from wkflow.options.sheet_file import SheetLine, read_lines


def lines_of(path: Path, content: str | bytes) -> list[SheetLine]:
    """Give the rows of a file with this content."""
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    return read_lines(path)[1]


WANTED = [
    SheetLine("row 2", {"source": "a b", "target": "x"}),
    SheetLine("row 3", {"source": "c", "target": "y", "unit": "um"}),
]


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("s.tsv", "source\ttarget\tunit\na b\tx\nc\ty\tum\n"),
        ("s.csv", "source,target,unit\na b,x,\nc,y,um"),
        ("s.csv", "source;target;unit\r\na b;x;\r\nc;y;um\r\n"),
        ("s.csv", '\ufeffsource;"target";unit;\r\n"a b";x;;\r\nc;y;um;\r\n'),
        ("s.txt", "source\ttarget\tunit\na b\tx\t\nc\ty\tum\n".encode("utf-16")),
    ],
)
def test_all_spellings_of_a_table_are_one(tmp_path: Path, name: str, content: str | bytes) -> None:
    """Tabs, commas, semicolons, quotes, the byte-order mark, rows that end early."""
    assert lines_of(tmp_path / name, content) == WANTED


def test_empty_lines_and_comments_are_counted_and_left_out(tmp_path: Path) -> None:
    """A row is called as an editor shows it; a quote in a comment means nothing."""
    content = '# of "May\n\nsource,target\n#"x,y\n,,\na,b\n"c\nd",e\n\nf,g\n'
    assert lines_of(tmp_path / "s.csv", content) == [
        SheetLine("row 6", {"source": "a", "target": "b"}),
        SheetLine("row 7", {"source": "c\nd", "target": "e"}),
        SheetLine("row 10", {"source": "f", "target": "g"}),
    ]


def test_cells_below_no_column_are_kept_apart(tmp_path: Path) -> None:
    """They are a fault; which one is for others to say."""
    (line,) = lines_of(tmp_path / "s.csv", "source,,target\na,q,b,more\n")
    assert line == SheetLine("row 2", {"source": "a", "target": "b"}, ("q", "more"))


def test_yaml_is_a_list_of_options(tmp_path: Path) -> None:
    """Values keep their types; a null is an empty cell."""
    content = "# all\n- source: a\n  voxel_size: [1, 1, 2]\n- source: b\n  unit: null\n"
    assert lines_of(tmp_path / "s.yaml", content) == [
        SheetLine("entry 1", {"source": "a", "voxel_size": [1, 1, 2]}),
        SheetLine("entry 2", {"source": "b"}),
    ]
    assert lines_of(tmp_path / "empty.yml", "") == []


def test_a_workbook_of_excel_is_a_table(tmp_path: Path) -> None:
    """The first sheet of it; numbers are as a person sees them."""
    openpyxl = pytest.importorskip("openpyxl")
    book = openpyxl.Workbook()
    for row in (["source", "layer_name", "raw_offset"], ["# no"], [], ["a", "x", 4.0], ["b"]):
        book.active.append(row)
    book.save(tmp_path / "s.xlsx")
    assert read_lines(tmp_path / "s.xlsx")[1] == [
        SheetLine("row 4", {"source": "a", "layer_name": "x", "raw_offset": "4"}),
        SheetLine("row 5", {"source": "b"}),
    ]


@pytest.mark.parametrize(
    ("name", "content", "words"),
    [
        ("s.docx", b"", "a sheet ends in one of .tsv, .csv"),
        ("s.csv", "source\ngr\xfcn\n".encode("latin-1"), "row 2 is not in UTF-8"),
        ("s.csv", b'source,target\na,b\n"c,d\n', "row 3 cannot be read"),
        ("s.yaml", b"source: a\n", "is no list of datasets"),
        ("s.yaml", b"- source: a\n- b\n", "entry 2 has no options"),
        ("s.yaml", b"- source: a\n  - b\n", "line 2"),
        ("s.xlsx", b"no zip", "is no workbook of Excel"),
    ],
)
def test_what_is_no_sheet_is_refused(tmp_path: Path, name: str, content: bytes, words: str) -> None:
    """In words that say where, and what to do."""
    with pytest.raises(ConfigError, match=words):
        lines_of(tmp_path / name, content)
    with pytest.raises(ConfigError, match="there is no such sheet"):
        read_lines(tmp_path / "none.csv")
    (tmp_path / "folder.csv").mkdir()
    with pytest.raises(ConfigError, match="is a folder"):
        read_lines(tmp_path / "folder.csv")
