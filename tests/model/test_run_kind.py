"""Each command, with an URL or without, is one kind of run."""

import pytest
from wkflow.model.run_kind import RunKind
from wkflow.options.settings import Settings

URL = "https://webknossos.test/datasets/em-0123456789abcdef01234567"


@pytest.mark.parametrize(
    ("options", "kind", "said"),
    [
        ({"source": "em", "target": "t"}, RunKind.CONVERT, "converts"),
        ({"source": "em", "upload": True}, RunKind.CONVERT_AND_UPLOAD,
         "converts uploads has_server writes_to_send"),
        ({"command": "upload", "source": "t"}, RunKind.UPLOAD, "uploads has_server"),
        ({"command": "downsample", "target": "t"}, RunKind.DOWNSAMPLE, "downsamples"),
        ({"command": "downsample", "target": URL}, RunKind.DOWNSAMPLE_REMOTE,
         "downsamples is_remote has_server writes_to_send"),
    ],
)  # fmt: skip
def test_every_command_is_one_kind(options: dict[str, object], kind: RunKind, said: str) -> None:
    """What a kind says of itself follows from the command and the target."""
    facts = ("converts", "uploads", "downsamples", "is_remote", "has_server", "writes_to_send")
    voxels = {"voxel_size": "1,1,1"} if kind.converts else {}
    assert Settings.parse(options | voxels, where="test").kind is kind
    assert [name for name in facts if getattr(kind, name)] == [
        name for name in facts if name in said.split()
    ]
