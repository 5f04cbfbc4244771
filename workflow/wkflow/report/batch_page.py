"""The page of a batch: each dataset in a line, with a link to its own report."""

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any
from urllib.parse import quote

from wkflow.report.page import template_environment

TEMPLATE = "batch.html.j2"


def draw_batch_page(batch: Mapping[str, Any], counted: str, folder: Path) -> str:
    """Draw the page of a batch; links are relative to its folder, so that both may move together.

    `batch` is what `--json` prints; `counted` says in a line how its datasets ended.
    """
    links = {
        one["row"]: quote(os.path.relpath(one["report"], folder).replace(os.sep, "/"))
        for one in batch["datasets"]
        if one["report"]
    }
    template = template_environment().get_template(TEMPLATE)
    return template.render(batch=batch, links=links, counted=counted)
