"""Details on a page that is there already."""

from wkflow.report.details_section import BEGIN, END, details_html, with_details

PAGE = f"<p>before</p>{BEGIN}{END}<p>after</p>"


def test_details_take_the_place_of_others() -> None:
    """Once and again; the rest of the page stays as it is."""
    first = with_details(PAGE, {"tags": ["em"]})
    assert "<dt>Tags</dt><dd>em</dd>" in first
    second = with_details(first, {"description": "<b>A</b>", "public": False})
    assert "em</dd>" not in second
    assert "<dd>&lt;b&gt;A&lt;/b&gt;</dd>" in second
    assert with_details(second, {}) == PAGE


def test_a_page_without_a_place_stays() -> None:
    """One that could not be drawn, or of an earlier version; nothing said is nothing shown."""
    assert with_details("<p>no</p>", {"tags": ["em"]}) == "<p>no</p>"
    assert details_html({}) == ""
