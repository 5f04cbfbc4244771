"""The rules of the house, as far as a machine can tell."""

import ast
import re
from collections.abc import Callable
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
SNAKEFILE_MAX_LINES = 60
MODULE_MAX_LINES = 299

NO_NOUNS = {"utils.py", "helpers.py", "common.py", "misc.py", "core.py", "tools.py"}

WHOLE_RUNS = "a few lines around tested modules; whole runs from the command line prove it"
WHOLE_BATCHES = "whole batches, tests/test_batch.py, prove it"
WHOLE_UPLOADS = "whole runs against the stand-in of the server, tests/upload/, prove it"
PART_OF_A_KERNEL = "one step of a kernel: its doctests and the kernels' slow twins judge it"
PART_OF_A_READER = "one step of every reader: the contract and the damaged files judge it"

CALLED = "the tests of api/answer call it"
MADE = "made of the options: the tests of api/write_functions judge it"

WHOLE_CALLS = "whole runs from Python, tests/test_api.py, prove it"

OTHER_PROCESS = "the tests of readers/bioformats run it in its process"

THROUGH_SLURM = "a real SLURM, with all that can happen to its jobs, judges it: tests/slurm"

REAL_METADATA = "its formats have no free writers: real files are in test_testdata_metadata"

WITHOUT_TWIN = {
    "rules/clusters/slurm_check": THROUGH_SLURM,
    "rules/clusters/slurm": THROUGH_SLURM,
    "readers/czi/source_metadata": REAL_METADATA,
    "readers/lif/source_metadata": REAL_METADATA,
    "readers/nd2/source_metadata": REAL_METADATA,
    "report/ro_crate": "the tests of steps/write_manifest let the package's own reader judge it",
    "options/provenance": "flags alone, which the tests of planning/check_provenance judge",
    "api/choices": MADE,
    "api/add_layer": MADE,
    "api/convert": MADE,
    "api/remote_convert": MADE,
    "api/upload": MADE,
    "api/downsample": MADE,
    "api/plan": MADE,
    "api/run": "the tests of api/call judge what it asks for",
    "api/make_dataset": WHOLE_CALLS,
    "api/draw_plan": WHOLE_CALLS,
    "api/batch": CALLED,
    "api/call_process": "the tests of api/call and api/worker judge it",
    "api/doctor": CALLED,
    "api/info": CALLED,
    "api/init": CALLED,
    "api/keyword_types": "the tests of api/write_functions judge it",
    "api/verify": CALLED,
    "api/view": CALLED,
    "cli/inspection_results": "the tests of cli/inspect judge it",
    "inspection/verification": "the tests of verify_dataset judge it",
    "rules/evaluate": WHOLE_RUNS,
    "rules/run": WHOLE_RUNS,
    "model/stored_mag": "a noun without logic: the tests of formats and of finer_mag judge it",
    "model/read_strategy": "numbers, which the tests of choose_feed and of bands judge",
    "cli/run": WHOLE_RUNS,
    "cli/batch/command": WHOLE_BATCHES,
    "cli/batch/run_batch": WHOLE_BATCHES,
    "cli/batch/dataset_process": WHOLE_BATCHES,
    "cli/cluster_jobs": THROUGH_SLURM,
    "cli/__main__": "a call of cli/main",
    "cli/inspection_options": "flags alone, which the tests of cli/inspect judge",
    "__main__": "a call of cli/main",
    "steps/downsample_block": WHOLE_RUNS,
    "steps/downsample_rest": WHOLE_RUNS,
    "options/add_layer": "one option, which the tests of added layers judge",
    "options/command_options": "a table, which the tests of settings and commands judge",
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


def offenders(paths: list[Path], keeps: Callable[[Path], bool]) -> list[str]:
    """List all files that do not keep a rule."""
    return [str(path.relative_to(ROOT)) for path in paths if not keeps(path)]


def test_there_is_something_to_judge() -> None:
    """A rule over no files would hold of any house."""
    assert min(len(MODULES), len(SCRIPTS), len(RULE_FILES)) > 2


def test_scripts_stay_thin() -> None:
    """A script that needs an `if` is a library function in the wrong place."""
    thick = (ast.FunctionDef, ast.ClassDef, ast.For, ast.While, ast.If, ast.IfExp, ast.Lambda)
    thick += (ast.Try, ast.ListComp, ast.GeneratorExp, ast.DictComp, ast.SetComp)

    def is_thin(script: Path) -> bool:
        nodes = ast.walk(ast.parse(script.read_text()))
        return not any(isinstance(node, thick) for node in nodes)

    assert offenders(SCRIPTS, lambda path: line_count(path) <= SCRIPT_MAX_LINES) == []
    assert offenders(SCRIPTS, is_thin) == []


def test_rule_files_fit_a_screen() -> None:
    """A few rules each, which say what they need and give."""
    computes = r"\blambda\b|^\s*(run:|shell:|ruleorder|def )"

    def has_few_rules(path: Path) -> bool:
        found = re.findall(r"^(rule|checkpoint) \w+:$", path.read_text(), re.MULTILINE)
        return len(found) <= RULE_FILE_MAX_RULES

    def computes_nothing(path: Path) -> bool:
        return not re.search(computes, path.read_text(), re.MULTILINE)

    assert offenders(RULE_FILES, lambda path: line_count(path) <= RULE_FILE_MAX_LINES) == []
    assert offenders(RULE_FILES, has_few_rules) == []
    assert offenders(RULE_FILES, computes_nothing) == []
    assert offenders(RULE_FILES, lambda path: path.read_text().startswith('"""')) == []


def test_rules_are_named_like_their_script() -> None:
    """And each has a docstring, a log and an environment of its own."""
    for rules in RULE_FILES:
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
    for snakefile in (ROOT / "Snakefile", ROOT / "workflow" / "Snakefile"):
        assert line_count(snakefile) <= SNAKEFILE_MAX_LINES


def test_modules_are_short_and_say_what_they_are() -> None:
    """One noun or one step, with a sentence at its top."""

    def says(module: Path) -> bool:
        return bool(ast.get_docstring(ast.parse(module.read_text())))

    written = [one for one in MODULES if WITHOUT_TWIN.get(name_of(one)) != MADE]
    assert offenders(written, lambda module: line_count(module) <= MODULE_MAX_LINES) == []
    assert offenders(MODULES, lambda module: module.name not in NO_NOUNS) == []
    assert offenders(MODULES, says) == []


def test_modules_have_a_twin() -> None:
    """`wkflow/steps/x.py` is tested by `tests/steps/test_x.py`; what is not has a reason."""

    def has_twin_or_reason(module: Path) -> bool:
        twin = TESTS / module.relative_to(PACKAGE).with_name(f"test_{module.name}")
        return twin.exists() != (name_of(module) in WITHOUT_TWIN)

    nouns = [module for module in MODULES if module.name != "__init__.py"]
    assert offenders(nouns, has_twin_or_reason) == []


def test_exceptions_are_of_modules_that_exist() -> None:
    """A reason outlives its module else."""
    assert set(WITHOUT_TWIN) <= {name_of(module) for module in MODULES}


def test_tests_state_facts() -> None:
    """Every test has a docstring that is a sentence; a class may have those of a contract."""
    paths = sorted(TESTS.rglob("test_*.py"))
    silent = []
    for path in paths:
        tree = ast.parse(path.read_text())
        tests = [
            node
            for node in ast.walk(tree)
            if isinstance(node, ast.FunctionDef) and node.name.startswith("test_")
        ]
        silent += [
            f"{path.name}: {test.name}"
            for test in tests
            if not (ast.get_docstring(test) or "").endswith((".", "?"))
        ]
        inherits = any(isinstance(node, ast.ClassDef) and node.bases for node in tree.body)
        assert tests or inherits, path
    assert len(paths) > 100
    assert silent == []


def test_nothing_below_the_command_line_ends_the_program() -> None:
    """No print, no exit, no assert; errors are ours, and none is caught wholesale."""
    programs = {"cli/main", "cli/__main__", "cli/run", "cli/option_docs", "cli/cluster_jobs"}
    programs |= {"cli/progress", "cli/inspect", "cli/byte_bar", "cli/messages", "__main__"}
    programs |= {"cli/batch/bar", "cli/batch/dataset_process"}  # the latter is a process
    programs |= {"cli/batch/dataset_run"}  # so is this, or a script of Snakemake's
    programs |= {"rules/job", "api/worker", "readers/bioformats/process"}

    def goes_on(node: ast.AST) -> bool:
        if isinstance(node, ast.Call):
            return ast.unparse(node.func) not in {"print", "sys.exit", "exit"}
        if isinstance(node, ast.ExceptHandler):
            return node.type is not None and ast.unparse(node.type) != "Exception"
        return not isinstance(node, ast.Assert)

    below = [module for module in MODULES if name_of(module) not in programs]
    nodes = [(one, node) for one in below for node in ast.walk(ast.parse(one.read_text()))]
    assert [f"{one}:{node.lineno}" for one, node in nodes if not goes_on(node)] == []


def test_examples_are_drawn_as_the_page_of_tests_says(request: pytest.FixtureRequest) -> None:
    """No module that is imported while tests are collected takes another profile."""
    wanted = 25 if asked_for(request.config) == "quick" else 100
    assert (settings.default.max_examples, settings.default.deadline) == (wanted, None)
