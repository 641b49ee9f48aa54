"""Worker processes for CPU-bound work: each document has a deadline and its process a memory limit.

A document that crashes, hangs or exhausts its process costs itself: pebble knows which task a process was at, and
replaces that process alone. Processes are forked by a server that has imported the stages and has neither threads nor
sockets: replacing one takes 20 ms instead of 1.9 s, and the worker itself is never forked.
"""

import asyncio
import ctypes
import logging
import multiprocessing
import resource
import signal
import sys
from collections import OrderedDict
from collections.abc import Callable
from concurrent.futures import Future
from concurrent.futures import TimeoutError as TaskTimeout
from concurrent.futures.process import BrokenProcessPool
from multiprocessing.context import BaseContext
from typing import Final

from pebble import ProcessExpired, ProcessPool

from agents.message import Incoming, Result
from pipeline import metrics
from pipeline.kafka.headers import attempt
from pipeline.outcomes import Reject
from pipeline.records import Stage
from pipeline.settings import MIB, Settings

log = logging.getLogger(__name__)

Work = Callable[[Incoming, Settings], Result]

# A document that ended its process is remembered, so that its redelivery costs no second one: a model is loaded anew,
# and a hang lasts until its deadline. A thousand are a few hundred kB.
_REMEMBERED: Final = 1000
_PR_SET_PDEATHSIG: Final = 1

_settings: Settings


def _begin(settings: Settings) -> None:
    """Runs first in each process."""
    global _settings  # noqa: PLW0603 - sent once for each process and not with each document
    _settings = settings
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C reaches the whole group; the parent decides
    if sys.platform == "linux":  # gone with the parent, also when that is killed
        ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
        # Elsewhere address space can't be limited in a way that malloc respects.
        resource.setrlimit(resource.RLIMIT_AS, (settings.process_memory, settings.process_memory))


def _call(work: Work, incoming: Incoming) -> Result:
    return work(incoming, _settings)


def _prepare(prepare: Callable[[Settings], None]) -> None:
    prepare(_settings)


def _context() -> BaseContext:
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload(["agents.clean", "agents.extract"])
    return context


class Pool:
    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._pool = ProcessPool(
            max_workers=settings.worker_processes,
            context=_context(),
            initializer=_begin,
            initargs=[settings],
        )
        self._killers: OrderedDict[tuple[Stage, str, int], Reject] = OrderedDict()

    def warm(self, prepare: Callable[[Settings], None], fail: Callable[[BaseException], None]) -> None:
        """Let each process load what it needs before there is a document; `fail` is told if one can't."""

        def loaded(future: "Future[None]") -> None:
            if not future.cancelled() and (error := future.exception()):
                fail(error)

        for _ in range(self._settings.worker_processes):
            self._pool.schedule(_prepare, args=(prepare,)).add_done_callback(loaded)

    async def run(self, work: Work, incoming: Incoming, *, stage: Stage, id: str) -> Result | Reject:  # noqa: A002
        """What `work` makes of one document, or why it could not: nothing about a document raises.

        Raises:
            RuntimeError, BrokenProcessPool: the pool itself has ended; no document is to blame, and none may be.
        """
        # Sent back from the dead letters it is tried again, whatever it did before.
        place = (stage, id, attempt(incoming.headers))
        known = self._killers.get(place)
        if known:
            return known
        future = self._pool.schedule(_call, args=(work, incoming), timeout=self._settings.document_deadline)
        try:
            result: Result = await asyncio.wrap_future(future)
        except TaskTimeout:
            reject = Reject("deadline", f"took longer than {self._settings.document_deadline:g} s")
            return self._remember(place, reject, "deadline")
        except ProcessExpired as error:
            reject = Reject("crash", f"its process ended with exit code {error.exitcode}")
            return self._remember(place, reject, "crash")
        except MemoryError:
            return Reject("memory", f"wanted more than {self._settings.process_memory // MIB} MiB")
        except (asyncio.CancelledError, BrokenProcessPool):
            raise
        except Exception as error:
            log.warning("%s: bug on document %s", stage, id, exc_info=error)
            return Reject("internal error", f"{type(error).__name__}: {error}")
        return result

    def _remember(self, place: tuple[Stage, str, int], reject: Reject, cause: str) -> Reject:
        stage, id_, _ = place
        metrics.PROCESSES_RESTARTED.labels(stage, cause).inc()
        log.warning("%s: document %s: %s", stage, id_, reject.error)
        self._killers[place] = reject
        if len(self._killers) > _REMEMBERED:
            self._killers.popitem(last=False)
        return reject

    def stop(self) -> None:
        """End the processes, whatever they are at."""
        self._pool.stop()  # type: ignore[no-untyped-call]
        self._pool.join()
