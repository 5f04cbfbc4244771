"""A stack becomes a dataset on the server, as it would become one here."""

import json
import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import tifffile
import yaml
from wkflow.model.write_datasource import PROPERTIES

from tests import runs
from tests.standin.server import Standin, standin_in
from tests.upload.runs import (
    CONVERSION,
    Run,
    arrived,
    assert_same,
    converted,
    lines,
    local_mags,
    only_one,
    proof,
    remote_mags,
    shell,
    url_of,
    wkflow,
)

pytestmark = pytest.mark.long(
    but=["test_the_server_has_what", "test_the_proof_says", "test_plain_snakemake_uploads_too"]
)


@dataclass(frozen=True)
class Done:
    """One conversion to a server, and what the server saw meanwhile."""

    run: Run
    standin: Standin
    cwd: Path
    log: dict[str, Any]

    @property
    def folder(self) -> Path:
        """The run folder."""
        return self.cwd / "stack.upload"


@pytest.fixture(scope="module")
def done(stack: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Done]:
    """Convert the stack to a server, one job that makes voxels at a time."""
    here = tmp_path_factory.mktemp("here")
    with standin_in(tmp_path_factory.mktemp("server")) as standin:
        run = wkflow("remote-convert", *CONVERSION, "--jobs", "1", stack, standin=standin, cwd=here)
        assert run.returncode == 0, run.stderr
        yield Done(run, standin, here, standin.log())


def test_the_server_has_what_a_conversion_here_makes(done: Done, local: Path) -> None:
    """Every shard byte by byte, the layer's properties, the name of the source, the root folder."""
    found = only_one(done.standin)
    assert_same(found, local)
    assert (found["name"], found["folder"]) == ("stack", "sample_organization")


def test_the_address_is_all_of_the_output(done: Done) -> None:
    """A script can take the dataset's URL from standard output."""
    assert done.run.stdout == f"{done.standin.url}/datasets/{only_one(done.standin)['id']}\n"


def test_the_proof_says_what_was_sent(done: Done, local: Path) -> None:
    """URL, id, files, bytes, digests, times, retries, and what was read back."""
    told, found = proof(done.folder), only_one(done.standin)
    assert told["url"] == url_of(done.run)
    assert told["dataset_id"] == found["id"]
    assert set(told["digests"]) == {str(p.relative_to(local)) for p in local.rglob("*.*")} | {
        str(p.relative_to(local)) for p in local.rglob("c/**/*") if p.is_file()
    }
    assert told["files"] == len(told["digests"])
    assert told["bytes"] == sum(p.stat().st_size for p in local.rglob("*") if p.is_file())
    assert told["bytes"] <= told["bytes_sent"] == done.log["chunk_bytes"]
    assert told["retries"] == 0
    assert told["reserved_at"] <= told["finished_at"]
    assert told["verified"]["mode"] == "sample"
    assert told["verified"]["pieces"] > 0
    assert {told["upload_id"]} == set(done.log["chunks"])


def test_as_many_files_are_sent_as_were_announced(done: Done) -> None:
    """Shards of nothing but zeros are counted, and sent."""
    (sent,) = done.log["chunks"].values()
    paths = [path for path, _ in sent]
    assert len(paths) == len(set(paths))
    reservation = json.loads((done.folder / "receipts/reserve_upload/1.json").read_bytes())
    assert reservation["file_count"] == len(paths)
    assert "stack/1/c/0/0/0/1" in paths


def test_the_properties_come_last(done: Done) -> None:
    """A dataset that is not all there is never described."""
    (sent,) = done.log["chunks"].values()
    assert sent[-1] == [PROPERTIES, 1]


def test_the_server_is_asked_before_a_voxel_is_read(done: Done) -> None:
    """The receipt of the reservation is older than that of any slab."""
    reserved = (done.folder / "receipts/reserve_upload/1.json").stat().st_mtime_ns
    assert all(reserved < slab.stat().st_mtime_ns for slab in converted(done.folder))


def test_voxels_travel_while_others_are_converted(done: Done) -> None:
    """The server had all shards of the first slab before the last slab was written."""
    mag = remote_mags(only_one(done.standin))["stack/[1, 1, 1]"]
    first, *_, last = sorted(converted(done.folder), key=lambda receipt: receipt.stat().st_mtime_ns)
    layer_of_shards = int(first.stem.removeprefix("z")) // 32  # the depth of a shard
    arrived = [path.stat().st_mtime_ns for path in mag.glob(f"c/0/*/*/{layer_of_shards}")]
    assert arrived
    assert max(arrived) < last.stat().st_mtime_ns


