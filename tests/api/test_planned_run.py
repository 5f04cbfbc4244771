"""A plan says what would be made, in numbers, text and HTML."""

from dataclasses import replace
from pathlib import Path

from wkflow.api.planned_run import PlannedLayer, PlannedMag, PlannedRun
from wkflow.errors import ResourceError

MAGS = (
    PlannedMag("1", (80, 50, 40), (128, 64, 64), 1, 160_000, is_made=False),
    PlannedMag("2", (40, 25, 20), (64, 32, 32), 3, 20_000, is_made=True),
)
LAYER = PlannedLayer("<em>", "color", "its name", "uint8", 1, (80, 50, 40), "zstd:5", 1, MAGS)
PLAN = PlannedRun(
    *("em", Path("/data/em"), Path("/data/em.wkflow"), (LAYER,), (11.24, 11.24, 25.0)),
    *("nanometer", 1, 3, 20_000, 20_000, 14_000, 10**9, 2 * 10**8, 8 * 10**9, ("a note",)),
    *(None, "the table"),
)


def test_its_text_is_the_table_of_the_dry_run() -> None:
    """`print(plan)` is `--dry-run`."""
    assert str(PLAN) == "the table"
    assert "the table" not in repr(PLAN)


def test_a_notebook_shows_layers_and_needs() -> None:
    """Mags that exist are told from those to make; names are text."""
    shown = PLAN._repr_html_()
    for word in ("&lt;em&gt;", "80 x 50 x 40", ">there<", ">3<", "200 MB", "8 GB", "a note"):
        assert word in shown
    assert "obstacle" not in shown


def test_an_obstacle_is_shown() -> None:
    """A plan that cannot be carried out says why."""
    error = ResourceError("2 GiB are free", "/data", "Free some.")
    assert "2 GiB are free" in replace(PLAN, obstacle=error)._repr_html_()


def test_what_an_upload_does_not_know_is_left_out() -> None:
    """Nothing is planned of memory and disk."""
    shown = replace(PLAN, layers=(), memory=0)._repr_html_()
    assert "memory" not in shown
    assert "disk" not in shown
