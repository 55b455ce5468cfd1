"""Models as files: weights are read from disk while other things are prepared."""

from __future__ import annotations

import os
import time
from pathlib import Path

import pytest

from harness.models import read_ahead

pytestmark = pytest.mark.skipif(not hasattr(os, "RWF_NOWAIT"), reason="only Linux says what is in memory")
PIECE = 1 << 20


def in_memory(path: Path) -> bool:
    """Whether the first and the last piece of a file can be read without the disk."""
    descriptor = os.open(path, os.O_RDONLY)
    try:
        for place in (0, path.stat().st_size - PIECE):
            if os.preadv(descriptor, [bytearray(PIECE)], place, os.RWF_NOWAIT) < PIECE:
                return False
        return True
    except BlockingIOError:
        return False
    finally:
        os.close(descriptor)


def on_disk(path: Path) -> None:
    """Write a file and have the system forget it."""
    path.write_bytes(os.urandom(PIECE) * 24)
    descriptor = os.open(path, os.O_RDONLY)
    os.fsync(descriptor)
    os.posix_fadvise(descriptor, 0, 0, os.POSIX_FADV_DONTNEED)
    os.close(descriptor)
    if in_memory(path):
        pytest.skip("this file system keeps its files in memory")


def soon(path: Path) -> bool:
    end = time.monotonic() + 20
    while not in_memory(path) and time.monotonic() < end:
        time.sleep(0.01)
    return in_memory(path)


def test_weights_are_read_from_disk_ahead(tmp_path: Path) -> None:
    weights, other = tmp_path / "model-00001-of-00001.safetensors", tmp_path / "notes.txt"
    on_disk(weights)
    on_disk(other)
    read_ahead(str(tmp_path))
    assert soon(weights)
    assert not in_memory(other)


@pytest.mark.parametrize("name", ["no/such-model", "/no/such/folder"])
def test_a_model_that_is_not_there_is_no_error_yet(name: str) -> None:
    """It is one where the model is needed, and said there."""
    read_ahead(name)
