"""Further layers of a dataset: each has a source, and the options of a layer, of its own."""

from collections.abc import Iterator, Mapping, Sequence
from difflib import get_close_matches
from typing import TYPE_CHECKING, Annotated, Any

from pydantic import BaseModel, BeforeValidator, Field
from pydantic.fields import FieldInfo

from wkflow.options import parsers
from wkflow.options.option_help import About, group_of

if TYPE_CHECKING:
    from wkflow.options.settings import Settings

OWN = frozenset({
    *("layer_name", "category", "dtype", "contrast", "interpolation_mode", "compression"),
    *("window", "invert"),
})  # fmt: skip
"""Options of one layer, besides those about its source."""

SHARED = frozenset({
    *("layers", "follow_links", "bounding_box", "slices", "transpose", "flip"),
})  # fmt: skip
"""Options about sources that hold for the whole dataset: in its voxels, along its axes."""

WANTED = "must be a list of layers, each with a source: [{source: cells, layer_name: cells}]"


def read_layers(value: object) -> list[dict[str, Any]]:
    """Read a list of mappings, or YAML (as JSON is) that is one; null counts as not given."""
    import yaml  # noqa: PLC0415 -- few runs give this option, and --help has no use for it

    try:
        entries = yaml.safe_load(value) if isinstance(value, str) else value
    except yaml.YAMLError:
        raise ValueError(WANTED) from None
    if not (isinstance(entries, list | tuple) and entries) or not all(
        isinstance(one, Mapping) and one.get("source") for one in entries
    ):
        raise ValueError(WANTED)
    bare = [{str(name): each for name, each in one.items() if each is not None} for one in entries]
    return [one | {"source": parsers.source(one["source"])} for one in bare]


class LayersOption(BaseModel):
    """The layers besides those of `source`."""

    layers: (
        Annotated[
            tuple[dict[str, Any], ...],
            BeforeValidator(
                read_layers, json_schema_input_type=Sequence[Mapping[str, object]] | str
            ),
        ]
        | None
    ) = Field(
        None,
        description="Further layers of the dataset, each from a source of its own: a list of "
        "mappings with `source` and options of a layer (`layer_name`, `category`, `channels`, "
        "`dtype`, ...). What one leaves out has its default; the options beside the list "
        "are those of the first source. In the sheet of a batch these are rows with one target.",
        examples=["[{source: cells, layer_name: cells}]"],
        json_schema_extra=About(
            "Source", "Further layers, each with a source and options of a layer, as YAML or JSON."
        ),
    )

    @property
    def further_sources(self) -> tuple[str, ...]:
        """Where the layers of this list come from."""
        return tuple(str(one["source"]) for one in self.layers or ())


def layer_options(fields: Mapping[str, FieldInfo]) -> frozenset[str]:
    """Name the options that each layer has of its own; all others are the dataset's."""
    about = {name for name, option in fields.items() if group_of(option) == "Source"}
    return OWN | (about - SHARED)


def check_layers(settings: "Settings") -> None:
    """Look at each entry of the list as at a conversion by itself.

    Raises
    ------
    ValueError
        Naming the first entry that is wrong, counted from 1, and its options.
    """
    own = layer_options(type(settings).model_fields)
    for number, (layer, raw) in enumerate(_entries(settings), start=1):
        for name in sorted(layer.keys() - own):
            near = get_close_matches(name, own, n=1, cutoff=0.5)
            hint = f", did you mean {near[0]}?" if near else ""
            raise ValueError(f"layers, entry {number}: {name} is no option of a layer{hint}")
        _, faults = settings.checked(raw)
        if faults:
            raise ValueError(f"layers, entry {number}: {'; '.join(faults)}")


def each_layer(settings: "Settings") -> "list[Settings]":
    """Give the settings of the first source and of each further one, as if it were the only one."""
    if not settings.layers:
        return [settings]
    own = layer_options(type(settings).model_fields)
    place = {"name": settings.dataset_name, "work_dir": settings.run_folder, "layers": None}
    views = [settings.model_copy(update=place)]
    for _, raw in _entries(settings):
        one = type(settings).model_validate(raw)
        views.append(settings.model_copy(update=place | {name: getattr(one, name) for name in own}))
    return views


def _entries(settings: "Settings") -> Iterator[tuple[dict[str, Any], dict[str, Any]]]:
    """Give each entry, and all options of a conversion that makes its layer alone."""
    fields = type(settings).model_fields
    own = layer_options(fields)
    shared = {name: getattr(settings, name) for name in fields if name not in own | {"layers"}}
    given = {name: value for name, value in shared.items() if value is not None}
    for layer in settings.layers or ():
        yield layer, given | layer
