"""The arithmetic of the toy world, which its policy and its verifier share: what is the right number of a step?"""

from __future__ import annotations

import hashlib
import re
from functools import lru_cache

_STEP = re.compile(r"^Step (\d+) of \d+: .*?gives (\d+)\.$", re.MULTILINE)


@lru_cache(maxsize=1 << 14)
def right_value(problem_id: str, step: int) -> int:
    """The number that step `step` (from 1) of a problem must carry."""
    return int.from_bytes(hashlib.sha256(f"{problem_id}/{step}".encode()).digest()[:4], "big") % 1000


def right_so_far(problem_id: str, text: str) -> list[bool]:
    """For each step in a response, whether it carries the right number."""
    return [int(value) == right_value(problem_id, int(step)) for step, value in _STEP.findall(text)]
