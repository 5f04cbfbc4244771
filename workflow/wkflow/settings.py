"""One run's options: the only place where an option is declared.

Flag, YAML key, type, default, help text, JSON schema and the table in the docs come from the
fields of `Settings`.
"""

from collections.abc import Mapping
from difflib import get_close_matches
from pathlib import Path
from typing import Annotated, Any, Literal, Self

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, ValidationError
from pydantic import model_validator as whole
from pydantic_core import ErrorDetails

from wkflow import spelling
from wkflow.box import Triple
from wkflow.errors import ConfigError
from wkflow.spelling import Shape, VoxelSize

SHARD_CHUNKS: Triple = (128, 128, 1)
"""Chunks of a default finest shard along x, y, z: whole slices up to 4096 x 4096."""

Name = Annotated[str, BeforeValidator(spelling.dataset_name)]
LayerName = Annotated[str, BeforeValidator(spelling.layer_name)]
Place = Annotated[Path, BeforeValidator(spelling.place)]


class Settings(BaseModel):
    """One run, as the config YAML spells it."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    source: Place = Field(
        description="Folder of slices, folder of such folders (a layer each), or one TIFF."
    )
    target: Place = Field(description="Folder that becomes the dataset.")
    voxel_size: VoxelSize = Field(
        description="Size of one voxel along x,y,z, in `unit`.", examples=["11.24,11.24,25"]
    )
    unit: Annotated[str, BeforeValidator(spelling.unit)] = Field(
        "nanometer", description="Unit of the voxel size, long (micrometer) or short (um)."
    )
    name: Name | None = Field(
        None, description="Name of the dataset; by default that of the target folder."
    )
    layer_name: LayerName | None = Field(
        None, description="Name of the only layer, or prefix of the names of several."
    )
    category: Literal["color", "segmentation"] | None = Field(
        None, description="Kind of all layers; by default from names, then from voxels."
    )
    data_format: Annotated[Literal["zarr3"], BeforeValidator(spelling.data_format)] = Field(
        "zarr3", description="Storage format of the dataset."
    )
    chunk_shape: Annotated[Shape, BeforeValidator(spelling.powers_of_two)] = Field(
        (32, 32, 32), description="Voxels compressed as one piece: one number or x,y,z."
    )
    shard_shape: Shape | None = Field(
        None,
        description="Voxels of one file in mag 1: one number or x,y,z, a multiple of the chunk; "
        "by default 128x128x1 chunks, clipped to the layer.",
    )
    compress: bool = Field(default=True, description="Compress the chunks.")
    compression: Annotated[str, BeforeValidator(spelling.compression)] | None = Field(
        None, description="CODEC:LEVEL; by default zstd:4 for color, zstd:5 for segmentation."
    )
    batch_size: int | None = Field(
        None, gt=0, description="Slices held in memory at once: a multiple of the shard depth."
    )
    downsample: bool = Field(default=True, description="Build the magnifications above 1.")
    max_mag: Annotated[str, BeforeValidator(spelling.mag)] | None = Field(
        None,
        description="Coarsest magnification (8 or 8-8-4); by default that in which a slice is "
        "about 100 voxels across, at least 4.",
    )
    interpolation_mode: Literal["default", "median", "mode", "nearest", "bilinear", "bicubic"] = (
        Field("default", description="How voxels merge; default: median, mode for segmentation.")
    )
    sampling_mode: Literal["anisotropic", "isotropic", "constant_z"] = Field(
        "anisotropic", description="Which axes each magnification halves."
    )
    on_mismatch: Literal["refuse", "pad"] = Field(
        "refuse", description="Slices of other sizes: refuse them, or pad with zeros."
    )
    overwrite_existing: bool = Field(
        default=False, description="Clear the target if something else is there."
    )
    jobs: int | None = Field(
        None, gt=0, description="Cores to use; by default all.", examples=["8"]
    )
    distribution_strategy: Annotated[
        Literal["multiprocessing", "sequential"], BeforeValidator(spelling.strategy)
    ] = Field("multiprocessing", description="Use several cores, or one.")
    memory: Annotated[int, BeforeValidator(spelling.memory)] | None = Field(
        None, description="Memory to use (8G, 500M); by default 80 % of what is free."
    )
    job_size: Annotated[int, BeforeValidator(spelling.byte_count)] = Field(
        2**30, gt=0, description="Voxels that one job converts, in bytes (1G, 4G): about."
    )
    work_dir: Place | None = Field(
        None, description="Run folder: config, plan, receipts, logs; by default TARGET.wkflow."
    )

    @classmethod
    def parse(cls, raw: Mapping[str, object], *, where: str) -> Self:
        """Read options from YAML or flags; a null counts as not given.

        Raises
        ------
        ConfigError
            Naming every wrong option at once, so that one run of the editor mends them all.
        """
        given = {key: value for key, value in raw.items() if value is not None}
        try:
            return cls.model_validate(given)
        except ValidationError as invalid:
            faults = [_fault(error) for error in invalid.errors()]
            many = f"{len(faults)} options are wrong: " if len(faults) > 1 else ""
            raise ConfigError(
                many + "; ".join(faults), where, "`wkflow convert --help` explains every option."
            ) from None

    @whole(mode="after")
    def _shapes_fit(self) -> Self:
        """Shards are whole chunks, batches whole shards; one process means one."""
        least, most = spelling.PLAUSIBLE_NM
        if self.unit == "nanometer" and not all(least <= nm <= most for nm in self.voxel_size):
            raise ValueError(
                f"voxel_size {self.voxel_size} is implausible in nanometer; name another unit"
            )
        shard, chunk = self.finest_shard, self.chunk_shape
        if any(s % c for s, c in zip(shard, chunk, strict=True)):
            raise ValueError(
                f"chunk_shape {_commas(chunk)} does not divide shard_shape {_commas(shard)}"
            )
        if self.batch_size and self.batch_size % shard[2]:
            raise ValueError(
                f"batch_size {self.batch_size} is no multiple of the shard depth {shard[2]}"
            )
        if self.jobs and self.distribution_strategy == "sequential":
            raise ValueError(f"jobs {self.jobs} does not go with distribution_strategy sequential")
        return self

    @property
    def finest_shard(self) -> Triple:
        """Shard shape of mag 1 before it is clipped to the layer, (x, y, z) in voxels."""
        if self.shard_shape:
            return self.shard_shape
        x, y, z = (n * c for n, c in zip(SHARD_CHUNKS, self.chunk_shape, strict=True))
        return x, y, z

    @property
    def run_folder(self) -> Path:
        """Where config, plan, receipts and logs of this run live: never inside the dataset."""
        return self.work_dir or self.target.with_name(f"{self.target.name}.wkflow")

    def to_dict(self) -> dict[str, Any]:
        """Give the options that differ from their defaults, as YAML writes them."""
        return self.model_dump(mode="json", exclude_defaults=True)


def _commas(shape: Triple) -> str:
    return ",".join(map(str, shape))


def _fault(error: ErrorDetails) -> str:
    """Say one wrong option in a few words, with the nearest match for an unknown one."""
    key = str(error["loc"][0]) if error["loc"] else ""
    kind, message = error["type"], error["msg"].removeprefix("Value error, ")
    if kind == "extra_forbidden":
        near = get_close_matches(key, Settings.model_fields, n=1, cutoff=0.5)
        return f"{key}: no such option" + (f", did you mean {near[0]}?" if near else "")
    if kind == "missing":
        return f"{key}: required, and not given"
    if kind == "literal_error":
        near = get_close_matches(str(error["input"]), _choices(error), n=1)
        message = f"is none of {', '.join(_choices(error))}" + (
            f"; did you mean {near[0]}?" if near else ""
        )
    given = f" {error['input']!r}" if key and not isinstance(error["input"], dict) else ""
    return f"{key}:{given} {message[0].lower()}{message[1:]}".removeprefix(": ").lstrip(": ")


def _choices(error: ErrorDetails) -> list[str]:
    return (
        str(error.get("ctx", {}).get("expected", ""))
        .replace("'", "")
        .replace(" or ", ", ")
        .split(", ")
    )
