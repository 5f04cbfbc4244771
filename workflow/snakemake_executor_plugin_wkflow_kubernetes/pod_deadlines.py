"""How long a run watches pods that do not start, and a server that does not answer."""

from collections.abc import Callable
from time import monotonic

from snakemake_executor_plugin_wkflow_kubernetes.pod import Pod, Waiting

NO_POD = Waiting("no pod was made for it")


class Vigil:
    """Patience has a bound: `grace` seconds where only a person can help, else `patience`.

    A full cluster is no reason to give up while other jobs of the run are running: then the run
    itself may be what fills it.
    """

    def __init__(
        self, grace: float, patience: float, clock: Callable[[], float] = monotonic
    ) -> None:
        self._grace, self._patience, self._clock = grace, patience, clock
        self._alive = self._answered = clock()
        self._hopeless: dict[str, float] = {}

    def idle(self) -> None:
        """Note that there is nothing to wait for."""
        self._alive = self._answered = self._clock()

    def answered(self, *, is_running: bool) -> None:
        """Note an answer of the server, and whether a job of the run is running."""
        now = self._clock()
        was_silent = now - self._answered > self._grace
        if is_running or was_silent:
            self._alive = now
        self._answered = now

    def gives_up(self, name: str, pod: Pod | None) -> bool:
        """Whether a job has waited for too long."""
        now, waiting = self._clock(), pod.waiting if pod else NO_POD
        if waiting is None or not waiting.is_hopeless:
            self._hopeless.pop(name, None)
            return waiting is not None and now - self._alive >= self._patience
        return now - self._hopeless.setdefault(name, now) >= self._grace

    def hears_nothing(self, *, is_refused: bool) -> bool:
        """Whether the server has given no answer, or only refused, for too long."""
        bound = self._grace if is_refused else self._patience
        return self._clock() - self._answered >= bound
