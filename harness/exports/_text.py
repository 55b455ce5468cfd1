"""Model text as other programs can hold it: UTF-8 knows no lone surrogates, so these are written out visibly."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

_LONE = re.compile("[\ud800-\udfff]")


class Cleaner:
    """Makes texts fit for UTF-8 and counts those that it had to change (`changed`). All else, NUL too, stays."""

    def __init__(self) -> None:
        self.changed = 0

    def text(self, text: str) -> str:
        r"""The text with each lone surrogate as the six characters `\udXXX`."""
        if not _LONE.search(text):
            return text
        self.changed += 1
        return _LONE.sub(lambda found: f"\\u{ord(found[0]):04x}", text)

    def value(self, value: Any) -> Any:
        """The same for every text in a JSON value, keys too."""
        if isinstance(value, str):
            return self.text(value)
        if isinstance(value, Mapping):
            return {self.text(str(key)): self.value(item) for key, item in value.items()}
        if isinstance(value, list | tuple):
            return [self.value(item) for item in value]
        return value

    def note(self) -> str:
        """A sentence on what was changed; empty where nothing was."""
        if not self.changed:
            return ""
        return f" {self.changed} texts held lone surrogates, which stand in them as \\udXXX."


def safe_name(text: str) -> str:
    """A name for a file or a folder on any system, in lm-eval's manner: what such a name cannot hold becomes `__`."""
    kept = re.sub(r"[\x00-\x1f\x7f]+|[\"<>:/|\\?*\[\]]+", "__", text).strip(". ")
    return _LONE.sub("_", kept) or "_"
