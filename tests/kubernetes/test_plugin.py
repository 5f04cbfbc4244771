"""The plugin as Snakemake finds it, and its parts by themselves."""

import subprocess
import sys
from pathlib import Path

import pytest
from kubernetes.client.exceptions import ApiException
from snakemake_executor_plugin_wkflow_kubernetes import api_calls, common_settings, executor
from snakemake_executor_plugin_wkflow_kubernetes.failure_notes import (
    cannot_start,
    explain,
    leave_notes,
)
from snakemake_executor_plugin_wkflow_kubernetes.pod import Pod, Waiting
from snakemake_executor_plugin_wkflow_kubernetes.pod_deadlines import Vigil
from snakemake_interface_common.exceptions import WorkflowError
from urllib3.exceptions import ProtocolError
from wkflow.rules import job
from wkflow.rules.failure_report import read_failures

from tests.runs import ROOT

WITHOUT = """
import sys, time
from importlib.machinery import PathFinder
find = PathFinder.find_spec
names = ("kubernetes", "snakemake_executor_plugin_kubernetes")
PathFinder.find_spec = lambda name, *a, **k: None if name in names else find(name, *a, **k)
import pkgutil
listed = pkgutil.iter_modules
pkgutil.iter_modules = lambda *a: (one for one in listed(*a) if one.name not in names)
import snakemake_interface_executor_plugins.executors.base, snakemake_interface_common.exceptions
import snakemake_interface_executor_plugins.settings, dataclasses, typing, importlib.util
"""


def test_it_shares_what_the_official_one_does_not() -> None:
    """Nothing is uploaded, deployed or installed for a job."""
    assert not common_settings.implies_no_shared_fs
    assert not common_settings.job_deploy_sources
    assert not common_settings.auto_deploy_default_storage_provider


def test_it_calls_a_run_as_jobs_do() -> None:
    """The name stands twice, as the plugin imports nothing of ours at Snakemake's every start."""
    assert executor.RUN_VARIABLE == job.RUN


def test_it_costs_nothing_without_the_official_plugin() -> None:
    """Where nobody uses Kubernetes its client is not imported."""
    code = f"{WITHOUT}import snakemake_executor_plugin_wkflow_kubernetes as ours\n"
    code += "print('kubernetes' in sys.modules)"
    assert _python(code).stdout.split() == ["False"]


def test_without_the_official_plugin_it_says_how_to_get_it(tmp_path: Path) -> None:
    """The profile is understood, and the error names the extra."""
    profile = ROOT / "workflow" / "profiles" / "kubernetes"
    arguments = ["--profile", str(profile), "--snakefile", str(ROOT / "Snakefile")]
    code = f"{WITHOUT}from snakemake.cli import main\nmain({arguments!r})"
    run = _python(code, tmp_path)
    assert run.returncode == 1
    assert "pip install 'wkflow[kubernetes]'" in run.stderr


def _python(code: str, cwd: Path = ROOT) -> "subprocess.CompletedProcess[str]":
    return subprocess.run(
        [sys.executable, "-c", code], check=False, capture_output=True, text=True, cwd=cwd
    )


HOPELESS = Pod("a", Waiting("ErrImagePull", is_hopeless=True))
FULL = Pod("a", Waiting("Unschedulable"))


class Clock:
    """Time as a test has it."""

    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now


def test_what_only_a_person_mends_is_given_up_soon() -> None:
    """After the time of grace, which begins when it is seen."""
    vigil = Vigil(20, 1800, clock := Clock())
    clock.now = 100
    assert not vigil.gives_up("a", HOPELESS)
    clock.now = 119
    assert not vigil.gives_up("a", HOPELESS)
    clock.now = 121
    assert vigil.gives_up("a", HOPELESS)


def test_a_full_cluster_is_waited_for_while_jobs_run() -> None:
    """Patience begins when the last job of the run has ended."""
    vigil = Vigil(20, 1800, clock := Clock())
    for clock.now in range(0, 4000, 10):
        vigil.answered(is_running=True)
        assert not vigil.gives_up("a", FULL)
    for clock.now in range(4000, 5780, 10):
        vigil.answered(is_running=False)
        assert not vigil.gives_up("a", FULL)
    clock.now = 5800
    assert vigil.gives_up("a", FULL)
    assert vigil.gives_up("a", None)
    assert not vigil.gives_up("a", Pod("a"))


def test_silence_is_borne_and_not_held_against_pods() -> None:
    """A server that is away for less than the patience costs nothing; a refusal ends soon."""
    vigil = Vigil(20, 1800, clock := Clock())
    clock.now = 1700
    assert not vigil.hears_nothing(is_refused=False)
    assert vigil.hears_nothing(is_refused=True)
    vigil.answered(is_running=False)
    clock.now = 1900
    assert not vigil.gives_up("a", FULL)
    vigil.idle()
    clock.now = 3701
    assert vigil.hears_nothing(is_refused=False)


@pytest.mark.parametrize(
    ("pod", "kind", "words"),
    [
        (None, "TransientError", "gone"),
        (Pod("a", None, 137, "OOMKilled"), "ResourceError", "OOMKilled"),
        (Pod("a", None, -1, "Evicted: disk pressure"), "ResourceError", "disk pressure"),
        (Pod("a", None, 143, "Error"), "TransientError", "143"),
        (Pod("a", None, 1, "Error"), "WkflowError", "the last line"),
    ],
)
def test_a_failed_pod_says_why(tmp_path: Path, pod: Pod | None, kind: str, words: str) -> None:
    """The kind of the error says whether another try, more memory or a look helps."""
    log = tmp_path / "pod.log"
    log.write_text("the first\nthe last line\n\n")
    error = explain(pod, "convert_slab", log)
    assert type(error).__name__ == kind
    assert words in error.what


def test_a_note_of_the_job_itself_stays(tmp_path: Path) -> None:
    """Who was there knows more."""
    log = tmp_path / "logs" / "rule" / "slab.log"
    leave_notes([str(log)], cannot_start("first", "job"))
    leave_notes([str(log)], cannot_start("second", "job"))
    (failure,) = read_failures(tmp_path)
    assert "first" in failure.what


def _asked(*answers: object, monkeypatch: pytest.MonkeyPatch) -> tuple[object, int]:
    """Ask a server that answers so; give what came, and how often it was asked."""
    monkeypatch.setattr(api_calls, "PAUSES_S", (0.0, 0.0))
    left = list(answers)

    def call() -> object:
        answer = left.pop(0)
        if isinstance(answer, Exception):
            raise answer
        return answer

    return api_calls.ask(call, lambda: None), len(answers) - len(left)


def test_what_passes_is_asked_again(monkeypatch: pytest.MonkeyPatch) -> None:
    """Broken connections and overloads pass; a creation that got through before is no conflict."""
    broken, busy, there = ProtocolError("broken"), ApiException(503), ApiException(409)
    assert _asked(broken, busy, "done", monkeypatch=monkeypatch) == ("done", 3)
    assert _asked(broken, there, monkeypatch=monkeypatch) == (None, 2)
    with pytest.raises(WorkflowError, match="HTTP status 409"):
        _asked(there, monkeypatch=monkeypatch)
    with pytest.raises(WorkflowError, match="HTTP status 503"):
        _asked(busy, busy, busy, monkeypatch=monkeypatch)
