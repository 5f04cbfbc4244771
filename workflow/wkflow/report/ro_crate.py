"""Where a dataset comes from, as an RO-Crate: https://w3id.org/ro/crate/.

The package rocrate writes it; the vocabulary of actions is that of
https://www.researchobject.org/ro-crate/specification/1.1/provenance.html.
"""

import json
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from rocrate.model import ContextEntity
from rocrate.rocrate import ROCrate

from wkflow.model.datasource_properties import Existing, ExistingLayer
from wkflow.model.plan import Plan
from wkflow.model.self_description import MANIFEST, OWN_ID
from wkflow.model.write_datasource import PROPERTIES
from wkflow.report.command_line import command_of, options_of, versions
from wkflow.run_folder import CLAIM, CONFIG

RESULT = {"@id": "./"}


def crate_of(plan: Plan, run_folder: Path, *, manifest: tuple[int, str]) -> dict[str, Any]:
    """Describe a dataset in JSON-LD.

    Parameters
    ----------
    plan
        Its name and its place; layers are those that its properties list, whoever made them.
    run_folder
        Has the options, where the command line was used; the run began when it claimed the target.
    manifest
        Bytes and SHA-256 of the manifest, in hexadecimal.
    """
    has_options = (run_folder / CONFIG).exists()
    options = options_of(run_folder) if has_options else {}
    started = (run_folder / CLAIM).stat().st_mtime
    crate = ROCrate()
    crate.name = plan.name
    dataset = Path(plan.dataset)
    properties = json.loads((dataset / PROPERTIES).read_bytes())
    layers = Existing.parse(properties, str(dataset / PROPERTIES)).layers
    crate.description = f"WEBKNOSSOS dataset of {len(layers)} layer(s)"
    crate.add_file(
        dest_path=PROPERTIES,
        properties={
            "encodingFormat": "application/json", "name": "properties of dataset and layers",
            "contentSize": str((dataset / PROPERTIES).stat().st_size),
        },
    )  # fmt: skip
    size, digest = manifest
    crate.add_file(
        dest_path=MANIFEST,
        properties={
            "encodingFormat": "text/plain", "name": "SHA-256 of every file",
            "contentSize": str(size), "sha256": digest,
        },
    )  # fmt: skip
    for one in layers:
        crate.add_dataset(dest_path=f"{one.layer.path}/", properties=_layer(one))
    _add_run(crate, options, started)
    document: dict[str, Any] = json.loads(json.dumps(crate.metadata.generate()))
    return document


def _layer(one: ExistingLayer) -> dict[str, Any]:
    x, y, z = one.layer.box.size
    mags = " ".join(str(mag.mag) for mag in one.mags)
    return {
        "name": one.layer.name,
        "description": f"{one.layer.category}, {x} x {y} x {z} {one.layer.element_class}, "
        f"mags {mags}",
    }


def _add_run(crate: Any, options: Mapping[str, Any], started: float) -> None:  # noqa: ANN401 -- untyped
    found = versions()
    program = {
        "@type": "SoftwareApplication", "name": "wkflow", "version": found["wkflow"],
        "softwareRequirements": [f"{name} {number}" for name, number in found.items()],
    }  # fmt: skip
    instrument = crate.add(ContextEntity(crate, OWN_ID, properties=program))
    said = [_option(crate, name, value) for name, value in options.items()]
    action: dict[str, Any] = {
        "@type": "CreateAction", "name": command_of(options), "instrument": instrument,
        "startTime": _time(started), "endTime": _time(datetime.now(UTC).timestamp()),
        "result": RESULT, "object": [crate.add(one) for one in said],
    }  # fmt: skip
    if source := options.get("source"):
        place = {"@type": "CreativeWork", "name": str(source)}
        made_of = crate.add(ContextEntity(crate, "#source", properties=place))
        action["object"].append(made_of)
        crate.root_dataset["isBasedOn"] = made_of
    crate.root_dataset["mentions"] = crate.add(ContextEntity(crate, "#run", properties=action))


def _option(crate: Any, name: str, value: object) -> ContextEntity:  # noqa: ANN401 -- untyped
    text = value if isinstance(value, str | int | float) else json.dumps(value)
    said = {"@type": "PropertyValue", "name": name, "value": text}
    return ContextEntity(crate, f"#option-{name}", properties=said)


def _time(seconds: float) -> str:
    return datetime.fromtimestamp(seconds, UTC).isoformat(timespec="seconds")
