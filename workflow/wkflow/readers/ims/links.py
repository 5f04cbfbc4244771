"""What of an HDF5 file may lie in other files, followed only where references may lead.

There are three doors: external links, datasets whose raw voxels lie in other files, and virtual
datasets, made of parts of others. https://docs.hdfgroup.org/hdf5/v1_14/_h5_d__u_g.html
"""

import os
from dataclasses import dataclass

import h5py
from h5py import h5d, h5p

from wkflow.errors import SourceError
from wkflow.model.source import References
from wkflow.readers.base.references import referred

DEPTH = 16
"""Links to links, and virtual datasets of virtual datasets, before it is called a circle."""

_FOLDER = b"${ORIGIN}"
"""For HDF5: the folder of the file; else raw voxels are looked for in the process's own."""


@dataclass(frozen=True, slots=True)
class Links:
    """Opens what names of one HDF5 file lead to; `path` is what a person calls that file."""

    path: str
    references: References

    def group(self, parent: h5py.Group, name: str) -> h5py.Group | None:
        """Give the group of a name, through its links; None if there is none.

        Raises
        ------
        SourceError
            If a link leads where references may not.
        """
        found = self._at(parent, name, DEPTH)
        return found if isinstance(found, h5py.Group) else None

    def dataset(self, parent: h5py.Group, name: str) -> h5py.Dataset | None:
        """Give the dataset of a name, through its links; None if there is none.

        Raises
        ------
        SourceError
            If a link, or voxels of it, lead where references may not.
        """
        found = self._at(parent, name, DEPTH)
        if not isinstance(found, h5py.Dataset):
            return None
        self._check_storage(found, DEPTH)
        return found

    def _at(
        self, parent: h5py.Group, name: str, depth: int
    ) -> h5py.Group | h5py.Dataset | h5py.Datatype | None:
        """Go to a name step by step, so that no link is followed unseen."""
        self._count(depth)
        at = parent.file if name.startswith("/") else parent
        for part in (part for part in name.split("/") if part not in {"", "."}):
            link = at.get(part, getlink=True) if isinstance(at, h5py.Group) else None
            if isinstance(link, h5py.ExternalLink):
                self._check_file(at.file.filename, link.filename)
                with h5py.File(
                    self._beside(at.file.filename, link.filename), "r", locking=False
                ) as other:
                    self._at(other, link.path, depth - 1)
            elif isinstance(link, h5py.SoftLink):
                self._at(at, link.path, depth - 1)
            at = None if link is None else _opened(at, part)
            if at is None:
                return None
        return at

    def _check_storage(self, data: h5py.Dataset, depth: int) -> None:
        """Refuse voxels that lie where references may not lead."""
        self._count(depth)
        file = data.file.filename
        for name, _, _ in data.external or ():
            self._check_file(file, name)
        for source in data.virtual_sources() if data.is_virtual else ():
            if source.file_name == ".":
                self._check_part(data.file, source.dset_name, depth)
                continue
            self._check_file(file, source.file_name)
            with h5py.File(self._beside(file, source.file_name), "r", locking=False) as other:
                self._check_part(other, source.dset_name, depth)

    def _check_part(self, file: h5py.File, name: str, depth: int) -> None:
        part = self._at(file, name, depth - 1)
        if isinstance(part, h5py.Dataset):
            self._check_storage(part, depth - 1)

    def _check_file(self, file: str, named: str) -> None:
        """Refuse a file that may not be read; HDF5 would look for one that is not there elsewhere.

        Raises
        ------
        SourceError
            If it may not, or is not there.
        """
        if not os.path.isfile(self._beside(file, named)):  # noqa: PTH113
            remedy = "Put all files of the image into one folder, as they were written."
            raise SourceError(f"names {named}, which is not there", self.path, remedy)

    def _beside(self, file: str, named: str) -> str:
        folder = os.path.dirname(os.path.abspath(file))  # noqa: PTH100, PTH120
        return referred(self.path, named, self.references, folder)

    def _count(self, depth: int) -> None:
        if not depth:
            remedy = "Save it as one file, without links."
            raise SourceError("has links that lead round in a circle", self.path, remedy)


def _opened(group: h5py.Group, name: str) -> h5py.Group | h5py.Dataset | h5py.Datatype | None:
    """Open a member of a group; HDF5 looks for raw voxels beside the file."""
    found = group.get(name)
    if not isinstance(found, h5py.Dataset) or not found.external:
        return found
    del found  # HDF5 opens it with one prefix at a time
    access = h5p.create(h5p.DATASET_ACCESS)
    access.set_efile_prefix(_FOLDER)
    return h5py.Dataset(h5d.open(group.id, name.encode(), access))
