"""The time that one comparison may take."""

from __future__ import annotations

import gc
import time

import pytest

from scorers.precision import OutOfTime, check_time, time_limit


def test_a_collection_of_garbage_is_not_on_the_clock() -> None:
    heap = [[n] for n in range(1_000_000)]
    started = time.thread_time()
    gc.collect()
    cost = time.thread_time() - started
    with time_limit(cost / 2, 60.0):
        gc.collect()
        check_time()
    with pytest.raises(OutOfTime), time_limit(0.01, 60.0):
        while time.thread_time() - started < 3 * cost + 0.1:
            pass
        check_time()
    assert heap
