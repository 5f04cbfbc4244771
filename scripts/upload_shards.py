"""Send the files of one receipt, beside the conversion of others."""

from wkflow.delivery import Delivery
from wkflow.job import Job
from wkflow.secret import find_token
from wkflow.steps.upload_shards import upload_shards

with Job(snakemake) as job:
    delivery = Delivery.read(snakemake.input.delivery)
    options = {"parcel": snakemake.wildcards.parcel, "tick": job.tick}
    sent = upload_shards(delivery, job.run_folder, find_token(), **options)
    sent.write(snakemake.output.sent)
