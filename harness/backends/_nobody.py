"""No model: what a run has that generates nothing."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from harness.core import Backend, BackendError, Completion, Request


class Nobody(Backend):
    """Stands where a model would; asked, it has nothing to say."""

    identity: Mapping[str, Any] = {"backend": "none"}

    async def generate(self, request: Request) -> Completion:
        """Raises BackendError."""
        raise BackendError("This run has no model. Name one with --model BACKEND/NAME.", retryable=False)

    async def close(self) -> None:
        """Nothing to let go."""
