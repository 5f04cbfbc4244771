"""Let a dataset on a server show layers that were sent as a dataset of their own.
needs   delivery.json, which names it; the proof that all of them are there
gives   receipts/compose_layers.json    it has them: until then it is what it was
"""


rule compose_layers:
    """Ask the server to add them, and look whether it did."""
    input:
        delivery=ancient("delivery.json"),
        proof="upload.json",
        report="report.json",
    output:
        receipt="receipts/compose_layers.json",
    log:
        "logs/compose_layers.log",
    conda:
        "../../envs/runtime.yaml"
    threads: 0
    script:
        "../../scripts/compose_layers.py"
