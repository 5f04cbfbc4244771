"""Make all datasets of a sheet: each is a job, in which a workflow of its own makes it.

needs   the sheet that `samples` names, or the list that it is; each row has the options of a run
gives   datasets/{dataset}.json    what came of each dataset
        summary.tsv, report.html   of all, with links to the report of each
"""

from wkflow.cli.batch.samples import Samples

samples = Samples(config, workflow)
samples.read()
if workflow.modifier.is_main_snakefile():

    workdir: samples.folder


wildcard_constraints:
    dataset="[^/]+",


localrules:
    all,


rule convert_dataset:
    """Make one dataset of the sheet, with all its layers and magnifications."""
    output:
        told="datasets/{dataset}.json",
    log:
        "logs/convert_dataset/{dataset}.log",
    conda:
        "../../envs/runtime.yaml"
    threads: samples.cores
    resources:
        **samples.cluster_resources,
        mem_mb=samples.mem_mb,
        runtime=samples.minutes,
    params:
        options=samples.options,
    script:
        "../../scripts/convert_dataset.py"


onstart:
    samples.begin()


onsuccess:
    samples.sum_up()


onerror:
    samples.sum_up()
