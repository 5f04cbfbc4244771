"""Read the source once: every z-slab becomes full-resolution voxels.

needs   the config, the source images, draft.json (written while the rules are read)
gives   plan.json
        receipts/convert_slab/{layer}/{slab}.json    one slab is written
"""


rule write_plan:
    """Record layers, slabs and magnifications, as the rules were told."""
    input:
        draft="draft.json",
    output:
        plan="plan.json",
    log:
        "logs/write_plan.log",
    conda:
        "../../envs/runtime.yaml"
    threads: 0
    script:
        "../../scripts/write_plan.py"


rule convert_slab:
    """Convert one z-slab of one layer at full resolution.

    The slices are no inputs: the recipe holds size and time of each, compared for equality.
    """
    input:
        plan=ancient("draft.json"),
        reservation_first=upload_inputs.reservation_first,
    output:
        receipt="receipts/convert_slab/{layer}/{slab}.json",
    log:
        "logs/convert_slab/{layer}/{slab}.log",
    conda:
        "../../envs/runtime.yaml"
    threads: rule_resources.slab_threads
    resources:
        **cluster,
        mem_mb=rule_resources.slab_mem_mb,
        runtime=rule_resources.slab_minutes,
        in_flight=upload_inputs.weight,
    params:
        recipe=rule_inputs.slab_recipe,
    script:
        "../../scripts/convert_slab.py"
