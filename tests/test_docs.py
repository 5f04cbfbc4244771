"""Commands in README and documentation are run, parsed or said not to be; what they name is there.

A block of commands begins with `sh` and a word on how it is judged:

* nothing: each command is read by the parser of its program;
* `run`: all such blocks of a page are run in their order, in one folder;
* `not-run: REASON`.
"""

import importlib.util
import json
import os
import re
import shlex
import subprocess
import sys
import tomllib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, fields
from functools import cache
from importlib import import_module
from pathlib import Path

import numpy as np
import pytest
import wkflow as package
from PIL import Image
from wkflow.cli.arguments import PASSED_ON, flags_of
from wkflow.cli.commands import Command
from wkflow.cli.main import build_parsers
from wkflow.errors import WkflowError
from wkflow.model.receipt import Receipt, ShardFile
from wkflow.options.settings import Settings
from wkflow.planning.make_sample import make_sample
from wkflow.webknossos.upload_report import UploadReport, Verdict

from tests.runs import ROOT, TIMEOUT_S, environment
from tests.standin.server import standin_in

DOCS = ROOT / "docs"
PAGES = [
    ROOT / "README.md", ROOT / "config" / "README.md", ROOT / "CONTRIBUTING.md",
    ROOT / "tests" / "README.md", *sorted(DOCS.rglob("*.md")),
]  # fmt: skip

