"""Which options each command takes, and which it does not."""

from wkflow.options.add_layer import AddLayerOptions
from wkflow.options.dataset_details import DetailOptions
from wkflow.options.downsample import DownsampleOptions
from wkflow.options.upload import UploadOptions

_OF_DOWNSAMPLE = frozenset(DownsampleOptions.model_fields)

NOT_OF = {
    "convert": _OF_DOWNSAMPLE | AddLayerOptions.model_fields.keys(),
    "add-layer": _OF_DOWNSAMPLE | DetailOptions.model_fields.keys() | {
        *("layers", "name", "overwrite_existing", "assume_yes", "upload", "webknossos_url"),
        *("manifest", "ro_crate"),
    },
}  # fmt: skip
"""Options that commands do not take which read images; they take all others."""

OPTIONS_OF = {
    "upload": frozenset({
        *("command", "source", "name", "jobs", "work_dir", "follow_links", "report"),
        *UploadOptions.model_fields.keys() - {"upload", "keep_local"},
        *DetailOptions.model_fields,
    }),
    "downsample": _OF_DOWNSAMPLE | {
        *("command", "target", "layer_name", "sampling_mode", "max_mag", "interpolation_mode"),
        "bounding_box",
        *("chunk_shape", "shard_shape", "compress", "compression", "transfer_mode", "ca_bundle"),
        "insecure",
        *("verify", "keep_local", "jobs", "distribution_strategy", "job_resources", "memory"),
        *("job_size", "work_dir", "upload_on_cluster", "follow_links", "report"),
        *("manifest", "ro_crate"),
    },
}  # fmt: skip
"""Options of the commands that take few."""
