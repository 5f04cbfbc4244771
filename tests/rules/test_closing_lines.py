"""What is said at the end of a run: of a dataset that is there, and of what failed."""

from pathlib import Path

from wkflow.errors import ConfigError, SourceError
from wkflow.model.write_datasource import PROPERTIES
from wkflow.options.settings import Settings
from wkflow.rules.closing_lines import lines_of_failure, lines_of_success
from wkflow.rules.job import leave_note
from wkflow.run_folder import PAGE, PROOF, REPORT


def settings(folder: Path, **options: object) -> Settings:
    given = {"source": str(folder / "stack"), "target": str(folder / "my data"), **options}
    return Settings.parse({key: given[key] for key in given if given[key]}, where="test")


def test_a_dataset_is_told_with_its_page(tmp_path: Path) -> None:
    """A path with a blank can be copied into a shell."""
    made = settings(tmp_path)
    for path in (made.dataset / PROPERTIES, made.run_folder / REPORT, made.run_folder / PAGE):
        path.parent.mkdir(exist_ok=True)
        path.write_text("{}")
    assert lines_of_success(made) == [
        f"dataset  {tmp_path}/my data",
        f"report   {tmp_path}/my data.wkflow/report.html",
        f"look at  wkflow info '{tmp_path}/my data'",
    ]


def test_a_dataset_on_a_server_is_told_by_its_address(tmp_path: Path) -> None:
    """What is here of it is only a means; a proof that cannot be read names none."""
    made = settings(tmp_path, target=None, upload=True, work_dir=str(tmp_path / "run"))
    made.run_folder.mkdir()
    (made.run_folder / PROOF).write_text('{"url": "https://wk.example/datasets/em-1"}')
    (made.run_folder / REPORT).write_text("{}")
    assert lines_of_success(made) == [
        "dataset  https://wk.example/datasets/em-1",
        f"report   {made.run_folder / REPORT}",
    ]
    (made.run_folder / PROOF).write_text("{")
    assert lines_of_success(made) == [f"report   {made.run_folder / REPORT}"]


def test_what_ended_before_the_report_is_told_as_nothing(tmp_path: Path) -> None:
    """As with `--until`: there may be a dataset, but it is not whole."""
    made = settings(tmp_path)
    made.dataset.mkdir()
    (made.dataset / PROPERTIES).write_text("{}")
    assert lines_of_success(made) == []


def test_failures_are_told_with_remedy_and_log(tmp_path: Path) -> None:
    """Two in full; of more, where they are."""
    made = settings(tmp_path)
    errors = [
        SourceError("cannot be read", str(tmp_path / "stack" / "a.tif"), "Bring it back."),
        ConfigError("is no folder", "/x", "Choose another."),
        ConfigError("is no folder", "/y", "Choose another."),
    ]
    for number, error in enumerate(errors):
        note = made.run_folder / "logs" / "convert_slab" / f"{number}.failure.json"
        note.parent.mkdir(parents=True, exist_ok=True)
        leave_note(note, error)
    log = f"{tmp_path}/my data.wkflow/.snakemake/log/1.log"
    assert lines_of_failure(made, [".snakemake/log/1.log"]) == [
        *str(errors[0]).splitlines(),
        *str(errors[1]).splitlines(),
        f"and 1 further failures: {made.run_folder / 'logs'}",
        f"log      {log}",
        "the same command goes on from here",
    ]


def test_a_death_without_a_word_is_told_by_the_log(tmp_path: Path) -> None:
    """Snakemake wrote there what it saw."""
    told = lines_of_failure(settings(tmp_path), ["/var/1.log"])
    assert told == ["log      /var/1.log", "the same command goes on from here"]
