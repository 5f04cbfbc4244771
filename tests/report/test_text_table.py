"""Tables as plain lines."""

from wkflow.report.text_table import TextTable, plain


def test_columns_stand_below_each_other() -> None:
    """As wide as their widest cell, and as somebody asks; the last is not filled up."""
    table = TextTable(
        ("a", "size", "what"), (("long", "1", "x"), ("b", "22", "")), "<><", (0, 6, 0)
    )
    assert str(table) == "a       size  what\nlong       1  x\nb         22  "


def test_a_table_may_have_no_head_and_no_rows() -> None:
    """Then it has as many lines."""
    assert str(TextTable((), (("a", "b"),), "<<", gap=1, indent=2)) == "  a b"
    assert str(TextTable((), (), "<<")) == ""
    assert plain(["first", TextTable((), (("a",),), "<"), ""]) == "first\na\n"
