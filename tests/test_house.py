"""The rules of the house, as far as a machine can tell."""

import ast
import re
from pathlib import Path

import pytest
from hypothesis import settings

from tests.conftest import asked_for

ROOT = Path(__file__).resolve().parents[1]
TESTS = ROOT / "tests"
PACKAGE = ROOT / "workflow" / "wkflow"
MODULES = sorted(PACKAGE.rglob("*.py"))
SCRIPTS = sorted((ROOT / "scripts").glob("*.py"))
RULE_FILES = sorted((ROOT / "workflow" / "rules").glob("*.smk"))

SCRIPT_MAX_LINES = 14
RULE_FILE_MAX_LINES, RULE_FILE_MAX_RULES = 60, 3
SNAKEFILE_MAX_LINES = 40
MODULE_MAX_LINES = 299

NO_NOUNS = {"utils.py", "helpers.py", "common.py", "misc.py", "core.py", "tools.py"}

WHOLE_RUNS = "a few lines around tested modules; whole runs from the command line prove it"
WHOLE_UPLOADS = "whole runs against the stand-in of the server, tests/upload/, prove it"
PART_OF_A_KERNEL = "one step of a kernel: its doctests and the kernels' slow twins judge it"
PART_OF_A_READER = "one step of every reader: the contract and the damaged files judge it"

OTHER_PROCESS = "the tests of readers/bioformats run it in its process"

THROUGH_SLURM = "a real SLURM, with all that can happen to its jobs, judges it: tests/slurm"

WITHOUT_TWIN = {
    "rules/clusters/slurm_monitor": THROUGH_SLURM,
    "rules/clusters/slurm_check": THROUGH_SLURM,
    "rules/clusters/slurm": THROUGH_SLURM,
    "rules/evaluate": WHOLE_RUNS,
    "rules/run": WHOLE_RUNS,
    "model/stored_mag": "a noun without logic: the tests of formats and of finer_mag judge it",
    "model/read_strategy": "numbers, which the tests of choose_feed and of bands judge",
    "cli/run": WHOLE_RUNS,
    "cli/cluster_jobs": THROUGH_SLURM,
    "cli/__main__": "a call of cli/main",
    "steps/downsample_block": WHOLE_RUNS,
    "steps/downsample_rest": WHOLE_RUNS,
    "options/option_types": "a line each around a tested function",
    "readers/raster_extents": "one file that lies for each of its formats, in test_promise",
    "readers/tiff/ome_promise": "OME-XML that lies is in test_promise",
    "webknossos/read_back": WHOLE_UPLOADS,
    "steps/reserve_upload": WHOLE_UPLOADS,
    "voxels/scratch_voxels": "the tests of shortcuts write and read them",
    "steps/upload_shards": WHOLE_UPLOADS,
    "voxels/kernels/rounding": PART_OF_A_KERNEL,
    "voxels/kernels/tile": PART_OF_A_KERNEL,
    "readers/bioformats/link": OTHER_PROCESS,
    "readers/bioformats/process": OTHER_PROCESS,
    "readers/base/contract": PART_OF_A_READER,
    "readers/base/samples": PART_OF_A_READER,
    "readers/base/slice": PART_OF_A_READER,
    "formats/contract": "the contract of all formats, tests/formats/contract.py, judges it",
    "run_folder": "names of files; the tests of planning/mag_folders judge what it remembers",
    "process_limits": "a few lines, which the tests of cli/process judge",
    "model/layer_names": "the tests of options/parsers judge names with all other options",
    "formats/layer_metadata": "the tests of steps/create_layer judge it",
    "formats/mag_folder_names": "the tests of planning/mag_folders judge it",
}
"""Modules without a test file of their name, and why."""


def line_count(path: Path) -> int:
    return len(path.read_text().splitlines())


def name_of(module: Path) -> str:
    return module.relative_to(PACKAGE).with_suffix("").as_posix()


def test_there_is_something_to_judge() -> None:
    """A rule over no files would hold of any house."""
    assert min(len(MODULES), len(SCRIPTS), len(RULE_FILES)) > 2


@pytest.mark.parametrize("script", SCRIPTS, ids=lambda path: path.name)
def test_scripts_stay_thin(script: Path) -> None:
    """A script that needs an `if` is a library function in the wrong place."""
    assert line_count(script) <= SCRIPT_MAX_LINES
    thick = (ast.FunctionDef, ast.ClassDef, ast.For, ast.While, ast.If, ast.IfExp, ast.Lambda)
    thick += (ast.Try, ast.ListComp, ast.GeneratorExp, ast.DictComp, ast.SetComp)
    found = [node for node in ast.walk(ast.parse(script.read_text())) if isinstance(node, thick)]
    assert not found


