"""Whole runs through a real SLURM: the same bytes as without it, whatever happens to its jobs."""

import json
import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from contextlib import suppress
from itertools import pairwise
from pathlib import Path

import psutil
import pytest
import tifffile

from tests import runs
from tests.slurm.cluster import Cluster
from tests.slurm.runs import (
    ON_SLURM,
    SHAPES,
    await_that,
    environment,
    jobs_of,
    kill_head,
    running,
    same_as,
    started,
    wkflow,
)
from tests.standin.server import standin_in
from tests.upload.extending import LAYERS, SMALL, Pair, assert_extended, publish
from tests.upload.runs import arrived, assert_same, lines, url_of

pytestmark = pytest.mark.long(but=["test_a_stack_is_converted_and_sent"])


@pytest.fixture
def target(tmp_path: Path) -> Path:
    """Give a place for a dataset; its run folder will be beside it."""
    return tmp_path / "set"


@pytest.fixture
def folder(target: Path) -> Path:
    """Give the run folder of `target`."""
    return target.with_name("set.wkflow")


@pytest.fixture
def tell(request: pytest.FixtureRequest) -> Callable[[str], None]:
    """Print a figure, also when all is well."""
    reporter = request.config.pluginmanager.get_plugin("terminalreporter")
    return lambda line: reporter.write_line(f"\nSLURM: {line}") if reporter else None


def test_a_stack_is_converted_and_sent(
    cluster: Cluster, stack: Path, local: Path, tmp_path: Path, tell: Callable[[str], None]
) -> None:
    """Slabs and mags by the cluster, sending by this machine; the token is nowhere in SLURM."""
    with standin_in(tmp_path / "server") as standin:
        began = time.monotonic()
        how = ("remote-convert", *ON_SLURM, *SHAPES, stack)
        run = wkflow(cluster, *how, standin=standin, cwd=tmp_path)
        took = time.monotonic() - began
        assert_same(arrived(standin, url_of(run)), local)
        jobs = jobs_of(cluster, tmp_path / "stack.upload")
        assert [one.state for one in jobs] == ["COMPLETED"] * 6
        rules = {one.rule.partition("_wildcards")[0] for one in jobs}
        assert rules == {"probe", "convert_slab", "downsample_rest"}
        spooled = [path.read_bytes() for path in cluster.folder.rglob("*") if path.is_file()]
        kept = [path.read_bytes() for path in tmp_path.rglob("*.upload/**/*") if path.is_file()]
        assert not any(standin.token.encode() in content for content in [*spooled, *kept])
    seconds = [one.seconds for one in jobs]
    tell(
        f"{len(jobs)} jobs of nearly no work, {took:.1f} s in all; "
        f"overhead of each {min(seconds):.0f} to {max(seconds):.0f} s, four at once on two cores"
    )


def test_another_dataset_is_replaced_when_the_new_one_is_whole(
    cluster: Cluster, stack: Path, local: Path, target: Path
) -> None:
    """Jobs write beside the old dataset, which the end swaps for theirs."""
    other = runs.write_stack(target.with_name("other"), runs.noise(16, 64, 64))
    assert runs.wkflow("convert", *runs.VOXEL_SIZE, other, target).returncode == 0
    how = ("convert", *ON_SLURM, "--overwrite-existing", *SHAPES, stack, target)
    run = wkflow(cluster, *how, cwd=target.parent)
    assert run.returncode == 0, run.stderr
    assert same_as(target, local)
    assert {path.name for path in target.parent.iterdir()} == {"other", "set", "set.wkflow"}


def test_a_controller_may_be_away_for_a_while(
    cluster: Cluster, stack: Path, local: Path, target: Path, folder: Path
) -> None:
    """Jobs go on without it, and the run waits."""
    with started(cluster, "convert", *ON_SLURM, *SHAPES, stack, target, cwd=target.parent) as run:
        await_that(lambda: running(cluster, folder))
        cluster.stop_controller()
        time.sleep(4)
        cluster.start_controller()
        _, told = run.communicate(timeout=200)
    assert run.returncode == 0, told
    assert same_as(target, local)


