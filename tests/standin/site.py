"""One server with all it owns, and one call of it."""

import threading
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any

from werkzeug.wrappers import Request

from tests.standin.bodies import parsed, validated
from tests.standin.body import Body
from tests.standin.datasets import Datasets
from tests.standin.faults import Fault, Faults
from tests.standin.log import Log
from tests.standin.options import Options
from tests.standin.people import User, seed, user_of
from tests.standin.store import Store
from tests.standin.uploads import Uploads


class Site:
    """Options, memory, faults and log of one running stand-in."""

    def __init__(self, folder: Path, options: Options, faults: list[Fault]) -> None:
        self.options = options
        self.store = Store(folder)
        seed(self.store, options.root_folder)
        self.datasets = Datasets(self.store, options)
        self.uploads = Uploads(self.store, options)
        self.finishing = threading.Lock()
        self.log = Log()
        self.faults = Faults(faults, self.log.fired)


@dataclass
class Call:
    """One request, its path apart.

    Attributes
    ----------
    version
        The API version of the path; the current one if the path has none.
    route, kind
        What the request is for.
    """

    site: Site
    request: Request
    body: Body
    version: int
    route: str = ""
    kind: str = ""
    said: dict[str, Any] = field(default_factory=dict)

    @cached_property
    def token(self) -> str | None:
        return self.request.headers.get("X-Auth-Token") or self.request.args.get("token")

    @cached_property
    def user(self) -> User | None:
        return user_of(self.site.store, self.token)

    @property
    def organization(self) -> str:
        return self.site.options.organization

    def document(self, shape: Any) -> dict[str, Any]:  # noqa: ANN401 -- any shape
        """Read a JSON body that has to have a shape."""
        self.said = validated(parsed(self.body.read(), self.request.content_type or ""), shape)
        return self.said

    def due(self, fault: str) -> Fault | None:
        return self.site.faults.due(fault, self.route, self.kind)
