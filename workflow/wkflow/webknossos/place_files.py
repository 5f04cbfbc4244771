"""Put a dataset where the server says, for those who have its storage mounted."""

import json
import os
import shutil
from glob import escape
from pathlib import Path
from typing import Any

from wkflow import atomic_files
from wkflow.errors import ConfigError, ServerError
from wkflow.model.write_datasource import PROPERTIES
from wkflow.network.network_errors import nonsense
from wkflow.path_safety import has_parent
from wkflow.webknossos.client.server import Server
from wkflow.webknossos.reservation import Reservation
from wkflow.webknossos.upload_plan import UploadPlan
from wkflow.webknossos.upload_report import UploadReport, Verdict

_PATHS = "paths.json"
"""Where the server said the mags go; asked again, it would make a second dataset."""

Pairs = list[tuple[Path, Path]]


def transfer(
    delivery: UploadPlan, reservation: Reservation, server: Server, folder: Path
) -> UploadReport:
    """Copy, move or link each mag to its place, and tell the server.

    What was done before is not done again; a file that is there in its full size is kept.

    Raises
    ------
    ServerError
        If the server refuses, or gives places that are no folders of this machine.
    ConfigError
        If files cannot be put there.
    """
    dataset = Path(delivery.dataset)
    dataset_id, answer = _reserved(delivery, reservation, server, folder, dataset)
    document = json.loads((dataset / PROPERTIES).read_bytes())
    for source, target in _pairs(dataset, document, answer):
        _put(delivery.transfer_mode, source, target)
    server.finish_paths(dataset_id)
    verdict = Verdict("none", reason=f"{delivery.transfer_mode}: nothing went over the network")
    return UploadReport.of(
        delivery, reservation, dataset_id, server.url_of(dataset_id), [], verdict
    )


def place_folder(transfer_mode: str, source: Path, place: str) -> None:
    """Copy, move or link a folder to the place that the server named.

    Raises
    ------
    ServerError
        If the place is no folder of this machine.
    ConfigError
        If files cannot be put there.
    """
    _put(transfer_mode, source, _folder(place))


def _put(transfer_mode: str, source: Path, target: Path) -> None:
    target.parent.mkdir(parents=True, exist_ok=True)
    {"copy": _copy, "move+symlink": _move, "symlink": _link}[transfer_mode](source, target)


def _reserved(
    delivery: UploadPlan,
    reservation: Reservation,
    server: Server,
    folder: Path,
    dataset: Path,
) -> tuple[str, dict[str, Any]]:
    """Give id and places: those of an interrupted transfer, else what the server says now."""
    kept = folder / _PATHS
    if kept.exists():
        dataset_id, answer = json.loads(kept.read_bytes())
        return dataset_id, answer
    dataset_id, answer = server.reserve_paths({
        "datasetName": delivery.name,
        "initialTeamIds": [],
        "folderId": reservation.folder_id,
        "requireUniqueName": False,
        "layersToLink": list(reservation.links),
        "dataSource": json.loads((dataset / PROPERTIES).read_bytes()),
        "pathPrefix": None,
    })  # fmt: skip
    atomic_files.write_json(kept, [dataset_id, answer])
    return dataset_id, answer


def _pairs(dataset: Path, document: dict[str, Any], answer: dict[str, Any]) -> Pairs:
    """Pair each mag and attachment of the dataset with its place."""
    places = {layer["name"]: layer for layer in answer["dataLayers"]}
    pairs: Pairs = []
    for layer in document["dataLayers"]:
        there = places[layer["name"]]
        targets = {tuple(mag["mag"]): mag["path"] for mag in there["mags"]}
        for mag in layer["mags"]:
            pairs.append((_local(dataset, mag["path"]), _folder(targets[tuple(mag["mag"])])))
        for kind, attachments in (layer.get("attachments") or {}).items():
            theirs = there.get("attachments", {}).get(kind)
            ours, theirs = _listed(attachments), {one["name"]: one for one in _listed(theirs)}
            for one in ours:
                pairs.append((_local(dataset, one["path"]), _folder(theirs[one["name"]]["path"])))
    return pairs


def _listed(attachments: Any) -> list[dict[str, Any]]:  # noqa: ANN401 -- JSON: one or several
    return [attachments] if isinstance(attachments, dict) else list(attachments or ())


def _local(dataset: Path, path: str) -> Path:
    return dataset / os.path.normpath(path)


def _folder(path: str) -> Path:
    plain = path.removeprefix("file://")
    if "://" in plain or not Path(plain).is_absolute():
        raise ServerError(
            "the server keeps its data where this machine cannot put files", path,
            "Use --transfer-mode http.",
        )  # fmt: skip
    if has_parent(plain):
        raise nonsense(f"the path {path!r} holds `..`", "places of mags")
    return Path(plain)


def _copy(source: Path, target: Path) -> None:
    """Copy what is not there yet; each file appears when it is whole. Halves of killed runs go."""
    files = [source] if source.is_file() else (file for file in source.rglob("*") if file.is_file())
    for file in files:
        place = target / file.relative_to(source) if file != source else target
        if not (place.exists() and place.stat().st_size == file.stat().st_size):
            with file.open("rb") as whole, atomic_files.atomic_write(place) as copy:
                shutil.copyfileobj(whole, copy, 2**22)
            atomic_files.flush([place])
    if target.is_dir():
        atomic_files.sweep(target)
        return
    for half in target.parent.glob(f".{escape(target.name)}.*{atomic_files.PARTIAL}"):
        half.unlink(missing_ok=True)


def _move(source: Path, target: Path) -> None:
    """Move, and leave a link; only within one file system."""
    if source.is_symlink() and source.resolve() == target.resolve():
        return
    if not target.exists():
        try:
            source.rename(target)
        except OSError as error:
            raise ConfigError(
                f"cannot be moved to {target} ({error.strerror})", str(source),
                "Use --transfer-mode copy, or a --work-dir on the same file system.",
            ) from error  # fmt: skip
    if not source.exists():
        source.symlink_to(target, target_is_directory=target.is_dir())


def _link(source: Path, target: Path) -> None:
    """Let the server's place be a link to the dataset, which has to stay."""
    if not target.is_symlink():
        try:
            target.symlink_to(source.resolve(), target_is_directory=source.is_dir())
        except OSError as error:
            raise ConfigError(
                f"no link can be made there ({error.strerror})", str(target),
                "Look whether the server's storage is mounted, and whether you may write it.",
            ) from error  # fmt: skip
