"""Faults on demand: which kinds there are, and when one is due.

A document of faults is an object: the name of a kind, and one object or a list of objects with
the fields of `Fault`. `{"status": {"status": 503, "rate": 0.3, "routes": ["chunk"]}}`.
"""

import random
import threading
from collections.abc import Callable
from dataclasses import dataclass, field, fields
from typing import Any

from tests.standin.body import Bucket

UPLOAD, ALL_JSON = ("chunk",), ("json", "reserve", "finish")

KINDS: dict[str, tuple[str, ...] | None] = {
    "status": None,
    "drop": UPLOAD,
    "hang": None,
    "slow": UPLOAD,
    "limit": UPLOAD,
    "lost": ("finish",),
    "lie": ("finish",),
    "delay": ("finish",),
    "hole": UPLOAD,
    "flip": UPLOAD,
    "expire": UPLOAD,
    "revoke": UPLOAD,
    "redirect": ALL_JSON,
    "html": ALL_JSON,
}
"""Each kind with the routes it concerns unless it says `routes` itself; None is all of them.

lie       done, and then undone: `what` is "dataset", "mag", "file", "id" or "name"
status    answered with `status`, perhaps `said`, `when` "before" or "after" the body; undone
drop      the connection ends when a `share` of the body is there, a random one unless given
hang      no answer for `seconds`; then the connection ends
slow      each connection is read with `bytes_per_second`
limit     all of them together are read with `bytes_per_second`
lost      done, but the connection ends, or a `status` is the answer
delay     done, and answered `seconds` later
hole      the chunk is recorded and answered 200; its bytes are thrown away
flip      one byte of the chunk is altered; with the route `read`, of what is read
expire    all uploads are forgotten before the request, or the one whose id is `upload`
revoke    the request's token is no longer valid, from this request on
redirect  answered with `status` 302 (or another) and the same path at the origin `to`
html      answered with a page of HTML, `status` 200 (or another)
"""


@dataclass
class Fault:
    """One fault: how often it strikes, and what it needs to know.

    Attributes
    ----------
    rate, seed
        A share of the requests is struck; the same seed strikes the same ones.
    routes
        Kinds of routes (chunk, test, finish, reserve, json, read), or names of single ones.
    skip, times
        Requests that pass before the first stroke; strokes after which it is over.
    """

    kind: str
    rate: float = 1.0
    seed: int = 0
    routes: list[str] | None = None
    skip: int = 0
    times: int | None = None
    status: int | None = None
    retry_after: float | None = None
    when: str = "before"
    seconds: float = 3600.0
    share: float | None = None
    bytes_per_second: float = 1e6
    upload: str | None = None
    to: str = ""
    what: str = "dataset"
    said: str = ""
    dice: random.Random = field(init=False)
    bucket: Bucket = field(init=False)

    def __post_init__(self) -> None:
        self.dice = random.Random(self.seed)  # noqa: S311 -- repeatable on purpose
        self.bucket = Bucket(self.bytes_per_second)

    def concerns(self, route: str, kind: str) -> bool:
        routes = KINDS[self.kind] if self.routes is None else self.routes
        return routes is None or route in routes or kind in routes

    def strikes(self) -> bool:
        """Throw the dice for one request."""
        if self.skip > 0:
            self.skip -= 1
            return False
        if self.times == 0 or self.dice.random() >= self.rate:
            return False
        if self.times is not None:
            self.times -= 1
        return True


FIELDS = {one.name for one in fields(Fault) if one.init} - {"kind"}


def read_faults(document: dict[str, Any]) -> list[Fault]:
    """Make faults of a document.

    Raises
    ------
    ValueError
        If a kind or a field is unknown.

    Examples
    --------
    >>> [fault.kind for fault in read_faults({"hole": {"times": 1}, "slow": [{}, {}]})]
    ['hole', 'slow', 'slow']
    """
    found = []
    for kind, one_or_more in document.items():
        for one in one_or_more if isinstance(one_or_more, list) else [one_or_more]:
            unknown = one.keys() - FIELDS
            if kind not in KINDS or unknown:
                raise ValueError(f"no such fault: {kind} {sorted(unknown)}")
            found.append(Fault(kind, **one))
    return found


class Faults:
    """The faults of now; requests ask it from many threads."""

    def __init__(self, faults: list[Fault], fired: Callable[[str], None]) -> None:
        self._lock = threading.Lock()
        self._faults = faults
        self._fired = fired

    def replace(self, faults: list[Fault]) -> None:
        with self._lock:
            self._faults = faults

    def due(self, kind: str, route: str, route_kind: str) -> Fault | None:
        """Give the fault of a kind that strikes a request, if one does."""
        with self._lock:
            for fault in self._faults:
                if fault.kind == kind and fault.concerns(route, route_kind) and fault.strikes():
                    self._fired(kind)
                    return fault
        return None
