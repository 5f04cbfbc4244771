"""What the API server says when it refuses: `Status` objects with its own words.

The words are those of k8s.io/apimachinery (api/errors) and of the registries of pods and jobs.
"""

from typing import Any

REASONS = {
    400: "BadRequest",
    401: "Unauthorized",
    403: "Forbidden",
    404: "NotFound",
    409: "AlreadyExists",
    422: "Invalid",
    500: "InternalError",
}


class RefusalError(Exception):
    """A request that is refused, with the answer."""

    def __init__(self, code: int, message: str, details: dict[str, Any] | None = None) -> None:
        super().__init__(message)
        self.code = code
        self.status = {
            "kind": "Status",
            "apiVersion": "v1",
            "metadata": {},
            "status": "Failure",
            "message": message,
            "reason": REASONS[code],
            "code": code,
        }
        if details:
            self.status["details"] = details


def missing(resource: str, name: str) -> RefusalError:
    """Say that there is no such object."""
    details = {"name": name, "kind": resource}
    return RefusalError(404, f'{resource} "{name}" not found', details)


def exists(resource: str, name: str) -> RefusalError:
    """Say that there is one of this name."""
    details = {"name": name, "kind": resource}
    return RefusalError(409, f'{resource} "{name}" already exists', details)


def forbidden(verb: str, resource: str, namespace: str) -> RefusalError:
    """Say that the role does not have this right."""
    name, _, group = resource.partition(".")
    return RefusalError(
        403,
        f'{resource} is forbidden: User "system:serviceaccount:{namespace}:wkflow" cannot {verb} '
        f'resource "{name}" in API group "{group}" in the namespace "{namespace}"',
        {"kind": name, "group": group},
    )