def test_jobs_that_are_cancelled_or_killed_are_sent_again(
    cluster: Cluster, stack: Path, local: Path, target: Path, folder: Path
) -> None:
    """One by scancel, one by SIGKILL on its node."""
    with started(cluster, "convert", *ON_SLURM, *SHAPES, stack, target, cwd=target.parent) as run:
        await_that(lambda: len(running(cluster, folder)) > 1)
        first, second = running(cluster, folder)[:2]
        cluster.ask("scancel", first.number)
        kill_on_node(cluster, second.number)
        _, told = run.communicate(timeout=200)
    assert run.returncode == 0, told
    assert same_as(target, local)
    states = {one.number: one.state for one in jobs_of(cluster, folder)}
    assert states[first.number] == "CANCELLED"
    assert states[second.number] == "FAILED"
    assert list(states.values()).count("COMPLETED") == 6


def kill_on_node(cluster: Cluster, number: str) -> None:
    """Kill all processes of a job, as the kernel does when a node is out of memory."""
    await_that(lambda: processes_of(cluster, number))
    for one in processes_of(cluster, number):
        os.kill(one.pid, signal.SIGKILL)


def processes_of(cluster: Cluster, number: str) -> list[psutil.Process]:
    """List the processes of a job on its node, the script last."""
    script = f"{cluster.folder}/spool/job{int(number):05d}/slurm_script"
    everyone = psutil.process_iter(["cmdline"])
    found = [one for one in everyone if script in (one.info["cmdline"] or ())]
    return [one for first in found for one in (*first.children(recursive=True), first)]


def test_a_job_without_enough_memory_gets_more(
    cluster: Cluster,
    stack: Path,
    local: Path,
    target: Path,
    folder: Path,
    tell: Callable[[str], None],
) -> None:
    """Twice as much with each try, and the run ends well."""
    how = ("convert", *ON_SLURM, *SHAPES, "--job-resources", "mem=150M", stack, target)
    run = wkflow(cluster, *how, cwd=target.parent)
    assert run.returncode == 0, run.stderr
    assert same_as(target, local)
    states = [one.state for one in jobs_of(cluster, folder)]
    assert states.count("COMPLETED") == 6
    assert len(states) > 6
    tell(f"{len(states)} jobs, which ended as {sorted(set(states))}")


def test_a_job_that_never_has_enough_fails_with_its_log(
    cluster: Cluster, stack: Path, target: Path
) -> None:
    """After three tries; status 6, and the words of SLURM."""
    how = ("convert", *ON_SLURM, *SHAPES, "--job-resources", '{"mem": "10M"}', "--jobs", "1")
    run = wkflow(cluster, *how, stack, target, cwd=target.parent)
    assert run.returncode == 6, run.stderr
    assert "was killed for memory (try 3 of 3)" in run.stderr
    assert "memory limit" in run.stderr
    assert "mem=32G" in run.stderr
    assert not (target / "datasource-properties.json").exists()


def test_a_run_whose_head_was_killed_goes_on(
    cluster: Cluster, stack: Path, local: Path, target: Path, folder: Path
) -> None:
    """What still runs is ended before its like is sent again; what was finished is not."""
    how = ("convert", *ON_SLURM, *SHAPES, "--jobs", "2", stack, target)
    log = folder / "logs" / "snakemake.log"
    with started(cluster, *how, cwd=target.parent) as head:
        await_that(log.exists)
        # two at once: so of what ended before them, Snakemake knows
        await_that(lambda: "(Rule: convert_slab)" in log.read_text() and held(cluster, folder, 2))
        kill_head(head)
    finished = log.read_text().count("(Rule: convert_slab)")
    orphans = [one.number for one in running(cluster, folder)]
    assert len(orphans) == 2
    run = wkflow(cluster, *how, cwd=target.parent)
    assert run.returncode == 0, run.stderr
    assert same_as(target, local)
    jobs = jobs_of(cluster, folder)
    again = [one for one in jobs if int(one.number) > max(map(int, orphans))]
    assert len([one for one in again if one.rule.startswith("convert_slab")]) <= 4 - finished
    assert [one.state for one in jobs if one.number in orphans] == ["CANCELLED"] * len(orphans)
    for rule in {one.rule for one in jobs} - {"probe"}:
        ends = [one for one in jobs if one.rule == rule]
        assert all(a.end <= b.start for a, b in pairwise(ends))


