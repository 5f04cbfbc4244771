"""Where the dataset was there before: let its new mags be seen, all at once.

needs   draft.json, all receipts
gives   receipts/extend_properties.json    the mags are listed in datasource-properties.json
"""


rule extend_properties:
    """Check every new shard against its receipt, then list the new magnifications.

    The properties are no output: Snakemake would remove them before it begins.
    """
    input:
        plan=ancient("draft.json"),
        layers=rule_inputs.layouts,
        receipts=rule_inputs.receipts,
    output:
        receipt="receipts/extend_properties.json",
    log:
        "logs/extend_properties.log",
    conda:
        "../../envs/runtime.yaml"
    threads: 0
    params:
        recipe=rule_inputs.properties_recipe,
    script:
        "../../scripts/extend_properties.py"
