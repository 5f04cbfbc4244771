"""Real IMS, ND2 and LIF files that nobody in this project wrote."""

import pytest
from wkflow.errors import SourceError
from wkflow.readers import probe

from tests.readers.contract import read_all
from tests.readers.real import NEEDS_TESTDATA, TESTDATA, digest, expected

pytestmark = [*NEEDS_TESTDATA, pytest.mark.long]

FILES = (
    "ims/mitosis_u16_t3c2.ims",
    "ims/mri_f32.ims",
    "ims/mri_u8.ims",
    "lif/LeicaLASX_wavelength-sweep_example.lif",
    "nd2/cluster.nd2",
)

REFUSED = {
    "truncated.ims": "truncated file",
    "truncated.lif": "ends within its image x_y_z_t_lambdaEmi",
    "truncated.nd2": "cut short",
}


TABLE = expected()


@pytest.mark.parametrize("name", FILES)
def test_a_real_file_is_read(name: str) -> None:
    """Exactly the voxels that another reader gave, of the size that the file states."""
    path, stated = str(TESTDATA / name), TABLE[name]
    found = probe(path)
    for number, (one, image) in enumerate(zip(found, stated["images"], strict=True)):
        sizes = dict(one.header.axes) | dict(zip("xyz", one.header.size, strict=True))
        sizes["c"] = one.header.channels
        named = {
            axis.lower(): size for axis, size in zip(image["axes"], image["shape"], strict=True)
        }
        assert named == {axis: size for axis, size in sizes.items() if size > 1}
        assert one.header.dtype == image["dtype"]
        assert len(found) == 1 or one.about.name == image["name"]
        assert digest(read_all(path, number)) == image["sha256"]
        for length, micrometers in zip(one.about.voxel_nm, stated["voxel"]["xyz"], strict=True):
            if micrometers is not None:
                assert length == pytest.approx(micrometers * 1000, rel=1e-5)


@pytest.mark.parametrize("name", REFUSED)
def test_a_file_that_is_cut_is_refused(name: str) -> None:
    """Before a voxel is read, for a reason that is true."""
    path = str(TESTDATA / "broken" / name)
    with pytest.raises(SourceError, match=REFUSED[name]) as failure:
        probe(path)
    assert failure.value.where == path
    assert len(str(failure.value).splitlines()) <= 5
