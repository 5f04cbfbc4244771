"""Remote files on this machine, for a while or to stay."""

import multiprocessing
import os
import shutil
import time
from collections import namedtuple
from pathlib import Path

import pytest
from wkflow.errors import ResourceError, SourceError, TransientError
from wkflow.network.retry import RetryPolicy
from wkflow.sources.fetch import LOANS, fetch, keep

from tests.sources.buckets import Buckets
from tests.sources.website import Website

HASTY = RetryPolicy(3, silence_s=1, sleep=lambda _: None)

SPAWN = multiprocessing.get_context("spawn")


def files_below(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.rglob("*") if path.is_file())


def test_files_are_there_during_the_block(site: Website, tmp_path: Path) -> None:
    """With their names and all their bytes, also if two have one name; then all are gone."""
    (site.folder / "em" / "deep" / "b.tif").write_bytes(b"another")
    urls = [f"{site.url}/em/{name}" for name in ("a%201.tif", "b.tif", "deep/b.tif")]
    site.faults = ["cut", 503]
    with fetch(urls, tmp_path / "f", policy=HASTY) as paths:
        assert [Path(paths[url]).name for url in urls] == ["a 1.tif", "b.tif", "b.tif"]
        contents = [Path(paths[url]).read_bytes() for url in urls]
    assert contents == [b"first" * 1000, b"second" * 500_000, b"another"]
    assert files_below(tmp_path / "f") == [".lock"]


def test_many_files_come_at_once(site: Website, tmp_path: Path) -> None:
    """Two hundred, over eight connections."""
    for i in range(200):
        (site.folder / f"{i}.tif").write_bytes(bytes([i]) * 1000)
    urls = [f"{site.url}/{i}.tif" for i in range(200)]
    with fetch(urls, tmp_path / "f", policy=HASTY) as paths:
        assert all(Path(paths[url]).read_bytes() == bytes([i]) * 1000 for i, url in enumerate(urls))


@pytest.mark.parametrize("scheme", ["s3", "gs"])
def test_objects_of_buckets_come_as_well(buckets: Buckets, scheme: str, tmp_path: Path) -> None:
    """By their URLs, whatever is in their names."""
    buckets.objects = {"lab/em/a 1+2.tif": b"voxels" * 1000, "lab/em/empty.tif": b""}
    urls = [f"{scheme}://{name}" for name in buckets.objects]
    with fetch(urls, tmp_path / "f", policy=HASTY) as paths:
        contents = [Path(paths[url]).read_bytes() for url in urls]
    assert contents == list(buckets.objects.values())


def test_nothing_is_fetched_of_nothing(tmp_path: Path) -> None:
    """No folder is made either."""
    with fetch([], tmp_path / "f") as paths:
        assert paths == {}
    assert not (tmp_path / "f").exists()


def test_all_that_is_missing_is_named(site: Website, tmp_path: Path) -> None:
    """And nothing stays behind."""
    urls = [f"{site.url}/em/{name}" for name in ("gone.tif", "b.tif", "lost.tif")]
    with (
        pytest.raises(SourceError, match=r"gone\.tif: .*; lost\.tif: "),
        fetch(urls, tmp_path / "f", policy=HASTY),
    ):
        pass
    assert files_below(tmp_path / "f") == [".lock"]


def test_a_server_that_is_down_ends_it(site: Website, tmp_path: Path) -> None:
    """No half file stays."""
    site.faults = ["close"] * 3
    with pytest.raises(TransientError), fetch([f"{site.url}/em/b.tif"], tmp_path, policy=HASTY):
        pass
    assert files_below(tmp_path) == sorted([".lock", *files_below(site.folder)])


def test_what_the_killed_left_is_removed(site: Website, tmp_path: Path) -> None:
    """What a living process has is left alone."""
    left = tmp_path / "f" / f"{LOANS}dead"
    left.mkdir(parents=True)
    (left / "half.tif").write_bytes(b"x")
    url = f"{site.url}/em/b.tif"
    with (
        fetch([url], tmp_path / "f", policy=HASTY) as first,
        fetch([url], tmp_path / "f", policy=HASTY) as second,
    ):
        assert not left.exists()
        assert first[url] != second[url]
        assert Path(first[url]).exists()


