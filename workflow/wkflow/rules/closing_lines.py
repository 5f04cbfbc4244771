"""The last lines of a run that ended well, for people: where the dataset and its report are."""

import json
import shlex
from contextlib import suppress
from pathlib import Path

from wkflow.model.units import shown_bytes
from wkflow.model.write_datasource import PROPERTIES
from wkflow.options.settings import Settings
from wkflow.run_folder import EXTENDED, PAGE, PROOF, REPORT


def closing_lines(
    dataset: str | None, url: str | None, report: str | None, size: int | None = None
) -> list[str]:
    """Say where to look, in at most three lines; `size` is in bytes.

    >>> closing_lines("/data/em", None, "/data/em.wkflow/report.html", 2**20)[0]
    'dataset  /data/em, 1.05 MB'
    """
    place = url or dataset
    lines = [f"dataset  {place}{f', {shown_bytes(size)}' if size else ''}"] if place else []
    lines += [f"report   {report}"] if report else []
    if dataset and not url:
        lines.append(f"look at  wkflow info {shlex.quote(dataset)}")
    return lines


def dataset_of(settings: Settings) -> str | None:
    """Give the folder of the dataset, if it is there."""
    return str(settings.place) if (settings.place / PROPERTIES).exists() else None


def address_of(settings: Settings) -> str | None:
    """Give the address of a dataset on a server, as a run noted that ended well."""
    name = EXTENDED[1] if settings.kind.is_remote else PROOF
    proof = settings.run_folder / name
    if not (settings.kind.has_server and proof.exists()):
        return None
    document = json.loads(proof.read_bytes())
    return str(document.get("added_to", document)["url"])


def report_of(run_folder: Path) -> str | None:
    """Give the file that says what a run did: for people, else for programs."""
    names = (PAGE, REPORT, PROOF)
    return next((str(run_folder / one) for one in names if (run_folder / one).exists()), None)


def lines_of_success(settings: Settings) -> list[str]:
    """Say where the dataset of a run is; of one that ended before it was whole, nothing."""
    url = None
    with suppress(OSError, ValueError, LookupError, TypeError):
        url = address_of(settings)
    report = report_of(settings.run_folder)
    return closing_lines(dataset_of(settings), url, report) if report else []
