"""What the rules of a sheet are told: names, shares of the machine, what is done."""

import json
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from snakemake.exceptions import WorkflowError
from wkflow.cli.batch.pool import BYTES_PER_CORE
from wkflow.cli.batch.samples import FOLDER, Samples
from wkflow.rules.resources import CLUSTER_THREADS, ENGINE_MIB

GIVEN = {"voxel_size": "1,1,1", "memory": "8G"}


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Make a folder with two sources, in which the command is given."""
    for name in "ab":
        (tmp_path / name).mkdir()
        (tmp_path / name / "1.tif").write_bytes(b"")
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("PYTHONPATH", raising=False)
    return tmp_path


def samples_of(*rows: dict[str, str], cores: int | None = 4, **options: Any) -> Samples:  # noqa: ANN401 -- as in YAML
    """Read a list of datasets as Snakemake would let it be read; without cores on a cluster."""
    nodes = None if cores else 100
    workflow = SimpleNamespace(
        modifier=SimpleNamespace(is_main_snakefile=lambda: True),
        overwrite_workdir=None, is_main_process=True, nodes=nodes,
        resource_settings=SimpleNamespace(cores=cores),
    )  # fmt: skip
    samples = Samples(GIVEN | options | {"samples": list(rows)}, workflow)
    samples.read()
    return samples


def of(name: str) -> Any:  # noqa: ANN401 -- Snakemake's wildcards
    return SimpleNamespace(dataset=name)


def test_datasets_are_called_as_they_are(folder: Path) -> None:
    """With a digest of their places where two have one name."""
    a, b = {"source": "a", "target": "p/one"}, {"source": "b", "target": "two"}
    samples = samples_of(a, b)
    assert samples.results == ["datasets/one.json", "datasets/two.json"]
    assert samples.folder == folder / "samples.wkflow"
    assert samples.options(of("one"))["source"] == str(folder / "a")
    first, second = samples_of(a, b | {"target": "q/one"}).results
    assert first != second
    assert first.startswith("datasets/one-")


@pytest.mark.usefixtures("folder")
def test_what_a_machine_is_told_makes_no_dataset_anew() -> None:
    """Options of a job's params are those of the dataset; the folder of an upload is one."""
    one = {"source": "a", "target": "out"}
    assert "memory" not in samples_of(one, jobs=3).options(of("out"))
    sent = samples_of({"source": "a", "name": "abc"}, upload=True).options(of("abc"))
    assert str(sent["work_dir"]).endswith("abc.upload")


def test_small_datasets_share_the_machine_and_large_ones_have_it(folder: Path) -> None:
    """As in `wkflow batch`; memory in MiB, as large a part as of the cores."""
    with (folder / "b" / "1.tif").open("wb") as file:
        file.truncate(10 * BYTES_PER_CORE)
    samples = samples_of({"source": "a", "target": "one"}, {"source": "b", "target": "two"})
    assert [samples.cores(of(name)) for name in ("one", "two")] == [1, 4]
    assert [samples.mem_mb(of(name)) for name in ("one", "two")] == [2048, 8192]
    assert samples.cluster_resources == {}


def test_on_a_cluster_the_options_say_what_jobs_get(folder: Path) -> None:
    """Else some cores and a node's share of memory, more with each attempt."""
    with (folder / "b" / "1.tif").open("wb") as file:
        file.truncate(10 * BYTES_PER_CORE)
    rows = {"source": "a", "target": "one"}, {"source": "b", "target": "two"}
    samples = samples_of(*rows, cores=None, memory=None)
    assert [samples.cores(of(name)) for name in ("one", "two")] == [1, CLUSTER_THREADS]
    assert samples.mem_mb(of("one")) == 8192 + ENGINE_MIB
    assert samples.mem_mb(of("one"), 2) == 2 * samples.mem_mb(of("one"))
    assert samples.minutes(of("one"), 2) == 2 * samples.minutes(of("one")) == 60
    told = "mem=2G,cpus=3,time=01:30:00,partition=short"
    samples = samples_of(*rows, cores=None, job_resources=told)
    assert (samples.cores(of("one")), samples.mem_mb(of("one"))) == (3, 2048)
    assert samples.minutes(of("one")) == 90
    assert samples.cluster_resources["slurm_partition"] == "short"


def test_the_result_of_what_changed_is_forgotten(folder: Path) -> None:
    """So that Snakemake makes it; nothing else is touched."""
    result = folder / "samples.wkflow" / FOLDER / "out.json"
    result.parent.mkdir(parents=True)
    result.write_text(json.dumps({"end": "done"}))
    samples_of({"source": "a", "target": "out"})
    assert not result.exists()


@pytest.mark.usefixtures("folder")
def test_faults_are_snakemakes() -> None:
    """Which it shows without a traceback; what is no list is one, and options are checked."""
    with pytest.raises(WorkflowError, match="entry 1, target: required, and not given"):
        samples_of({"source": "a"})
    with pytest.raises(WorkflowError, match="entry 1, unit"):
        samples_of({"source": "a", "target": "out", "unit": "furlong"})


def test_what_never_ran_has_not_begun(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """The summary is that of a batch, with what failed from its own file."""
    samples = samples_of({"source": "a", "target": "one"}, {"source": "b", "target": "two"})
    results = folder / "samples.wkflow" / FOLDER
    results.mkdir(parents=True)
    error = {"kind": "SourceError", "where": "b", "what": "is bad", "remedy": ""}
    told = {"end": "failed", "exit_status": 3, "name": "two", "seconds": 1.5, "error": error}
    told |= {"bytes": None, "dataset": None, "url": None, "report": None}
    (results / "failed-two.json").write_text(json.dumps(told))
    samples.sum_up()
    lines = capsys.readouterr().err.splitlines()
    assert [line.split()[3:5] for line in lines[:2]] == [["not", "begun"], ["failed", "b:"]]
    assert (folder / "samples.wkflow" / "summary.tsv").read_text().count("\n") == 3
