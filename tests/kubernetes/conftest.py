"""A cluster with a volume and an image, and a kubeconfig that leads to it."""

import json
import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.kubernetes.api_server import TOKEN, ApiServer, serving
from tests.kubernetes.cluster import Cluster
from tests.runs import ROOT, noise, write_stack

PROFILE = ROOT / "workflow" / "profiles" / "kubernetes"
IMAGE, CLAIM = "wkflow:latest", "wkflow-data"
SECRET_OF_THE_USER = "a-token-that-no-job-may-see"  # noqa: S105 -- of a test
TIMEOUT_S = 180


@dataclass
class Site:
    """What a test has: the volume's folder, the cluster, and a command."""

    volume: Path
    server: ApiServer
    kubeconfig: Path

    @property
    def cluster(self) -> Cluster:
        """The cluster behind the server."""
        return self.server.cluster

    @property
    def run_folder(self) -> Path:
        """Where the run keeps its state."""
        return self.volume / "run"

    def config(self, **changes: object) -> Path:
        """Write options for a tiny stack: four slabs, and a pyramid above them."""
        path = self.volume / "config.yaml"
        path.write_text(yaml.safe_dump(options(self.volume) | changes))
        return path

    def small(self) -> Path:
        """Write options for one slab and what is above it."""
        return self.config(source=str(write_stack(self.volume / "small", noise(20, 64, 64))))

    def notes(self) -> list[dict[str, str]]:
        """Give what failures were noted in the run folder."""
        found = sorted(self.run_folder.glob("logs/**/*.failure.json"))
        return [json.loads(note.read_bytes()) for note in found]

    def wait_for(self, event: Callable[[], object]) -> None:
        """Wait until something is so in the cluster."""
        until = time.monotonic() + TIMEOUT_S
        while not event():
            assert time.monotonic() < until
            time.sleep(0.05)

    def command(self, config: Path, *more: object) -> list[str]:
        """Spell plain Snakemake with our profile."""
        return [
            *(sys.executable, "-m", "snakemake", "--snakefile", str(ROOT / "Snakefile")),
            *("--profile", str(PROFILE), "--configfile", str(config)),
            *("--wkflow-kubernetes-namespace", self.cluster.namespace),
            *("--wkflow-kubernetes-persistent-volumes", f"{CLAIM}:{self.volume}"),
            *("--seconds-between-status-checks", "1", "--latency-wait", "5", "--jobs", "2"),
            *map(str, more),
        ]

    def by_cli(self) -> list[str]:
        """Spell the same as a command of ours: a strategy and resources in place of a profile."""
        volume = f"{CLAIM}:{self.volume}"
        resources = {"cpu": 2, "memory": "900Mi", "image": IMAGE, "mounts": [volume]}
        resources["namespace"] = self.cluster.namespace
        given = options(self.volume)
        places = [str(given.pop(name)) for name in ("source", "target")]
        flags = [f"--{key.replace('_', '-')}={_spelled(value)}" for key, value in given.items()]
        how = ("--distribution-strategy", "kubernetes", "--job-resources", json.dumps(resources))
        return [sys.executable, "-m", "wkflow.cli.main", "convert", *how, *flags, *places]

    def environment(self) -> dict[str, str]:
        """Give what Snakemake itself sees; pods see the image's."""
        more = {"KUBECONFIG": str(self.kubeconfig), "WK_TOKEN": SECRET_OF_THE_USER}
        more["WKFLOW_TEST_VARIABLE"] = "key-of-a-bucket"
        return os.environ | more | {"PYTHONWARNINGS": "default"}

    def start(self, config: Path, *more: object) -> "subprocess.Popen[str]":
        """Start Snakemake; `finish` waits for it."""
        return subprocess.Popen(
            self.command(config, *more),
            cwd=self.volume,
            env=self.environment(),
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )

    def run(self, config: Path, *more: object) -> tuple[int, str]:
        """Run Snakemake to its end; give its status and what it said."""
        return finish(self.start(config, *more))


def finish(process: "subprocess.Popen[str]") -> tuple[int, str]:
    """Wait for Snakemake's end, not for ever; give its status and what it said."""
    with process:
        try:
            output, _ = process.communicate(timeout=TIMEOUT_S)
        except subprocess.TimeoutExpired:
            process.kill()
            pytest.fail(process.communicate()[0][-4000:])
    return process.returncode, output


def options(folder: Path) -> dict[str, object]:
    """Give the options of a tiny stack in a folder."""
    return {
        "source": str(folder / "stack"),
        "target": str(folder / "dataset"),
        "work_dir": str(folder / "run"),
        "name": "tiny",
        "voxel_size": [11.24, 11.24, 25],
        "shard_shape": [32, 32, 32],
        "chunk_shape": [16, 16, 16],
        "job_size": "64K",
    }


def _spelled(value: object) -> str:
    return ",".join(map(str, value)) if isinstance(value, list) else str(value)


@pytest.fixture
def site(tmp_path: Path) -> Iterator[Site]:
    """Serve a cluster whose volume holds a stack."""
    volume = tmp_path / "volume"
    write_stack(volume / "stack", noise(100, 64, 64))
    environment = {"PATH": f"{Path(sys.executable).parent}:/usr/bin:/bin", "LANG": "C.UTF-8"}
    environment |= {"HOME": str(tmp_path), "TMPDIR": str(tmp_path)}
    cluster = Cluster(tmp_path / "cluster", {IMAGE: environment}, {CLAIM: volume}, allowed=rights())
    server = ApiServer(cluster)
    with serving(server) as url:
        yield Site(volume, server, write_kubeconfig(tmp_path / "kubeconfig", url))


def manifests() -> dict[str, dict[str, Any]]:
    """Read the objects that a user begins with, by their kinds."""
    return {one["kind"]: one for one in yaml.safe_load_all((PROFILE / "head.yaml").read_text())}


def rights() -> set[tuple[str, str]]:
    """Give what the role of the manifest allows: pairs of verb and resource."""
    return {
        (verb, f"{resource}.{group}" if group else resource)
        for rule in manifests()["Role"]["rules"]
        for group in rule["apiGroups"]
        for resource in rule["resources"]
        for verb in rule["verbs"]
    }


def write_kubeconfig(path: Path, url: str, token: str = TOKEN) -> Path:
    """Write what kubectl and the client read."""
    name = "here"
    path.write_text(
        yaml.safe_dump(
            {
                "apiVersion": "v1",
                "kind": "Config",
                "clusters": [{"name": name, "cluster": {"server": url}}],
                "users": [{"name": name, "user": {"token": token}}],
                "contexts": [{"name": name, "context": {"cluster": name, "user": name}}],
                "current-context": name,
            }
        )
    )
    return path
