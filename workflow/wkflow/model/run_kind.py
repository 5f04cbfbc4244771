"""What a run does, as one value: what depends on it asks this, and not single options."""

from enum import Enum
from typing import Self


class RunKind(Enum):
    """The seven kinds of runs; each value says what is read, and where voxels end.

    >>> RunKind.of("convert", uploads=True, is_remote=False)
    <RunKind.CONVERT_AND_UPLOAD: 'images become a dataset on a server'>
    >>> [kind.name for kind in RunKind if kind.uploads]
    ['ADD_LAYER_REMOTE', 'CONVERT_AND_UPLOAD', 'UPLOAD']
    """

    CONVERT = "images become a dataset in a folder"
    ADD_LAYER = "images become layers of a dataset in a folder"
    ADD_LAYER_REMOTE = "images become layers of a dataset on a server"
    CONVERT_AND_UPLOAD = "images become a dataset on a server"
    UPLOAD = "a dataset in a folder becomes one on a server"
    DOWNSAMPLE = "a dataset in a folder gets more mags"
    DOWNSAMPLE_REMOTE = "a dataset on a server gets more mags"

    @classmethod
    def of(cls, command: str, *, uploads: bool, is_remote: bool) -> Self:
        """Give the kind of a command's run; `is_remote` says that its target is an URL."""
        if command == "downsample":
            return cls.DOWNSAMPLE_REMOTE if is_remote else cls.DOWNSAMPLE
        if command == "add-layer":
            return cls.ADD_LAYER_REMOTE if is_remote else cls.ADD_LAYER
        if command == "upload":
            return cls.UPLOAD
        return cls.CONVERT_AND_UPLOAD if uploads else cls.CONVERT

    @property
    def converts(self) -> bool:
        """Whether images are read."""
        return self in {RunKind.CONVERT, RunKind.CONVERT_AND_UPLOAD} or self.adds_layers

    @property
    def adds_layers(self) -> bool:
        """Whether a dataset that exists gets more layers."""
        return self in {RunKind.ADD_LAYER, RunKind.ADD_LAYER_REMOTE}

    @property
    def merges(self) -> bool:
        """Whether layers that are made elsewhere move into the folder of a dataset."""
        return self is RunKind.ADD_LAYER

    @property
    def composes(self) -> bool:
        """Whether a dataset on a server comes to have layers of one that is sent."""
        return self is RunKind.ADD_LAYER_REMOTE

    @property
    def uploads(self) -> bool:
        """Whether a server gets a new dataset."""
        return self in {RunKind.CONVERT_AND_UPLOAD, RunKind.UPLOAD, RunKind.ADD_LAYER_REMOTE}

    @property
    def downsamples(self) -> bool:
        """Whether a dataset that exists gets more mags."""
        return self in {RunKind.DOWNSAMPLE, RunKind.DOWNSAMPLE_REMOTE}

    @property
    def is_remote(self) -> bool:
        """Whether mags are added to a dataset on a server."""
        return self is RunKind.DOWNSAMPLE_REMOTE

    @property
    def has_remote_target(self) -> bool:
        """Whether the dataset that is changed is on a server."""
        return self in _ON_SERVERS

    @property
    def has_server(self) -> bool:
        """Whether anything is sent."""
        return self.uploads or self.is_remote

    @property
    def writes_to_send(self) -> bool:
        """Whether what is written here is only there to be sent."""
        return self in {RunKind.CONVERT_AND_UPLOAD, *_ON_SERVERS}


_ON_SERVERS = frozenset({RunKind.DOWNSAMPLE_REMOTE, RunKind.ADD_LAYER_REMOTE})
