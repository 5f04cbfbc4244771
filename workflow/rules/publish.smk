"""Let the dataset be seen, once all of it is there: its metadata, its properties, a report."""


rule create_layer:
    """Lay out the empty chunked arrays of one layer, one per magnification."""
    input:
        plan=ancient("draft.json"),
        gate=sending.gate,
    output:
        receipt="receipts/create_layer/{layer}.json",
    log:
        "logs/create_layer/{layer}.log",
    conda:
        "../../envs/runtime.yaml"
    threads: 0
    params:
        recipe=ask.layout_recipe,
    script:
        "../../scripts/create_layer.py"


rule write_properties:
    """Check every shard, then write the properties: no output, as Snakemake would remove it."""
    input:
        plan=ancient("draft.json"),
        layers=ask.layouts,
        receipts=ask.receipts,
    output:
        receipt="receipts/write_properties.json",
    log:
        "logs/write_properties.log",
    conda:
        "../../envs/runtime.yaml"
    threads: 0
    params:
        recipe=ask.properties_recipe,
        goes=sending.passes,
    script:
        "../../scripts/write_properties.py"


rule write_report:
    """Sum up what was done, rule by rule."""
    input:
        plan=ancient("draft.json"),
        receipts=ask.receipts,
        extended=ask.extensions,
    output:
        report="report.json",
    log:
        "logs/write_report.log",
    conda:
        "../../envs/runtime.yaml"
    threads: 0
    params:
        recipe=ask.properties_recipe,
    script:
        "../../scripts/write_report.py"
