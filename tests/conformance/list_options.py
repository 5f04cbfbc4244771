"""List the options of the official commands, as JSON; in the official environment."""

import json

import typer
from webknossos.cli.main import app

commands = typer.main.get_command(app).commands
print(json.dumps({  # noqa: T201 -- it is the answer
    name: {
        spelling: list(getattr(option.type, "choices", ()))
        for option in command.params
        for spelling in [*option.opts, *option.secondary_opts]
    }
    for name, command in commands.items()
}))  # fmt: skip
