"""The process of a call: reads the options, does the work, writes the answer.

Its caller writes a question into its standard input, as JSON, and reads the answer from its
standard output: the length of what follows, and a result or an error, pickled.
"""

import gc
import os
import pickle
import signal
import sys
import tempfile
import traceback
from contextlib import ExitStack
from threading import Event
from types import FrameType
from typing import Any

LENGTH_BYTES = 8

LOOK_S = 1.0
"""Between two looks whether the caller is still there."""

STOPPED = 130


def is_whole(answer: bytes) -> bool:
    """Whether all of an answer is there.

    >>> is_whole(answer_of("done")), is_whole(answer_of("done")[:-1]), is_whole(b"")
    (True, False, False)
    """
    length = int.from_bytes(answer[:LENGTH_BYTES], "big")
    return len(answer) >= LENGTH_BYTES + length > LENGTH_BYTES


def answer_of(value: object) -> bytes:
    """Write an answer."""
    pickled = pickle.dumps(value)
    return len(pickled).to_bytes(LENGTH_BYTES, "big") + pickled


def main() -> int:
    """Do what the caller asks, and give the exit status."""
    import json  # noqa: PLC0415 -- the caller needs only the answer's form

    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, signal.default_int_handler)
    answer = os.dup(1)  # what is printed from now on is no answer
    with tempfile.TemporaryFile() as output:
        os.dup2(output.fileno(), 1)
        try:
            question: dict[str, Any] = json.load(sys.stdin)
            _read_nothing()
            _end_with(question["caller"])
            with ExitStack() as stack:
                given = _work(question, output.fileno(), stack)
                if isinstance(given, str):  # the address of what is served until we are stopped
                    with os.fdopen(answer, "wb") as stream:
                        stream.write(answer_of(given))
                    Event().wait()
        except KeyboardInterrupt:
            return STOPPED
        except Exception as error:  # noqa: BLE001 -- it is raised by the caller
            given = _told(error)
    with os.fdopen(answer, "wb") as stream:
        stream.write(answer_of(given))
    return 0


def _read_nothing() -> None:
    """Let jobs not inherit the caller's pipe."""
    nothing = os.open(os.devnull, os.O_RDONLY)
    os.dup2(nothing, 0)
    os.close(nothing)


def _end_with(caller: int) -> None:
    """Stop as when asked to, if the caller is gone, however it ended.

    By a timer: a thread would speak against forks.
    """

    def look(_number: int, _frame: FrameType | None) -> None:
        if os.getppid() != caller:
            signal.setitimer(signal.ITIMER_REAL, 0)  # asked twice, it would insist
            os.kill(os.getpid(), signal.SIGTERM)

    if hasattr(signal, "setitimer"):
        signal.signal(signal.SIGALRM, look)
        signal.siginterrupt(signal.SIGALRM, False)  # noqa: FBT003 -- no keyword; libraries bear no EINTR
        signal.setitimer(signal.ITIMER_REAL, LOOK_S, LOOK_S)


def _work(question: dict[str, Any], output: int, stack: ExitStack) -> object:
    """Do what is asked for; give the result, or the error that was foreseen.

    What has to stay as long as this process goes into the `stack`.
    """
    from wkflow.errors import WkflowError  # noqa: PLC0415 -- as above
    from wkflow.options.settings import Settings  # noqa: PLC0415
    from wkflow.process_limits import raise_open_files  # noqa: PLC0415

    raise_open_files()
    try:
        if question["task"] not in {"plan", "run"}:
            from wkflow.api.answer import answer  # noqa: PLC0415 -- one of the three

            return answer(question["task"], question["options"], stack)
        settings = Settings.parse(question["options"], where="wkflow")
        if question["task"] == "plan":
            from wkflow.api.draw_plan import draw_plan  # noqa: PLC0415 -- one of the two

            return draw_plan(settings)
        from wkflow.api.make_dataset import make_dataset  # noqa: PLC0415

        return make_dataset(settings, tuple(question["snakemake"]), output)
    except WkflowError as error:
        return error
    except (OSError, MemoryError) as error:
        from wkflow.rules.job import foresee  # noqa: PLC0415 -- only now

        return foresee(error) or _told(error)


def _told(error: BaseException) -> BaseException:
    """Give an error that nobody foresaw as one that can be raised elsewhere, with its traceback."""
    from wkflow.errors import WkflowError  # noqa: PLC0415 -- as above

    lines = "".join(traceback.format_exception(error))
    what = f"{type(error).__name__}: {error}"
    remedy = "This is a fault of the program: please report it with the lines below."
    told = WkflowError(what, "wkflow", remedy, lines)
    told.add_note(lines)
    return told


if __name__ == "__main__":
    status = main()
    gc.freeze()  # else a fifth of a second of looking for garbage
    sys.exit(status)
