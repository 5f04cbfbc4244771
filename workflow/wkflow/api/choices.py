"""The values of options that have few."""

# Made by `python -m wkflow.api.write_functions`. Do not edit.

from typing import Literal

Category = Literal[
    "color",
    "segmentation",
]
DataFormat = Literal[
    "zarr3",
    "zarr",
    "wkw",
    "n5",
    "neuroglancerPrecomputed",
]
InterpolationMode = Literal[
    "default",
    "median",
    "mode",
    "nearest",
    "bilinear",
    "bicubic",
]
SamplingMode = Literal[
    "anisotropic",
    "isotropic",
    "constant_z",
]
OnMismatch = Literal[
    "refuse",
    "pad",
]
SliceOrder = Literal[
    "numbers",
    "names",
]
Dtype = Literal[
    "uint8",
    "uint16",
    "uint32",
    "uint64",
    "int8",
    "int16",
    "int32",
    "int64",
    "float32",
]
RawDtype = Literal[
    "uint8",
    "uint16",
    "uint32",
    "uint64",
    "int8",
    "int16",
    "int32",
    "int64",
    "float32",
    "float64",
]
RawOrder = Literal[
    "F",
    "C",
]
RawByteOrder = Literal[
    "little",
    "big",
]
MissingSlices = Literal[
    "keep",
    "previous",
    "close",
    "refuse",
]
TransferMode = Literal[
    "http",
    "copy",
    "move+symlink",
    "symlink",
]
Verify = Literal[
    "none",
    "sample",
    "full",
]
MissingShards = Literal[
    "judge",
    "refuse",
    "zeros",
]
AccessMode = Literal[
    "direct_path",
    "zarr_streaming",
    "proxy_path",
]
DistributionStrategy = Literal[
    "multiprocessing",
    "sequential",
    "slurm",
    "slurm+batching",
    "kubernetes",
]
Command = Literal[
    "convert",
    "upload",
    "downsample",
    "add-layer",
]
