"""What all rules share: their inputs and resources, names of wildcards, where small jobs run."""

from wkflow.rules.inputs import RuleInputs

rule_inputs = RuleInputs(run.plan)
rule_resources = run.rule_resources(workflow)
upload_inputs = run.upload_inputs(workflow, rule_inputs, rule_resources.cores)
run.limit(workflow, rule_resources, upload_inputs)
cluster = run.cluster_resources
sender = cluster | rule_resources.sending


wildcard_constraints:
    layer="[^/]+",
    mag="[0-9-]+",
    slab="(t[0-9]+)?z[0-9]+",
    block="b[0-9]+",
    attempt="[0-9]+",
    details="[0-9a-f]+",
    batch=".+",


localrules:
    all,
    create_layer,
    write_properties,
    write_report,
    extend_properties,
    merge_layers,
    compose_layers,
    finish_mags,
    reserve_upload,
    finish_upload,
    check_details,
    set_details,
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
    run.tell_success()


onerror:
    run.tell_failure(log)
