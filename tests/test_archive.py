"""Packed call logs: any line is found, more can be added, damage costs what is behind it, runs go on from them."""

from __future__ import annotations

import asyncio
import gzip
import os
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness import archive, run
from harness.calls import CallLog
from harness.files import pack, read_lines
from scorers.pool import GradingPool
from support import run as evaluated
from support import small_task, toy_plan


@given(st.lists(st.binary(max_size=40).map(lambda b: b.replace(b"\n", b"") + b"\n"), max_size=60), st.integers(1, 100))
def test_members_add_up_and_each_is_read_alone(tmp_path_factory: Any, lines: list[bytes], size: int) -> None:
    path = tmp_path_factory.mktemp("a") / "x.gz"
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(archive, "MEMBER_BYTES", size)
        path.write_bytes(b"".join(archive.members(lines)))
    found = list(archive.read(path))
    assert (
        b"".join(data for _, data in found)
        == b"".join(lines)
        == gzip.decompress(path.read_bytes() or gzip.compress(b""))
    )
    descriptor = os.open(path, os.O_RDONLY)
    assert all(archive.member(descriptor, offset) == data for offset, data in found)
    os.close(descriptor)


def test_what_stands_behind_damage_is_lost_and_nothing_else(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(archive, "MEMBER_BYTES", 100)
    path = tmp_path / "x.gz"
    path.write_bytes(b"".join(archive.members(b"line %d\n" % i for i in range(100))))
    offsets = [offset for offset, _ in archive.read(path)]
    whole = path.read_bytes()
    path.write_bytes(whole[: offsets[3] + 5])  # torn inside the fourth member
    assert [offset for offset, _ in archive.read(path)] == offsets[:3]
    path.write_bytes(whole[: offsets[3] + 12] + b"\xff" * 20 + whole[offsets[3] + 32 :])
    assert [offset for offset, _ in archive.read(path)] == offsets[:3]
    assert list(archive.read(tmp_path / "none.gz")) == []


def logged(path: Path, keys: range) -> tuple[list[Any], int]:
    """The results of calls, and how many had to be made."""

    async def ask(log: CallLog, i: int) -> Any:
        async def produce() -> dict[str, Any]:
            return {"value": i}

        return await log.call(f"{i:032d}", {"kind": "policy"}, produce)

    async def everything() -> tuple[list[Any], int]:
        log = CallLog(path)
        found = [await ask(log, i) for i in keys]
        log.close()
        return found, log.fresh

    return asyncio.run(everything())


def test_a_log_is_packed_again_and_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(archive, "MEMBER_BYTES", 200)
    path = tmp_path / "calls.jsonl"
    wanted = [{"value": i} for i in range(30)]
    for end, fresh in ((10, 10), (20, 10), (20, 0), (30, 10)):
        assert logged(path, range(end)) == (wanted[:end], fresh)
        if end != 30:
            pack(path)
            assert not path.exists()
    assert [record["result"]["value"] for _, _, record in read_lines(path) if record] == list(range(30))
    assert logged(path, range(29, -1, -1)) == (wanted[::-1], 0)


def test_a_run_with_a_packed_log(tmp_path: Path, pool: GradingPool, monkeypatch: pytest.MonkeyPatch) -> None:
    """It is read, continued, shared with siblings, and ends with the same bytes."""
    monkeypatch.setattr(run, "PACK_FROM", 1000)

    def finished(n: int) -> tuple[Path, dict[str, Any]]:
        folder = evaluated(toy_plan(small_task(8), n=n), tmp_path, pool).folder
        return folder, run.Run.open(folder).manifest["sessions"][-1]

    first, session = finished(2)
    packed = first / "calls.jsonl.gz"
    assert (session["calls"], session["from_log"]) == (16, 0)
    assert packed.exists()
    assert not (first / "calls.jsonl").exists()
    before = [(first / name).read_bytes() for name in ("calls.jsonl.gz", "problems.jsonl", "results.json")]
    (first / "problems.jsonl").unlink()
    assert finished(2)[1]["from_log"] == 16  # everything is answered from the packed log
    assert [(first / name).read_bytes() for name in ("calls.jsonl.gz", "problems.jsonl", "results.json")] == before
    second, session = finished(4)  # two of four draws are the sibling's
    assert session["calls"] == 16
    own = [record for _, _, record in read_lines(second / "calls.jsonl") if record]
    assert sum("from" in record for record in own) == 16
    assert len(own) == 32
