"""Jobs as forks: the same as interpreters of their own, and left to Snakemake where that is due."""

import json
import os
import subprocess
import sys
import textwrap
from pathlib import Path
from typing import Any

import pytest
from snakemake.benchmark import BenchmarkRecord
from snakemake.iocontainers import InputFiles, Log, OutputFiles, Params, ResourceList, Wildcards
from wkflow.cli import job_forks
from wkflow.cli.job_forks import measured, modules_for, run_script
from wkflow.options.settings import Settings
from wkflow.workflow_files import snakefile

from tests.runs import environment

SCRIPTS = snakefile().parent / "scripts"

on_linux = pytest.mark.skipif(not job_forks.can_fork(), reason="forks are used on Linux alone")

RUN = """
import os, sys
from pathlib import Path
from wkflow.cli import job_forks
job_forks.snakefile = lambda: Path("Snakefile").absolute()
if __name__ == "__main__":
    job_forks.begin()
    sys.modules["__main__"].job_forks = job_forks
    os.environ["TOLD"] = "an environment"
    from concurrent.futures import ThreadPoolExecutor
    from subprocess import CalledProcessError
    from tests.cli.test_job_forks import job
    def run(name):
        try:
            job_forks.run_script(None, name, os.path.abspath("scripts"), *job())
        except CalledProcessError as error:
            return str(error).replace(os.getcwd(), "")
    with ThreadPoolExecutor(4) as threads:
        print(*threads.map(run, sys.argv[1:]), sep="\\n")
    job_forks.end()
    import psutil
    assert not psutil.Process().children()
"""

BEGIN, IMPORT = "job_forks.begin()", "job_forks.import_for_forks(())"


def job(**settings: object) -> list[Any]:
    """Give what Snakemake hands over with a script, from its input on."""
    known = {"rulename": "r", "conda_env": None, "conda_base": None, "container": None,
             "singularity_args": "", "modules": None, "record": None, "jobid": 1,
             "iteration": None, "cleanup": True, "shadow": None} | settings  # fmt: skip
    files = InputFiles(), OutputFiles(), Params(), Wildcards(), 1, ResourceList(), Log()
    return [*files, {}, *known.values(), "", "", ""]


@pytest.mark.parametrize("where", ["conda_env", "container", "modules", "shadow"])
def test_scripts_that_run_elsewhere_are_started(where: str) -> None:
    """In an environment or a container of their own, or in another folder."""
    started: list[tuple[object, ...]] = []
    asked = job(**{where: "x"})
    run_script(lambda *given: started.append(given), "write_report.py", str(SCRIPTS), *asked)
    assert started == [("write_report.py", str(SCRIPTS), *asked)]


def test_scripts_of_others_are_started(tmp_path: Path) -> None:
    """Whatever their name."""
    started: list[tuple[object, ...]] = []
    run_script(lambda *given: started.append(given), "write_report.py", str(tmp_path), *job())
    assert [given[1] for given in started] == [str(tmp_path)]


def test_a_job_is_measured() -> None:
    """As Snakemake measures its own: its time, and the memory that it has."""
    record = BenchmarkRecord()
    child = subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE)
    with measured(child.pid, record):
        child.communicate(b"\n")
    assert record.running_time > 0
    assert record.max_rss > 0


def test_of_a_job_that_is_gone_nothing_is_seen() -> None:
    """It is no failure, and a line of the benchmark can be written."""
    record = BenchmarkRecord()
    child = subprocess.Popen([sys.executable, "-c", ""])
    child.wait()
    with measured(child.pid, record):
        pass
    assert record.to_tsv(extended_fmt=False).startswith("0.00\t0:00:00\tNA")


def forks(
    folder: Path, temporary: str = "", *, has_imported: bool = False, **scripts: str
) -> list[str]:
    """Run scripts by their code, four at a time; give what Snakemake would be told of each.

    With `has_imported`, the process has imported what they need, as that of a batch.
    """
    (folder / "scripts").mkdir()
    for name, code in scripts.items():
        (folder / f"scripts/{name}.py").write_text(textwrap.dedent(code))
    names = [f"{name}.py" for name in scripts]
    known = environment() | {"WK_TOKEN": "s3cret"}
    known["PYTHONPATH"] = f"{Path(__file__).parents[2]}{os.pathsep}{known['PYTHONPATH']}"
    if temporary:
        known["TMPDIR"] = temporary
    code = RUN.replace(BEGIN, f"{IMPORT}; {BEGIN}") if has_imported else RUN
    process = subprocess.run(
        [sys.executable, "-c", code, *names],
        cwd=folder,
        env=known,
        capture_output=True,
        text=True,
        check=True,
    )
    return process.stdout.splitlines()


