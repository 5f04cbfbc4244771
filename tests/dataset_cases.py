"""Datasets as they are met, by hand: every way to store a mag, to lay a box and to climb."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from tests.datasets import HandLayer, Voxels, write_dataset
from tests.runs import noise


@dataclass(frozen=True)
class Case:
    """A dataset of `layers`; `ladders` are the new mags of a layer where they are not the usual.

    `fields` replace those of the properties. `is_official` says whether the official tool can
    add mags.
    """

    layers: tuple[HandLayer, ...]
    ladders: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    fields: Mapping[str, Any] = field(default_factory=dict)
    is_official: bool = True

    def write(self, folder: Path) -> Path:
        return write_dataset(folder, *self.layers, **self.fields)

    def ladder(self, layer: HandLayer) -> tuple[str, ...]:
        """Give the mags that are to come, finest first."""
        return self.ladders.get(layer.name, ("2-2-1", "4-4-2"))

    def canonical(self) -> "Case":
        """Give the same voxels as any tool would store them."""
        return Case(tuple(layer.canonical() for layer in self.layers), self.ladders)


def _grey(dtype: str = "uint8", t: int = 1, c: int = 1, seed: int = 0) -> Voxels:
    return noise(t, c, 45, 38, 35, dtype=dtype, seed=seed)


def _labels(dtype: str) -> Voxels:
    """Give few ids, the largest of which no float64 holds, in cells of 3 voxels and alone."""
    random = np.random.default_rng(7)
    ids = np.array([0, 1, 2**31 + 1, np.iinfo(dtype).max - 1], dtype)
    if dtype == "uint64":
        ids = np.append(ids, np.array([2**53 + 1, 2**53 + 2], dtype))
    cells = random.choice(ids, (15, 13, 12))
    for axis in range(3):
        cells = cells.repeat(3, axis)
    voxels = cells[:45, :38, :35]
    stray = random.random(voxels.shape) < 0.2
    voxels[stray] = random.choice(ids, stray.sum())
    return voxels[np.newaxis, np.newaxis]


def blocks_of(voxels: Voxels) -> Voxels:
    """Keep the voxels near both ends: whole shards and chunks between are zeros, left out."""
    sparse = np.zeros((1, 1, 100, 70, 40), voxels.dtype)
    sparse[:, :, :20, :20, :20] = voxels[:, :, :20, :20, :20]
    sparse[:, :, 80:, 66:, 33:] = voxels[:, :, :20, :4, :7]
    return sparse


GREY = _grey()
SEGMENTS = {"category": "segmentation", "fields": {"largestSegmentId": 2**53 - 1}}
OFFSET, EXTENT = (13, 7, 5), (29, 30, 27)

TURNED = (
    HandLayer("without_c", {"1": GREY}, axes=("x", "y", "z")),
    HandLayer("czyx2", {"1": GREY}, data_format="zarr", axes=("c", "z", "y", "x"), memory="C"),
    HandLayer("czyx", {"1": GREY}, axes=("c", "z", "y", "x"), memory="C"),
    HandLayer("rgb", {"1": _grey(c=3)}, axes=("c", "z", "y", "x"), memory="C"),
    HandLayer("time", {"1": _grey(t=3)}, axes=("t", "c", "z", "y", "x")),
)
STORED = (
    HandLayer("cxyz", {"1": GREY}),
    HandLayer("zarr2", {"1": GREY}, data_format="zarr"),
    HandLayer("rgb", {"1": _grey(c=3)}),
    HandLayer("big_end", {"1": _grey("uint16")}, endian="big"),
    HandLayer("big_end2", {"1": _grey("uint16")}, data_format="zarr", endian="big"),
    HandLayer("float", {"1": _grey("float32")}),
    HandLayer("gaps", {"1": blocks_of(GREY)}),
    HandLayer("gaps2", {"1": blocks_of(GREY)}, data_format="zarr"),
)
NAMES = (
    HandLayer("long_names", {"1": GREY}, folders={"1": "./long_names/1-1-1"}),
    HandLayer("number", {"1": GREY}, plain=True),
    HandLayer("elsewhere", {"1": GREY}, folders={"1": "./raw/finest"}),
    HandLayer("known", {"1": GREY}, fields={
        "adminViewConfiguration": {"color": [1, 2, 3]},
        "attachments": {"meshes": [
            {"name": "mesh", "path": "./known/meshes/mesh", "dataFormat": "hdf5"}
        ]},
    }),
)  # fmt: skip
WKW = (
    HandLayer("grey", {"1": GREY}, data_format="wkw"),
    HandLayer("rgb", {"1": _grey(c=3)}, data_format="wkw"),
    HandLayer("gaps", {"1": blocks_of(GREY)}, data_format="wkw"),
    HandLayer("far", {"1": GREY}, OFFSET, EXTENT, data_format="wkw"),
    HandLayer("segments", {"1": _labels("uint32")}, data_format="wkw", **SEGMENTS),
)
BOXES = (
    HandLayer("cxyz", {"1": GREY}, OFFSET, EXTENT),
    HandLayer("zarr2", {"1": GREY}, OFFSET, EXTENT, data_format="zarr"),
    HandLayer("cut", {"1": GREY[:, :, :40, :30, :20]}, (3, 3, 3), (42, 35, 31)),
    HandLayer("far", {"1": np.pad(GREY, [(0, 0), (0, 0), (200, 0), (101, 0), (51, 0)])},
              (201, 103, 51), (44, 36, 35)),
    HandLayer("segments", {"1": _labels("uint64")}, OFFSET, EXTENT, **SEGMENTS),
)  # fmt: skip
OLD = {
    "mags": None, "numChannels": None, "wkwResolutions": [{"resolution": 1, "cubeLength": 32}]
}  # fmt: skip

CASES = {
    "stored": Case(STORED),
    "turned": Case(TURNED),
    "names": Case(NAMES),
    "boxes": Case(BOXES),
    "wkw": Case(WKW),
    "old": Case(
        (HandLayer("grey", {"1": GREY}, data_format="wkw", fields=OLD),),
        fields={"scale": [11.24, 11.24, 25.0], "version": None},
    ),
    "time": Case((
        HandLayer("first", {"1": _grey(t=3)}, axes=("t", "c", "x", "y", "z")),
        HandLayer("last", {"1": _grey(t=3)}, OFFSET, EXTENT, axes=("c", "x", "y", "z", "t")),
    )),
    "time2": Case(
        (HandLayer("zarr2", {"1": _grey(t=3)}, axes=("t", "c", "x", "y", "z"),
                   data_format="zarr"),),
        is_official=False,
    ),
    "flat": Case(
        (HandLayer("slice", {"1": GREY[..., :1]}), HandLayer("slice2", {"1": GREY[..., :1]},
                   data_format="zarr")),
        {"slice": ("2-2-1", "4-4-1"), "slice2": ("2-2-1", "4-4-1")},
    ),
    "ladders": Case(
        (HandLayer("fine", {"1": GREY}),
         HandLayer("begun", {"1": GREY, "2": _grey(seed=1)[:, :, :23, :19, :18]}),
         HandLayer("coarse", {"2": _grey("uint16")[:, :, :23, :19, :18]})),
        {"fine": ("2", "4-4-2"), "begun": ("4-4-2",), "coarse": ("4-4-2",)},
    ),
    "begun": Case(
        (HandLayer("begun", {"1": GREY, "2-2-1": _grey(seed=1)[:, :, :23, :19]}),
         HandLayer("segments", {"1": _labels("uint64")}, **SEGMENTS)),
        {"begun": ("4-4-2",)},
    ),
    "foreign": Case(
        (HandLayer("zyx", {"1": GREY}, data_format="zarr", axes=("z", "y", "x"), memory="C"),
         HandLayer("n5", {"1": GREY}, data_format="n5"),
         HandLayer("precomputed", {"1": _grey("uint16")}, data_format="neuroglancerPrecomputed")),
        is_official=False,
    ),
}  # fmt: skip
