"""The metadata files of a layer."""

from collections.abc import Callable
from pathlib import Path

from wkflow.formats.layout import Documents, lay_out
from wkflow.model.codec import Codec
from wkflow.model.plan import LayerPlan, Plan


def documents_of(plan: Plan, one: LayerPlan) -> dict[str, bytes]:
    """Give the metadata files of a layer that the plan makes, by their paths in the dataset."""
    found: dict[str, bytes] = {}
    _describe(plan, one, lambda _, documents: found.update(documents))
    return found


def _describe(plan: Plan, one: LayerPlan, put: Callable[[Path, Documents], None]) -> None:
    def put_arrays(dataset: Path, documents: Documents) -> None:
        folders = tuple(f"{one.layer.path}/{grid.name}/" for grid in one.made)
        put(dataset, {name: text for name, text in documents.items() if name.startswith(folders)})

    lay_out(
        Path(plan.dataset),
        one.layer,
        one.made,
        Codec.parse(one.codec, one.layer.data_format),
        voxel_size=plan.voxel_size,
        unit=plan.unit,
        put=put_arrays if plan.extends else put,  # what describes groups was there before the mags
    )
