"""Runs as a Python program starts them: functions, results and errors."""

import gc
import os
import re
import resource
import signal
import subprocess
import sys
import threading
from collections.abc import Callable
from pathlib import Path

import numpy as np
import psutil
import pytest
import wkflow
from wkflow.access_token import SHARING, TOKEN
from wkflow.model.write_datasource import PROPERTIES

from tests.runs import (
    ROOT,
    TIMEOUT_S,
    VOXEL_SIZE,
    environment,
    noise,
    shard_bytes,
    voxels,
    write_bad_voxels,
    write_stack,
)
from tests.runs import wkflow as command
from tests.standin.server import Standin, standin_in
from tests.upload.runs import arrived, await_

pytestmark = pytest.mark.long(but=["test_the_example", "test_a_call_gives", "test_a_plan_is"])

SIZE = (11.24, 11.24, 25.0)
SECRET = "recognizable-9f8e7d6c5b4a"  # noqa: S105 -- of no use elsewhere


@pytest.fixture
def stack(tmp_path: Path) -> Path:
    """Give 40 slices: two shards deep."""
    return write_stack(tmp_path / "stack", noise(40, 130, 201))


@pytest.fixture
def standin(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Standin:  # type: ignore[misc]  # pytest ends it
    """Run a server that this process knows, and no token of it."""
    for name in (TOKEN, SHARING):
        monkeypatch.delenv(name, raising=False)
    with standin_in(tmp_path / "server") as running:
        monkeypatch.setenv("WK_URL", running.url)
        yield running


def global_state() -> list[object]:
    """Give what a call could change of its process, and must not."""
    mask = os.umask(0)
    os.umask(mask)
    handlers = [signal.getsignal(number) for number in signal.valid_signals()]
    limits = [resource.getrlimit(kind) for kind in (resource.RLIMIT_NOFILE, resource.RLIMIT_AS)]
    collector = (gc.isenabled(), gc.get_threshold())
    descriptors = psutil.Process().num_fds()
    return [dict(os.environ), Path.cwd(), mask, handlers, limits, collector, descriptors]


def in_thread(call: Callable[[], object]) -> object:
    """Give what a call gives in another thread."""
    given: list[object] = []
    thread = threading.Thread(target=lambda: given.append(call()))
    thread.start()
    thread.join(TIMEOUT_S)
    return given[0]


def descendants() -> list[str]:
    """List what this process has started that still is there, but for what other tests keep."""
    commands = [" ".join(one.cmdline()) for one in psutil.Process().children(recursive=True)]
    others = ("/tests/", "bioformats")  # tests that ran in this process before may keep a Java
    return [one for one in commands if "wkflow" in one and not any(word in one for word in others)]


def test_the_example_of_the_readme_runs(
    standin: Standin, stack: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """At most five lines: a folder of images, a dataset, the address where it was sent."""
    pages = (ROOT / "README.md", ROOT / "docs" / "reference" / "python.md")
    found = [re.findall(r"```python\n(.*?)```", page.read_text(), re.DOTALL) for page in pages]
    example = found[0][0]
    assert example == found[1][0]
    assert len(list(filter(None, example.splitlines()))) <= 5
    here = tmp_path / "here"
    here.mkdir()
    stack.rename(here / "images")
    monkeypatch.setenv(TOKEN, standin.token)
    run = subprocess.run(
        [sys.executable, "-c", example],
        *(), cwd=here, env=environment(), capture_output=True, text=True, timeout=TIMEOUT_S,
        check=False,
    )  # fmt: skip
    assert run.stderr == ""
    assert arrived(standin, run.stdout.strip())["name"] == "dataset"
    np.testing.assert_array_equal(voxels(here / "dataset", "images"), noise(40, 130, 201))


def test_a_call_gives_what_the_command_makes(
    stack: Path, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    """Again, it does nothing; nor does the command. Of this process nothing is changed."""
    before = global_state()
    first = wkflow.convert(stack, tmp_path / "out", voxel_size=SIZE)
    again = in_thread(lambda: wkflow.convert(stack, tmp_path / "out", voxel_size=SIZE))
    assert isinstance(again, wkflow.RunResult)
    assert global_state() == before
    assert descendants() == []
    assert capfd.readouterr() == ("", "")
    assert (first.outcome, again.outcome) == ("done", "nothing to do")
    assert (first.dataset, first.name, first.notes) == (tmp_path / "out", "out", ())
    assert (first.voxel_size, first.unit) == (SIZE, "nanometer")
    (layer,) = first.layers
    assert (layer.name, layer.category, layer.dtype) == ("stack", "color", "uint8")
    assert (layer.size, layer.mags) == ((201, 130, 40), ("1", "2-2-1", "4-4-2"))
    assert first.report is not None
    assert first.report.parent == first.run_folder == tmp_path / "out.wkflow"
    assert len(list(first.receipts.rglob("*.json"))) > 3
    np.testing.assert_array_equal(voxels(tmp_path / "out", "stack"), noise(40, 130, 201))
    run = command("convert", *VOXEL_SIZE, stack, tmp_path / "out")
    assert "nothing to do" in run.stderr
    assert again.layers == first.layers


def test_calls_run_side_by_side(stack: Path, tmp_path: Path) -> None:
    """Two threads, two datasets; each has its own result, or its own error."""
    outcomes: dict[str, object] = {}

    def convert(name: str, source: Path) -> None:
        try:
            outcomes[name] = wkflow.convert(source, tmp_path / name, voxel_size=SIZE).outcome
        except wkflow.WkflowError as error:
            outcomes[name] = type(error)

    calls = [("one", stack), ("two", stack), ("three", tmp_path / "nowhere")]
    threads = [threading.Thread(target=convert, args=call) for call in calls]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(TIMEOUT_S)
    assert outcomes == {"one": "done", "two": "done", "three": wkflow.SourceError}
    ours, theirs = (shard_bytes(tmp_path / name / "stack") for name in ("one", "two"))
    assert ours == theirs


def test_a_bad_slice_is_raised(stack: Path, tmp_path: Path) -> None:
    """With its name; mended, the same call goes on. All that is kept is said in a note."""
    plane = noise(1, 130, 201)[0]
    write_bad_voxels(stack / "slice_7.tif", plane)
    with pytest.raises(wkflow.SourceError, match=r"slice_7\.tif") as caught:
        wkflow.convert(stack, tmp_path / "out", voxel_size=SIZE)
    assert caught.value.exit_status == 3
    assert descendants() == []
    write_stack(stack, plane[None], first=7)
    assert wkflow.convert(stack, tmp_path / "out", voxel_size=SIZE).outcome == "done"


def test_a_question_is_an_error(
    stack: Path, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    """Nobody is asked, and nothing is printed; what a target holds is kept."""
    (tmp_path / "out").mkdir()
    (tmp_path / "out" / "thesis.txt").write_text("years of work")
    with pytest.raises(wkflow.ConfigError, match="exists and was not made"):
        wkflow.convert(stack, tmp_path / "out", voxel_size=SIZE)
    assert [path.name for path in tmp_path.glob("out*")] == ["out"]
    assert capfd.readouterr() == ("", "")


def test_a_plan_is_the_dry_run_as_an_object(stack: Path, tmp_path: Path) -> None:
    """Nothing is written; the text is the table of `--dry-run`, the numbers are those in it."""
    before = sorted(tmp_path.rglob("*"))
    plan = wkflow.plan(stack, tmp_path / "out", voxel_size=SIZE, memory="1G")
    assert sorted(tmp_path.rglob("*")) == before
    assert (plan.place, plan.name, plan.obstacle) == (tmp_path / "out", "out", None)
    (layer,) = plan.layers
    assert (layer.size, layer.dtype, layer.jobs) == ((201, 130, 40), "uint8", plan.jobs)
    assert [mag.mag for mag in layer.mags] == ["1", "2-2-1", "4-4-2"]
    assert plan.files == sum(mag.files for mag in layer.mags) == 4
    assert plan.voxels == plan.bytes == sum(mag.bytes for mag in layer.mags)
    assert plan.memory == 2**30
    table = command("convert", *VOXEL_SIZE, "--memory", "1G", "--dry-run", stack, tmp_path / "out")
    told, shown = (re.sub(r"[\d.]+ GB free", "", text) for text in (str(plan), table.stdout))
    assert told == shown.rstrip("\n")


def test_a_plan_that_cannot_be_carried_out_says_why(stack: Path, tmp_path: Path) -> None:
    """It is shown all the same; what the run itself would refuse is raised."""
    plan = wkflow.plan(stack, tmp_path / "out", voxel_size=SIZE, memory="64M")
    assert isinstance(plan.obstacle, wkflow.ResourceError)
    assert plan.memory_per_job > plan.memory == 64 * 2**20
    with pytest.raises(wkflow.SourceError, match="nowhere"):
        wkflow.plan(tmp_path / "nowhere", tmp_path / "out", voxel_size=SIZE)


def test_a_dataset_gets_its_mags(stack: Path, tmp_path: Path) -> None:
    """Planned, made, and there."""
    made = wkflow.convert(stack, tmp_path / "out", voxel_size=SIZE, downsample=False)
    assert made.layers[0].mags == ("1",)
    plan = wkflow.plan(target=made.dataset, command="downsample")
    assert [mag.is_made for mag in plan.layers[0].mags] == [False, True, True]
    result = wkflow.downsample(made.dataset)
    assert (result.outcome, result.dataset) == ("done", tmp_path / "out")
    assert result.layers[0].mags == ("1", "2-2-1", "4-4-2")
    assert result.run_folder == tmp_path / "out.downsample"
    assert wkflow.downsample(made.dataset).outcome == "nothing to do"


def test_a_token_is_for_one_call(
    standin: Standin, stack: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It is in no file, and not in this environment; the next call has none."""
    standin.set_tokens(admin=SECRET)
    monkeypatch.chdir(tmp_path)
    before = global_state()
    sent = wkflow.remote_convert(stack, voxel_size=SIZE, token=SECRET)
    assert global_state() == before
    found = arrived(standin, str(sent.dataset))
    assert (found["name"], sent.outcome) == ("stack", "done")
    assert sent.layers[0].mags == ("1", "2-2-1", "4-4-2")
    assert sent.proof == sent.run_folder / "upload.json"
    assert SECRET not in f"{sent!r} {sent} {sent._repr_html_()}"
    files = [path for path in sent.run_folder.rglob("*") if path.is_file()]
    assert len(files) > 20
    assert [path for path in files if SECRET.encode() in path.read_bytes()] == []
    with pytest.raises(wkflow.ServerError, match="no token was given") as caught:
        wkflow.upload(stack)
    assert caught.value.exit_status == 4
    plan = wkflow.plan(stack, upload=True, voxel_size=SIZE)
    assert plan.place == standin.url


def test_an_upload_is_planned_and_sent(
    standin: Standin, stack: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What would be sent is counted; a dataset on the server gets mags as one on the disk does."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv(TOKEN, standin.token)
    made = wkflow.convert(stack, tmp_path / "out", voxel_size=SIZE, downsample=False)
    plan = wkflow.plan(made.dataset, command="upload")
    files = [path for path in (tmp_path / "out").rglob("*") if path.is_file()]
    assert (plan.files, plan.bytes) == (len(files), sum(path.stat().st_size for path in files))
    assert str(plan).startswith("dataset ")
    sent = wkflow.upload(made.dataset)
    assert sent.layers == made.layers
    extended = wkflow.downsample(sent.dataset)
    assert extended.dataset == sent.dataset
    assert extended.layers[0].mags == ("1", "2-2-1", "4-4-2")
    mags = arrived(standin, str(sent.dataset))["properties"]["dataLayers"][0]["mags"]
    assert len(mags) == 3


def test_snakemake_takes_options_as_well(
    stack: Path, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    """As behind `--`: what it prints is in the result, and what it refuses is raised."""
    target = tmp_path / "out"
    looked = wkflow.convert(stack, target, voxel_size=SIZE, snakemake=["-n"])
    assert (looked.outcome, looked.is_complete) == ("incomplete", False)
    assert "rule convert_slab" in looked.output
    assert not target.exists()
    with pytest.raises(wkflow.ConfigError, match="unrecognized arguments: --nosuchflag"):
        wkflow.convert(stack, target, voxel_size=SIZE, snakemake="--nosuchflag")
    result = wkflow.convert(stack, target, voxel_size=SIZE, snakemake=("--retries", "1"))
    assert result.is_complete
    assert capfd.readouterr() == ("", "")


PROGRAM = """
import sys
import wkflow

def convert():
    size = (11.24, 11.24, 25)
    result = wkflow.convert(sys.argv[1], sys.argv[2], voxel_size=size, job_size=1, jobs=1)
    print(result.outcome)

try:
    convert()
except KeyboardInterrupt:
    print("interrupted")
"""


def start(stack: Path, target: Path) -> "subprocess.Popen[str]":
    """Start a program that converts many slabs, and wait until its jobs are at work."""
    process = subprocess.Popen(
        [sys.executable, "-c", PROGRAM, stack, target],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env=environment(),
    )
    receipts = target.with_name(f"{target.name}.wkflow") / "receipts"
    await_(lambda: any(receipts.glob("convert_slab/*/*.json")), TIMEOUT_S)
    return process


@pytest.fixture(scope="module")
def many(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Give a stack of which a run takes some seconds."""
    return write_stack(tmp_path_factory.mktemp("images") / "stack", noise(320, 512, 512))


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGKILL], ids=lambda one: one.name)
def test_nothing_outlives_a_program(many: Path, tmp_path: Path, number: int) -> None:
    """Interrupted, or killed in no time to say a word: all jobs end, and the same call goes on."""
    target = tmp_path / "out"
    with start(many, target) as process:
        started = psutil.Process(process.pid).children(recursive=True)
        assert len(started) > 2
        process.send_signal(number)
        out, told = process.communicate(timeout=TIMEOUT_S)
    is_killed = number == signal.SIGKILL
    assert (out, told) == ("" if is_killed else "interrupted\n", "")
    for one in started if is_killed else ():  # they notice it within a second
        await_(lambda one=one: not is_alive(one), TIMEOUT_S)  # type: ignore[misc]  # a default binds it
    assert [one for one in started if is_alive(one)] == []
    has_ended = is_killed and (target / PROPERTIES).exists()  # it has a second, which may do
    assert has_ended or not (target / PROPERTIES).exists()
    resumed = wkflow.convert(many, target, voxel_size=SIZE, job_size=1)
    assert resumed.outcome == "done" or has_ended
    assert resumed.is_complete
    np.testing.assert_array_equal(voxels(target, "stack"), noise(320, 512, 512))


def is_alive(process: psutil.Process) -> bool:
    """Whether a process has not ended."""
    try:
        return process.is_running() and process.status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return False


def test_type_checkers_know_the_keywords(tmp_path: Path) -> None:
    """What is wrong is underlined, what is right is not; a result has a type."""
    right = tmp_path / "right.py"
    right.write_text(
        "from pathlib import Path\n"
        "import wkflow\n"
        "result = wkflow.convert('em', Path('out'), voxel_size=(11, 11, 25), memory='8G')\n"
        "sizes: list[tuple[int, int, int]] = [layer.size for layer in result.layers]\n"
        "sent: wkflow.RunResult = wkflow.upload(result.dataset, verify='full')\n"
        "jobs: int = wkflow.plan('em', upload=True).jobs\n"
    )
    wrong = tmp_path / "wrong.py"
    wrong.write_text(
        "import wkflow\n"
        "wkflow.convert('em', 'out', voxelsize=1)\n"
        "wkflow.convert('em', 'out', data_format='tiff')\n"
        "wkflow.convert()\n"
        "wkflow.upload('em').layer\n"
        "wkflow.convrt('em')\n"
    )
    run = subprocess.run(
        [sys.executable, "-m", "mypy", "--strict", "--config-file=", right, wrong],
        cwd=tmp_path,
        env=environment() | {"MYPYPATH": str(ROOT / "workflow")},
        capture_output=True,
        text=True,
        timeout=TIMEOUT_S,
        check=False,
    )
    found = re.findall(r"^(\w+\.py):(\d+): error", run.stdout, re.MULTILINE)
    assert [place for place in found if place[0] == "right.py"] == [], run.stdout
    assert {int(line) for file, line in found if file == "wrong.py"} == {2, 3, 4, 5, 6}, run.stdout
