"""Read the source before it is converted: its values choose a window. Only where that is asked for.

needs   the source images, draft.json
gives   receipts/count_values/{layer}/{digit}/{slab}.json    values of one slab are counted,
        counts/{layer}/{digit}/{slab}.npz                    16 bits of them in each pass
        receipts/choose_window/{layer}/{digit}.json          the last one tells the window
"""

from wkflow.rules.window_inputs import WindowInputs

window_inputs = WindowInputs(run.plan)


wildcard_constraints:
    digit="[0-9]+",


localrules:
    choose_window,


rule count_values:
    """Count one digit of all values of one z-slab."""
    input:
        plan=ancient("draft.json"),
        reservation_first=upload_inputs.reservation_first,
        earlier=window_inputs.earlier,
    output:
        receipt="receipts/count_values/{layer}/{digit}/{slab}.json",
        counts="counts/{layer}/{digit}/{slab}.npz",
    log:
        "logs/count_values/{layer}/{digit}/{slab}.log",
    conda:
        "../../envs/runtime.yaml"
    threads: rule_resources.slab_threads
    resources:
        **cluster,
        mem_mb=rule_resources.slab_mem_mb,
        runtime=rule_resources.slab_minutes,
    params:
        recipe=window_inputs.count_recipe,
    script:
        "../../scripts/count_values.py"


rule choose_window:
    """Tell one more digit of both ends of a layer's window."""
    input:
        plan=ancient("draft.json"),
        earlier=window_inputs.earlier,
        counted=window_inputs.counted,
    output:
        receipt="receipts/choose_window/{layer}/{digit}.json",
    log:
        "logs/choose_window/{layer}/{digit}.log",
    conda:
        "../../envs/runtime.yaml"
    threads: 1
    script:
        "../../scripts/choose_window.py"