def test_the_local_dataset_is_gone_and_the_run_folder_remains(done: Done) -> None:
    """What the server has need not be here; how it came there stays."""
    assert not (done.folder / "dataset").exists()
    assert not list(done.folder.rglob("zarr.json"))
    for name in (
        *("config.yaml", "plan.json", "report.json", "report.html", "upload.json"),
        "logs/snakemake.log",
    ):
        assert (done.folder / name).exists(), name
    assert [path.name for path in done.cwd.iterdir()] == ["stack.upload"]


def test_a_second_run_has_nothing_to_do(done: Done, stack: Path) -> None:
    """It says so, prints the address again, and sends nothing."""
    done.standin.clear_log()
    run = wkflow(
        "remote-convert", *CONVERSION, "--jobs", "1", stack, standin=done.standin, cwd=done.cwd
    )
    assert "nothing to do" in run.stderr
    assert run.stdout == done.run.stdout
    assert done.standin.log()["requests"] == {}


def test_the_local_dataset_can_be_kept(
    standin: Standin, stack: Path, local: Path, here: Path
) -> None:
    """--keep-local keeps all of it; --name and --folder say what it is called there, and where."""
    options = ("--keep-local", "--name", "other", "--folder", "lab/raw")
    run = wkflow("remote-convert", *CONVERSION, *options, stack, standin=standin, cwd=here)
    found = arrived(standin, url_of(run))
    assert (found["name"], found["folder"]) == ("other", "raw")
    assert_same(found, here / "other.upload" / "dataset")
    assert_same(found, local)


def test_convert_has_it_as_an_option(
    standin: Standin, stack: Path, local: Path, here: Path
) -> None:
    """`convert --upload` is the same; a folder's path may begin with the root's name."""
    options = ("--upload", "--dataset-name", "other", "--folder", "sample_organization/lab/raw")
    run = wkflow("convert", *CONVERSION, *options, stack, standin=standin, cwd=here)
    found = arrived(standin, url_of(run))
    assert (found["name"], found["folder"]) == ("other", "raw")
    assert_same(found, local)
    assert not (here / "other.upload" / "dataset").exists()


def test_a_target_does_not_go_with_an_upload(standin: Standin, stack: Path, here: Path) -> None:
    """Two places for one dataset are a wrong command: exit 2, and nothing is asked."""
    run = wkflow("convert", *CONVERSION, "--upload", stack, "out", standin=standin, cwd=here)
    assert run.returncode == 2
    assert "target does not go with upload" in lines(run)[0]
    assert list(here.iterdir()) == []
    assert standin.log()["requests"] == {}


def test_plain_snakemake_uploads_too(
    standin: Standin, stack: Path, local: Path, here: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A config with `upload: true`, and the token in the environment, are enough."""
    options = {
        "source": str(stack),
        "voxel_size": [11.24, 11.24, 25],
        "job_size": 1,
        "shard_shape": [64, 64, 32],
        "upload": True,
        "webknossos_url": standin.url,
    }
    (here / "my.yaml").write_text(yaml.safe_dump(options))
    for name, value in shell(standin).items():
        monkeypatch.setenv(name, value)
    run = runs.snakemake("--configfile", "my.yaml", "--cores", "2", cwd=here)
    assert run.returncode == 0, run.stderr
    found = only_one(standin)
    assert_same(found, local)
    assert proof(here / "stack.upload")["url"].endswith(found["id"])


def test_a_changed_slice_is_a_new_dataset(standin: Standin, stack: Path, here: Path) -> None:
    """What a server has finished is not changed: the whole dataset is sent anew, and is right."""
    shutil.copytree(stack, here / "stack")
    first = url_of(wkflow("remote-convert", *CONVERSION, "stack", standin=standin, cwd=here))
    tifffile.imwrite(here / "stack/slice_40.tif", np.full((200, 240), 7, "uint8"))
    second = url_of(wkflow("remote-convert", *CONVERSION, "stack", standin=standin, cwd=here))
    assert first != second
    run = runs.wkflow("convert", *CONVERSION, here / "stack", here / "fresh")
    assert run.returncode == 0, run.stderr
    assert_same(arrived(standin, second), here / "fresh")
    assert len(standin.log()["chunks"]) == 2
    assert local_mags(here / "fresh").keys() == remote_mags(arrived(standin, first)).keys()
