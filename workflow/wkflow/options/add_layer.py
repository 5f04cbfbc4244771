"""The option of `wkflow add-layer`: what becomes of a layer that has the same name."""

from pydantic import BaseModel, Field

from wkflow.options.option_help import About


class AddLayerOptions(BaseModel):
    """From images to a layer of a dataset that exists."""

    replace: bool = Field(
        default=False,
        description="Let a new layer take the place of one of the dataset that has its name; that "
        "one stays until the new one is whole.",
        json_schema_extra=About(
            "Dataset", "Take the place of a layer that has this name, when the new one is whole."
        ),
    )
