"""What the first file of a layer says of itself: kept by its first slab, laid beside the layer.

The run folder has it for all layers, be the dataset here or on its way to a server.
"""

from pathlib import Path

from wkflow import atomic_files
from wkflow.model.layer_plan import LayerPlan
from wkflow.model.self_description import source_metadata_name
from wkflow.model.slab import Slab
from wkflow.readers import read_metadata


def keep_metadata(one: LayerPlan, slab: Slab, folder: Path) -> None:
    """Write what the first file says, in place of what an earlier one said; by the first slab.

    `one` has files that can be opened; `folder` holds such documents, each layer's in a folder of
    its own. No voxel depends on it: what cannot be understood is left out.
    """
    is_first = (slab.z_begin, slab.frame_begin) == (one.box.begin[2], 0)
    if not is_first:
        return
    found = None if one.source.raw else read_metadata(one.source.first)
    place = folder / one.layer.name
    for path in place.glob("*"):
        path.unlink()
    if found:
        place.mkdir(parents=True, exist_ok=True)
        with atomic_files.atomic_write(place / found.kind) as file:
            file.write(found.content)


def lay_metadata(one: LayerPlan, folder: Path, dataset: Path) -> set[str]:
    """Copy what was kept of a layer into its folder; give the paths below the dataset."""
    names = set()
    for path in (folder / one.layer.name).glob("*"):
        name = source_metadata_name(one.layer.path, path.name)
        with atomic_files.atomic_write(dataset / name) as file:
            file.write(path.read_bytes())
        names.add(name)
    atomic_files.flush(dataset / name for name in names)
    return names