FENCE = re.compile(r"^```([^\n]*)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
PROGRAMS = ("wkflow", "snakemake", "pip", "pytest", "python", "mkdocs", "kubectl", "export")

CHECKOUT = ("Snakefile", "workflow", "scripts", "config", "envs", "pyproject.toml")
"""What commands find in the folder that they are run in."""

OTHERS_FLAGS = frozenset({
    *("--rest", "--all", "--no-index", "--find-links", "--rulegraph", "--no-deps"),
    *("--seconds-between-status-checks", "--wkflow-kubernetes-grace", "--executor", "--envvars"),
    *("--dag", "--filegraph", "--summary", "--detailed-summary", "--list-rules", "--report"),
    *("--list-target-rules", "--omit-from", "--forcerun", "--touch", "--delete-all-output"),
    *("--directory", "--archive", "--containerize", "--sdm", "--snakefile"),
    *("--lint", "--cores", "--configfile", "--strict", "--until", "--profile", "--tag"),
    *("--workflow-profile", "--resources", "--isolation", "--keep-going", "--wrap"),
    *("--groups", "--group-components", "--slurm-array-jobs", "--slurm-jobstep-array-execs"),
    *("--slurm-pass-command-as-script",),
})  # fmt: skip
"""Of pytest, pip, mkdocs, Snakemake and snakedeploy."""

LOOKS_LIKE_A_FILE = re.compile(r"^(tests|workflow|docs|envs|config|scripts)/[\w./-]+$")
LOOKS_LIKE_A_MODULE = re.compile(r"^[a-z][\w/]*\.py$")
MODULES_LIE_IN = (ROOT, ROOT / "workflow" / "wkflow", ROOT / "tests")


@dataclass(frozen=True, slots=True)
class Block:
    """A fenced block: where it stands, its first word, how it is judged, and its lines."""

    page: Path
    language: str
    mark: str
    text: str

    @property
    def name(self) -> str:
        return str(self.page.relative_to(ROOT))

    def commands(self) -> Iterator[list[str]]:
        """Give each simple command as words: no comments, variables' values or connecting signs."""
        joined = re.sub(r"(?m)(^|\s)#.*$", "", self.text.replace("\\\n", " "))
        lexer = shlex.shlex(joined, posix=True, punctuation_chars="|&;\n")
        lexer.whitespace, lexer.whitespace_split, lexer.commenters = " \t\r", True, ""
        words: list[str] = []
        for word in [*lexer, "\n"]:
            if word and not set(word) <= set("|&;\n"):
                words.append(word)
            elif words:
                yield words
                words = []


def blocks(*pages: Path) -> list[Block]:
    """List all fenced blocks of pages."""
    found = []
    for page in pages:
        for first, text in FENCE.findall(page.read_text(encoding="utf-8")):
            language, _, mark = first.strip().partition(" ")
            found.append(Block(page, language, mark, text))
    return found


def inline_code(page: Path) -> list[str]:
    return re.findall(r"`([^`\n]+)`", FENCE.sub("", page.read_text(encoding="utf-8")))


@cache
def extras() -> frozenset[str]:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    return frozenset(project["optional-dependencies"])


def complaint(words: Sequence[str]) -> str:
    """Say what is wrong with a command, or nothing."""
    program, *rest = words
    module = rest[1:2] if rest[:1] == ["-m"] else []
    gone: object = ""
    match program.removesuffix("3"):
        case "wkflow":
            gone = unreadable(rest)
        case "snakemake":
            from snakemake.cli import parse_args  # noqa: PLC0415 -- half a second

            parse_args(rest)
        case "pip":
            wanted = {one for word in rest for one in re.findall(r"\[(.*?)\]", word)}
            gone = {name for one in wanted for name in one.split(",")} - extras()
        case "pytest":
            gone = [name for name in rest if name[:1] != "-" and not (ROOT / name).exists()]
        case "python" if module:
            gone = "" if importlib.util.find_spec(*module) else module
        case "python":
            gone = "" if (ROOT / rest[0]).is_file() else rest[0]
        case "mkdocs":
            gone = "" if "mkdocs build --strict" in (ROOT / ".ci" / "run").read_text() else rest
        case "export" | ".":
            pass
        case _:
            gone = "its judge (or mark the block `not-run: REASON`)"
    return f"{' '.join(words)}: there is no {gone}" if gone else ""


def unreadable(words: Sequence[str]) -> str:
    """Read a command of ours as it reads itself; give what it says."""
    _, parsers = build_parsers()
    name, *own = words[: words.index(PASSED_ON)] if PASSED_ON in words else words
    if name not in parsers:
        return f"command {name}"
    try:
        options = parsers[name].parse_args(flags_of(name, parsers).in_order(own))
        if not isinstance(options.command, Command) or options.config:
            return ""
        given = {one: getattr(options, one) for one in options.command.options}
        Settings.parse(given | options.command.fixed, where=name)
    except WkflowError as error:
        return str(error)
    return ""


def test_there_are_commands_to_judge() -> None:
    """Each kind of block is found, or the tests below would hold of an empty page."""
    marks = [block.mark.partition(":")[0] for block in blocks(*PAGES) if block.language == "sh"]
    assert len(marks) > 40
    assert set(marks) == {"", "run", "not-run"}


def test_commands_are_marked_as_such() -> None:
    """No block without a language holds a command, and each that is not run says why."""
    wrong = []
    for block in blocks(*PAGES):
        first = (block.text.split() or [""])[0]
        if not block.language and first in PROGRAMS:
            wrong.append(f"{block.name}: {first}")
        if block.mark.startswith("not-run") and not block.mark.removeprefix("not-run: ").strip():
            wrong.append(f"{block.name}: not-run without a reason")
    assert wrong == []


def test_every_command_can_be_read_by_its_program() -> None:
    """Unknown flags, extras, modules and files are named."""
    wrong = []
    for block in blocks(*PAGES):
        if block.language == "sh" and not block.mark:
            said = [complaint(command) for command in block.commands()]
            wrong += [f"{block.name}: {one}" for one in said if one]
    assert wrong == []


def test_a_slip_in_a_command_is_found() -> None:
    """The judge is no rubber stamp."""
    page = ROOT / "README.md"
    slips = ["pip install 'wkflow[nonsense]'", "pytest tests/nowhere", "python -m tests.nowhere"]
    slips += ["wkflow convart a b", "wkflow convert --unit lightyear a b", "frobnicate x"]
    for slip in slips:
        fine, words, _ = Block(
            page, "sh", "", f"export A=1  # a word\n{slip} \\\n  && ."
        ).commands()
        assert not complaint(fine)
        assert complaint(words), slip


def is_importable(name: str) -> bool:
    """Whether there is such a module, or such a name in one."""
    place, _, last = name.rpartition(".")
    return bool(importlib.util.find_spec(name)) or hasattr(import_module(place), last)


def test_flags_and_files_in_the_text_are_there() -> None:
    """A page that names an option, a file of the project or a module of it is right."""
    _, parsers = build_parsers()
    known = {flag for name in parsers for flag in flags_of(name, parsers).of_word} | OTHERS_FLAGS
    wrong = []
    for page in PAGES:
        for code in inline_code(page):
            flags = [] if page.name == "faults.md" else re.findall(r"(?<!\S)--[a-z][\w-]*", code)
            wrong += [f"{page.name}: {flag}" for flag in flags if flag not in known]
            path = code.partition("::")[0]
            if LOOKS_LIKE_A_FILE.match(path) and not (ROOT / path).exists():
                wrong.append(f"{page.name}: {path}")
            if LOOKS_LIKE_A_MODULE.match(path) and not any(
                (root / path).exists() for root in MODULES_LIE_IN
            ):
                wrong.append(f"{page.name}: {path}")
            for module in re.findall(r"python -m ([\w.]+)|^(wkflow\.\w+(?:\.\w+)*)$", code):
                name = "".join(module)
                wrong += [] if is_importable(name) else [f"{page.name}: {name}"]
    assert wrong == [], wrong


def test_links_of_the_readme_lead_somewhere() -> None:
    """Those between pages of the site are judged when it is built."""
    text = (ROOT / "README.md").read_text()
    links = re.findall(r"\]\(([^)#]+)\)", text)
    assert len(links) > 10
    assert [one for one in links if "://" not in one and not (ROOT / one).exists()] == []
    assert len(text.splitlines()) <= 90  # a screen


def test_the_first_commands_are_the_first_ones() -> None:
    """Install and convert, then install and test: as people and machines type them."""
    first, second = blocks(ROOT / "README.md")[:2]
    assert first.text == "pip install -e . && snakemake --cores all\n"
    assert second.text == "pip install -e '.[test]' && pytest\n"


def test_pages_of_the_site_are_all_in_its_menu() -> None:
    """And nothing else is, but for what is made."""
    menu = set(re.findall(r"[\w/-]+\.md", (ROOT / "mkdocs.yml").read_text()))
    assert menu == {str(page.relative_to(DOCS)) for page in DOCS.rglob("*.md")}


def columns(page: str) -> set[str]:
    """Give what stands in the first columns of the tables of a page."""
    lines = (DOCS / page).read_text().splitlines()
    firsts = [line.split("|")[1] for line in lines if line.startswith("| ")]
    return {name for first in firsts for name in re.findall(r"`(\w+)`", first)}


def test_fields_of_receipts_and_proofs_are_explained() -> None:
    """A field that is added, or goes, changes the page."""
    assert columns("reference/run-folder.md") == {one.name for one in fields(Receipt)}
    in_text = set(re.findall(r"`(\w+)`", (DOCS / "reference/report.md").read_text()))
    wanted = {one.name for kind in (UploadReport, Verdict) for one in fields(kind)}
    assert wanted <= in_text
    assert {one.name for one in fields(ShardFile)} <= {"path", "bytes", "crc32c"}


def test_ratios_are_those_that_were_measured() -> None:
    """Each number in the table and below it was printed by a benchmark."""
    page = (DOCS / "explanation" / "why-it-is-fast.md").read_text()
    measured = (ROOT / "tests" / "benchmarks" / "results.md").read_text()
    told = re.findall(r"\b\d+\.\d+\b", page)
    assert len(told) > 10
    assert [number for number in told if number not in measured.split()] == []


def test_made_parts_know_all_that_they_are_made_from() -> None:
    """Every option, error and file of the run folder has its line, and its words."""
    module = made()
    assert module.options().count("\n| `") > 40
    assert "UnansweredError" in module.error_classes()
    statuses = set(re.findall(r"` \| (\d+) \|", module.error_classes()))
    page = (DOCS / "reference" / "errors.md").read_text()
    assert set(re.findall(r"^\| (\d+) \|", page, re.MULTILINE)) == statuses | {"0", "1", "130"}
    functions = module.functions()
    assert functions.count("\n| `voxel_size` | Sequence[float] or str |") == 4
    assert functions.count("## wkflow.") == sum(name.islower() for name in package.__all__)
    assert "| `decode` | bool, default False |" in functions
    assert "receipts" in module.results()
    files = module.run_folder_files()
    assert "`upload.json`" in files
    assert "`receipts`" in files
    assert [line for line in files.splitlines() if line.endswith("|  |")] == []
    page = "text\n\n<!-- made: error-classes -->\n\n```sh run\nwkflow\n```\n"
    assert "| `ConfigError` | 2 |" in module.on_page_markdown(page)
    assert "```sh\n" in module.on_page_markdown(page)


def made():  # noqa: ANN201 -- a module of which mypy knows nothing
    """Import the hook of the site, which is in no package."""
    spec = importlib.util.spec_from_file_location("generated_pages", DOCS / "generated_pages.py")
    assert spec
    assert spec.loader
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


# what is run

PLACES = {"SOURCE": "sample/slices/color", "TARGET": "made", "DATASET": "existing"}


def with_places(text: str) -> str:
    """Put paths for what a reader puts paths for."""
    for word, path in PLACES.items():
        text = re.sub(rf"\b{word}\b", path, text)
    return text


def checkout(folder: Path) -> Path:
    """Make a folder that looks like a checkout, with a sample, a raw file and a dataset in it."""
    for name in CHECKOUT:
        (folder / name).symlink_to(ROOT / name)
    make_sample(folder)
    (folder / "scan.raw").write_bytes(bytes(range(256)) * (512 * 512 * 64 // 256))
    return folder


def run(page: Path, folder: Path, **variables: str) -> "subprocess.CompletedProcess[str]":
    """Run all blocks of a page that say so, as a shell does."""
    text = "".join(block.text for block in blocks(page) if block.mark == "run")
    text = text.replace("=TOKEN ", f"={variables.get('WK_TOKEN')} ")
    assert text, page
    scripts = Path(sys.executable).parent
    return subprocess.run(
        ["bash", "-euo", "pipefail", "-c", with_places(text)],
        check=False,
        capture_output=True,
        text=True,
        cwd=folder,
        env=environment() | {"PATH": f"{scripts}:{os.environ['PATH']}"} | variables,
        timeout=2 * TIMEOUT_S,
    )


def test_the_tutorial_does_what_it_says(tmp_path: Path) -> None:
    """Its commands run in their order, in a folder like a checkout; what comes out is as told."""
    ended = run(DOCS / "tutorial.md", checkout(tmp_path))
    assert ended.returncode == 0, ended.stderr
    for target in ("sample/dataset", "mine"):
        mags = {path.name for path in (tmp_path / target / "color").iterdir() if path.is_dir()}
        assert mags == {"1", "2-2-1", "4-4-2"}
    made = {
        layer: [
            file.stat().st_mtime_ns
            for rule in ("convert_slab", "downsample_rest")
            for file in (tmp_path / "mine.wkflow" / "receipts" / rule).rglob("*.json")
            if layer in str(file.relative_to(tmp_path))
        ]
        for layer in ("color", "segmentation")
    }
    assert min(made["color"]) > max(made["segmentation"])
    report = json.loads((tmp_path / "mine.wkflow" / "report.json").read_bytes())
    explained = set(re.findall(r"`(\w+)`", (DOCS / "reference" / "report.md").read_text()))
    assert set(report) | set(report["layers"][0]) | {"jobs", "voxels", "bytes"} <= explained


RUN = sorted({block.name for block in blocks(*PAGES) if block.mark == "run"} - {"docs/tutorial.md"})

TOLD = {
    "README.md": ["made: done", "made: nothing to do", "/datasets/"],
    "docs/how-to/batch.md": ["2 datasets: 2 done", "2 datasets: 2 unchanged"],
    "docs/how-to/resume.md": ["made: nothing to do"],
    "docs/how-to/add-layers.md": ["layer nuclei: "],
    "docs/how-to/append-and-replace-slices.md": ["320 x 320 x 48 uint8", "320 x 320 x 49 uint8"],
    "docs/how-to/downsample.md": ["mags 1 2-2-1 4-4-2\n", "mags 1 2-2-1 4-4-2 8-8-4\n"],
    "docs/how-to/upload.md": ["color: done", "existing: done", "/datasets/"],
}
"""What the commands of a page say when they do what the page says."""


@pytest.mark.long
@pytest.mark.parametrize("page", RUN)
def test_what_a_page_says_can_be_done(page: str, tmp_path: Path) -> None:
    """Its commands run in their order, against a stand-in of the server where they need one."""
    folder = checkout(tmp_path)
    existing = subprocess.run(
        [sys.executable, "-m", "wkflow.cli.main", "convert", "--no-downsample", "--quiet",
         "--voxel-size", "11.24,11.24,25", "sample/slices", "existing"],
        check=False, capture_output=True, text=True, cwd=folder, env=environment(),
    )  # fmt: skip
    assert existing.returncode == 0, existing.stderr
    with standin_in(tmp_path / "server") as server:
        known = {"WK_URL": server.url, "WK_TOKEN": server.token}
        ended = run(ROOT / page, folder, **known)
    said = ended.stdout + ended.stderr
    assert ended.returncode == 0, said
    assert [words for words in TOLD.get(page, []) if words not in said] == [], said


@pytest.mark.long
def test_pictures_are_drawn_from_the_sample(tmp_path: Path) -> None:
    """The command that the tutorial names draws those that are committed."""
    subprocess.run(
        [sys.executable, DOCS / "make_pictures.py", tmp_path], check=True, env=environment()
    )
    drawn = sorted(path.name for path in tmp_path.glob("*.png"))
    others = {"contrast.png"}  # of real images, by tests.benchmarks.contrast
    assert drawn == sorted({path.name for path in (DOCS / "pictures").iterdir()} - others)
    for name in drawn:
        kept = DOCS / "pictures" / name
        assert kept.stat().st_size < 60_000
        was, now = (
            np.asarray(Image.open(path).convert("RGB"), int) for path in (kept, tmp_path / name)
        )
        assert was.shape == now.shape
        assert np.abs(was - now).mean() < 2  # palettes differ between versions of Pillow
