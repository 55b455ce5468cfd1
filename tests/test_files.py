"""Whole lines, repaired lines, synced renames and the lock."""

from __future__ import annotations

import errno
import json
import os
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness import files
from harness.core import IncompleteError, UsageError


def test_dumps_refuses_what_is_not_finite_and_keeps_surrogates() -> None:
    with pytest.raises(ValueError, match="JSON"):
        files.dumps({"a": float("nan")})
    assert json.loads(files.dumps({"a": "\ud800\x00é"})) == {"a": "\ud800\x00é"}


@given(st.lists(st.dictionaries(st.text(max_size=5), st.text(max_size=8), max_size=3), max_size=8), st.integers(0, 400))
def test_a_torn_file_keeps_its_whole_lines(tmp_path_factory: pytest.TempPathFactory, records: list, cut: int) -> None:
    path = tmp_path_factory.mktemp("torn") / "x.jsonl"
    data = b"".join(files.dumps({"key": "k", **r}).encode() + b"\n" for r in records)
    path.write_bytes(data[:cut])
    whole = data[:cut].count(b"\n")
    files.repair_lines(path, ("key",))
    assert [value for _, _, value in files.read_lines(path)] == [{"key": "k", **r} for r in records[:whole]]


def test_damaged_lines_are_set_aside(tmp_path: Path) -> None:
    path = tmp_path / "x.jsonl"
    path.write_bytes(b'{"key":1}\nrubbish\n{"other":2}\n{"key":3}\n{"key":4')
    assert files.repair_lines(path, ("key",)) == 3
    assert path.read_bytes() == b'{"key":1}\n{"key":3}\n'
    assert (tmp_path / "x.bad.jsonl").read_bytes() == b'rubbish\n{"other":2}\n{"key":4\n'
    assert files.repair_lines(path, ("key",)) == 0


def test_a_line_that_does_not_fit_is_taken_back(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "x.jsonl"
    writer = files.LineWriter(path)
    writer.write({"key": 1})
    real = os.write
    state = {"first": True}

    def full(descriptor: int, data: bytes) -> int:
        if state["first"]:
            state["first"] = False
            return real(descriptor, data[:4])
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(os, "write", full)
    with pytest.raises(IncompleteError, match="No space left on device"):
        writer.write({"key": 2})
    monkeypatch.undo()
    assert path.read_bytes() == b'{"key":1}\n'
    assert writer.write({"key": 3}) == 10
    writer.close()
    assert path.read_bytes() == b'{"key":1}\n{"key":3}\n'


def test_write_json_leaves_the_old_file_when_it_fails(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "a.json"
    files.write_json(path, {"a": 1})

    def full(descriptor: int) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(IncompleteError, match="run the same command again"):
        files.write_json(path, {"a": 2})
    assert files.read_json(path) == {"a": 1}


def test_read_json_errors(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="no file"):
        files.read_json(tmp_path / "a.json")
    (tmp_path / "b.json").write_text("{")
    with pytest.raises(UsageError, match="cannot be read"):
        files.read_json(tmp_path / "b.json")


def test_one_writer(tmp_path: Path) -> None:
    lock = files.FolderLock(tmp_path)
    with pytest.raises(IncompleteError, match=f"pid {os.getpid()}"):
        files.FolderLock(tmp_path)
    lock.release()
    files.FolderLock(tmp_path).release()
