"""The pictures and tables of a page as files, which Snakemake's own report lists."""

import csv
import io
from base64 import b64decode
from collections.abc import Iterable

from wkflow.report.histogram import Drawing
from wkflow.report.job_records import RuleSum
from wkflow.report.layer_section import MagRow, Pictures

RUN = "the run"
"""In place of a layer: what is of no layer. No layer has a blank in its name."""


def layer_files(name: str, pictures: Pictures | None, rows: Iterable[MagRow]) -> dict[str, bytes]:
    """Give the files of a layer by their names below the folder of pictures."""
    mags = [
        (row.name, *row.size, row.voxels, row.raw, row.stored, row.files) for row in rows
    ]  # fmt: skip
    head = ("mag", "x", "y", "z", "voxels", "bytes", "bytes stored", "files")
    files = {f"{name}/mags.csv": _table(head, mags)}
    if pictures is None:
        return files
    for pane in pictures.panes:
        files |= _decoded(f"{name}/{pane.title}", pane.uri)
    for one in pictures.strip:
        files |= _decoded(f"{name}/slice {one.z}", one.uri)
    if pictures.drawing:
        files[f"{name}/values.svg"] = _svg(pictures.drawing)
    return files


def run_files(sums: Iterable[RuleSum]) -> dict[str, bytes]:
    """Give the table of what jobs did."""
    rows = [
        (one.rule, one.jobs, one.voxels, one.bytes, f"{one.job_s:.3f}", f"{one.wall_s:.3f}")
        for one in sums
    ]
    head = ("rule", "jobs", "voxels", "bytes", "seconds of all jobs", "seconds at work")
    return {f"{RUN}/jobs.csv": _table(head, rows)}


def _table(head: tuple[str, ...], rows: Iterable[tuple[object, ...]]) -> bytes:
    file = io.StringIO()
    csv.writer(file, lineterminator="\n").writerows([head, *rows])
    return file.getvalue().encode()


def _decoded(name: str, uri: str) -> dict[str, bytes]:
    head, _, content = uri.partition(",")
    kind = head.removeprefix("data:image/").removesuffix(";base64")
    return {f"{name}.{kind}": b64decode(content)}


def _svg(drawing: Drawing) -> bytes:
    width, height = f"{drawing.width:g}", f"{drawing.height:g}"
    shown = f"{drawing.high - drawing.low:g}"
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}">'
        f'<rect x="{drawing.low:g}" width="{shown}" height="{height}" fill="#e3eefb"/>'
        f'<path d="{drawing.path}" fill="#6a8fbf"/></svg>\n'
    ).encode()