def held(cluster: Cluster, folder: Path, count: int) -> bool:
    """Stop the jobs that run, which might end by themselves, once they are so many: say so."""
    with suppress(psutil.NoSuchProcess):  # one of them ends just now
        processes = [processes_of(cluster, one.number) for one in running(cluster, folder)]
        if len(processes) == count and all(processes):
            for one in (one for of_job in processes for one in of_job):
                one.suspend()
            return True
    return False


def test_names_are_no_words_of_a_shell(cluster: Cluster, tmp_path: Path) -> None:
    """Blanks, quotes and dollars pass through sbatch and srun as they are."""
    place = tmp_path / "my $HOME"
    source = runs.write_stack(place / 'a "b" $(id)', runs.noise(8, 64, 64))
    how = ("convert", *ON_SLURM, *runs.VOXEL_SIZE, "--layer-name", "em$USER@x")
    run = wkflow(cluster, *how, source, place / "set $1", cwd=tmp_path)
    assert run.returncode == 0, run.stderr
    assert runs.voxels(place / "set $1", "em$USER@x").shape == (8, 64, 64)


def test_an_interrupt_ends_the_jobs(
    cluster: Cluster, stack: Path, target: Path, folder: Path
) -> None:
    """Ctrl-C: exit status 130 within seconds, and nothing left in the queue."""
    with started(cluster, "convert", *ON_SLURM, *SHAPES, stack, target, cwd=target.parent) as run:
        await_that(lambda: running(cluster, folder))
        run.send_signal(signal.SIGINT)
        _, told = run.communicate(timeout=30)
    assert run.returncode == 130, told
    assert cluster.jobs() == []


def test_a_bad_slice_is_named_and_not_tried_for_long(
    cluster: Cluster, stack: Path, tmp_path: Path, target: Path
) -> None:
    """As without a cluster: status 3 and the slice."""
    broken = tmp_path / "stack"
    broken.mkdir()
    for path in stack.iterdir():
        (broken / path.name).write_bytes(path.read_bytes())
    (broken / "slice_20.tif").write_bytes((stack / "slice_20.tif").read_bytes()[:5000])
    run = wkflow(cluster, "convert", *ON_SLURM, *SHAPES, broken, target, cwd=tmp_path)
    assert run.returncode == 3, run.stderr
    assert "slice_20.tif" in run.stderr
    assert len(lines(run)) <= 5


def test_plain_snakemake_takes_the_profile(
    cluster: Cluster, stack: Path, local: Path, target: Path, tmp_path: Path
) -> None:
    """And resources of the config reach SLURM."""
    config = tmp_path / "my.yaml"
    options = {"voxel_size": "11.24,11.24,25", "job_size": "300K", "shard_shape": "64,64,16"}
    options |= {"chunk_shape": "16", "source": str(stack), "target": str(target)}
    options |= {"job_resources": "partition=short,time=00:20:00,nice=5"}
    config.write_text("".join(f"{key}: {value!r}\n" for key, value in options.items()))
    done = subprocess.run(
        plain(config),
        check=False,
        capture_output=True,
        text=True,
        cwd=tmp_path,
        env=environment(cluster),
        timeout=200,
    )
    assert done.returncode == 0, done.stderr
    assert same_as(target, local)
    slabs = [one for one in cluster.past().values() if "convert_slab" in one.get("Comment", "")]
    last = slabs[-1]
    assert (last["Partition"], last["TimeLimit"], last["Nice"]) == ("short", "00:20:00", "5")


