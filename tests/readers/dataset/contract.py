"""What the tests of all stores of arrays have in common."""

from typing import Any, ClassVar

from numpy.typing import NDArray

from tests.readers.contract import ReaderContract


class StoreContract(ReaderContract):
    """A store is a folder: what is cut or damaged is one of its files, which each test chooses."""

    suffix = ".zarr"
    kinds: ClassVar = (("uint8", 1), ("uint16", 1), ("float32", 1), ("int64", 1))
    planes, channels, frames = 5, 2, 3
    cuts = ()
    damages = 0
    is_folder = True

    def name(self, voxels: NDArray[Any]) -> str:
        """Give each kind a folder of its own."""
        return f"{voxels.dtype}{self.suffix}"
