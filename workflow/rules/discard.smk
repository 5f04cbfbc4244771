"""Where the local dataset is only a means: what the server has goes.

needs   receipts/upload_shards/{batch}.json, the proof, report.json: it shows coarse mags
gives   receipts/discard_shards/{batch}.json    shards are gone that no job needs
        receipts/discard_local.json              the local dataset is gone
"""


rule discard_shards:
    """Remove the shards of one receipt, when they and what is made of them are sent."""
    input:
        delivery=ancient("delivery.json"),
        plan=ancient("draft.json"),
        receipt="receipts/{batch}.json",
        sent=upload_inputs.sent_with_downstream,
    output:
        receipt="receipts/discard_shards/{batch}.json",
    log:
        "logs/discard_shards/{batch}.log",
    priority: 30
    conda:
        "../../envs/runtime.yaml"
    threads: 0
    script:
        "../../scripts/discard_shards.py"


rule discard_local:
    """Remove the rest of the local dataset, when the server has proven to hold it."""
    input:
        delivery=ancient("delivery.json"),
        proof=upload_inputs.proof,
        report="report.json",
        discarded=upload_inputs.discarded,
    output:
        receipt="receipts/discard_local.json",
    log:
        "logs/discard_local.log",
    conda:
        "../../envs/runtime.yaml"
    threads: 0
    script:
        "../../scripts/discard_local.py"
