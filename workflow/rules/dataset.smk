"""All rules of one dataset, in the order of the way that voxels go.

needs   `run`: its options and its plan
gives   `upload_inputs.final_targets`: what a run has to reach
"""


include: "common.smk"
include: "convert.smk"
include: "downsample.smk"
include: "publish.smk"
include: "provenance.smk"
include: "upload.smk"
include: "details.smk"
include: "discard.smk"
include: "extend.smk"
include: "upload_mags.smk"
include: "add_layers.smk"
include: "compose_layers.smk"