@pytest.mark.parametrize("rules", RULE_FILES, ids=lambda path: path.name)
def test_rule_files_fit_a_screen(rules: Path) -> None:
    """A few rules each, which say what they need and give."""
    text = rules.read_text()
    assert line_count(rules) <= RULE_FILE_MAX_LINES
    assert len(re.findall(r"^(rule|checkpoint) \w+:$", text, re.MULTILINE)) <= RULE_FILE_MAX_RULES
    assert not re.search(r"\blambda\b|^\s*(run:|shell:|ruleorder|def )", text, re.MULTILINE)
    assert text.startswith('"""')


@pytest.mark.parametrize("rules", RULE_FILES, ids=lambda path: path.name)
def test_rules_are_named_like_their_script(rules: Path) -> None:
    """And each has a docstring, a log and an environment of its own."""
    parts = re.split(r"^rule (\w+):$", rules.read_text(), flags=re.MULTILINE)[1:]
    for name, body in zip(parts[::2], parts[1::2], strict=True):
        assert body.lstrip().startswith('"""'), name
        assert f"scripts/{name}.py" in body
        assert f'"logs/{name}' in body
        assert "conda:" in body


def test_each_script_has_a_rule() -> None:
    """A script that no rule names is never run."""
    rules = "".join(path.read_text() for path in RULE_FILES)
    assert {path.name for path in SCRIPTS} == set(re.findall(r"scripts/(\w+\.py)", rules))


def test_the_snakefile_is_the_first_screen() -> None:
    """It includes, and computes nothing beyond settings and plan."""
    assert line_count(ROOT / "Snakefile") <= SNAKEFILE_MAX_LINES


@pytest.mark.parametrize("module", MODULES, ids=name_of)
def test_modules_are_short_and_say_what_they_are(module: Path) -> None:
    """One noun or one step, with a sentence at its top."""
    assert line_count(module) <= MODULE_MAX_LINES
    assert module.name not in NO_NOUNS
    assert ast.get_docstring(ast.parse(module.read_text()))


@pytest.mark.parametrize("module", MODULES, ids=name_of)
def test_modules_have_a_twin(module: Path) -> None:
    """`wkflow/steps/x.py` is tested by `tests/steps/test_x.py`; what is not has a reason."""
    if module.name == "__init__.py":
        return
    twin = TESTS / module.relative_to(PACKAGE).with_name(f"test_{module.name}")
    assert twin.exists() != (name_of(module) in WITHOUT_TWIN), twin


def test_exceptions_are_of_modules_that_exist() -> None:
    """A reason outlives its module else."""
    assert set(WITHOUT_TWIN) <= {name_of(module) for module in MODULES}


@pytest.mark.parametrize("path", sorted(TESTS.rglob("test_*.py")), ids=lambda path: path.name)
def test_tests_state_facts(path: Path) -> None:
    """Every test has a docstring that is a sentence; a class may have those of a contract."""
    tree = ast.parse(path.read_text())
    tests = [
        node
        for node in ast.walk(tree)
        if isinstance(node, ast.FunctionDef) and node.name.startswith("test_")
    ]
    silent = [
        test.name for test in tests if not (ast.get_docstring(test) or "").endswith((".", "?"))
    ]
    assert tests or any(isinstance(node, ast.ClassDef) and node.bases for node in tree.body)
    assert not silent


@pytest.mark.parametrize("module", MODULES, ids=name_of)
def test_nothing_below_the_command_line_ends_the_program(module: Path) -> None:
    """No print, no exit, no assert; errors are ours, and none is caught wholesale."""
    programs = {"cli/main", "cli/__main__", "cli/run", "cli/option_docs", "cli/cluster_jobs"}
    if name_of(module) in programs | {"cli/progress", "rules/job", "readers/bioformats/process"}:
        return
    for node in ast.walk(ast.parse(module.read_text())):
        called = ast.unparse(node.func) if isinstance(node, ast.Call) else ""
        assert called not in {"print", "sys.exit", "exit"}
        assert not isinstance(node, ast.Assert)
        wholesale = isinstance(node, ast.ExceptHandler) and (
            node.type is None or ast.unparse(node.type) == "Exception"
        )
        assert not wholesale


def test_examples_are_drawn_as_the_page_of_tests_says(request: pytest.FixtureRequest) -> None:
    """No module that is imported while tests are collected takes another profile."""
    wanted = 25 if asked_for(request.config) == "quick" else 100
    assert (settings.default.max_examples, settings.default.deadline) == (wanted, None)
