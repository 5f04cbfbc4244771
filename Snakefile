"""Image stacks become a WEBKNOSSOS dataset with its magnifications, here or on the server.
snakemake --cores all                            a small sample, made on the spot
snakemake --configfile my.yaml --cores all       your images; config/README.md has the options
"""

import sys

from snakemake.utils import min_version

min_version("9.27")

HERE = workflow.current_basedir.get_path_or_uri(secret_free=True)
sys.path.append(f"{HERE}/workflow")

from wkflow.rules.evaluate import evaluate


configfile: f"{HERE}/config/config.yaml"


run = evaluate(config, workflow)
if workflow.modifier.is_main_snakefile():

    workdir: run.settings.run_folder


include: "workflow/rules/common.smk"
include: "workflow/rules/convert.smk"
include: "workflow/rules/downsample.smk"
include: "workflow/rules/publish.smk"
include: "workflow/rules/upload.smk"
include: "workflow/rules/discard.smk"
include: "workflow/rules/extend.smk"
include: "workflow/rules/upload_mags.smk"


rule all:
    """The dataset is whole, here or on the server, and a report says what was done."""
    input:
        upload_inputs.final_targets,
