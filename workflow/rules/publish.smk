"""Let the dataset be seen, once all of it is there: its metadata, its properties, a report.

needs   draft.json, all receipts; for the report also the properties, and the proof of an upload
gives   receipts/write_properties.json    the dataset is whole
        report.json, report.html          what was done: for programs, and for people
        report/                           pictures and tables, which `snakemake --report` shows
"""


report: "../report/run.rst"


rule write_properties:
    """Check every shard, then write the properties: no output, as Snakemake would remove it."""
    input:
        plan=ancient("draft.json"),
        layers=rule_inputs.layouts,
        receipts=rule_inputs.receipts,
    output:
        receipt="receipts/write_properties.json",
    log:
        "logs/write_properties.log",
    conda:
        "../../envs/runtime.yaml"
    threads: 0
    params:
        recipe=rule_inputs.properties_recipe,
        goes=upload_inputs.passes,
    script:
        "../../scripts/write_properties.py"


rule write_report:
    """Sum up what was done, and draw the page that shows it."""
    input:
        plan=ancient("draft.json"),
        receipts=rule_inputs.receipts,
        extended=rule_inputs.extensions,
        last=upload_inputs.before_report,
    output:
        **run.report_files,
    log:
        "logs/write_report.log",
    benchmark:
        "benchmarks/write_report.tsv"
    conda:
        "../../envs/runtime.yaml"
    threads: 0
    params:
        recipe=rule_inputs.properties_recipe,
    script:
        "../../scripts/write_report.py"
