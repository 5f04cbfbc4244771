"""Let the dataset say what it is made of: its files with their digests, and where it comes from.

needs   draft.json, all receipts; that the dataset is whole
gives   receipts/write_manifest.json    manifest.sha256 is in the dataset, and what --ro-crate adds
"""


rule write_manifest:
    """Read every file once more, hold it against its receipt, and list it with its SHA-256."""
    input:
        plan=ancient("draft.json"),
        receipts=rule_inputs.receipts,
        described=rule_inputs.described,
    output:
        receipt="receipts/write_manifest.json",
    log:
        "logs/write_manifest.log",
    conda:
        "../../envs/runtime.yaml"
    threads: rule_resources.manifest_threads
    resources:
        **cluster,
        mem_mb=rule_resources.block_mem_mb,
        runtime=rule_resources.manifest_minutes,
    params:
        crate=run.settings.ro_crate,
    script:
        "../../scripts/write_manifest.py"
