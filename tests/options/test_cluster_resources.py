"""What a cluster's job gets, as people write it for sbatch and for Kubernetes."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from wkflow.options.cluster_resources import JobResources


@pytest.mark.parametrize(
    ("text", "mebibytes"),
    [
        *(("10M", 10), ("32G", 32768), ("32GB", 32768), ("32GiB", 32768), ("1.5g", 1536)),
        *(("2T", 2 * 1024**2), ("2048K", 2), ("500", 500), ("8Gi", 8192)),
    ],
)
def test_memory_is_read_as_sbatch_does(text: str, mebibytes: int) -> None:
    """In MiB, and a number alone is MiB."""
    assert JobResources.parse({"mem": text}).mem_mb == mebibytes
    assert JobResources.parse({"memory": text}).mem_mb == mebibytes


@pytest.mark.parametrize(
    ("text", "minutes"),
    [
        *(("90", 90), ("30:00", 30), ("30:01", 31), ("02:00:00", 120), ("2:30:00", 150)),
        *(("1-12", 2160), ("1-02:30", 1590), ("2-00:00:00", 2880), ("0:30", 1)),
        *(("90m", 90), ("2h", 120), ("1.5h", 90), ("1d", 1440), ("30s", 1)),
    ],
)
def test_time_is_read_as_sbatch_does(text: str, minutes: int) -> None:
    """In whole minutes, rounded up (man sbatch, --time)."""
    assert JobResources.parse({"time": text}).minutes == minutes


@given(st.integers(0, 30), st.integers(0, 23), st.integers(0, 59), st.integers(0, 59))
def test_any_time_is_enough(days: int, hours: int, minutes: int, seconds: int) -> None:
    """Never less than was given, and less than a minute more."""
    total = ((days * 24 + hours) * 60 + minutes) * 60 + seconds
    if total == 0:
        return
    text = f"{days}-{hours:02}:{minutes:02}:{seconds:02}"
    found = JobResources.parse({"time": text}).minutes
    assert found is not None
    assert total <= found * 60 < total + 60


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ({"mem": "much"}, "memory such as 32G or 500M, and not 'much'"),
        ({"mem": "0"}, "memory such as"),
        ({"mem": "1.2.3G"}, "memory such as"),
        ({"time": "tomorrow"}, "time such as 02:00:00"),
        ({"time": "0"}, "time such as"),
        ({"cpus": "2.5"}, "cpus as a whole number"),
        ({"cpus-per-task": "0"}, "cpus as a whole number"),
        ({"job-name": "x"}, "must not hold job-name"),
        ({"--output": "x"}, "must not hold output"),
        ({"a b": "x"}, "must hold names such as"),
        ({"$(id)": "x"}, "must hold names such as"),
    ],
)
def test_what_means_nothing_is_refused(given: dict[str, object], words: str) -> None:
    """With what would do."""
    with pytest.raises(ValueError, match="must") as caught:
        JobResources.parse(given)
    assert words in str(caught.value)


def test_options_of_slurm_reach_its_plugin() -> None:
    """Those that it knows by its names, others as they are, safe for a shell."""
    found = JobResources.parse({
        "partition": "short", "A": "em", "qos": "high", "cpus-per-task": 3,
        "exclusive": True, "nodelist": "a b;rm", "gres": "ssd:1",
    })  # fmt: skip
    assert found.cpus == 3
    assert found.on_slurm() == {
        "slurm_partition": "short",
        "slurm_account": "em",
        "qos": "high",
        "gres": "ssd:1",
        "slurm_extra": "--exclusive --nodelist='a b;rm'",
    }
    assert JobResources.parse({}).on_slurm() == {}


def test_kubernetes_knows_other_names() -> None:
    """What is the same for all jobs is no resource; what it does not know is refused."""
    given = {"cpu": "2", "memory": "8Gi", "namespace": "em", "mounts": ["a:/a", "b:/b"]}
    found = JobResources.parse(given | {"machine_type": "n2"})
    found.require_known_to_kubernetes()
    assert (found.cpus, found.mem_mb) == (2, 8192)
    assert found.others["volumes"] == "a:/a,b:/b"
    assert found.on_kubernetes() == {"machine_type": "n2"}
    with pytest.raises(ValueError, match="must not hold partition on Kubernetes"):
        JobResources.parse({"partition": "x"}).require_known_to_kubernetes()