def test_an_interrupt_of_plain_snakemake_ends_jobs_on_their_way(
    cluster: Cluster, stack: Path, target: Path, folder: Path, tmp_path: Path
) -> None:
    """A controller that is slow to answer has a job of which Snakemake does not know yet."""
    config = tmp_path / "my.yaml"
    config.write_text(f"{{source: {stack}, target: {target}, voxel_size: [11.24, 11.24, 25]}}")
    slow = tmp_path / "slow" / "sbatch"
    slow.parent.mkdir()
    late = 'case "$*" in *--test-only*) ;; *convert_slab*) sleep 8;; esac'
    slow.write_text(f'#!/bin/sh\n{shutil.which("sbatch")} "$@" && {late}\n')
    slow.chmod(0o755)
    variables = environment(cluster)
    with subprocess.Popen(
        plain(config),
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        cwd=tmp_path,
        env=variables | {"PATH": f"{slow.parent}:{variables['PATH']}"},
    ) as run:
        await_that(lambda: held(cluster, folder, 1))
        (job,) = running(cluster, folder)
        run.send_signal(signal.SIGINT)
        told, _ = run.communicate(timeout=60)
    assert run.returncode != 0, told
    assert cluster.jobs() == []
    states = {one.number: one.state for one in jobs_of(cluster, folder)}
    assert states[job.number] == "CANCELLED", told


def plain(config: Path) -> list[str]:
    """Spell Snakemake with our profile."""
    profile = runs.ROOT / "workflow" / "profiles" / "slurm"
    command = [sys.executable, "-m", "snakemake", "--snakefile", str(runs.ROOT / "Snakefile")]
    return [*command, "--profile", str(profile), "--configfile", str(config)]


def test_a_dataset_is_downsampled(
    cluster: Cluster, stack: Path, target: Path, tmp_path: Path
) -> None:
    """With larger jobs, as `slurm+batching` means: the same bytes as here."""
    done = runs.wkflow("convert", *SHAPES, "--no-downsample", stack, target)
    assert done.returncode == 0, done.stderr
    here = shutil.copytree(target, tmp_path / "here")
    shapes = ("--shard-shape", "64,64,16", "--chunk-shape", "16")
    assert runs.wkflow("downsample", *shapes, here).returncode == 0
    how = ("downsample", "--distribution-strategy", "slurm+batching", *shapes, target)
    run = wkflow(cluster, *how, cwd=tmp_path)
    assert run.returncode == 0, run.stderr
    assert same_as(target, here)
    assert len(jobs_of(cluster, tmp_path / "set.downsample")) == 2


def test_a_dataset_on_a_server_is_downsampled(cluster: Cluster, tmp_path: Path) -> None:
    """Nodes read it with the token, and send its mags."""
    pair = Pair.of(tmp_path / "single", *LAYERS[:1])
    with standin_in(tmp_path / "server") as standin:
        found = publish(standin, pair.bare)
        how = ("downsample", *ON_SLURM, "--upload-on-cluster", *SMALL, found.url)
        run = wkflow(cluster, *how, standin=standin, cwd=tmp_path)
        assert run.returncode == 0, run.stderr
        assert_extended(standin, found, pair.whole)
    (folder,) = tmp_path.glob("*.downsample")
    rules = {one.rule.partition("_wildcards")[0] for one in jobs_of(cluster, folder)}
    assert {"upload_mag", "downsample_rest"} <= rules


def test_one_process_gives_the_same(stack: Path, local: Path, target: Path) -> None:
    """Slower, and no other byte."""
    alone = ("--distribution-strategy", "sequential")
    run = runs.wkflow("convert", *SHAPES, *alone, stack, target)
    assert run.returncode == 0, run.stderr
    assert same_as(target, local)


def test_nodes_may_send(cluster: Cluster, stack: Path, local: Path, tmp_path: Path) -> None:
    """With --upload-on-cluster they get the token, in their environment alone."""
    with standin_in(tmp_path / "server") as standin:
        how = ("remote-convert", *ON_SLURM, *SHAPES, "--upload-on-cluster", stack)
        run = wkflow(cluster, *how, standin=standin, cwd=tmp_path)
        assert_same(arrived(standin, url_of(run)), local)
        rules = [one.rule for one in jobs_of(cluster, tmp_path / "stack.upload")]
        assert any(rule.startswith("upload_shards") for rule in rules)
        scripts = [*cluster.folder.rglob("script"), *cluster.folder.rglob("slurm_script")]
        assert scripts
        assert not any(standin.token in script.read_text() for script in scripts)


