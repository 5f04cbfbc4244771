"""The dataset that gets more mags: where it is, and what it says of itself."""

import json
from dataclasses import dataclass, replace
from difflib import get_close_matches
from pathlib import Path
from typing import Any

from wkflow.errors import ConfigError, SourceError
from wkflow.model.datasource_properties import Existing, ExistingLayer, ExistingMag
from wkflow.model.plan import digest
from wkflow.model.source import References
from wkflow.model.stored_mag import StoredMag
from wkflow.model.write_datasource import PROPERTIES
from wkflow.network.urls import is_url
from wkflow.options.settings import Settings
from wkflow.readers.base.references import BELOW, require_within


@dataclass(frozen=True, slots=True)
class Target:
    """A dataset that exists.

    `existing` is what its own properties say, `served` what those say by which its files are read
    from `root` (a folder or a URL): they differ where a server shows them in another way. `state`
    changes when the properties do, `name` is what a person calls it, `url` where a server has it,
    `references` say where mags on this machine may lie.
    """

    name: str
    root: str
    existing: Existing
    served: Existing
    state: str
    notes: tuple[str, ...] = ()
    url: str = ""
    references: References = BELOW

    def chosen(self, layer_name: str | None) -> list[ExistingLayer]:
        """List the layers that the option names: one, or all.

        Raises
        ------
        ConfigError
            If there is no such layer.
        """
        found = [one for one in self.existing.layers if layer_name in {None, one.layer.name}]
        if found:
            return found
        names = [one.layer.name for one in self.existing.layers]
        near = get_close_matches(str(layer_name), names, n=1, cutoff=0.4)
        raise ConfigError(
            f"has no layer {layer_name}; it has {', '.join(names) or 'none'}", self.name,
            f"Did you mean --layer-name {near[0]}?" if near else "Leave --layer-name out for all.",
        )  # fmt: skip

    def given(self, layer: ExistingLayer, mag: ExistingMag) -> StoredMag:
        """Say where a mag is, and how it is stored.

        Raises
        ------
        SourceError
            If it is nowhere, or where this program cannot read it.
        """
        served = self._served(layer, mag)
        if served is None:
            raise SourceError(
                f"mag {mag.mag} of layer {layer.layer.name} is not shown by the server", self.name,
                "Try another --access-mode.",
            )  # fmt: skip
        data_format, shown = served
        return StoredMag(self.root, self._path(layer, shown), data_format, shown.axes)

    def _served(self, layer: ExistingLayer, mag: ExistingMag) -> tuple[str, ExistingMag] | None:
        for one in self.served.layers:
            if one.layer.name == layer.layer.name and (shown := one.mag(mag.mag)):
                return one.layer.data_format, shown
        return None

    def _path(self, layer: ExistingLayer, mag: ExistingMag) -> str:
        """Give the first folder of a mag that is there; of a server's, the only one."""
        if is_url(self.root):
            return mag.paths[0]
        name = f"mag {mag.mag} of layer {layer.layer.name}"
        if any(is_url(path) for path in mag.paths):
            raise SourceError(
                f"{name} lies elsewhere, at {mag.paths[0]}", self.name, "Copy it into the dataset."
            )
        for path in mag.paths:
            if Path(self.root, path).is_dir():
                where = str(Path(self.root, path))
                require_within(self.root, f"{path} ({name})", where, self.references)
                return path
        raise SourceError(
            f"{name} is not there: {mag.paths[0]}", self.name,
            "Restore it, or remove it from the properties.",
        )  # fmt: skip


def find_target(settings: Settings) -> Target:
    """Read what the dataset says of itself.

    Raises
    ------
    SourceError
        If it is no dataset.
    ServerError, TransientError
        If a server does not show it.
    """
    if settings.kind.is_remote:
        from wkflow.planning.find_remote_dataset import find_remote_target  # noqa: PLC0415 -- see there

        return find_remote_target(settings)
    folder = settings.dataset
    path = folder / PROPERTIES
    if not path.is_file():
        raise SourceError(
            f"is no dataset: it has no {PROPERTIES}" if folder.exists() else "is not there",
            str(folder), "Give the folder of a dataset; `wkflow convert` makes one of images.",
        )  # fmt: skip
    content = path.read_bytes()
    existing = Existing.parse(_document(content, path), str(path))
    existing = replace(existing, name=existing.name or folder.name)
    references = References(str(folder), follows=settings.follow_links)
    state = digest(content.hex())
    return Target(str(folder), str(folder), existing, existing, state, references=references)


def _document(content: bytes, path: Path) -> dict[str, Any]:
    try:
        return dict(json.loads(content))
    except (ValueError, TypeError) as error:
        raise SourceError(
            f"is no JSON object ({error})", str(path), "Restore it from a backup."
        ) from None
