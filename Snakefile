"""Image stacks become a WEBKNOSSOS dataset with its magnifications.

snakemake --cores all                            a small sample, made on the spot
snakemake --configfile my.yaml --cores all       your images; config/README.md has the options
"""

import sys
from pathlib import Path

from snakemake.utils import min_version

min_version("9.27")

HERE = Path(workflow.current_basedir.get_path_or_uri(secret_free=True))
sys.path.append(str(HERE / "workflow"))

from wkflow.entrance import enter


configfile: HERE / "config" / "config.yaml"


settings, plan = enter(config)

if workflow.modifier.is_main_snakefile():

    workdir: settings.run_folder


include: "workflow/rules/common.smk"
include: "workflow/rules/convert.smk"
include: "workflow/rules/downsample.smk"
include: "workflow/rules/publish.smk"


rule all:
    """The dataset is whole, and a report says what was done."""
    input:
        properties=ask.properties,
        report="report.json",