def test_the_slice_of_another_day_is_seen(
    cluster: Cluster, stack: Path, target: Path, folder: Path, tmp_path: Path
) -> None:
    """A run that is complete does nothing; a changed slice costs its slab and what is above."""
    mine = tmp_path / "stack"
    mine.mkdir()
    for path in stack.iterdir():
        (mine / path.name).write_bytes(path.read_bytes())
    how = ("convert", *SHAPES, mine, target)
    first = runs.wkflow(*how)
    assert first.returncode == 0, first.stderr
    same = wkflow(cluster, *how, *ON_SLURM, cwd=tmp_path)
    assert same.returncode == 0, same.stderr
    assert "nothing to do" in same.stderr
    assert jobs_of(cluster, folder) == []
    tifffile.imwrite(mine / "slice_20.tif", runs.noise(128, 128, seed=5))
    again = wkflow(cluster, *how, *ON_SLURM, cwd=tmp_path)
    assert again.returncode == 0, again.stderr
    rules = [one.rule.partition("_wildcards")[0] for one in jobs_of(cluster, folder)]
    assert rules == ["probe", "convert_slab", "downsample_rest"]


def test_datasets_of_a_batch_share_the_cluster(
    cluster: Cluster, stack: Path, local: Path, tmp_path: Path
) -> None:
    """Jobs of several datasets are there at once; each has the same bytes as without SLURM."""
    sheet = tmp_path / "samples.csv"
    targets = [tmp_path / f"set-{number}" for number in range(3)]
    sheet.write_text("".join(["source,target\n", *(f"{stack},{one}\n" for one in targets)]))
    run = wkflow(cluster, "batch", *ON_SLURM, *SHAPES, sheet, cwd=tmp_path)
    assert run.returncode == 0, run.stderr
    assert "3 datasets: 3 done" in run.stderr
    began, ended = [], []
    for target in targets:
        assert same_as(target, local)
        jobs = jobs_of(cluster, target.with_name(f"{target.name}.wkflow"))
        assert [one.state for one in jobs] == ["COMPLETED"] * len(jobs)
        began.append(min(one.start for one in jobs))
        ended.append(max(one.end for one in jobs))
    assert max(began) < min(ended)
    run = wkflow(cluster, "batch", *ON_SLURM, *SHAPES, sheet, cwd=tmp_path)
    assert "3 datasets: 3 unchanged" in run.stderr


def test_datasets_of_plain_snakemake_go_to_the_cluster(
    cluster: Cluster, stack: Path, local: Path, tmp_path: Path
) -> None:
    """Each is one job; the same bytes as without SLURM, and nothing to do afterwards."""
    names = [name.lstrip("-").replace("-", "_") for name in SHAPES[::2]]
    options = dict(zip(names, SHAPES[1::2], strict=True)) | {"job_resources": "mem=900M,cpus=1"}
    targets = [tmp_path / f"set-{number}" for number in range(3)]
    samples = [{"source": str(stack), "target": str(one)} for one in targets]
    config = tmp_path / "my.yaml"
    config.write_text(json.dumps(options | {"samples": samples}))
    before = set(cluster.past())

    def run() -> str:
        done = subprocess.run(
            plain(config),
            check=False,
            capture_output=True,
            text=True,
            cwd=tmp_path,
            env=environment(cluster),
            timeout=200,
        )
        assert done.returncode == 0, done.stderr
        return done.stderr

    assert "4 of 4 steps" in run()
    assert all(same_as(target, local) for target in targets)
    jobs = [record for number, record in cluster.past().items() if number not in before]
    made = [one for one in jobs if "convert_dataset" in one.get("Comment", "")]
    assert [one["JobState"] for one in made] == ["COMPLETED"] * 3
    assert "Nothing to be done" in run()
