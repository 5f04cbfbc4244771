"""The options of `wkflow downsample`: which mags of a dataset are made, and how it is read."""

from typing import Literal

from pydantic import BaseModel, Field

from wkflow.options.option_help import About
from wkflow.options.option_types import MagName


class DownsampleOptions(BaseModel):
    """From a dataset that exists to one with more mags."""

    from_mag: MagName | None = Field(
        None,
        description="Mag of a dataset that others are computed from; by default the coarsest that "
        "is whole, with overwrite_mags the finest.",
        examples=["1"],
        json_schema_extra=About(
            "Pyramid", "Mag that others are computed from; by default the coarsest that is whole."
        ),
    )
    overwrite_mags: bool = Field(
        default=False,
        description="Make mags anew that the dataset has already.",
        json_schema_extra=About("Pyramid"),
    )
    missing_shards: Literal["judge", "refuse", "zeros"] = Field(
        "judge",
        description="Files of a mag that are not there: zeros, where the writer plainly leaves "
        "zeros out, else refused; or always one of these.",
        json_schema_extra=About(
            "Pyramid",
            "Files that a mag lacks: zeros if its writer leaves zeros out, else refused.",
        ),
    )
    access_mode: Literal["direct_path", "zarr_streaming", "proxy_path"] | None = Field(
        None,
        description="How the voxels of a dataset on a server are read; by default proxy_path, and "
        "direct_path where the transfer mode is not http.",
        json_schema_extra=About(
            "Server",
            "How voxels on a server are read; by default proxy_path, direct_path if it is mounted.",
        ),
    )
