"""How long a process has computed, and how long it was kept waiting for a processor, so that a limit can count the one
and not the other. Linux only; elsewhere nothing is known and limits count the clock."""

from __future__ import annotations

from typing import NamedTuple


class ProcessTime(NamedTuple):
    """Seconds since the start of a process: `computed` on a processor, `waited` while ready to run."""

    computed: float
    waited: float


def process_time(pid: int) -> ProcessTime | None:
    """The times of the main thread of a process; None where they cannot be told."""
    try:
        with open(f"/proc/{pid}/schedstat", "rb") as file:  # noqa: PTH123
            computed, waited, *_ = file.read().split()
        return ProcessTime(int(computed) / 1e9, int(waited) / 1e9)
    except (OSError, ValueError):
        return None
