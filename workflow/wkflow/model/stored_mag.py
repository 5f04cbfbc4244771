"""A mag that is there before the run: where it is, and how its array lies."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class StoredMag:
    """A mag of a dataset that exists.

    `root` is the folder of the dataset, or the URL below which a server shows its files; `path` is
    the mag's folder below it, or an absolute one. `data_format` is that of the files as they are
    read: `zarr3`, `zarr`, `wkw`, `n5` or `neuroglancerPrecomputed`. `axes` name the axes of the
    array as the properties order them (`axisOrder` and `additionalAxes`), such as ("t", "c", "x",
    "y", "z"); they are empty where the properties say nothing. `misses` says what a shard that is
    not there means: `judge`, `refuse` or `zeros`. `ca_bundle` holds the certificates to trust,
    where it is a server's, and `insecure` lets the token travel over plain http. `absent` is how
    many of its files were not there when the plan was drawn, where that was looked at.
    """

    root: str
    path: str
    data_format: str
    axes: tuple[str, ...] = ()
    misses: str = "judge"
    ca_bundle: str | None = None
    insecure: bool = False
    absent: int | None = None
