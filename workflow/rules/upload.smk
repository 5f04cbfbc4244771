"""Send the dataset while it is being made, and finish when all of it is there.
needs   delivery.json (written while the rules are read), receipts of slabs and blocks
gives   receipts/{reserve_upload,upload_shards}/..., and upload.json: the proof
"""


rule reserve_upload:
    """Ask the server whether it will take the dataset, before any voxel is read."""
    input:
        delivery=ancient("delivery.json"),
    output:
        reservation="receipts/reserve_upload/{attempt}.json",
    log:
        "logs/reserve_upload/{attempt}.log",
    priority: 40
    conda:
        "../../envs/runtime.yaml"
    threads: 0
    script:
        "../../scripts/reserve_upload.py"


rule upload_shards:
    """Send the files of one receipt, beside the conversion of others."""
    input:
        delivery=ancient("delivery.json"),
        reservation=upload_inputs.reservation,
        receipt="receipts/{batch}.json",
    output:
        sent="receipts/upload_shards/{batch}.json",
    log:
        "logs/upload_shards/{batch}.log",
    benchmark:
        "benchmarks/upload_shards/{batch}.tsv"
    priority: 20
    conda:
        "../../envs/runtime.yaml"
    threads: rule_resources.sending_threads
    resources:
        **sender,
    script:
        "../../scripts/upload_shards.py"


rule finish_upload:
    """Send the properties, let the server finish, and read back what it has."""
    input:
        delivery=ancient("delivery.json"),
        reservation=upload_inputs.reservation,
        batches=upload_inputs.sent,
        properties=upload_inputs.last,
    output:
        proof="upload.json",
    log:
        "logs/finish_upload.log",
    conda:
        "../../envs/runtime.yaml"
    threads: 0
    script:
        "../../scripts/finish_upload.py"
