"""The command on the page: what it means, and what it never says."""

import shlex
from pathlib import Path

import yaml
from wkflow import __version__
from wkflow.options.settings import Settings
from wkflow.report.command_line import command_of, config_text, options_of, versions

GIVEN = {
    "source": "/data/em stack", "target": "/data/out", "voxel_size": "4,4,40.5",
    "layer_name": "em", "downsample": False, "follow_links": True, "jobs": 3,
}  # fmt: skip


def options(folder: Path, **given: object) -> dict[str, object]:
    """Give the options of a run as its page has them."""
    document = Settings.parse(given, where="test").to_dict()
    (folder / "config.yaml").write_text(yaml.safe_dump(document, sort_keys=False))
    return options_of(folder)


def test_the_command_gives_the_same_run(tmp_path: Path) -> None:
    """Read again as a shell and the program would, it has the same options."""
    read = options(tmp_path, **GIVEN)
    program, command, *words = shlex.split(command_of(read))
    assert (program, command) == ("wkflow", "convert")
    assert words == [
        "--voxel-size", "4.0,4.0,40.5", "--layer-name", "em", "--no-downsample", "--jobs", "3",
        "--follow-links", "/data/em stack", "/data/out",
    ]  # fmt: skip


def test_secrets_of_urls_are_left_out(tmp_path: Path) -> None:
    """Passwords and signatures are in the run folder's options, and nowhere on the page."""
    url = "https://me:hidden@host.example/em.zip?X-Amz-Signature=hidden"
    read = options(tmp_path, source=url, target="/data/out")
    said = command_of(read) + config_text(read)
    assert "https://host.example/em.zip" in said
    assert "hidden" not in said


def test_versions_are_told() -> None:
    """Of the program and of what voxels depend on."""
    found = versions()
    assert found["wkflow"] == __version__
    assert {"Python", "numpy", "snakemake", "system"} <= found.keys()
