"""What a dataset says of itself on its server, on the page of a run: put in when it is set."""

from collections.abc import Mapping
from typing import Any

from wkflow.model.dataset_details import DatasetDetails

BEGIN, END = "<!-- details -->", "<!-- end of details -->"
"""Between them the page shows the details."""

TEMPLATE = "details.html.j2"


def with_details(page: str, details: Mapping[str, Any]) -> str:
    """Give the page with these details in place of those that it shows."""
    before, begin, rest = page.partition(BEGIN)
    _, end, after = rest.partition(END)
    if not (begin and end):  # the page of a report that could not be drawn
        return page
    return before + begin + details_html(details) + end + after


def details_html(details: Mapping[str, Any]) -> str:
    """Write the details as HTML: nothing where there are none."""
    from wkflow.report.page import template_environment  # noqa: PLC0415 -- it imports this module

    lines = DatasetDetails.of(details).lines()
    return str(template_environment().get_template(TEMPLATE).render(lines=lines)) if lines else ""
