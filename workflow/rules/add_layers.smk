"""Let layers that were made beside a dataset become part of it.
needs   adding.json, the properties of the new layers, and report.json, which shows them
gives   receipts/merge_layers.json    they are moved into the dataset and listed there
"""


rule merge_layers:
    """Move the layers into the dataset, and list them by one replacement of its properties."""
    input:
        plan=ancient("draft.json"),
        properties="receipts/write_properties.json",
        report="report.json",
    output:
        receipt="receipts/merge_layers.json",
    log:
        "logs/merge_layers.log",
    conda:
        "../../envs/runtime.yaml"
    threads: 0
    script:
        "../../scripts/merge_layers.py"
