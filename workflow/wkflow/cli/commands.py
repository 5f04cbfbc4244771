"""The commands: which options each takes, and what it says of itself."""

from dataclasses import dataclass

from wkflow.options.downsample import DownsampleOptions
from wkflow.options.settings import OPTIONS_OF, Settings

OPTIONS = frozenset(Settings.model_fields) - {
    "command",
    *DownsampleOptions.model_fields,
}
"""Of a conversion, with or without an upload."""


@dataclass(frozen=True, slots=True)
class Command:
    """One subcommand: `fixed` are the options that it stands for."""

    name: str
    help: str
    description: str
    options: frozenset[str]
    fixed: dict[str, object]
    positional: tuple[str, ...]
    example: str


COMMANDS = (
    Command(
        "convert",
        "convert an image stack on disk to a dataset on disk",
        "Convert images of any format to a WEBKNOSSOS dataset with its pyramid; with --upload to "
        "one on a server. The same command again resumes. What follows `--` goes to Snakemake.",
        OPTIONS,
        {"command": "convert"},
        ("source", "target"),
        "wkflow convert --voxel-size 11.24,11.24,25 slices/ dataset/",
    ),
    Command(
        "remote-convert",
        "convert an image stack to a dataset on a WEBKNOSSOS server",
        "Convert an image stack and send it to a WEBKNOSSOS server meanwhile: asked first, proven "
        "afterwards. The same command again resumes. What follows `--` goes to Snakemake.",
        OPTIONS - {"target", "upload", "overwrite_existing", "assume_yes"},
        {"command": "convert", "upload": True},
        ("source",),
        "wkflow remote-convert --voxel-size 11.24,11.24,25 --folder lab/raw slices/",
    ),
    Command(
        "upload",
        "send a dataset on disk to a WEBKNOSSOS server",
        "Send a dataset of any tool to a WEBKNOSSOS server and prove that it has arrived; --jobs "
        "are parallel connections. The same command again resumes.",
        OPTIONS_OF["upload"] - {"command"},
        {"command": "upload"},
        ("source",),
        "wkflow upload --webknossos-url https://wk.example.org dataset/",
    ),
    Command(
        "downsample",
        "add coarser magnifications to a dataset on disk or on a server",
        "Compute the missing magnifications of a dataset that exists: TARGET is its folder, or its "
        "URL on a WEBKNOSSOS server. It stays as it was until all are there. The same command "
        "again resumes. What follows `--` goes to Snakemake.",
        OPTIONS_OF["downsample"] - {"command"},
        {"command": "downsample"},
        ("target",),
        "wkflow downsample --coarsest-mag 32 dataset/",
    ),
)

RUN = Command(
    "run",
    "do what a YAML file of options says",
    "Do what CONFIG says, a YAML file of options: its `command` is convert (by default), upload or "
    "downsample. Flags win over the file. `wkflow init` writes one. The same command again "
    "resumes. What follows `--` goes to Snakemake.",
    frozenset(Settings.model_fields) - {"command"},
    {},
    (),
    "wkflow run --jobs 4 my.yaml",
)
"""The command that takes its options from a file, all of them as flags as well."""

CONFIG_FLAGS = ("--config", "--configfile")
"""How the other commands are given a file of options."""