@on_linux
def test_a_script_sees_what_an_interpreter_of_its_own_would_show(tmp_path: Path) -> None:
    """Snakemake's object, environment, folder and arguments; it is the main module, and alone."""
    told = forks(tmp_path, look="""
        import json, multiprocessing, os, sys, threading
        from pathlib import Path
        import wkflow.steps.convert_slab
        started = Path(f"/proc/{os.getppid()}/environ").read_text()
        seen = [snakemake.rule, os.environ["TOLD"], os.environ["WK_TOKEN"], "s3cret" in started,
                os.getcwd(), [Path(word).name for word in sys.argv], __name__, Path(__file__).name,
                threading.active_count()]
        Path("seen").write_text(json.dumps(seen))
    """)  # fmt: skip
    assert told == ["None"]
    assert json.loads((tmp_path / "seen").read_text()) == [
        *("r", "an environment", "s3cret", False, str(tmp_path), ["look.py"]),
        *("__main__", "look.py", 1),
    ]  # fmt: skip


@on_linux
def test_what_becomes_of_a_script_is_told_as_snakemake_would(tmp_path: Path) -> None:
    """By its status or the signal that killed it; several at once, each its own."""
    fails = {f"fails_{status}": f"raise SystemExit({status})" for status in (3, 5, 7)}
    told = forks(
        tmp_path, ends="x = 1", **fails,
        raises="raise ValueError('a bug')", killed="import os; os.kill(os.getpid(), 9)",
    )  # fmt: skip
    assert told[0] == "None"
    for status, line in zip((3, 5, 7, 1), told[1:5], strict=True):
        assert line.endswith(f"returned non-zero exit status {status}.")
    assert told[5].endswith("died with <Signals.SIGKILL: 9>.")


@on_linux
def test_where_all_is_imported_the_server_is_a_fork_too(tmp_path: Path) -> None:
    """No interpreter starts; jobs are as before, and nothing is left of it."""
    told = forks(
        tmp_path, has_imported=True, fails="raise SystemExit(3)",
        looks="""
        import os
        from pathlib import Path
        seen = [Path(f"/proc/{os.getppid()}/cmdline").read_text(), os.environ["TOLD"], __name__]
        Path("seen").write_text("|".join(seen))
        """,
    )  # fmt: skip
    assert told[0].endswith("returned non-zero exit status 3.")
    assert told[1] == "None"
    command, environment_of, name = (tmp_path / "seen").read_text().rsplit("|", 2)
    assert "import_for_forks" in command
    assert (environment_of, name) == ("an environment", "__main__")


@on_linux
def test_nothing_is_left_of_the_server(tmp_path: Path) -> None:
    """It has ended, and was waited for, when that is asked for (`RUN` looks); it may be twice."""
    assert forks(tmp_path, ends="x = 1") == ["None"]
    job_forks.end()


@on_linux
def test_a_folder_for_temporary_files_may_have_a_long_path(tmp_path: Path) -> None:
    """Too long for the server's socket, which lies elsewhere then; scripts use it."""
    temporary = tmp_path / ("long" * 30)
    temporary.mkdir()
    code = "import tempfile; open('seen', 'w').write(tempfile.gettempdir())"
    assert forks(tmp_path, str(temporary), ends=code) == ["None"]
    assert (tmp_path / "seen").read_text() == str(temporary)


@pytest.mark.parametrize(
    ("names", "data_format", "modules"),
    [
        (["b.tif"], "zarr3", ["wkflow.formats.zarr3", "wkflow.readers.tiff.reader"]),
        (["x.txt", "1.PNG"], "wkw", ["wkflow.formats.wkw", "wkflow.readers.png"]),
        ([], "zarr3", ["wkflow.formats.zarr3"]),
        (None, "zarr3", ["wkflow.formats.zarr3"]),
    ],
)
def test_what_jobs_will_import_is_guessed(
    tmp_path: Path, names: list[str] | None, data_format: str, modules: list[str]
) -> None:
    """From the first files; where nothing is there, the run will say it."""
    for name in names or ():
        (tmp_path / name).touch()
    source = tmp_path if names is not None else tmp_path / "none"
    options = {"source": str(source), "target": "out", "voxel_size": "1,1,1"}
    settings = Settings.parse(options | {"data_format": data_format}, where="test")
    assert modules_for(settings) == modules


def test_one_file_tells_its_reader(tmp_path: Path) -> None:
    """And an upload imports neither format nor reader."""
    one = Settings.parse({"source": str(tmp_path / "em.mrc"), "target": "out"}, where="test")
    assert modules_for(one)[1:] == ["wkflow.readers.mrc"]
    upload = Settings.parse({"source": str(tmp_path), "command": "upload"}, where="test")
    assert modules_for(upload) == []


def test_a_job_imports_no_options() -> None:
    """Each job imports this module, and has its script to import besides."""
    code = (
        "import sys, wkflow.cli.job_forks; print('pydantic' in sys.modules, 'numpy' in sys.modules)"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], env=environment(), capture_output=True, text=True, check=True
    )
    assert done.stdout.split() == ["False", "False"]
