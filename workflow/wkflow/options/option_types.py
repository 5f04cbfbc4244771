"""Types of options: what pydantic reads with a function of `spelling`."""

from pathlib import Path
from typing import Annotated

from pydantic import BeforeValidator

from wkflow.model import layer_names
from wkflow.model.box import Triple
from wkflow.options import parsers

Name = Annotated[str, BeforeValidator(parsers.dataset_name)]
LayerName = Annotated[str, BeforeValidator(layer_names.layer_name)]
SourcePlace = Annotated[str, BeforeValidator(parsers.source)]
TargetPath = Annotated[Path, BeforeValidator(parsers.place)]
VoxelSize = Annotated[tuple[float, float, float], BeforeValidator(parsers.voxel_size)]
Shape = Annotated[Triple, BeforeValidator(parsers.shape)]
