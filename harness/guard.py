"""Ends an engine's processes when the process that started them is killed.

`kill -9` leaves nobody else to do it, and an orphaned engine would keep the memory that the continued run needs.

The guard is a process of its own. It waits for the end of its standard input, which only the death of its parent (or
its word that all is well) brings about, and then kills what it was told to guard.
"""

from __future__ import annotations

import contextlib
import subprocess
import sys
from collections.abc import Iterable


class Guard:
    """Guards the children that this process has besides `before`."""

    def __init__(self, before: Iterable[int]) -> None:
        known = set(before)
        guarded = [f"{pid}:{started}" for pid, started in _descendants() if pid not in known]
        command = [sys.executable, "-m", "harness.guard", *guarded]
        # A session of its own: a signal to the terminal's process group must not end the guard first.
        # It holds none of our streams open, so that whoever reads our output sees its end.
        self._process = subprocess.Popen(  # noqa: S603
            command,
            stdin=subprocess.PIPE,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
        )

    def release(self) -> None:
        """The engine was shut down; what is left of it is ended now."""
        self._process.communicate()


def children() -> list[int]:
    """The processes below this one."""
    return [pid for pid, _ in _descendants()]


def _descendants() -> list[tuple[int, float]]:
    """(pid, start time) of every process below this one; the time tells a process from a later one of its pid."""
    import psutil

    found = []
    for process in psutil.Process().children(recursive=True):
        with contextlib.suppress(psutil.Error):
            found.append((process.pid, process.create_time()))
    return found


def main() -> int:
    """Wait for the end of standard input, then kill the processes named on the command line."""
    import psutil

    sys.stdin.buffer.read()
    for argument in sys.argv[1:]:
        pid, _, started = argument.partition(":")
        with contextlib.suppress(psutil.Error):
            process = psutil.Process(int(pid))
            if process.create_time() == float(started):
                process.kill()
    return 0


if __name__ == "__main__":
    sys.exit(main())
