"""Worker processes for CPU-bound work: each document has a deadline and its process a memory limit.

A document that crashes, hangs or exhausts its process costs itself: pebble knows which task a process was at, and
replaces that process alone. Processes are forked by a server that has imported the stages and has neither threads nor
sockets: replacing one takes 20 ms instead of 1.9 s, and the worker itself is never forked.
"""

import asyncio
import contextlib
import ctypes
import multiprocessing
import os
import resource
import signal
import sys
from collections import OrderedDict
from collections.abc import Callable
from concurrent.futures import Future
from concurrent.futures import TimeoutError as TaskTimeout
from concurrent.futures.process import BrokenProcessPool
from dataclasses import asdict
from multiprocessing.context import BaseContext
from typing import Final

import psutil
from pebble import ProcessExpired, ProcessPool

from agents.message import Bug, Incoming, Result
from pipeline import logs, metrics
from pipeline.kafka.headers import attempt
from pipeline.outcomes import Reject
from pipeline.records import Stage
from pipeline.settings import MIB, Settings

log = logs.get_logger(__name__)

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
    logs.configure(settings)  # what a library warns of here comes out as from the worker itself
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C reaches the whole group; the parent decides
    if sys.platform == "linux":  # gone with the parent, also when that is killed
        ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
        # Elsewhere address space can't be limited in a way that malloc respects.
        resource.setrlimit(resource.RLIMIT_AS, (settings.process_memory, settings.process_memory))


def _call(work: Work, incoming: Incoming) -> Result | Bug:
    try:
        return work(incoming, _settings)
    except MemoryError:
        raise
    except Exception as error:  # noqa: BLE001 - whatever it is, it costs this document alone
        return Bug.of(error)


def _prepare(prepare: Callable[[Settings], None]) -> None:
    prepare(_settings)


def _context() -> BaseContext:
    # There are as many processes as cores: matrix products that start threads of their own fight for them.
    os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload(["agents.clean", "agents.extract"])
    return context


def _resident() -> float:
    """Resident bytes of all processes below this one: the pool, and the server they are forked from."""
    total = 0
    for process in psutil.Process().children(recursive=True):
        with contextlib.suppress(psutil.Error):  # ended meanwhile
            # Pages that forked processes share count once. Only Linux tells, elsewhere they count in each.
            memory = process.memory_full_info()
            total += getattr(memory, "pss", memory.rss)
    return float(total)


class Pool:
    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._pool = ProcessPool(
            max_workers=settings.worker_processes,
            context=_context(),
            initializer=_begin,
            initargs=[settings],
        )
        metrics.POOL_PROCESSES.set(settings.worker_processes)
        metrics.POOL_RESIDENT.set_function(_resident)  # called by the thread that answers a scrape
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
        if known := self._killers.get(place):
            return known
        future = self._pool.schedule(_call, args=(work, incoming), timeout=self._settings.document_deadline)
        metrics.POOL_DOCUMENTS.inc()
        try:
            answer: Result | Bug = await asyncio.wrap_future(future)
        except TaskTimeout:
            reject = Reject("deadline", f"took longer than {self._settings.document_deadline:g} s")
            return self._remember(place, reject, incoming)
        except ProcessExpired as error:
            reject = Reject("crash", f"its process ended with exit code {error.exitcode}")
            return self._remember(place, reject, incoming)
        except MemoryError:
            return Reject("memory", f"wanted more than {self._settings.process_memory // MIB} MiB")
        except (asyncio.CancelledError, BrokenProcessPool):
            raise
        except Exception as error:  # noqa: BLE001 - what it made can't cross the border
            answer = Bug.of(error)
        finally:
            metrics.POOL_DOCUMENTS.dec()
        return answer.reject(incoming, stage=stage, id=id) if isinstance(answer, Bug) else answer

    def _remember(self, place: tuple[Stage, str, int], reject: Reject, incoming: Incoming) -> Reject:
        stage, id_, _ = place
        metrics.PROCESSES_RESTARTED.labels(stage, reject.reason).inc()
        log.warning("process replaced", stage=stage, id=id_, **asdict(incoming.origin), reason=reject.reason)
        self._killers[place] = reject
        if len(self._killers) > _REMEMBERED:
            self._killers.popitem(last=False)
        return reject

    def stop(self) -> None:
        """End the processes, whatever they are at."""
        self._pool.stop()  # type: ignore[no-untyped-call]
        self._pool.join()
