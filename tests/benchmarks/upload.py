"""Ours against `webknossos convert --upload` and `upload`, on the tests' stand-in of the server.

python -m tests.benchmarks.upload --official ENV [--tables whole overlap alone faults] [--repeat 3]

Every run has a server of its own, empty, on the same disk. Nothing else should run meanwhile.
"""

import argparse
import json
import shutil
import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import product
from pathlib import Path
from typing import Any

from tests.benchmarks.convert import GIB, ROOT, VOXEL_SIZE, readied, surroundings
from tests.benchmarks.stacks import write_stack
from tests.benchmarks.table import show
from tests.benchmarks.watch import Run, proportional, watch
from tests.standin.server import Standin

SHAPES = {"wide": (32, 4096, 4096), "deep": (256, 1024, 1024)}
TINY = {"tiny": (3, 64, 64)}
BIG = {"big": (128, 4096, 4096)}
WANTED = 6.0
FLAGS = ("--voxel-size", VOXEL_SIZE)
SPEEDS = {1e9: 1.1, 4e7: 1.05}
"""Bytes a second that a server takes, and how many times the longer of conversion and upload the
whole may last: a network that is faster than the encoder, and a slower one."""

FAULTS = {
    "status": [
        {"status": code, "rate": 0.035, "seed": seed, "routes": ["chunk"], "when": when}
        for seed, (code, when) in enumerate(
            [(500, "after"), (502, "before"), (503, "before"), (504, "after"), (429, "before")]
        )
    ],
    "drop": {"rate": 0.035, "seed": 9},
}
"""Each of six kinds strikes 3.5 % of the chunk requests: about 20 % together."""

LEGEND = """\
ratio    whole, alone: official s / wkflow s; overlap: remote-convert s / the longer of the others
MB/s     alone: bytes by the seconds beyond those of the tiny dataset, wanted: 2 x the official ones
GiB      peak of the resident memory of all processes; pss counts shared pages once (own run)
faults   bytes that the server received, and those written to sockets, by those of the dataset"""


@dataclass(frozen=True)
class Bench:
    """Where things are: the official environment, the sources and a folder for one run."""

    official: Path
    data: Path
    repeat: int

    def source(self, name: str) -> Path:
        """Give the folder of slices of that name."""
        return write_stack(self.data / name, "color", (TINY | SHAPES | BIG)[name])

    def dataset(self, name: str) -> Path:
        """Give a dataset of these slices, converted once."""
        target = self.data / f"{name}-dataset"
        if not (target / "datasource-properties.json").exists():
            command = [*WKFLOW, "convert", *FLAGS, str(self.source(name)), str(target)]
            watch(command, environment=surroundings())
        return target

    @contextmanager
    def round(self, faults: dict[str, Any] | None = None) -> Iterator["Round"]:
        """Give an empty folder and an empty server."""
        with tempfile.TemporaryDirectory(dir=self.data) as name:
            folder = Path(name)
            with Standin.start(folder / "server", faults=faults or {}) as server:
                yield Round(self, folder, server)

    def best(self, run: Callable[["Round"], Run], faults: dict[str, Any] | None = None) -> Run:
        """Give the shortest of some rounds."""
        runs = []
        for _ in range(self.repeat):
            with self.round(faults) as one:
                runs.append(run(one))
        return min(runs, key=lambda run: run.seconds)


WKFLOW = [sys.executable, "-m", "wkflow.cli.main"]


@dataclass(frozen=True)
class Round:
    """One run on one server."""

    bench: Bench
    folder: Path
    server: Standin

    def wkflow(self, *arguments: object, **how: Any) -> Run:  # noqa: ANN401 -- passed on
        """Run our command in the empty folder."""
        return self._watch([*WKFLOW, *map(str, arguments)], **how)

    def webknossos(self, *arguments: object, **how: Any) -> Run:  # noqa: ANN401
        """Run the official command."""
        program = self.bench.official / "bin" / "webknossos"
        return self._watch([str(program), *map(str, arguments)], **how)

    def _watch(self, command: list[str], **how: Any) -> Run:  # noqa: ANN401
        to = {"WK_URL": self.server.url, "WK_TOKEN": self.server.token}
        return watch(command, environment=surroundings() | to, cwd=self.folder, **how)

    @property
    def uploaded(self) -> int:
        """Bytes of the body of chunk requests that the server received."""
        return int(self.server.log()["chunk_bytes"])

    @property
    def proof(self) -> dict[str, Any]:
        """What our command says of its upload."""
        (path,) = self.folder.glob("*.upload/upload.json")
        proof: dict[str, Any] = json.loads(path.read_bytes())
        return proof


