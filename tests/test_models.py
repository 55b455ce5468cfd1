"""Models as files: weights are read from disk while other things are prepared."""

from __future__ import annotations

import ctypes
import mmap
import os
import threading
from pathlib import Path

import pytest

from harness.models import _at_hand, read_ahead

SIZE = 48 << 20


def in_memory(path: Path) -> float:
    """The share of a file that the system holds in memory. Unlike a read, asking changes nothing."""
    library = ctypes.CDLL(None, use_errno=True)
    pages = (ctypes.c_ubyte * (SIZE // mmap.PAGESIZE))()
    with path.open("rb") as stream, mmap.mmap(stream.fileno(), SIZE, mmap.MAP_PRIVATE) as mapped:
        start = ctypes.c_char.from_buffer(mapped)
        failed = library.mincore(ctypes.c_void_p(ctypes.addressof(start)), ctypes.c_size_t(SIZE), pages)
        del start
    assert not failed, os.strerror(ctypes.get_errno())
    return sum(page & 1 for page in pages) / len(pages)


def done() -> None:
    """Wait until all is read."""
    for thread in threading.enumerate():
        if thread.name == "read ahead":
            thread.join(60)
            assert not thread.is_alive()


def on_disk(path: Path) -> None:
    """Write a file and have the system forget it."""
    path.write_bytes(os.urandom(SIZE))
    descriptor = os.open(path, os.O_RDONLY)
    os.fsync(descriptor)
    os.posix_fadvise(descriptor, 0, 0, os.POSIX_FADV_DONTNEED)
    os.close(descriptor)
    if in_memory(path) > 0:
        pytest.skip("this file system has no disk (tmpfs), so nothing can be read ahead from it")


@pytest.mark.skipif(not hasattr(os, "posix_fadvise"), reason="no file can be forgotten on this system")
def test_weights_are_read_from_disk_ahead(tmp_path: Path) -> None:
    weights, other = tmp_path / "model-00001-of-00001.safetensors", tmp_path / "notes.txt"
    on_disk(weights)
    on_disk(other)
    read_ahead(str(tmp_path))
    done()
    assert in_memory(weights) == 1
    assert in_memory(other) == 0


def test_a_model_of_the_hub_is_found_in_its_cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HF_HUB_CACHE", str(tmp_path))
    repository = tmp_path / "models--lab--small"
    for commit in ("older", "newest"):
        (repository / "snapshots" / commit).mkdir(parents=True)
    (repository / "refs").mkdir()
    (repository / "refs" / "main").write_text("newest")
    assert _at_hand("lab/small", "") == repository / "snapshots" / "newest"
    assert _at_hand("lab/small", "older") == repository / "snapshots" / "older"


@pytest.mark.parametrize("name", ["no/such-model", "/no/such/folder"])
def test_a_model_that_is_not_there_is_no_error_yet(name: str) -> None:
    """It is one where the model is needed, and said there. What a thread raises would fail this test as a warning."""
    read_ahead(name)
    done()
