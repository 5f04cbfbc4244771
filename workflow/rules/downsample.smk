"""Build the magnifications: every mag is computed from the one below it.

needs   draft.json, receipts/convert_slab/{layer}/{slab}.json
gives   receipts/downsample_block/{layer}/{mag}/{block}.json    some shards of a big mag
        receipts/downsample_rest/{layer}.json                   all small mags of a layer
"""


rule downsample_block:
    """Build one block of one big magnification."""
    input:
        plan=ancient("draft.json"),
        upstream=rule_inputs.block_upstream,
    output:
        receipt="receipts/downsample_block/{layer}/{mag}/{block}.json",
    log:
        "logs/downsample_block/{layer}/{mag}/{block}.log",
    benchmark:
        "benchmarks/downsample_block/{layer}/{mag}/{block}.tsv"
    priority: 10
    conda:
        "../../envs/runtime.yaml"
    threads: rule_resources.block_threads
    resources:
        **cluster,
        mem_mb=rule_resources.block_mem_mb,
        runtime=rule_resources.block_minutes,
        in_flight=upload_inputs.weight,
    params:
        recipe=rule_inputs.block_recipe,
    script:
        "../../scripts/downsample_block.py"


rule downsample_rest:
    """Build all remaining small magnifications of a layer in one job."""
    input:
        plan=ancient("draft.json"),
        upstream=rule_inputs.rest_upstream,
    output:
        receipt="receipts/downsample_rest/{layer}.json",
    log:
        "logs/downsample_rest/{layer}.log",
    benchmark:
        "benchmarks/downsample_rest/{layer}.tsv"
    priority: 10
    conda:
        "../../envs/runtime.yaml"
    threads: rule_resources.rest_threads
    resources:
        **cluster,
        mem_mb=rule_resources.rest_mem_mb,
        runtime=rule_resources.rest_minutes,
        in_flight=upload_inputs.weight,
    params:
        recipe=rule_inputs.rest_recipe,
    script:
        "../../scripts/downsample_rest.py"