def test_a_kept_file_is_downloaded_once(site: Website, tmp_path: Path) -> None:
    """The second asks only whether it is the same."""
    url = f"{site.url}/em/b.tif"
    path = keep(url, tmp_path / "k", policy=HASTY)
    assert keep(url, tmp_path / "k", policy=HASTY) == path
    assert Path(path).read_bytes() == b"second" * 500_000
    assert [method for method, *_ in site.asked] == ["HEAD", "GET", "HEAD"]


def test_a_replaced_file_is_downloaded_anew(site: Website, tmp_path: Path) -> None:
    """Also if it is as large as before."""
    url = f"{site.url}/em/b.tif"
    path = keep(url, tmp_path / "k", policy=HASTY)
    (site.folder / "em" / "b.tif").write_bytes(b"SECOND" * 500_000)
    os.utime(site.folder / "em" / "b.tif", (1, 1))
    assert keep(url, tmp_path / "k", policy=HASTY) == path
    assert Path(path).read_bytes() == b"SECOND" * 500_000


def test_downloaded_again_it_is_the_same_file(site: Website, tmp_path: Path) -> None:
    """Path, size and time: what is made of it need not be made again."""
    url = f"{site.url}/em/b.tif"
    path = Path(keep(url, tmp_path / "k", policy=HASTY))
    before = path.stat()
    shutil.rmtree(tmp_path / "k")
    assert Path(keep(url, tmp_path / "k", policy=HASTY)) == path
    assert path.stat().st_mtime_ns == before.st_mtime_ns


def test_neighbours_stay_neighbours(site: Website, tmp_path: Path) -> None:
    """A header and its voxels are found in one folder."""
    paths = [keep(f"{site.url}/em/{name}", tmp_path / "k") for name in ("a%201.tif", "b.tif")]
    assert len({Path(path).parent for path in paths}) == 1


def test_a_failed_download_is_begun_again(site: Website, tmp_path: Path) -> None:
    """What was half there is not taken for the file."""
    url = f"{site.url}/em/b.tif"
    site.faults = ["close"] * 3
    with pytest.raises(TransientError):
        keep(url, tmp_path / "k", policy=HASTY)
    assert not [name for name in files_below(tmp_path / "k") if not name.endswith(".lock")]
    assert Path(keep(url, tmp_path / "k", policy=HASTY)).stat().st_size == 3_000_000


def test_what_does_not_fit_is_not_begun(
    site: Website, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The words come before the first byte."""
    usage = namedtuple("usage", "total used free")(10, 0, 10)  # noqa: PYI024 -- as shutil's
    monkeypatch.setattr(shutil, "disk_usage", lambda _: usage)
    with pytest.raises(ResourceError, match="are free"):
        keep(f"{site.url}/em/b.tif", tmp_path / "k", policy=HASTY)
    assert [method for method, *_ in site.asked] == ["HEAD"]


def test_parallel_jobs_download_once(site: Website, tmp_path: Path) -> None:
    """Three processes want it; one asks for the content."""
    url = f"{site.url}/em/b.tif"
    jobs = [SPAWN.Process(target=keep, args=(url, tmp_path / "k")) for _ in range(3)]
    for job in jobs:
        job.start()
    for job in jobs:
        job.join(30)
    assert [job.exitcode for job in jobs] == [0, 0, 0]
    assert [method for method, *_ in site.asked].count("GET") == 1


def test_a_killed_job_hands_on(site: Website, tmp_path: Path) -> None:
    """Killed in the middle of a download, it leaves its lock, and no file under the name."""
    (site.folder / "big.tif").write_bytes(b"0123456789" * 2_000_000)
    url = f"{site.url}/big.tif"
    for pause in (0.0, 0.01, 0.02, 0.05):
        site.asked.clear()
        job = SPAWN.Process(target=keep, args=(url, tmp_path / "k"))
        job.start()
        while not any(method == "GET" for method, *_ in site.asked) and job.is_alive():
            time.sleep(0.002)
        time.sleep(pause)
        job.kill()
        job.join()
    path = keep(url, tmp_path / "k", policy=HASTY)
    assert Path(path).read_bytes() == b"0123456789" * 2_000_000
