"""What surrounds a script's call: log, progress, and a note for what was foreseen."""

import errno
import json
import logging
import os
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from types import SimpleNamespace

import pytest
from wkflow.errors import (
    ConfigError,
    ResourceError,
    ServerError,
    SourceError,
    TransientError,
    VerificationError,
    WkflowError,
)
from wkflow.rules import job as job_module
from wkflow.rules.job import RUN, Job, foresee, leave_note
from wkflow.webknossos.sent_parts import ChangedError

LOG = Path("logs/convert_slab/em/z000000000.log")
PROGRESS = Path("progress/convert_slab/em/z000000000.txt")
NOTE = Path("logs/convert_slab/em/z000000000.failure.json")


@pytest.fixture
def snakemake(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[SimpleNamespace]:
    """Stand in a run folder, with what Snakemake hands to a script: it made the log's folder."""
    monkeypatch.chdir(tmp_path)
    LOG.parent.mkdir(parents=True)
    before = logging.root.handlers[:]
    logging.root.handlers = []
    yield SimpleNamespace(log=[str(LOG)])
    for handler in logging.root.handlers:
        handler.close()
    logging.root.handlers = before
    logging.root.setLevel(logging.WARNING)


def test_a_good_end_leaves_a_log_only(snakemake: SimpleNamespace) -> None:
    """No note, no progress."""
    with Job(snakemake) as job:
        job.tick(5)
        logging.getLogger("x").info("a word")
    assert "a word" in LOG.read_text()
    assert not NOTE.exists()
    assert not PROGRESS.exists()


def test_progress_is_told_in_voxels(
    snakemake: SimpleNamespace, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Added up since the job began, and not more often than the eye needs."""
    now = iter([100.0, 100.0, 100.01, 100.02, 101.0, 101.0])
    monkeypatch.setattr(job_module, "monotonic", lambda: next(now))
    with Job(snakemake) as job:
        told = []
        for _ in range(4):
            job.tick(10)
            told.append(PROGRESS.read_text())
    assert told == ["10", "10", "10", "40"]


def test_threads_count_together(
    snakemake: SimpleNamespace, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Pieces are sent by several at once, and none of them is forgotten."""
    monkeypatch.setattr(job_module, "TICK_S", -1.0)
    with Job(snakemake) as job:
        with ThreadPoolExecutor(8) as threads:
            ticks = [threads.submit(job.tick, count) for count in range(300)]
        assert not [tick.exception() for tick in ticks if tick.exception()]
        job.tick(0)
        assert PROGRESS.read_text() == str(sum(range(300)))


def test_a_foreseen_failure_leaves_a_note(snakemake: SimpleNamespace) -> None:
    """Snakemake flattens its status, so the note says everything; there is no traceback."""
    with pytest.raises(SystemExit) as caught, Job(snakemake):
        raise SourceError("is empty", "/data/7.png", "Export it again.")
    assert caught.value.code == 3
    assert json.loads(NOTE.read_text()) == {
        "kind": "SourceError",
        "what": "is empty",
        "where": "/data/7.png",
        "remedy": "Export it again.",
        "detail": "",
        "exit_status": 3,
        "run": os.environ.get(RUN),
    }
    assert "/data/7.png: is empty" in LOG.read_text()
    assert "Traceback" not in LOG.read_text()


def test_what_the_server_said_besides_is_kept(snakemake: SimpleNamespace) -> None:
    """In the note, for `--verbose`; the log is for everybody and has the sentence only."""
    with pytest.raises(SystemExit) as caught, Job(snakemake):
        raise ServerError("refused", "POST /data", "Ask for room.", "quota <~ chain")
    assert caught.value.code == 4
    assert json.loads(NOTE.read_text())["detail"] == "quota <~ chain"
    assert "POST /data: refused" in LOG.read_text()


def test_a_finer_kind_is_noted_as_what_everybody_knows(snakemake: SimpleNamespace) -> None:
    """Kinds that only two modules share are read again by none; their status is their base's."""
    with pytest.raises(SystemExit) as caught, Job(snakemake):
        raise ChangedError("was another", "em/1/c/0/0/0/0", "Again.")
    assert caught.value.code == TransientError.exit_status
    assert json.loads(NOTE.read_text())["kind"] == "TransientError"


@pytest.mark.skipif(os.name != "posix", reason="elsewhere there is no niceness")
@pytest.mark.parametrize("yields", [False, True])
def test_only_jobs_that_compute_step_back(
    snakemake: SimpleNamespace,
    monkeypatch: pytest.MonkeyPatch,
    yields: bool,  # noqa: FBT001 -- a case
) -> None:
    """Those that send go first, or the network waits."""
    steps: list[float] = []
    monkeypatch.setattr(os, "nice", steps.append)
    monkeypatch.setattr(sys, "setswitchinterval", steps.append)
    with Job(snakemake, yields=yields):
        assert steps == ([job_module.SWITCH_S, job_module.NICE] if yields else [])
    assert all(step > 0 for step in steps)


def test_a_bug_keeps_its_traceback(snakemake: SimpleNamespace) -> None:
    """In the log; the note says where, and that it is no fault of the person."""

    def work() -> None:
        with Job(snakemake) as job:
            job.tick(1)
            _ = 1 // 0

    with pytest.raises(ZeroDivisionError):
        work()
    assert "ZeroDivisionError" in LOG.read_text()
    assert "Traceback" in LOG.read_text()
    note = json.loads(NOTE.read_text())
    assert note["exit_status"] == 1
    assert "ZeroDivisionError" in note["what"]
    assert str(LOG) in note["where"]
    assert not PROGRESS.exists()


def test_the_next_attempt_forgets_the_note(snakemake: SimpleNamespace) -> None:
    """It would be told as the failure of a job that went well."""
    leave_note(NOTE, SourceError("is empty", "/data/7.png", "Export it again."))
    with Job(snakemake):
        assert not NOTE.exists()


@pytest.mark.parametrize(
    ("error", "kind", "words"),
    [
        (MemoryError(), ResourceError, "memory ran out"),
        (OSError(errno.ENOSPC, os.strerror(errno.ENOSPC), "/data/t"), ResourceError, "/data/t"),
        (OSError(errno.EDQUOT, os.strerror(errno.EDQUOT)), ResourceError, "quota"),
        (OSError(errno.EACCES, "denied", "/data/t"), ConfigError, "denied"),
        (OSError(errno.EIO, "bad sector"), TransientError, "resumes"),
        (VerificationError("a", "b", "c"), VerificationError, "b: a"),
    ],
)
def test_what_the_system_refuses_is_foreseen(
    error: BaseException, kind: type[WkflowError], words: str
) -> None:
    """Memory and disk are no bugs."""
    foreseen = foresee(error)
    assert type(foreseen) is kind
    assert words in str(foreseen)


@pytest.mark.parametrize("error", [None, KeyError("x"), OSError(errno.EXDEV, "x")])
def test_other_ends_are_not_foreseen(error: BaseException | None) -> None:
    """A good end, a bug, and what a person must see as it is."""
    assert foresee(error) is None


def test_memory_that_the_system_refuses_is_told_as_memory() -> None:
    """ENOMEM is no full disk: to free space there would not help."""
    foreseen = foresee(OSError(errno.ENOMEM, os.strerror(errno.ENOMEM)))
    assert isinstance(foreseen, ResourceError)
    assert "--batch-size" in foreseen.remedy


@pytest.mark.parametrize("kind", [SourceError, ConfigError, ServerError, VerificationError])
def test_what_failed_for_good_is_not_tried_again(
    snakemake: SimpleNamespace, monkeypatch: pytest.MonkeyPatch, kind: type[WkflowError]
) -> None:
    """On a cluster Snakemake tries again; another run does, too, but it may have been mended."""
    monkeypatch.setenv(RUN, "this one")
    leave_note(NOTE, kind("broken", "a.tif", "Mend it."))
    with pytest.raises(SystemExit) as ended, Job(snakemake):
        pytest.fail("it was tried again")
    assert ended.value.code == kind.exit_status
    assert NOTE.exists()
    assert "broken, a.tif" in LOG.read_text()
    for other in ("the next", ""):
        monkeypatch.setenv(RUN, other)
        if not other:
            monkeypatch.delenv(RUN)
        leave_note(NOTE, kind("broken", "a.tif", "Mend it."))
        monkeypatch.setenv(RUN, "the one after it")
        with Job(snakemake):
            assert not NOTE.exists()


def test_what_may_pass_is_tried_again(
    snakemake: SimpleNamespace, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Too little memory, or a disk that was away."""
    monkeypatch.setenv(RUN, "this one")
    for error in (TransientError("a", "b", "c"), ResourceError("a", "b", "c")):
        leave_note(NOTE, error)
        with Job(snakemake):
            assert not NOTE.exists()


REFUSED = [
    ("ENOSPC EDQUOT EMFILE ENFILE EFBIG EAGAIN ENOMEM", ResourceError),
    ("EACCES EPERM EROFS ENOTDIR EISDIR ENAMETOOLONG ELOOP EEXIST ENOTEMPTY", ConfigError),
    ("EOPNOTSUPP ENOSYS EILSEQ EMLINK ENXIO ENODEV", ConfigError),
    ("ENOENT EIO ESTALE ETIMEDOUT ENOTCONN EBUSY ENOLCK ETXTBSY", TransientError),
]


@pytest.mark.parametrize(
    ("name", "kind"), [(name, kind) for names, kind in REFUSED for name in names.split()]
)
def test_what_the_system_refuses_has_a_remedy(name: str, kind: type[WkflowError]) -> None:
    """As passing only where trying again may help."""
    number = getattr(errno, name)
    foreseen = foresee(OSError(number, os.strerror(number), "/data/t/em"))
    assert type(foreseen) is kind
    assert foreseen.remedy.endswith(".")
    assert ("memory" in str(foreseen)) == (name == "ENOMEM")
    assert name == "ENOMEM" or foreseen.where == "/data/t/em"


def test_a_link_that_leads_nowhere_is_called_so(tmp_path: Path) -> None:
    """The system only says that a file exists."""
    (tmp_path / "link").symlink_to("/nowhere/at/all")
    with pytest.raises(FileExistsError) as refused:
        (tmp_path / "link").mkdir(exist_ok=True)
    foreseen = foresee(refused.value)
    assert type(foreseen) is ConfigError
    assert foreseen.what == "is a link that leads nowhere"


def test_two_paths_are_told_by_the_one_that_is_made() -> None:
    """A file is moved to its place; bytes are read as names."""
    foreseen = foresee(OSError(errno.EACCES, "Permission denied", "/a.part", None, b"/t/\xff"))
    assert foreseen is not None
    assert foreseen.where == os.fsdecode(b"/t/\xff")


def test_threads_and_names_that_cannot_be_are_foreseen() -> None:
    """A limit of processes, and a locale without letters."""
    threads = foresee(RuntimeError("can't start new thread"))
    assert type(threads) is ResourceError
    assert "ulimit -u" in threads.remedy
    try:
        "gr\udcc3\udcb6".encode()
    except UnicodeEncodeError as error:
        name = foresee(error)
    assert type(name) is ConfigError
    assert "PYTHONUTF8" in name.remedy
    assert foresee(RuntimeError("a bug")) is None
