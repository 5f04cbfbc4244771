"""Tell the server what the dataset says of itself: tags, teams, description, metadata, who sees it.
needs   delivery.json, which holds them; the proof, which gets what the server has of them
gives   receipts/check_details/{details}.json    before a voxel is read: the teams are there
        receipts/set_details/{details}.json      `details` digests them: others, another receipt
"""


rule check_details:
    """Ask the server whether it has these teams; also where others are given meanwhile."""
    input:
        delivery=ancient("delivery.json"),
    output:
        receipt="receipts/check_details/{details}.json",
    log:
        "logs/check_details/{details}.log",
    priority: 40
    conda:
        "../../envs/runtime.yaml"
    threads: 0
    script:
        "../../scripts/check_details.py"


rule set_details:
    """Set them when the dataset is whole there, and add them to the proof and the page."""
    input:
        delivery=ancient("delivery.json"),
        asked="receipts/check_details/{details}.json",
        proof="upload.json",
        report="report.json",
    output:
        receipt="receipts/set_details/{details}.json",
    log:
        "logs/set_details/{details}.log",
    conda:
        "../../envs/runtime.yaml"
    threads: 0
    script:
        "../../scripts/set_details.py"
