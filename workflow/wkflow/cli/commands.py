"""The commands: which options each takes, and what it says of itself."""

from dataclasses import dataclass

from wkflow.options.command_options import NOT_OF, OPTIONS_OF
from wkflow.options.settings import Settings

OPTIONS = frozenset(Settings.model_fields) - NOT_OF["convert"] - {"command"}
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
    Command(
        "add-layer",
        "convert images to layers of a dataset that exists",
        "Convert images to layers of a dataset that exists: TARGET is its folder, or its URL on a "
        "WEBKNOSSOS server; its voxel size and magnifications hold. It stays as it was until all "
        "of them are there. The same command again resumes. What follows `--` goes to Snakemake.",
        frozenset(Settings.model_fields) - NOT_OF["add-layer"] - {"command"},
        {"command": "add-layer"},
        ("source", "target"),
        "wkflow add-layer --layer-name nuclei --category segmentation labels/ dataset/",
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
