"""Data that a page loads when it is asked for, as classic scripts: `H.put(key, value)`.

A page that was opened from a file may neither fetch nor import, but it may add a script element. What a shard holds is
JSON written so that it is also a script and can close none. Fields with markup are named `html` or `…_html` and were
made by `leaderboard.prose`; a page inserts these as markup and everything else as text. Formulas are converted when the
site is built, so texts must travel as markup; the policy of the pages (`script-src 'self'`) allows no inline script even
if one slipped through.
"""

from __future__ import annotations

import json
import zlib
from collections.abc import Iterable, Iterator
from typing import Any

__all__ = ["COMPRESSED", "compressed", "packed", "script"]

COMPRESSED = 72 * 1024
"""Bytes of a shard as it travels, estimated from its parts; 80 KiB is what it may be."""
_RAW = 1024 * 1024
_ESCAPES = {ord("<"): "\\u003c", ord(">"): "\\u003e", ord("&"): "\\u0026", 0x2028: "\\u2028", 0x2029: "\\u2029"}


def text(value: Any) -> str:
    """JSON that may stand in a script: no tag, no line separator, no lone surrogate, only finite numbers."""
    made = json.dumps(value, ensure_ascii=False, separators=(",", ":"), allow_nan=False).translate(_ESCAPES)
    return made.encode("utf-8", "replace").decode()


def script(key: str, value: Any) -> bytes:
    """A shard."""
    return f"H.put({text(key)},{text(value)});\n".encode()


def compressed(value: Any) -> int:
    """About how many bytes a value takes in a shard."""
    return len(zlib.compress(text(value).encode(), 6))


def packed(parts: Iterable[tuple[str, Any]], limit: int = COMPRESSED) -> Iterator[dict[str, list[Any]]]:
    """Parts by name, in order, as many to a shard as fit; parts of one name stand in a list, and may spread over
    several shards. A part that is too large has one for itself."""
    shard: dict[str, list[Any]] = {}
    size = raw = 0
    for name, part in parts:
        body = text(part)
        own = len(zlib.compress(body.encode(), 6))
        if shard and (size + own > limit or raw + len(body) > _RAW):
            yield shard
            shard, size, raw = {}, 0, 0
        shard.setdefault(name, []).append(part)
        size, raw = size + own, raw + len(body)
    if shard:
        yield shard
