"""Tables of results: whatever a name holds is text."""

from xml.etree import ElementTree as ET

from wkflow.report.html_table import html_table

EVIL = "<script>alert(1)</script> & \"'"


def test_every_value_is_escaped() -> None:
    """In the caption, in facts, in lists, in links, in heads and in cells."""
    address = f"https://wk.example/{EVIL}"
    facts = {EVIL: EVIL, "list": (EVIL, EVIL), "link": address}
    table = html_table(facts, (EVIL,), [(EVIL,)], EVIL)
    assert "<script" not in table
    root = ET.fromstring(f"<div>{table}</div>".replace("<br>", "<br/>"))  # noqa: S314 -- our own
    texts = [text.strip() for text in root.itertext()]
    assert texts.count(EVIL) == 7
    assert [link.get("href") for link in root.iter("a")] == [address]


def test_without_rows_there_is_no_second_table() -> None:
    """An upload that is planned has no layers."""
    assert html_table({"jobs": 3}, ("layer",), [], "em").count("<table>") == 1
    assert html_table({"jobs": 3}, ("layer",), [("em",)], "em").count("<table>") == 2
