"""Types of options: what pydantic reads with a function of `spelling`."""

from pathlib import Path
from typing import Annotated

from pydantic import BeforeValidator

from wkflow import spelling
from wkflow.box import Triple

Name = Annotated[str, BeforeValidator(spelling.dataset_name)]
LayerName = Annotated[str, BeforeValidator(spelling.layer_name)]
SourcePlace = Annotated[str, BeforeValidator(spelling.source)]
Place = Annotated[Path, BeforeValidator(spelling.place)]
VoxelSize = Annotated[tuple[float, float, float], BeforeValidator(spelling.voxel_size)]
Shape = Annotated[Triple, BeforeValidator(spelling.shape)]
