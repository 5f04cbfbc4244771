"""Jobs as bars: where they lie, and what is left out."""

import re

import pytest
from wkflow.report.job_records import JobRecord
from wkflow.report.timeline import LANE, MOST_LANES, REST_WIDTH, WIDTH, draw_timeline


def bars_of(path: str) -> list[tuple[float, float, float]]:
    """Read left, right and top of each rectangle."""
    found = re.findall(r"M([\d.]+) ([\d.]+)H([\d.]+)v[\d.]+H[\d.]+z", path)
    return [(float(left), float(right), float(top)) for left, top, right in found]


def test_jobs_at_once_are_in_lanes() -> None:
    """In the order in which rules began; bars are to scale."""
    jobs = [
        JobRecord("b", "", 8, 10), JobRecord("a", "", 0, 4), JobRecord("a", "", 2, 6),
        JobRecord("a", "", 5, 8),
    ]  # fmt: skip
    timeline = draw_timeline(jobs)
    assert timeline
    first, second = timeline.rows
    assert (first.sums.rule, first.height, second.sums.rule) == ("a", 2 * LANE, "b")
    assert bars_of(first.path) == [(0, 400, 1), (500, 800, 1), (200, 600, 1 + LANE)]
    assert bars_of(second.path) == [(800, 1000, 1)]
    assert timeline.gaps == ()


def test_time_in_which_nothing_ran_is_cut() -> None:
    """As after an interrupt: else the bars of a resumed run could not be told apart."""
    jobs = [JobRecord("a", "", 0, 10), JobRecord("a", "", 100_000, 100_010)]
    timeline = draw_timeline(jobs)
    assert timeline
    ((place, seconds),) = timeline.gaps
    half = (WIDTH - REST_WIDTH) / 2
    assert (place, seconds) == (half, 99_990)
    assert bars_of(timeline.rows[0].path) == [(0, half, 1), (half + REST_WIDTH, 1000, 1)]
    assert len(timeline.ticks) == 2


def test_many_jobs_make_a_small_picture() -> None:
    """Those that are too short to be told apart are drawn as one; lanes are few."""
    jobs = [JobRecord("a", "", n / 100, (n + 0.9) / 100) for n in range(6000)]
    jobs += [JobRecord("b", "", 0, 60) for _ in range(100)]
    timeline = draw_timeline(jobs)
    assert timeline
    assert sum(len(row.path) for row in timeline.rows) < 60_000
    assert timeline.rows[1].height == MOST_LANES * LANE
    assert timeline.rows[1].sums.jobs == 100


@pytest.mark.parametrize(("seconds", "last"), [(0.35, "0.3 s"), (47, "40 s"), (7000, "1 h 30 min")])
def test_ticks_are_round_times(seconds: float, last: str) -> None:
    """Few of them, from the beginning on."""
    timeline = draw_timeline([JobRecord("a", "", 50, 50 + seconds)])
    assert timeline
    places, words = zip(*timeline.ticks, strict=True)
    assert (places[0], words[0], words[-1]) == (0, "0 s", last)
    assert 3 <= len(places) <= 7


def test_without_jobs_there_is_none() -> None:
    """As where all receipts are gone; a job that took no time is seen."""
    assert draw_timeline([]) is None
    assert draw_timeline([JobRecord("a", "", 3, 3)])
