"""Run the official command and scripts, each in a fork of this process, which has imported it.

Run as a script by the official environment's Python. To import the package takes 2 to 3 seconds,
and the tests run it some hundred times. Each line of the input asks for one run: a JSON object with
`argv` (of `webknossos`, or of a script's path), `out` and `err`, the files for what it prints. Each
line of the output is the exit status of one run.
"""

import json
import os
import runpy
import sys
import traceback
import warnings
from pathlib import Path

with warnings.catch_warnings():
    warnings.simplefilter("ignore")  # of readers that no test needs
    from webknossos.cli.main import app

COMMAND = "webknossos"


def become(argv: list[str], out: str, err: str) -> None:
    """Do what is asked for, as a process of its own would."""
    for path, number in ((os.devnull, 0), (out, 1), (err, 2)):
        os.dup2(os.open(path, os.O_RDWR | os.O_CREAT, 0o600), number)
    sys.argv = argv
    if argv[0] == COMMAND:
        app()
    else:
        sys.path[0] = str(Path(argv[0]).parent)
        runpy.run_path(argv[0], run_name="__main__")


def status_of(argv: list[str], out: str, err: str) -> int:
    """Give the exit status of one run; it is left here only in the child."""
    try:
        become(argv, out, err)
    except SystemExit as end:
        if end.code is None or isinstance(end.code, int):
            return end.code or 0
        sys.stderr.write(f"{end.code}\n")
        return 1
    except BaseException:  # noqa: BLE001 -- an interpreter of its own would print it, and end with 1
        traceback.print_exc()
        return 1
    return 0


def main() -> None:
    """Answer until the input ends."""
    for line in sys.stdin:
        child = os.fork()
        if not child:
            status = status_of(**json.loads(line))
            sys.stdout.flush()
            sys.stderr.flush()
            os._exit(status)
        _, ended = os.waitpid(child, 0)
        sys.stdout.write(f"{os.waitstatus_to_exitcode(ended)}\n")
        sys.stdout.flush()


if __name__ == "__main__":
    main()
