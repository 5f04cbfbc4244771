"""What is said at the end of a run that ended well."""

from pathlib import Path

from wkflow.model.write_datasource import PROPERTIES
from wkflow.options.settings import Settings
from wkflow.rules.closing_lines import lines_of_success
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
