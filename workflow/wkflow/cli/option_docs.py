"""The papers about options, made from their one declaration: YAML, schema, table.

`python -m wkflow.cli.option_docs config` writes them into a checkout's `config/`, and schemas where
the Workflow Catalog looks for them; a test fails when they are not what it would write.
"""

import json
import sys
from pathlib import Path

from pydantic.fields import FieldInfo

from wkflow.cli.command_parser import choices_of, spell
from wkflow.options.option_help import GROUPS, group_of, is_switch
from wkflow.options.settings import Settings
from wkflow.options.sheet import sheet_schema

HEAD = ("| option | values | default | what it does |", "|---|---|---|---|")

INTRODUCTION = """\
# Options

One YAML file holds the options of a run:

```yaml
source: /data/stack          # folder of slices, folder of such folders, file, zip or URL
target: /data/dataset
voxel_size: [11.24, 11.24, 25]
```

```sh
wkflow run my.yaml
```

wherever wkflow is installed, or in a checkout, by Snakemake itself:

```sh
snakemake --configfile my.yaml --cores all
```

With `samples: samples.tsv`, or a list in its place, Snakemake makes all datasets of a sheet; what
else the file holds is for all of them. For `wkflow batch` the sheet is an argument.

`wkflow init` writes such a file, with the options that matter and what they mean. Editors
complete and check it by the schema `workflow/schemas/config.schema.json` of the repository.

To send it to a WEBKNOSSOS server, give `upload: true` in place of `target`; to send a dataset that
exists, `command: upload` and the dataset as `source`. The token is no option: it stands in the
environment, as `WK_TOKEN`.

The CLI takes the same options as flags: `voxel_size` is `--voxel-size`. `wkflow run` takes all of
them beside the file, and the other commands take a file with `--config my.yaml`; flags win over it,
and it wins over the environment. Keys that are left out, or null, have their defaults; unknown keys
are errors, and so are keys that stand there twice. Relative paths start at the folder in which the
command is given, by either door, wherever the file lies. The `config.yaml` of a run folder has the
options of its run, with absolute paths, and is such a file.

In a workflow of your own, include ours as a module: once, or several times with a `prefix` each.
Receipts, logs and report lie below the prefix, else in the folder of your workflow:

```python
module cells:
    snakefile: "path/to/wkflow/Snakefile"
    config: config["cells"]
    prefix: "cells"

use rule * from cells as cells_*

rule mine:
    input: rules.cells_all.input  # the dataset at `target` is whole then
```

"""


def config_yaml() -> str:
    """Give `config/config.yaml`: every option with its default and its description."""
    lines = [
        "# The defaults of all options. Do not edit: give your own file with --configfile.",
        "# Without source, target and voxel_size a small sample is made and converted.",
        "# `samples: samples.tsv` in your file makes all datasets of a sheet.",
    ]
    for name, option in Settings.model_fields.items():
        default = option.default
        value = list(default) if isinstance(default, tuple) else default
        value = None if value == "" else value
        lines += ["", f"# {option.description}", f"{name}: {json.dumps(value)}"]
    return "\n".join(lines) + "\n"


def schema_json() -> str:
    """Give `workflow/schemas/config.schema.json`: for editors that complete and check YAML."""
    schema = Settings.model_json_schema()
    schema["properties"]["samples"] = {
        "description": "A sheet of datasets, or a list of them: for Snakemake itself.",
        "anyOf": [
            {"type": "string"},
            {"type": "array", "items": {"type": "object"}},
            {"type": "null"},
        ],
        "default": None,
    }
    return json.dumps(schema, indent=2) + "\n"


def options_table() -> str:
    """Give `config/README.md`: the introduction and all options, a table for each group."""
    lines = []
    for group in GROUPS:
        lines += [f"## {group}", "", *HEAD]
        fields = Settings.model_fields.items()
        lines += [_row(name, option) for name, option in fields if group_of(option) == group]
        lines.append("")
    return INTRODUCTION + "\n".join(lines)


def _row(name: str, option: FieldInfo) -> str:
    values = " ".join(f"`{choice}`" for choice in choices_of(name))
    if is_switch(option):
        values = "`true` `false`"
    default = f"`{spell(option.default)}`" if option.default not in {None, ""} else ""
    return f"| `{name}` | {values} | {default} | {option.description} |"


SCHEMAS = "../workflow/schemas"
"""Seen from `config`."""

PAPERS = {
    "config.yaml": config_yaml,
    f"{SCHEMAS}/config.schema.json": schema_json,
    f"{SCHEMAS}/sheet.schema.json": sheet_schema,
    "README.md": options_table,
}


def main(folder: Path) -> None:
    """Write all papers into `folder`, schemas beside it."""
    folder.joinpath(SCHEMAS).mkdir(parents=True, exist_ok=True)
    for name, make in PAPERS.items():
        (folder / name).write_text(make())


if __name__ == "__main__":
    main(Path(sys.argv[1]))
