"""Compressed lines that can be read at any place: gzip members of whole lines, one after the other (`zcat` reads them).

A member holds about a mebibyte of lines, so that one line costs the decompression of its member and not of the file,
and more lines are added by adding members.
"""

from __future__ import annotations

import gzip
import os
import zlib
from collections.abc import Iterable, Iterator
from pathlib import Path

MEMBER_BYTES = 1 << 20
_READ = 1 << 16
_GZIP = 16 + zlib.MAX_WBITS


def archive_of(path: Path) -> Path:
    """Where the compressed lines of a file are: `calls.jsonl` → `calls.jsonl.gz`."""
    return path.with_name(path.name + ".gz")


def members(lines: Iterable[bytes]) -> Iterator[bytes]:
    """Whole lines as gzip members. The same lines give the same bytes."""
    held: list[bytes] = []
    size = 0
    for line in lines:
        held.append(line)
        size += len(line)
        if size >= MEMBER_BYTES:
            yield gzip.compress(b"".join(held), compresslevel=6, mtime=0)
            held, size = [], 0
    if held:
        yield gzip.compress(b"".join(held), compresslevel=6, mtime=0)


def read(path: Path) -> Iterator[tuple[int, bytes]]:
    """(offset in the file, the lines that are there) for each member; nothing for a missing file. Reading ends where
    the file is damaged: what stood behind is as if it had never been."""
    try:
        stream = path.open("rb")
    except FileNotFoundError:
        return
    with stream:
        offset = 0
        while found := _member(stream.fileno(), offset):
            data, length = found
            yield offset, data
            offset += length


def member(descriptor: int, offset: int) -> bytes:
    """The lines of the member at an offset; empty where it is damaged."""
    found = _member(descriptor, offset)
    return found[0] if found else b""


def _member(descriptor: int, offset: int) -> tuple[bytes, int] | None:
    """The content of one member and its length in the file."""
    inflate = zlib.decompressobj(_GZIP)
    parts: list[bytes] = []
    place = offset
    try:
        while not inflate.eof:
            chunk = os.pread(descriptor, _READ, place)
            if not chunk:
                return None
            parts.append(inflate.decompress(chunk))
            place += len(chunk)
    except zlib.error:
        return None
    return b"".join(parts), place - len(inflate.unused_data) - offset
