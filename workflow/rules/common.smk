"""What all rules share: names of wildcards, the joints, and where small jobs run."""

from wkflow.rules.inputs import Joints
from wkflow.rules.resources import Needs
from wkflow.rules.upload_inputs import Sending

cluster = run.resources
ask = Joints(run.plan)
need = Needs(
    run.plan,
    None if run.is_on_cluster else workflow.cores,
    sends=run.delivery is not None,
    given=run.settings.resources if run.is_on_cluster else None,
    sends_there=run.settings.upload_on_cluster,
)
sending = Sending(run.delivery, ask, run.settings.run_folder, workflow.nodes or need.cores)
workflow.register_resource("in_flight", sending.in_flight)
workflow.register_resource("senders", need.senders(sending.in_flight))
sender = cluster | {"mem_mb": need.sending_mem_mb, "in_flight": 1, "senders": 1}


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
    run.attend(workflow)
    run.claim()
    # else each run ends with a second of waiting
    workflow.scheduler.job_rate_limiter = None


onsuccess:
    run.look_again()
