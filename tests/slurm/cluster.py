"""A SLURM of one node: real daemons with their own folder, ports and key, ended by process id.

It needs root (slurmd starts jobs as their users), and Debian's packages slurmctld, slurmd,
slurm-client and munge; no systemd, no accounting, no cgroups.
"""

import os
import platform
import shutil
import signal
import socket
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

DAEMONS = ("munged", "slurmctld", "slurmd")
CPUS = 4
"""More than two, which `config_overrides` allows: jobs wait for one another as little as may be."""

MEMORY_MB = 6000
PATIENCE_S = 30.0

CONF = """\
ClusterName=test
SlurmctldHost={host}(127.0.0.1)
SlurmctldPort={controller_port}
SlurmdPort={node_port}
AuthType=auth/munge
AuthInfo=socket={folder}/munge.socket
SlurmUser=root
SlurmctldPidFile={folder}/slurmctld.pid
SlurmdPidFile={folder}/slurmd.pid
SlurmctldLogFile={folder}/slurmctld.log
SlurmdLogFile={folder}/slurmd.log
StateSaveLocation={folder}/state
SlurmdSpoolDir={folder}/spool
MpiDefault=none
ProctrackType=proctrack/linuxproc
TaskPlugin=task/none
SlurmdParameters=config_overrides
ReturnToService=2
SchedulerType=sched/backfill
SchedulerParameters=batch_sched_delay=0,sched_min_interval=0,bf_interval=1
SelectType=select/cons_tres
SelectTypeParameters=CR_Core_Memory
AccountingStorageType=accounting_storage/none
JobAcctGatherType=jobacct_gather/linux
JobAcctGatherParams=OverMemoryKill
JobAcctGatherFrequency=task=1
MinJobAge=300
KillWait=3
NodeName={host} NodeAddr=127.0.0.1 CPUs={cpus} RealMemory={memory} State=UNKNOWN
PartitionName=main Nodes={host} Default=YES MaxTime=INFINITE State=UP
PartitionName=short Nodes={host} MaxTime=30 State=UP
"""


class Cluster:
    """A running SLURM; `hidden` is a folder that its node does not see."""

    def __init__(self, folder: Path, hidden: Path) -> None:
        self.folder, self.hidden = folder, hidden
        self.conf = folder / "slurm.conf"

    @property
    def variables(self) -> dict[str, str]:
        """What tells SLURM's commands which cluster is meant."""
        return {"SLURM_CONF": str(self.conf)}

    def start(self) -> None:
        for name in ("state", "spool"):
            (self.folder / name).mkdir(mode=0o755)
        self._start_munge()
        host = platform.node().partition(".")[0]
        ports = {"controller_port": free_port(), "node_port": free_port()}
        size = {"cpus": CPUS, "memory": MEMORY_MB}
        self.conf.write_text(CONF.format(host=host, folder=self.folder, **ports, **size))
        self.start_controller()
        self._start_node()
        await_that(lambda: self.ask("sinfo", "-h", "-o", "%T", "-p", "main") == "idle")

    def start_controller(self) -> None:
        subprocess.run(["slurmctld", "-f", self.conf], check=True)

    def stop_controller(self) -> None:
        end(self.folder / "slurmctld.pid")

    def stop(self) -> None:
        """End what runs, daemons last."""
        with suppress(subprocess.CalledProcessError):
            self.ask("scancel", "--me")
            self.await_idle()
        for name in ("slurmd", "slurmctld", "munged"):
            end(self.folder / f"{name}.pid")

    def ask(self, *command: str) -> str:
        """Give what one of SLURM's commands prints."""
        environment = os.environ | self.variables
        done = subprocess.run(command, env=environment, check=True, capture_output=True, text=True)
        return done.stdout.strip()

    def await_idle(self) -> None:
        """Wait until no job waits, runs or ends."""
        await_that(lambda: not self.ask("squeue", "-h"))

    def jobs(self, fields: str = "%i|%T") -> list[list[str]]:
        """List the jobs that wait or run, in the fields of squeue."""
        return [line.split("|") for line in self.ask("squeue", "-h", "-o", fields).splitlines()]

    def past(self) -> dict[str, dict[str, str]]:
        """Give what the controller knows of all jobs, ended ones as well."""
        records = self.ask("scontrol", "--oneliner", "show", "job").splitlines()
        fields = (dict(_pairs(record)) for record in records if record.startswith("JobId"))
        return {one["JobId"]: one for one in fields}

    def _start_munge(self) -> None:
        key = self.folder / "munge.key"
        key.write_bytes(os.urandom(1024))
        key.chmod(0o400)
        places = {"socket": "munge.socket", "pid-file": "munged.pid", "log-file": "munged.log"}
        places |= {"key-file": "munge.key", "seed-file": "munge.seed"}
        options = [f"--{option}={self.folder / name}" for option, name in places.items()]
        subprocess.run(["munged", "--force", *options], check=True, capture_output=True)

    def _start_node(self) -> None:
        """In a mount namespace of its own, as another machine has its own disks and /etc.

        The configuration lies in its usual place there: what jobs start does not inherit
        SLURM_CONF, as the plugin takes it away.
        """
        begin = [f"mount -t tmpfs none '{self.hidden}'", "mount -t tmpfs none /etc/slurm"]
        begin += [f"cp '{self.conf}' /etc/slurm/slurm.conf", "exec slurmd -f /etc/slurm/slurm.conf"]
        subprocess.run(["unshare", "--mount", "sh", "-c", " && ".join(begin)], check=True)


def _pairs(record: str) -> Iterator[tuple[str, str]]:
    for word in record.split():
        name, is_pair, value = word.partition("=")
        if is_pair:
            yield name, value


@contextmanager
def cluster_in(folder: Path) -> Iterator[Cluster]:
    """Run a SLURM as long as it is needed."""
    folder.mkdir(parents=True)
    hidden = folder / "hidden"
    hidden.mkdir()
    cluster = Cluster(folder, hidden)
    try:
        cluster.start()
        yield cluster
    finally:
        cluster.stop()


def why_not() -> str:
    """Say why there can be no SLURM here; nothing where there can."""
    missing = [name for name in DAEMONS if not shutil.which(name)]
    if missing:
        return f"not installed: {', '.join(missing)}"
    return "" if os.geteuid() == 0 else "slurmd has to be started by root"


def free_port() -> int:
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        port: int = one.getsockname()[1]
        return port


def end(pid_file: Path) -> None:
    """End a daemon, and wait until it is gone."""
    with suppress(OSError, ValueError):
        process = int(pid_file.read_text())
        os.kill(process, signal.SIGTERM)
        await_that(lambda: not Path(f"/proc/{process}").exists())


def await_that(condition: Callable[[], object], patience: float = PATIENCE_S) -> None:
    """Wait until something holds; it is an error when it never does."""
    deadline = time.monotonic() + patience
    while not condition():
        assert time.monotonic() < deadline, f"waited {patience} s in vain"
        time.sleep(0.05)
