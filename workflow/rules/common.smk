"""What all rules share: names of wildcards, the joints, and where small jobs run."""

from wkflow.joints import Joints
from wkflow.steps.write_plan import claim

ask = Joints(plan, workflow.cores)


wildcard_constraints:
    layer="[^/]+",
    mag="[0-9-]+",
    slab="z[0-9]+",
    block="b[0-9]+",


localrules:
    all,
    write_plan,
    create_layer,
    write_properties,
    write_report,


onstart:
    claim(plan, Path.cwd())
    if workflow.local_exec:
        # else each run ends with a second of waiting
        workflow.scheduler.job_rate_limiter = None
