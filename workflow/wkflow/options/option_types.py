"""Types of options: what pydantic reads with a function of `spelling`."""

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
SourcePlace = Annotated[str, BeforeValidator(parsers.source)]
TargetPath = Annotated[Path, BeforeValidator(parsers.place)]
VoxelSize = Annotated[tuple[float, float, float], BeforeValidator(parsers.voxel_size)]
Shape = Annotated[Triple, BeforeValidator(parsers.shape)]

if TYPE_CHECKING:
    FormatName: TypeAlias = str
    KernelName: TypeAlias = str
else:
    FormatName = Literal[tuple(DATA_FORMATS)]
    KernelName = Literal[("default", *KERNELS)]
