"""Any OpenAI-compatible server: vLLM, SGLang, llama.cpp, Ollama, hosted models.

    harness eval math500 --model openai/Qwen/Qwen2.5-Math-1.5B-Instruct -M base_url=http://localhost:8000/v1

One request is one HTTP call with its own seed. Nothing is retried here (`harness.calls` does that): every failure is a
BackendError that says whether trying again can help, and when.
"""

from __future__ import annotations

import json
import re
from dataclasses import replace
from functools import cached_property
from typing import Any

from harness.core import Backend, BackendError, Completion, FinishReason, Message, Request, UsageError
from harness.endpoint import Endpoint, Reply, too_long
from harness.thinking import count_reported, joined
from harness.tokenizer import HFTokenizer

TOPS = 20
"""The most that OpenAI's chat endpoint and vLLM's server give."""
OWN_FIELDS = {"model", "messages", "prompt", "temperature", "top_p", "seed", "n", "best_of", "stop", "stream", "echo"}
OWN_FIELDS |= {"max_tokens", "max_completion_tokens"}
"""Fields of a request that accounting and the call log rely on: `extra_body` must leave them alone."""


class OpenAI(Backend):
    """A model behind an OpenAI-compatible server.

    `name` is the name under which it is served. A run renders prompts in one way only, settled here: with a `tokenizer`
    by this program, for the completions endpoint, which can continue a partial answer; otherwise by the server, through
    the chat endpoint, which continues one only where `continue_chat` says that it can.

    Options:
        base_url: address of the API; default: the variable OPENAI_BASE_URL, else http://localhost:8000/v1
        api: chat, completions, or auto: completions with a tokenizer, chat without
        tokenizer: path or hub name of the model's tokenizer; prompts are then rendered, and steps continued, exactly
        continue_chat: the chat endpoint honours continue_final_message (vLLM, SGLang); best for models that do not
            think, since some chat templates trim or drop parts of an earlier answer
        assume_eos: take "stop" for the end of the turn where the server does not say whether it met a stop string;
            wrong for step-wise strategies, right for all others
        api_key_env: environment variable that holds the API key
        timeout: seconds for one answer, from sending to the last byte
        connect_timeout: seconds for opening a connection
        concurrency: calls in flight, and connections kept open
        extra_body: JSON object added to every request, such as {"top_k": 20}; part of the model's identity
        revision: which weights the server holds (a training step, say); part of the model's identity, needed where one
            name serves different weights in turn: a finished call is never asked again under the same identity

    Raises UsageError for an option that cannot be right.
    """

    def __init__(
        self,
        name: str,
        *,
        base_url: str = "",
        api: str = "auto",
        tokenizer: str = "",
        continue_chat: bool = False,
        assume_eos: bool = False,
        api_key_env: str = "OPENAI_API_KEY",
        timeout: float = 600.0,
        connect_timeout: float = 10.0,
        concurrency: int = 32,
        extra_body: str = "",
        revision: str = "",
    ) -> None:
        if api not in ("auto", "chat", "completions"):
            raise UsageError(f"-M api={api} is not known. It is auto, chat or completions.")
        self._name = name
        self._endpoint = Endpoint(
            name, base_url, key_env=api_key_env, timeout=timeout, connect_timeout=connect_timeout,
            concurrency=concurrency,
        )  # fmt: skip
        self._shown_url, self._clean = self._endpoint.shown, self._endpoint.clean
        self._api = api if api != "auto" else "completions" if tokenizer else "chat"
        self._tokenizer_path = tokenizer
        self._assume_eos = assume_eos
        self._extra = _parse_extra(extra_body)
        self._limit_field = "max_tokens"
        self.continues = self._api == "completions" or continue_chat
        self.logprobs = self._api == "completions" and bool(tokenizer)
        self.tops = TOPS
        self.concurrency = concurrency
        # The same model behind another port is the same model: the address is no part of what it is.
        served = {"model": name, "revision": revision}
        self.identity = {"backend": "openai", **served, "api": self._api, "extra_body": self._extra}
        self.environment = {"base_url": self._shown_url, "tokenizer": tokenizer or None}

    @cached_property
    def tokenizer(self) -> HFTokenizer | None:
        """The model's tokenizer where one was named, loaded when it is first needed."""
        if not self._tokenizer_path:
            return None
        return HFTokenizer(self._tokenizer_path)

    async def generate(self, request: Request) -> Completion:
        """Complete one request. Raises BackendError; cancelling the task cancels the HTTP request."""
        path, sent = "chat/completions" if self._api == "chat" else self._api, self._limit_field
        reply = await self._endpoint.call("POST", path, self._body(request))
        if self._api == "chat" and sent == "max_tokens" and reply.status == 400 and _wants_other_limit(reply):
            # Newer models of OpenAI refuse the old name. Requests already in flight each find out for themselves.
            self._limit_field = "max_completion_tokens"
            reply = await self._endpoint.call("POST", path, self._body(request))
        if reply.status == 404:
            raise await self._endpoint.not_found(reply)
        if reply.status != 200:
            raise self._endpoint.failure(reply)
        if request.sampling.max_tokens == 0:
            return self._scored(request, reply)
        completion = self._completion(request, reply)
        return replace(completion, tops=self._tops(reply)) if request.tops else completion

    async def close(self) -> None:
        """Close the connections. A later call opens new ones."""
        await self._endpoint.close()

    def _body(self, request: Request) -> dict[str, Any]:
        """The JSON of one request: only fields that strict servers know, unless the user adds others."""
        sampling = request.sampling
        asked = self._chat_part(request) if self._api == "chat" else {"prompt": self._prompt(request)}
        if request.tops:
            asked |= (
                {"logprobs": True, "top_logprobs": request.tops} if self._api == "chat" else {"logprobs": request.tops}
            )
        if sampling.max_tokens == 0:  # of a text that is all there: its own log-probabilities, by token
            asked = {"prompt": self._ids(request, request.prefix), "echo": True, "logprobs": 1}
        return {
            **self._extra,
            "model": self._name,
            "temperature": sampling.temperature,
            "top_p": sampling.top_p,
            self._limit_field: sampling.max_tokens,
            "seed": sampling.seed,
            "n": 1,
            "stream": False,
            **({"stop": list(sampling.stop)} if sampling.stop else {}),
            **asked,
        }

    def _chat_part(self, request: Request) -> dict[str, Any]:
        """The conversation. What ends in the model's own words is to be continued, which not every server can."""
        messages = [*(request.prompt.messages or (Message(role="user", content=request.prompt.text),))]
        if request.prefix:
            begun = messages.pop()["content"] if messages[-1]["role"] == "assistant" else ""
            messages.append(Message(role="assistant", content=begun + request.prefix))
        if messages[-1]["role"] != "assistant":
            return {"messages": messages}
        if not self.continues:
            raise BackendError(
                f"The chat endpoint of {self._name!r} cannot continue a partial answer, which step-wise strategies "
                "need. Give -M tokenizer=PATH_OR_HUB_NAME to render prompts here for the completions endpoint, or "
                "-M continue_chat=true if the server is vLLM or SGLang.",
                retryable=False,
            )
        return {"messages": messages, "continue_final_message": True, "add_generation_prompt": False}

    def _prompt(self, request: Request) -> str | list[int]:
        """The rendered text, or its token ids where the server would put a second BOS before it or cut the white space
        at its end as the model never wrote it.

        Servers add special tokens to text; the field that forbids it is vLLM's own, token ids are everybody's."""
        prompt, tokenizer = request.prompt, self.tokenizer
        if tokenizer is not None:
            doubled = prompt.templated and tokenizer.encode("", special_tokens=True)
            if doubled or request.prefix[-1:].isspace():
                return tokenizer.prompt_ids(prompt.text, request.prefix, templated=prompt.templated)
        return prompt.text + request.prefix

    def _completion(self, request: Request, reply: Reply) -> Completion:
        """The answer in a reply of status 200. Raises BackendError for anything that is none."""
        payload = reply.parsed
        try:
            choice = payload["choices"][0]
            message = choice["message"] if self._api == "chat" else {"content": choice["text"]}
            content = message.get("content") or message.get("refusal") or ""
            reasoning = message.get("reasoning") or message.get("reasoning_content") or ""
            if not (isinstance(content, str) and isinstance(reasoning, str)):
                raise TypeError
        except (LookupError, TypeError, AttributeError):
            raise BackendError(f"{self._shown_url} sent no answer, but {self._clean(reply.said)!r}.") from None
        finish, stop = self._finish(choice, request)
        text = joined(request, reasoning, content, finish)
        usage = payload.get("usage")
        prompt_tokens, completion_tokens = _count(usage, "prompt_tokens"), _count(usage, "completion_tokens")
        if prompt_tokens is None or completion_tokens is None:
            prompt_tokens, completion_tokens = self._count_here(request, text)
        reported = _count(usage, "completion_tokens_details", "reasoning_tokens")
        count = None if self.tokenizer is None else self._tokens
        thinking, gap, by = count_reported(reported, text, completion_tokens, count, request)
        return Completion(
            text=text.encode("utf-8", "replace").decode(),  # JSON can carry half a surrogate pair
            prompt_tokens=prompt_tokens,
            completion_tokens=completion_tokens,
            finish_reason=finish,
            stop=stop,
            cached_prompt_tokens=min(_count(usage, "prompt_tokens_details", "cached_tokens") or 0, prompt_tokens),
            thinking_tokens=thinking,
            gap_tokens=gap,
            thinking_by=by,
        )

    def _ids(self, request: Request, prefix: str) -> list[int]:
        """The tokens of the prompt and a prefix, special ones as the model was trained with them."""
        prompt, tokenizer = request.prompt, self.tokenizer
        if tokenizer is None:
            raise BackendError("Log-probabilities of a text need -M tokenizer=PATH_OR_HUB_NAME.", retryable=False)
        return tokenizer.prompt_ids(prompt.text, prefix, templated=prompt.templated)

    def _scored(self, request: Request, reply: Reply) -> Completion:
        """The log-probabilities of the prefix's tokens. Raises BackendError where the server gives none of a prompt."""
        ids, start = self._ids(request, request.prefix), len(self._ids(request, ""))
        try:
            found = reply.parsed["choices"][0]["logprobs"]["token_logprobs"]
            numbers = tuple(float(number) for number in found[max(start, 1) : len(ids)])
        except (LookupError, TypeError, ValueError):
            found, numbers = [], ()
        if len(found) < len(ids) or len(numbers) != len(ids) - max(start, 1):
            raise BackendError(
                f"{self._shown_url} gives no log-probabilities of a prompt (echo with logprobs), which 'confidence' "
                "needs. vLLM's server does, or take another verifier.",
                retryable=False,
            )
        return Completion("", len(ids), 0, "length", logprobs=numbers)

    def _tops(self, reply: Reply) -> tuple[tuple[str, float], ...]:
        """The likeliest first tokens. Raises BackendError where the server gives none."""
        try:
            said = reply.parsed["choices"][0]["logprobs"]
            if self._api == "chat":
                found = [(str(top["token"]), float(top["logprob"])) for top in said["content"][0]["top_logprobs"]]
            else:
                found = [(str(token), float(number)) for token, number in said["top_logprobs"][0].items()]
        except (LookupError, TypeError, ValueError, AttributeError):
            found = []
        if not found:
            raise BackendError(f"{self._shown_url} gives no log-probabilities of its tokens.", retryable=False)
        return tuple(sorted(found, key=lambda pair: -pair[1]))

    def _finish(self, choice: dict[str, Any], request: Request) -> tuple[FinishReason, str | None]:
        """Why the answer ended, and the stop string that was met.

        OpenAI's "stop" means a stop string or the end of the turn. vLLM (`stop_reason`) and SGLang (`matched_stop`) say
        which; where nobody says, it counts as the end of the turn, but not where steps may depend on the difference."""
        reason = choice.get("finish_reason")
        if reason == "length":
            return "length", None
        if reason != "stop":
            raise BackendError(
                f"{self._shown_url} ended the answer with {self._clean(str(reason))!r}: neither finished nor cut.",
                retryable=reason in ("abort", "error"),  # the engine's trouble, not this request's
            )
        met = choice.get("stop_reason", choice.get("matched_stop"))
        if isinstance(met, str) and met in request.sampling.stop:
            return "stop", met
        silent = not {"stop_reason", "matched_stop"} & choice.keys()
        if silent and request.sampling.stop and self.continues and not self._assume_eos:
            raise BackendError(
                f"{self._shown_url} does not say whether a stop string ended an answer, so steps cannot be told from "
                "whole answers. Use a server that reports stop_reason (vLLM, SGLang), or give "
                "-M assume_eos=true for strategies without steps.",
                retryable=False,
            )
        return "eos", None

    def _count_here(self, request: Request, text: str) -> tuple[int, int]:
        """Prompt and completion tokens where the server reports none. Raises BackendError without a tokenizer."""
        prompt, tokenizer = request.prompt, self.tokenizer
        if tokenizer is None:
            raise BackendError(
                f"{self._shown_url} reports no token usage, so its answers cannot be accounted for. Give -M tokenizer="
                "PATH_OR_HUB_NAME to count tokens here (with -M api=chat to stay on the chat endpoint).",
                retryable=False,
            )
        asked = tokenizer.prompt_ids(prompt.text, request.prefix, templated=prompt.templated)
        return len(asked), self._tokens(text)

    def _tokens(self, text: str) -> int:
        """The tokens of a text by the tokenizer that was named."""
        return len(self.tokenizer.encode(text, special_tokens=False)) if self.tokenizer is not None else 0


def _count(usage: Any, *path: str) -> int | None:
    """A token count of the usage block, None where the server does not give it."""
    for key in path:
        usage = usage.get(key) if isinstance(usage, dict) else None
    return usage if isinstance(usage, int) and not isinstance(usage, bool) and usage >= 0 else None


def _wants_other_limit(reply: Reply) -> bool:
    """Whether the server asks for `max_completion_tokens`, and not for a lower limit."""
    asks = re.search(rb"max_completion_tokens|max_tokens.{0,60}support", reply.content)
    return asks is not None and not too_long(reply)


def _parse_extra(text: str) -> dict[str, Any]:
    """The extra fields of every request. Raises UsageError."""
    try:
        extra = json.loads(text or "{}", parse_constant=int)  # int("NaN") is a ValueError: NaN is no JSON
    except ValueError:
        extra = None
    if not isinstance(extra, dict):
        raise UsageError(f"-M extra_body={text} is no JSON object. It looks like -M 'extra_body={{\"top_k\": 20}}'.")
    if taken := sorted(OWN_FIELDS & extra.keys()):
        raise UsageError(f"-M extra_body sets {', '.join(taken)}, which the harness sets for every request itself.")
    return extra
