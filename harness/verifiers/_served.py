"""Reward models behind vLLM's pooling endpoints: token ids in, the rows of a classification head out.

    vllm serve Qwen/Qwen2.5-Math-PRM-7B --runner pooling
    harness eval … --verifier prm/Qwen/Qwen2.5-Math-PRM-7B -V base_url=http://localhost:8000/v1

`POST /pooling` with the task `token_classify` gives a row per token (or per step tag, where the server pools by STEP),
`POST /classify` one row for the whole. Both are asked for raw logits (`use_activation: false`) and read here, so that a
server's own activation changes nothing. Several addresses (`base_url=URL,URL`) are several servers of one model.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from harness.core import BackendError
from harness.endpoint import Endpoint
from harness.replicas import Router, addresses

Rows = list[list[float]]


class Served:
    """A served reward model. `options` are those of Endpoint."""

    def __init__(self, name: str, base_url: str, *, concurrency: int, **options: Any) -> None:
        self._name = name
        each = [
            Endpoint(name, url, letter="-V", concurrency=concurrency, **options) for url in addresses(base_url) or [""]
        ]
        self._router = Router(each, [endpoint.shown for endpoint in each], max(1, concurrency // len(each)))
        self.shown = ", ".join(endpoint.shown for endpoint in each)

    async def rows(self, question: str, ids: Sequence[int], places: Sequence[int]) -> tuple[Rows, int]:
        """The logits at each of `places` and the tokens read, by the server that has seen the question before. Raises
        BackendError where the server gives none, or rows for neither every token nor every place."""
        body = {"input": list(ids), "task": "token_classify"}
        reply, tokens = await self._ask(question, "pooling", body, len(ids))
        found = _numbers(reply.get("data"))
        if found is not None and len(found) == len(ids):
            return [found[place] for place in places], tokens
        if found is not None and len(found) == len(places):
            return found, tokens
        got = "no rows" if found is None else f"{len(found)} rows"
        raise BackendError(
            f"{self.shown} gave {got} for {len(ids)} tokens and {len(places)} steps. Where the tokenizer's step tag is "
            "not the family's usual one, serve it with --pooler-config '{\"step_tag_id\": ID}'.",
            retryable=False,
        )

    async def row(self, question: str, ids: Sequence[int]) -> tuple[list[float], int]:
        """The logits of the whole and the tokens read. Raises BackendError where the server gives none."""
        reply, tokens = await self._ask(question, "classify", {"input": list(ids)}, len(ids))
        found = _numbers([reply.get("probs")])
        if found is None:
            raise BackendError(f"{self.shown} gave no class scores, but {sorted(reply)}.", retryable=False)
        return found[0], tokens

    async def _ask(self, question: str, path: str, body: dict[str, Any], size: int) -> tuple[dict[str, Any], int]:
        """The answer of one of the servers."""
        asked = {"model": self._name, "use_activation": False, "add_special_tokens": False, **body}
        return await self._router.call(question, lambda endpoint: _exchange(endpoint, path, asked, size))

    async def close(self) -> None:
        """Close the connections."""
        for endpoint in self._router.engines:
            await endpoint.close()


async def _exchange(endpoint: Endpoint, path: str, asked: dict[str, Any], size: int) -> tuple[dict[str, Any], int]:
    """The first entry of an answer, and the prompt tokens that the server counted (else those sent)."""
    reply = await endpoint.call("POST", path, asked, beside=True)
    if reply.status == 404 and b"does not exist" in reply.content:
        raise await endpoint.not_found(reply)
    if reply.status in (404, 405):
        raise BackendError(
            f"{endpoint.shown} has no /{path} beside /v1. Serve the model with `vllm serve NAME --runner pooling`.",
            retryable=False,
        )
    if reply.status != 200:
        raise endpoint.failure(reply)
    try:
        [first] = reply.parsed["data"]
        usage = reply.parsed.get("usage") or {}
        return dict(first), int(usage.get("prompt_tokens") or size)
    except (LookupError, TypeError, ValueError, AttributeError):
        told = endpoint.clean(reply.said)
        raise BackendError(f"{endpoint.shown} sent no scores, but {told!r}.", retryable=False) from None


def _numbers(data: Any) -> Rows | None:
    """Rows of numbers; a row of one may be bare. None for anything else."""
    if not isinstance(data, list) or not data:
        return None
    rows = [row if isinstance(row, list) else [row] for row in data]
    good = all(row and all(isinstance(x, int | float) and not isinstance(x, bool) for x in row) for row in rows)
    return [[float(x) for x in row] for row in rows] if good else None
