"""Read the source once: every z-slab becomes full-resolution voxels.

needs   the config, the source images, draft.json (written while the rules are read)
gives   plan.json
        receipts/create_layer/{layer}.json           the empty arrays exist
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


rule create_layer:
    """Lay out the empty chunked arrays of one layer, one per magnification."""
    input:
        plan=ancient("draft.json"),
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


rule convert_slab:
    """Convert one z-slab of one layer at full resolution."""
    input:
        plan=ancient("draft.json"),
        slices=ask.slices,
    output:
        receipt="receipts/convert_slab/{layer}/{slab}.json",
    log:
        "logs/convert_slab/{layer}/{slab}.log",
    conda:
        "../../envs/runtime.yaml"
    threads: ask.slab_threads
    resources:
        mem_mb=ask.slab_mem_mb,
        runtime=ask.slab_minutes,
    params:
        recipe=ask.slab_recipe,
    script:
        "../../scripts/convert_slab.py"
