"""What all rules share: names of wildcards, the joints, and where small jobs run."""

from wkflow.rules.inputs import RuleInputs
from wkflow.rules.resources import RuleResources
from wkflow.rules.upload_inputs import UploadInputs

cluster = run.resources
rule_inputs = RuleInputs(run.plan)
rule_resources = RuleResources(
    run.plan,
    None if run.is_on_cluster else workflow.cores,
    sends=run.delivery is not None,
    given=run.settings.resources if run.is_on_cluster else None,
    sends_there=run.settings.upload_on_cluster,
)
upload_inputs = UploadInputs(
    run.delivery, rule_inputs, run.settings.run_folder, workflow.nodes or rule_resources.cores
)
workflow.register_resource("in_flight", upload_inputs.in_flight)
workflow.register_resource("senders", rule_resources.senders(upload_inputs.in_flight))
sender = cluster | {"mem_mb": rule_resources.sending_mem_mb, "in_flight": 1, "senders": 1}


wildcard_constraints:
    layer="[^/]+",
    mag="[0-9-]+",
    slab="(t[0-9]+)?z[0-9]+",
    block="b[0-9]+",
    attempt="[0-9]+",
    parcel=".+",


localrules:
    all,
    write_plan,
    create_layer,
    write_properties,
    write_report,
    extend_properties,
    finish_mags,
    reserve_upload,
    finish_upload,
    discard_shards,
    discard_local,


if not run.settings.upload_on_cluster:

    localrules:
        upload_mag,
        upload_shards,


onstart:
    run.prepare(workflow)
    run.claim()
    # else each run ends with a second of waiting
    workflow.scheduler.job_rate_limiter = None


onsuccess:
    run.require_whole()