def whole(bench: Bench) -> str:
    """Compare the whole commands, from images to the server."""
    rows = []
    for name in SHAPES:
        source = bench.source(name)
        theirs = bench.best(
            lambda r, s=source: r.webknossos("convert", "--upload", "--name", "them", *FLAGS, s)
        )
        ours = bench.best(lambda r, s=source: r.wkflow("remote-convert", *FLAGS, s))
        ratio = theirs.seconds / ours.seconds
        times = (f"{theirs.seconds:.2f}", f"{ours.seconds:.2f}", f"{ratio:.1f} x", f"{WANTED:g} x")
        rows.append([name, *times, f"{theirs.peak / GIB:.2f}", f"{ours.peak / GIB:.2f}"])
    head = ("whole", "official s", "wkflow s", "ratio", "wanted", "official GiB", "wkflow GiB")
    return show(head, rows)


def overlap(bench: Bench) -> str:
    """Compare the whole with its parts, on a server of limited speed."""
    rows = []
    for name, (speed, wanted) in product(SHAPES | BIG, SPEEDS.items()):
        source, dataset = bench.source(name), bench.dataset(name)
        limit = {"limit": {"bytes_per_second": speed}}
        convert = bench.best(
            lambda r, s=source: r.wkflow("convert", *FLAGS, s, r.folder / "out"), limit
        )
        upload = bench.best(lambda r, d=dataset: r.wkflow("upload", d), limit)
        both = bench.best(lambda r, s=source: r.wkflow("remote-convert", *FLAGS, s), limit)
        ratio = both.seconds / max(convert.seconds, upload.seconds)
        rows.append([name, f"{speed / 1e6:g}", f"{convert.seconds:.2f}", f"{upload.seconds:.2f}",
                     f"{both.seconds:.2f}", f"{ratio:.2f}", f"{wanted:g}"])  # fmt: skip
    head = ("overlap", "MB/s", "convert s", "upload s", "remote-convert s", "ratio", "wanted")
    return show(head, rows)


def alone(bench: Bench) -> str:
    """Compare the upload of a dataset that exists; a tiny one shows what starting takes."""
    rows = []
    starts: tuple[float, float] | None = None
    for name in TINY | SHAPES | BIG:
        dataset = bench.dataset(name)
        size = sum(file.stat().st_size for file in dataset.rglob("*") if file.is_file()) / 1e6
        theirs = bench.best(
            lambda r, d=dataset: r.webknossos("upload", "--dataset-name", "them", d)
        )
        ours = bench.best(lambda r, d=dataset: r.wkflow("upload", d))
        with bench.round() as one:
            pss = one.wkflow("upload", dataset, reading=proportional).peak
        starts = starts or (theirs.seconds, ours.seconds)
        net = [
            f"{size / max(run.seconds - start, 1e-3):.0f}" if name not in TINY else "-"
            for run, start in zip((theirs, ours), starts, strict=True)
        ]
        rows.append([name, f"{size:.0f}", f"{theirs.seconds:.2f}", f"{ours.seconds:.2f}",
                     f"{theirs.seconds / ours.seconds:.1f} x", *net,
                     f"{theirs.peak / 2**20:.0f}", f"{ours.peak / 2**20:.0f}",
                     f"{pss / 2**20:.0f}"])  # fmt: skip
    head = ("alone", "MB", "official s", "wkflow s", "ratio", "official MB/s", "wkflow MB/s",
            "official MiB", "wkflow MiB", "pss MiB")  # fmt: skip
    return show(head, rows)


def faults(bench: Bench) -> str:
    """Upload while a fifth of all chunk requests fail."""
    rows = []
    for name in SHAPES:
        with bench.round(FAULTS) as one:
            run = one.wkflow("upload", bench.dataset(name))
            size, proof = one.proof["bytes"], one.proof
            log = one.server.log()
            struck = sum(log["faults"].values())
            rows.append([name, log["chunk_requests"], struck, f"{run.seconds:.2f}",
                         f"{one.uploaded / size:.2f}", f"{proof['bytes_sent'] / size:.2f}",
                         "1.3"])  # fmt: skip
    head = ("faults", "requests", "failed", "s", "received", "written", "wanted")
    return show(head, rows)


TABLES = {"whole": whole, "overlap": overlap, "alone": alone, "faults": faults}


def main() -> None:
    """Measure what is asked for and print each table when it is known."""
    parser = argparse.ArgumentParser(prog="python -m tests.benchmarks.upload")
    parser.add_argument("--official", type=Path, default=ROOT / ".cache" / "official-4.3.3")
    parser.add_argument("--tables", nargs="+", choices=TABLES, default=list(TABLES))
    parser.add_argument("--repeat", type=int, default=1, help="the best of so many rounds [1]")
    parser.add_argument("--data", type=Path, help="keep and reuse the sources in this folder")
    options = parser.parse_args()
    official = readied(options.official)
    data = options.data.absolute() if options.data else Path(tempfile.mkdtemp())
    try:
        bench = Bench(official, data, options.repeat)
        for name in options.tables:
            print(TABLES[name](bench), end="\n\n", flush=True)
        print(LEGEND)
    finally:
        if not options.data:
            shutil.rmtree(data)


if __name__ == "__main__":
    main()
