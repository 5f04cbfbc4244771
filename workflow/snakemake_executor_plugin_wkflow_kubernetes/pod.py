"""What the API server says of a pod: why it does not run, or how it ended."""

import re
from dataclasses import dataclass
from typing import Any, Self

CONTAINER = "snakemake"
"""The official plugin's name for the one that works; clusters may add others."""

HOPELESS = frozenset(
    {
        *("ErrImagePull", "ImagePullBackOff", "InvalidImageName", "ErrImageNeverPull"),
        *("CreateContainerConfigError", "CreateContainerError"),
    }
)
"""Reasons to wait that no room on the cluster ends, only a person."""

_NO_CLAIM = re.compile(r'persistentvolumeclaim "[^"]*" not found')


@dataclass(frozen=True, slots=True)
class Waiting:
    """Why a pod does not run yet, in the API server's own words."""

    words: str
    is_hopeless: bool = False


@dataclass(frozen=True, slots=True)
class Pod:
    """One pod; `exit_code` is that of the working container, None while it has not ended."""

    name: str
    waiting: Waiting | None = None
    exit_code: int | None = None
    ended: str = ""

    @property
    def is_running(self) -> bool:
        """Whether its container is at work."""
        return self.waiting is None and self.exit_code is None

    @classmethod
    def of(cls, given: Any) -> Self:  # noqa: ANN401 -- the client has no types
        """Take from the client's object what matters here."""
        status = given.status
        states = [one.state for one in status.container_statuses or () if one.name == CONTAINER]
        state = states[0] if states else None
        ended = state.terminated if state else None
        if ended:
            words = _words(ended.reason, ended.message)
            return cls(given.metadata.name, None, ended.exit_code, words)
        if status.phase == "Failed":  # evicted: nothing is left of its containers
            return cls(given.metadata.name, None, -1, _words(status.reason, status.message))
        return cls(given.metadata.name, _waiting(status, state))


def _waiting(status: Any, state: Any) -> Waiting | None:  # noqa: ANN401 -- the client has no types
    held = state.waiting if state else None
    if held and held.reason in HOPELESS:
        return Waiting(_words(held.reason, held.message), is_hopeless=True)
    for one in status.conditions or ():
        if one.type == "PodScheduled" and one.status == "False":
            is_hopeless = bool(_NO_CLAIM.search(one.message or ""))
            return Waiting(_words(one.reason, one.message), is_hopeless)
    if status.phase == "Pending":
        return Waiting(_words(held.reason, held.message) if held else "Pending")
    return None


def _words(reason: str | None, message: str | None) -> str:
    """Join what the API server says, either of which may be missing.

    Examples
    --------
    >>> _words("OOMKilled", None)
    'OOMKilled'
    """
    return ": ".join(part.strip() for part in (reason, message) if part)
