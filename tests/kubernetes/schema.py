"""The judge of objects: the real API's own schemas, as the package kubernetes-validate has them."""

import re
from typing import Any

import kubernetes_validate

from tests.kubernetes.answers import RefusalError

VERSION = "1.33"
QUANTITY = re.compile(r"^([+-]?[0-9.]+)([eEinumkKMGTP]*[-+]?[0-9]*)$")
UNITS = {"m": 1e-3, "": 1, "k": 1e3, "M": 1e6, "G": 1e9, "Ki": 2**10, "Mi": 2**20, "Gi": 2**30}
NAME = re.compile(r"^[a-z0-9]([-a-z0-9.]*[a-z0-9])?$")


def check(given: dict[str, Any], kind: str, resource: str) -> None:
    """Refuse what the real server would.

    Unknown fields, too, which it would only drop with a warning: ours shall have none.
    """
    if given.get("kind", kind) != kind:
        raise RefusalError(400, f"the object provided is unrecognized: {given['kind']}")
    whole = {"apiVersion": "batch/v1" if kind == "Job" else "v1", "kind": kind} | given
    name = str(whole.get("metadata", {}).get("name", ""))
    try:
        kubernetes_validate.validate(whole, VERSION, strict=True)
    except kubernetes_validate.ValidationError as error:
        place = ".".join(map(str, error.path))
        message = f'{kind}.{resource} "{name}" is invalid: {place}: {error.message}'
        raise RefusalError(422, message) from None
    if not NAME.match(name) or len(name) > 63:
        words = "a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters"
        message = f'{kind}.{resource} "{name}" is invalid: metadata.name: Invalid value: "{name}": '
        raise RefusalError(422, message + words)


def amount(quantity: str) -> float:
    """Read a quantity of memory or processors.

    Examples
    --------
    >>> amount("500m"), amount("2Mi")
    (0.5, 2097152.0)
    """
    found = QUANTITY.match(quantity)
    if not found or found[2] not in UNITS:
        message = f"quantities must match the regular expression '{QUANTITY.pattern}'"
        raise RefusalError(400, message)
    return float(found[1]) * UNITS[found[2]]
