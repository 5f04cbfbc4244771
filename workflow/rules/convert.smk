"""Read the source once: every z-slab becomes full-resolution voxels.

needs   the source images, draft.json (written while the rules are read)
gives   receipts/create_layer/{layer}.json           its arrays are laid out
        receipts/convert_slab/{layer}/{slab}.json    one slab is written
"""

from wkflow.rules.window_inputs import chooses_windows


rule create_layer:
    """Lay out the empty chunked arrays of one layer, one per magnification."""
    input:
        plan=ancient("draft.json"),
        reservation_first=upload_inputs.reservation_first,
    output:
        receipt="receipts/create_layer/{layer}.json",
    log:
        "logs/create_layer/{layer}.log",
    conda:
        "../../envs/runtime.yaml"
    threads: 0
    params:
        recipe=rule_inputs.layout_recipe,
    script:
        "../../scripts/create_layer.py"


rule convert_slab:
    """Convert one z-slab of one layer at full resolution.

    The slices are no inputs: the recipe holds size and time of each, compared for equality.
    """
    input:
        plan=ancient("draft.json"),
        reservation_first=upload_inputs.reservation_first,
        window=rule_inputs.window,
    output:
        receipt="receipts/convert_slab/{layer}/{slab}.json",
    log:
        "logs/convert_slab/{layer}/{slab}.log",
    benchmark:
        "benchmarks/convert_slab/{layer}/{slab}.tsv"
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


if chooses_windows(run.plan):

    include: "window.smk"
