"""Climb the ladder: every mag is computed from the one below it.

needs   draft.json, receipts/convert_slab/{layer}/{slab}.json
gives   receipts/downsample_block/{layer}/{mag}/{block}.json    some shards of a big mag
        receipts/downsample_rest/{layer}.json                   all small mags of a layer
"""


rule downsample_block:
    """Build one block of one big magnification."""
    input:
        plan=ancient("draft.json"),
        feeders=ask.block_feeders,
    output:
        receipt="receipts/downsample_block/{layer}/{mag}/{block}.json",
    log:
        "logs/downsample_block/{layer}/{mag}/{block}.log",
    priority: 10
    conda:
        "../../envs/runtime.yaml"
    threads: need.block_threads
    resources:
        **cluster,
        mem_mb=need.downsample_mem_mb,
        runtime=need.block_minutes,
        in_flight=sending.weight,
    params:
        recipe=ask.block_recipe,
    script:
        "../../scripts/downsample_block.py"


rule downsample_rest:
    """Build all remaining small magnifications of a layer in one job."""
    input:
        plan=ancient("draft.json"),
        feeders=ask.rest_feeders,
    output:
        receipt="receipts/downsample_rest/{layer}.json",
    log:
        "logs/downsample_rest/{layer}.log",
    priority: 10
    conda:
        "../../envs/runtime.yaml"
    threads: need.rest_threads
    resources:
        **cluster,
        mem_mb=need.downsample_mem_mb,
        runtime=need.rest_minutes,
        in_flight=sending.weight,
    params:
        recipe=ask.rest_recipe,
    script:
        "../../scripts/downsample_rest.py"
