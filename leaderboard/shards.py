"""Data that a page loads when it is asked for, as classic scripts: `H.put(key, value)`.

A page that was opened from a file may neither fetch nor import, but it may add a script element. What a shard holds is
JSON written so that it is also a script and can close none. Fields with markup are named `html` or `…_html` and were
made by `leaderboard.prose`; a page inserts these as markup and everything else as text. Formulas are converted when the
site is built, so texts must travel as markup; the policy of the pages (`script-src 'self'`) allows no inline script
even if one slipped through.
"""

from __future__ import annotations

import json
import zlib
from collections.abc import Iterable, Iterator
from typing import Any

__all__ = ["COMPRESSED", "fits", "packed", "script", "text"]

COMPRESSED = 72 * 1024
"""Bytes of a shard as it travels, estimated from its parts; 80 KiB is what it may be."""
_RAW = 512 * 1024
_PART = 48 * 1024


def text(value: Any) -> str:
    """JSON that is also a script: no lone surrogate, only finite numbers, nothing that ends a script element."""
    made = json.dumps(value, ensure_ascii=False, separators=(",", ":"), allow_nan=False)
    made = made.replace("</", "<\\/").replace("<!", "\\u003c!")
    return made.encode("utf-8", "replace").decode()


def script(key: str, value: Any) -> bytes:
    """A shard."""
    return f"H.put({text(key)},{text(value)});\n".encode()


def fits(value: Any) -> bool:
    """Whether a value is small enough to share a shard with others: it is shown at once, and loaded over a network."""
    body = text(value)
    return len(body) <= _RAW // 2 and (len(body) <= _PART or _size(body) <= _PART)


def _size(body: str) -> int:
    return len(zlib.compress(body.encode(), 1))


def packed(key: str, parts: Iterable[tuple[str, Any]], limit: int = COMPRESSED) -> Iterator[tuple[list[str], bytes]]:
    """(names, script) of each shard of parts by name, in order, as many to a shard as fit.

    A shard holds, for each name, a list of its parts; the parts of a name may spread over several shards. A part that
    is too large has a shard to itself. The number of a shard is put behind `key`."""
    shard: dict[str, list[str]] = {}
    number = size = raw = 0
    for name, part in parts:
        body = text(part)
        own = _size(body)
        if shard and (size + own > limit or raw + len(body) > _RAW):
            yield list(shard), _joined(f"{key}{number}", shard)
            shard, size, raw, number = {}, 0, 0, number + 1
        shard.setdefault(name, []).append(body)
        size, raw = size + own, raw + len(body)
    if shard:
        yield list(shard), _joined(f"{key}{number}", shard)


def _joined(key: str, shard: dict[str, list[str]]) -> bytes:
    inner = ",".join(f"{text(name)}:[{','.join(bodies)}]" for name, bodies in shard.items())
    return f"H.put({text(key)},{{{inner}}});\n".encode()
