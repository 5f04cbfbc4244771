"""What the command line says of an option beside its description: its group, and shorter texts."""

from typing import Any, Literal, get_args

from pydantic.fields import FieldInfo

Group = Literal["Dataset", "Pyramid", "Source", "Server", "Machine", "Cluster"]

GROUPS: tuple[Group, ...] = get_args(Group)
"""In the order in which help shows them."""


class About:
    """Goes into an option's field, as `json_schema_extra`: pydantic calls that with the schema.

    `brief` is said in place of the description where a person has a terminal before them;
    `of_command` is what a single command says, as `remote_convert="..."`.
    """

    def __init__(self, group: Group, brief: str = "", **of_command: str) -> None:
        self.group: Group = group
        self.brief, self.of_command = brief, of_command

    def __call__(self, schema: dict[str, Any]) -> None:
        """Add nothing to the JSON schema."""


def is_switch(option: FieldInfo) -> bool:
    """Whether an option is yes or no; without a default it may be left open as well."""
    return bool in {option.annotation, *get_args(option.annotation)}


def group_of(option: FieldInfo) -> Group:
    """Give the group of an option."""
    return _about(option).group


def help_of(option: FieldInfo, command: str) -> str:
    """Say what an option does in a command, in two lines or less."""
    about = _about(option)
    brief = about.brief or option.description or ""
    return about.of_command.get(command.replace("-", "_"), brief)


def description_of(option: FieldInfo, command: str) -> str:
    """Say what an option does in a command, at length."""
    return _about(option).of_command.get(command.replace("-", "_"), option.description or "")


def _about(option: FieldInfo) -> About:
    """Give what an option's field says; one that says nothing belongs to the dataset."""
    extra = option.json_schema_extra
    return extra if isinstance(extra, About) else About("Dataset")
