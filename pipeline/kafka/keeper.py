"""Keeps a broker from outliving the process that wanted it: runs a command, and kills it when that process is gone.

Run as a script of its own, with nothing but the standard library (20 ms to start): only another process can act after
the first one is killed by SIGKILL. On Linux the kernel could tell the broker itself (PR_SET_PDEATHSIG), but it does so
when the *thread* that forked ends, which in a program with worker threads is long before the process does.

    python keeper.py PARENT_PID THROWAWAY COMMAND...

THROWAWAY is a folder to remove if the parent dies, or an empty string. SIGTERM is passed on, KILL (SIGUSR1) kills the command;
either way this process ends after it, so that whoever waits for this one knows its ports and locks are free. Start it in
a session of its own, or Ctrl-C in the terminal ends both.
"""

import ctypes
import os
import shutil
import signal
import subprocess
import sys
import time

# Noticing costs one system call; a killed parent leaves its broker for this long at most.
LOOK_SECONDS = 0.1
PR_SET_PDEATHSIG = 1
KILL = signal.SIGUSR1


def keep(parent: int, throwaway: str, command: list[str]) -> int:
    """Run `command` until it ends or `parent` does; return its exit status."""
    # A safe place for preexec_fn: this process has one thread, which lives as long as the command.
    child = subprocess.Popen(command, preexec_fn=_die_with_keeper)  # noqa: PLW1509, S603
    signal.signal(signal.SIGTERM, lambda *_: child.terminate())
    signal.signal(KILL, lambda *_: child.kill())
    while (status := child.poll()) is None:
        # A parent's death is seen by its children's new parent, also where a pipe to it has been inherited by others.
        if os.getppid() != parent:
            child.kill()
            child.wait()
            if throwaway:
                shutil.rmtree(throwaway, ignore_errors=True)
            return 1
        time.sleep(LOOK_SECONDS)
    return status


def _die_with_keeper() -> None:
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGKILL)


if __name__ == "__main__":
    sys.exit(keep(int(sys.argv[1]), sys.argv[2], sys.argv[3:]))
