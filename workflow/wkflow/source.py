"""Where a layer's voxels come from: files, and what their headers say."""

from dataclasses import dataclass

from wkflow.errors import SourceError


@dataclass(frozen=True, slots=True)
class Header:
    """What one image file says of itself before any voxel is read.

    `planes` counts the z-planes, `channels` the samples kept per voxel (alpha is not kept),
    `dtype` is numpy's name of the native-endian voxel type.
    """

    width: int
    height: int
    planes: int
    channels: int
    dtype: str

    def __str__(self) -> str:
        samples = f" x {self.channels} channels" if self.channels > 1 else ""
        return f"{self.width} x {self.height}{samples} {self.dtype}"


@dataclass(frozen=True, slots=True)
class Source:
    """The files of one layer, in z order, and the header that all of them share.

    One file of `header.planes` planes, or as many files as there are slices. `marks` holds
    size and modification time (ns) of each file: what tells that a file was replaced.
    """

    files: tuple[str, ...]
    marks: tuple[tuple[int, int], ...]
    header: Header

    def __post_init__(self) -> None:
        if len(self.files) > 1 and self.header.planes > 1:
            raise SourceError(
                f"has {self.header.planes} pages in a folder of {len(self.files)} slices",
                self.files[0],
                "Convert files of several pages one by one, or keep one page per file.",
            )

    @property
    def depth(self) -> int:
        """How many z-planes the files hold together."""
        return max(len(self.files), self.header.planes)

    def plane(self, z: int) -> tuple[str, int]:
        """Which file, and which page of it, is plane `z`."""
        return (self.files[z], 0) if len(self.files) > 1 else (self.files[0], z)
