"""All jobs of a run as a picture: a row for each rule, a lane for each job at work at once."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime
from itertools import pairwise

from wkflow.report.job_records import JobRecord, RuleSum, busy, sum_by_rule

WIDTH = 1000.0
"""Of the drawing, in its own units."""

LANE = 10.0
LEAST_WIDTH = 3.0
"""Of a job, so that it is seen."""

MOST_LANES = 24
"""Of a rule: further jobs at once are drawn over one another."""

REST_S, REST_WIDTH = 60.0, 24.0
"""A time in which nothing ran, from which on it is drawn as a gap; and that gap's width."""

TICKS = 6
STEPS_S = (
    *(0.1, 0.2, 0.5, 1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200, 14400),
    *(21600, 43200, 86400, 172800, 604800),
)


@dataclass(frozen=True, slots=True)
class Row:
    """The jobs of one rule: an outline of all, in a drawing of `WIDTH` by `height`."""

    sums: RuleSum
    path: str
    height: float


@dataclass(frozen=True, slots=True)
class Timeline:
    """Rows, marks of time as places along x with their words, and gaps as places and seconds."""

    rows: tuple[Row, ...]
    ticks: tuple[tuple[float, str], ...]
    gaps: tuple[tuple[float, float], ...]
    begin: float
    end: float
    width: float = WIDTH


def draw_timeline(jobs: Iterable[JobRecord]) -> Timeline | None:
    """Lay all jobs out; None if there are none."""
    jobs = sorted(jobs, key=lambda job: job.begin)
    if not jobs:
        return None
    spans = busy(((job.begin, job.end) for job in jobs), REST_S)
    place = _places(spans)
    rows = []
    for sums in sum_by_rule(jobs):
        some = [job for job in jobs if job.rule == sums.rule]
        path, lanes = _outline(some, place)
        rows.append(Row(sums, path, lanes * LANE))
    gaps = tuple((place(end), begin - end) for (_, end), (begin, _) in pairwise(spans))
    return Timeline(tuple(rows), _ticks(spans, place), gaps, spans[0][0], spans[-1][1])


def _places(spans: list[tuple[float, float]]) -> Callable[[float], float]:
    """Give what places times along x: gaps have one width, all else is to scale."""
    working = sum(end - begin for begin, end in spans) or 1.0
    scale = (WIDTH - REST_WIDTH * (len(spans) - 1)) / working

    def place(time: float) -> float:
        x = 0.0
        for number, (begin, end) in enumerate(spans):
            if time <= end or number == len(spans) - 1:
                return x + scale * min(max(time - begin, 0.0), end - begin)
            x += scale * (end - begin) + REST_WIDTH
        return x

    return place


def _outline(jobs: list[JobRecord], place: Callable[[float], float]) -> tuple[str, int]:
    """Give a path of one rectangle for each job, and how many lanes it has."""
    ends: list[float] = []
    bars: list[list[tuple[float, float]]] = []
    for job in jobs:
        lane = next((n for n, end in enumerate(ends) if end <= job.begin), len(ends))
        lane = min(lane, MOST_LANES - 1)
        if lane == len(ends):
            ends.append(job.end)
            bars.append([])
        ends[lane] = max(ends[lane], job.end)
        left = min(place(job.begin), WIDTH - LEAST_WIDTH)
        bars[lane].append((left, max(place(job.end), left + LEAST_WIDTH)))
    path = "".join(
        f"M{left:.1f} {lane * LANE + 1:g}H{right:.1f}v{LANE - 2:g}H{left:.1f}z"
        for lane, some in enumerate(bars)
        for left, right in _drawn(some)
    )
    return path, len(bars)


def _drawn(bars: list[tuple[float, float]]) -> list[tuple[float, float]]:
    """Leave a line between jobs that follow one another, or draw as one what is too small."""
    drawn: list[tuple[float, float]] = []
    for left, right in bars:
        if drawn and left < drawn[-1][1] + 0.5:
            before = drawn[-1]
            if right - left <= LEAST_WIDTH or before[1] - before[0] <= LEAST_WIDTH:
                drawn[-1] = before[0], max(before[1], right)
                continue
            drawn[-1] = before[0], min(before[1], left - 0.7)
        drawn.append((left, right))
    return drawn


def _ticks(
    spans: list[tuple[float, float]], place: Callable[[float], float]
) -> tuple[tuple[float, str], ...]:
    """Mark round times since the beginning; where there are gaps, when the work went on."""
    if len(spans) > 1:
        return tuple((round(place(begin), 1), _clock(begin)) for begin, _ in spans)
    ((begin, end),) = spans
    step = next((step for step in STEPS_S if (end - begin) / step <= TICKS), STEPS_S[-1])
    count = min(int((end - begin) / step), 2 * TICKS)
    return tuple(
        (round(place(begin + n * step), 1), shown_seconds(n * step)) for n in range(count + 1)
    )


def _clock(time: float) -> str:
    return datetime.fromtimestamp(time).astimezone().strftime("%d %b %H:%M")


def shown_seconds(seconds: float) -> str:
    """Write a duration as a person reads it.

    >>> [shown_seconds(one) for one in (0, 0.04, 7.25, 90, 3600, 100000)]
    ['0 s', '0.04 s', '7.2 s', '1 min 30 s', '1 h', '27 h 46 min']
    """
    if seconds < 59.5:
        return f"{seconds:.2g} s" if seconds < 10 else f"{seconds:.0f} s"
    whole = round(seconds)
    parts = (
        ((whole // 60, "min"), (whole % 60, "s"))
        if whole < 3600
        else ((whole // 3600, "h"), (whole % 3600 // 60, "min"))
    )
    return " ".join(f"{count} {unit}" for count, unit in parts if count)
