"""Where the dataset is on a server: send each new mag as soon as it is there.

needs   draft.json, delivery.json, receipts of blocks and layouts
gives   receipts/upload_mag/{layer}/{mag}.json    the server has added the mag
        receipts/finish_mags.json                 all are there, and hold what was sent
"""


rule upload_mag:
    """Send one magnification to the dataset, beside the computation of others."""
    input:
        delivery=ancient("delivery.json"),
        plan=ancient("draft.json"),
        layout="receipts/create_layer/{layer}.json",
        receipts=rule_inputs.mag_receipts,
    output:
        sent="receipts/upload_mag/{layer}/{mag}.json",
    log:
        "logs/upload_mag/{layer}/{mag}.log",
    benchmark:
        "benchmarks/upload_mag/{layer}/{mag}.tsv"
    priority: 20
    conda:
        "../../envs/runtime.yaml"
    threads: rule_resources.sending_threads
    resources:
        **sender,
    script:
        "../../scripts/upload_mag.py"


rule finish_mags:
    """Read back from the server what was sent to it."""
    input:
        delivery=ancient("delivery.json"),
        plan=ancient("draft.json"),
        sent=rule_inputs.mags_sent,
    output:
        receipt="receipts/finish_mags.json",
    log:
        "logs/finish_mags.log",
    conda:
        "../../envs/runtime.yaml"
    threads: 0
    script:
        "../../scripts/finish_mags.py"
