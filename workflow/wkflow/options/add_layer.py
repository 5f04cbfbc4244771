"""The option of `wkflow add-layer`, and what it takes beside which target."""

from collections.abc import Iterable

from pydantic import BaseModel, Field

from wkflow.errors import ConfigError
from wkflow.model.dataset_url import DatasetAddress
from wkflow.model.run_kind import RunKind
from wkflow.options.option_help import About

SENDING = ("folder", "keep_local", "transfer_mode", "upload_on_cluster", "verify")
"""Options of what goes to a server."""


class AddLayerOptions(BaseModel):
    """From images to a layer of a dataset that exists."""

    replace: bool = Field(
        default=False,
        description="Let a new layer take the place of one of the dataset that has its name; that "
        "one stays until the new one is whole. Not on a server.",
        json_schema_extra=About(
            "Dataset", "Take the place of a layer that has this name, when the new one is whole."
        ),
    )


def check_added(kind: RunKind, target: str, given: Iterable[str]) -> None:
    """Refuse options that do not fit the dataset which gets layers.

    Raises
    ------
    ValueError
        Naming one of those that are `given`.
    """
    if kind is RunKind.ADD_LAYER:
        for name in sorted(set(SENDING).intersection(given)):
            raise ValueError(f"{name} is for a dataset on a server, and {target} is a folder")
    if kind is not RunKind.ADD_LAYER_REMOTE:
        return
    try:
        DatasetAddress.parse(target)
    except ConfigError as wrong:
        raise ValueError(f"target {wrong.where} {wrong.what}") from None
    if "replace" in given:
        raise ValueError(
            "replace is for a dataset in a folder: a server takes the files of a layer away with "
            "it; delete or rename that layer in WEBKNOSSOS first, or give another layer_name"
        )
