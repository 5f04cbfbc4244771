"""Types of options: what pydantic reads with a function of `parsers`.

`json_schema_input_type` says what may be given: to the schema, and to the functions of `api/`.
"""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal, TypeAlias

from pydantic import BeforeValidator

from wkflow.model import layer_names
from wkflow.model.box import Triple
from wkflow.model.data_formats import DATA_FORMATS
from wkflow.model.kernel import KERNELS
from wkflow.options import parsers

Name = Annotated[str, BeforeValidator(parsers.dataset_name)]
LayerName = Annotated[str, BeforeValidator(layer_names.layer_name)]
SourcePlace = Annotated[str, BeforeValidator(parsers.source, json_schema_input_type=str | Path)]
TargetPath = Annotated[Path, BeforeValidator(parsers.place, json_schema_input_type=str | Path)]
VoxelSize = Annotated[
    tuple[float, float, float],
    BeforeValidator(parsers.voxel_size, json_schema_input_type=Sequence[float] | str),
]
Shape = Annotated[
    Triple, BeforeValidator(parsers.shape, json_schema_input_type=int | Sequence[int] | str)
]
MagName = Annotated[str, BeforeValidator(parsers.mag, json_schema_input_type=int | str)]
Channels = Annotated[
    str, BeforeValidator(parsers.channels, json_schema_input_type=int | Sequence[int] | str)
]
Memory = Annotated[int, BeforeValidator(parsers.memory, json_schema_input_type=int | str)]
ByteCount = Annotated[int, BeforeValidator(parsers.byte_count, json_schema_input_type=int | str)]
Resources = Annotated[
    str,
    BeforeValidator(parsers.job_resources, json_schema_input_type=Mapping[str, object] | str),
]

if TYPE_CHECKING:
    FormatName: TypeAlias = str
    KernelName: TypeAlias = str
else:
    FormatName = Literal[tuple(DATA_FORMATS)]
    KernelName = Literal[("default", *KERNELS)]
