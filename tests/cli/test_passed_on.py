"""What follows two dashes: looks are told from work, and the run stays the one that was given."""

from pathlib import Path

import pytest
from snakemake.cli import get_argument_parser
from wkflow.cli.passed_on import OWN, only_looks, require_others, written_by_jobs
from wkflow.errors import ConfigError
from wkflow.run_folder import REPORT

LOOKS = (
    "-n", "--dry-run", "--dryrun", "-np", "--dag", "--rulegraph", "--filegraph", "--d3dag",
    "--summary", "-S", "--detailed-summary", "-D", "--list-rules", "-l", "--list-target-rules",
    "--lt", "--list-input-changes", "--lint", "--report", "--report=page.html", "--archive",
    "--touch", "-t", "--unlock", "--containerize", "--delete-all-output", "--cleanup-metadata",
    "--help", "-h", "--version", "-v", "--print-compilation", "--export-cwl",
    "--conda-create-envs-only", "--delete-temp-output", "--list-conda-envs", "--conda-cleanup-envs",
    "--generate-unit-tests",
)  # fmt: skip

WORKS = (
    "--until", "-U", "--forcerun", "-R", "--forceall", "-F", "-f", "--omit-from", "-O", "--retries",
    "--quiet", "-q", "--keep-going", "-k", "--printshellcmds", "-p", "--config", "--batch",
)  # fmt: skip


def test_snakemake_knows_these_words() -> None:
    """But for values: the lists below are of its own options."""
    known = get_argument_parser()._option_string_actions  # noqa: SLF001 -- argparse lists its arguments nowhere else
    for word in (*LOOKS, *WORKS):
        assert word.partition("=")[0] in known or word == "-np", word


@pytest.mark.parametrize("word", LOOKS)
def test_looks_are_told(word: str) -> None:
    """In every spelling, and beside others."""
    assert only_looks([word])
    assert only_looks(["--cores", "2", word])


@pytest.mark.parametrize("word", WORKS)
def test_work_is_no_look(word: str) -> None:
    """What makes jobs run, or tells how, makes the run a run."""
    assert not only_looks([word, "convert_slab"])


@pytest.mark.parametrize("word", ["--snakefile", "-s", "--directory=/tmp", "-d", "--configfile"])
def test_the_run_is_not_told_twice(word: str) -> None:
    """Another workflow, folder or file would be another run than the one that is looked at."""
    assert OWN.fullmatch(word)
    with pytest.raises(ConfigError, match="by the command itself"):
        require_others(["--cores", "2", word])
    require_others(["--config", "jobs=2", "--default-resources", "--configfiles-are-no-word"])


def test_what_jobs_left_shows_that_they_ran(tmp_path: Path) -> None:
    """A new receipt or report is seen, logs are not."""
    assert written_by_jobs(tmp_path) == {}
    (tmp_path / "receipts" / "convert_slab").mkdir(parents=True)
    (tmp_path / "receipts" / "convert_slab" / "z0.json").write_text("{}")
    one = written_by_jobs(tmp_path)
    (tmp_path / "logs").mkdir()
    (tmp_path / "logs" / "snakemake.log").touch()
    assert written_by_jobs(tmp_path) == one
    assert len(one) == 1
    (tmp_path / REPORT).write_text("{}")
    assert len(written_by_jobs(tmp_path)) == 2
