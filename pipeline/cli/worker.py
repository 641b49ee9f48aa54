"""`copydesk worker`."""

import ctypes
import os
import signal
import sys
from typing import Final

import click

from pipeline.settings import load

_PR_SET_PDEATHSIG: Final = 1


@click.command("worker")
@click.option("--processes", type=click.IntRange(1, 256), help="Processes for CPU work. [default: one for each core]")
@click.option("--metrics-port", type=click.IntRange(0, 65535), help="Port of /metrics. [default: 9464]")
def command(processes: int | None, metrics_port: int | None) -> None:
    """Work on what arrives, until told to stop (Ctrl-C or SIGTERM).

    Start as many as there are partitions, on as many machines as you like: they share the work, and take over from
    one that dies after 10 seconds.

    \b
      copydesk worker
      copydesk worker --processes 8 --metrics-port 0
    """
    if processes:
        os.environ["COPYDESK_PROCESSES"] = str(processes)
    if metrics_port is not None:
        os.environ["COPYDESK_METRICS_PORT"] = str(metrics_port)
    load()  # a wrong setting is told by this process
    os.execv(sys.executable, worker_command())  # noqa: S606 - our own interpreter, no shell


def worker_command() -> list[str]:
    """How a worker is started: by its name, as the command line imports nothing of the agents."""
    return [sys.executable, "-m", "agents"]


def end_with_parent() -> None:
    """To be run in a child before its program: it is told to stop when its parent dies, killed or not (Linux)."""
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGTERM)
