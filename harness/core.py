"""The nouns of the project: plain frozen dataclasses and one-method protocols, standard library only.

A *problem* is rendered into a *prompt*; a *strategy* asks a *policy* for *steps* and grows *paths*; a finished path is
a *response*; what a strategy returns is a *selection*. Below the policy, one *request* to a backend is one
*completion*.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field, fields
from operator import add, attrgetter
from typing import Any, Literal, Protocol, TypedDict

Level = int | str
FinishReason = Literal["stop", "eos", "length", "budget"]
"""Why a completion ended: a stop string was met, the model ended its turn, or the token limit cut it. A path may also
have been cut by the token budget of its problem."""
CUT = ("length", "budget")
"""The reasons with which a response is no whole one."""
CountedBy = Literal["exact", "usage", "text", "share"]
"""How thinking tokens were told from others: exactly (on the engine's token ids, or all or none are), by the server,
by tokenizing the text again, by the share of the characters."""


# -------------------------------------------------------------------------------------------------------------- errors


class HarnessError(Exception):
    """A failure told to the user in at most three sentences, without a traceback; `code` is the exit code."""

    code = 1


class UsageError(HarnessError):
    """The command, its options, a task definition or a data file is not as it must be."""

    code = 2


class IncompleteError(HarnessError):
    """The run is incomplete or its results could not be written; the same command continues it."""

    code = 3


class NotComparableError(HarnessError):
    """Runs that were not asked the same cannot be compared; the message names what differs."""

    code = 4


class NothingToDoError(HarnessError):
    """No problem is left after `--limit` and the filters."""

    code = 5


class BackendError(HarnessError):
    """A model call failed. `retryable`: the same request may succeed later; `retry_after` (seconds) says when."""

    def __init__(self, message: str, *, retryable: bool = True, retry_after: float | None = None) -> None:
        super().__init__(message)
        self.retryable = retryable
        self.retry_after = retry_after


# ----------------------------------------------------------------------------------------------- benchmarks and grades


class Message(TypedDict):
    """One turn of a conversation, in OpenAI's words."""

    role: str
    content: str


@dataclass(frozen=True, slots=True)
class Problem:
    """One item of a benchmark.

    `answer` is the gold answer, or None where the benchmark has none (such a problem is asked and never judged).
    `level` is the benchmark's own label, `difficulty` a number, `solutions` the human solutions. `messages` is what the
    model is asked, `text` the same for a model without a chat template. `given` are the steps of a solution that the
    benchmark brings and that is to be judged. `doc` is the lm-eval document it came from.
    """

    id: str
    statement: str
    answer: str | None
    level: Level | None = None
    subject: str | None = None
    difficulty: float | None = None
    solutions: tuple[str, ...] = ()
    messages: tuple[Message, ...] = ()
    text: str = ""
    given: tuple[str, ...] = ()
    doc: Mapping[str, Any] = field(default_factory=dict, repr=False, compare=False)


@dataclass(frozen=True, slots=True)
class Grade:
    """The verdict on one response.

    `correct` is None when neither yes nor no can be said. `answer` is the extracted answer (None: the response gives
    none, which abstains in a vote), `canonical` the form under which answers are counted as the same, `rule` the
    extraction rule that fired, `reason` what a person reads."""

    correct: bool | None
    answer: str | None = None
    canonical: str | None = None
    rule: str | None = None
    reason: str = ""


@dataclass(frozen=True, slots=True)
class ScorerRef:
    """A scorer by name, so that it can be called in another process: `function` is "module:function", called as
    `function(response, problem, **options)`; `version` is part of a run's identity."""

    function: str
    options: Mapping[str, Any] = field(default_factory=dict)
    version: str = "1"


@dataclass(frozen=True, slots=True)
class Task:
    """A benchmark ready to run: its problems in their order, how to ask, how to grade, and what identifies its data."""

    name: str
    version: str
    problems: tuple[Problem, ...]
    scorer: ScorerRef
    stop: tuple[str, ...] = ()
    max_tokens: int | None = None
    temperature: float | None = None
    top_p: float | None = None
    digest: str = ""
    description: str = ""


# --------------------------------------------------------------------------------------------------- prompts and paths


@dataclass(frozen=True, slots=True)
class Prompt:
    """What the model reads for one problem: `text` rendered once, `messages` the same for servers that render it
    themselves, `question` the bare statement (verifiers have templates of their own). `templated` says that `text` went
    through a chat template, which has put every special token in place."""

    problem_id: str
    question: str
    text: str
    messages: tuple[Message, ...] = ()
    templated: bool = False


@dataclass(frozen=True, slots=True)
class Path:
    """A prompt plus the steps so far: the state of the Markov decision process (Meta-CoT paper, section 2).

    Steps keep their delimiter, so `text` is their concatenation. `tokens` counts the completion tokens of the path:
    `thinking_tokens` of them are thinking, `gap_tokens` in neither part (see `Completion`), the rest is the answer.
    `forced_tokens` were written into it and not generated ("Wait", a forced end of thinking), and are in none of these.
    A finished path is a response; one that was cut by the token limit is finished too, with `finish_reason` "length",
    as is one that the problem's token budget cut ("budget"). `step_scores` has an entry per step of `split_steps`, or,
    where a response is about a given solution, per step of that. `ending` is the last step's (`Completion`).
    """

    prompt: Prompt
    steps: tuple[str, ...] = ()
    tokens: int = 0
    thinking_tokens: int = 0
    gap_tokens: int = 0
    thinking_by: CountedBy = "exact"
    forced_tokens: int = 0
    finished: bool = False
    finish_reason: FinishReason | None = None
    score: float | None = None
    step_scores: tuple[float, ...] = ()
    ending: tuple[int, ...] = ()

    @property
    def text(self) -> str:
        """The response so far."""
        return "".join(self.steps)

    @property
    def whole(self) -> bool:
        """Whether the model ended it by itself."""
        return self.finished and self.finish_reason not in CUT


@dataclass(frozen=True, slots=True)
class Selection:
    """What a strategy returns: every candidate response, the rule that chooses one, and the search tree if it grew one.

    `rule` names a rule of `harness.choice`, which knows the answers once they are graded: "first", "best" (score),
    "majority", "weighted_majority", or a key of `weights`, which hold a number per candidate ("visits", "value"). All
    rules are evaluated on every selection and logged; this one is the strategy's own."""

    candidates: tuple[Path, ...]
    rule: str = "first"
    weights: Mapping[str, Sequence[float]] = field(default_factory=dict)
    tree: Sequence[Mapping[str, Any]] | None = None


# ----------------------------------------------------------------------------------------------------- calls and usage


@dataclass(frozen=True, slots=True)
class Sampling:
    """Sampling parameters, in OpenAI's words. `temperature` 0 is greedy decoding. `max_tokens` 0 generates nothing and
    asks for the log-probabilities of the prefix's tokens instead."""

    temperature: float = 0.0
    top_p: float = 1.0
    max_tokens: int = 2048
    stop: tuple[str, ...] = ()
    seed: int = 0


@dataclass(frozen=True, slots=True)
class Request:
    """One call of the policy: continue `prompt` + `prefix`, the part of the response that stands; `ending` is its last
    completion's. With `tops` it is asked for that many of the likeliest next tokens, for which one is generated."""

    prompt: Prompt
    prefix: str
    sampling: Sampling
    tops: int = 0
    ending: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True)
class Completion:
    """One answer of a backend. Token counts are the engine's own. `stop` is the stop string that was met, which `text`
    does not contain; `cached_prompt_tokens` is the part of `prompt_tokens` that the engine did not have to compute.
    Where a request asked for them, `logprobs` are those of the prefix's tokens (nats), and `tops` the texts and
    log-probabilities of the likeliest first tokens, in falling order. `ending` are the ids of the white space at the
    end, with the stop string, if a tokenizer would choose others.
    `thinking_tokens` of the completion tokens are thinking (`harness.thinking`), told as `thinking_by` says; the answer
    has the rest but for `gap_tokens`, by which thinking and answer, counted anew, miss the engine's number."""

    text: str
    prompt_tokens: int
    completion_tokens: int
    finish_reason: FinishReason
    stop: str | None = None
    cached_prompt_tokens: int = 0
    thinking_tokens: int = 0
    gap_tokens: int = 0
    thinking_by: CountedBy = "exact"
    logprobs: Sequence[float] = ()
    tops: Sequence[Sequence[Any]] = ()
    ending: Sequence[int] = ()


@dataclass(frozen=True, slots=True)
class Usage:
    """What was asked for, in calls and tokens (OpenAI's words). Adds up with `+`; the zero is `Usage()`.

    `verifier_tokens` are all that a verifier read or wrote, `verifier_completion_tokens` those it wrote.
    `serial_tokens` is the depth of a problem's work: the completion tokens of the policy on its longest chain of calls
    that had to wait for each other."""

    calls: int = 0
    prompt_tokens: int = 0
    cached_prompt_tokens: int = 0
    completion_tokens: int = 0
    thinking_tokens: int = 0
    verifier_calls: int = 0
    verifier_tokens: int = 0
    verifier_completion_tokens: int = 0
    serial_tokens: int = 0

    def __add__(self, other: Usage) -> Usage:
        return Usage(*map(add, _COUNTS(self), _COUNTS(other)))

    @staticmethod
    def of(completion: Completion) -> Usage:
        """The usage of one policy call."""
        return Usage(
            calls=1,
            prompt_tokens=completion.prompt_tokens,
            cached_prompt_tokens=completion.cached_prompt_tokens,
            completion_tokens=completion.completion_tokens,
            thinking_tokens=completion.thinking_tokens,
        )


_COUNTS = attrgetter(*(field.name for field in fields(Usage)))


# ------------------------------------------------------------------------------------------------------------- engines


class Tokenizer(Protocol):
    """The part of a model's tokenizer that prompts, estimates and human token counts need."""

    @property
    def has_chat_template(self) -> bool:
        """Whether `render` can be used."""

    def render(self, messages: Sequence[Message]) -> str:
        """The conversation as the model reads it, ending where its turn begins."""

    def encode(self, text: str, *, special_tokens: bool) -> list[int]:
        """Token ids; `special_tokens` adds what the tokenizer adds by itself (a BOS, say)."""

    def warnings(self, text: str, *, templated: bool) -> list[str]:
        """What is wrong with the beginning of a rendered prompt: a doubled or a missing BOS."""


class Backend(Protocol):
    """A model that completes text: one class and one asynchronous method. Constructing it is cheap; the engine behind
    it starts with the first call, so that dry runs and finished runs never load a model."""

    identity: Mapping[str, Any]
    """Everything of the model that can change its answers; part of every call's key."""
    environment: Mapping[str, Any] = {}
    """Versions and devices worth recording that are not supposed to change the answers."""
    continues: bool = True
    """Whether a partial answer can be continued, which step-wise strategies need."""
    concurrency: int = 64
    """How many calls it likes to have in flight."""
    logprobs: bool = False
    """Whether it answers a request for no tokens with the log-probabilities of the prefix."""
    tops: int = 0
    """How many of the likeliest first tokens it can report."""

    @property
    def tokenizer(self) -> Tokenizer | None:
        """The model's tokenizer; None where it is the server's secret."""
        return None

    async def generate(self, request: Request) -> Completion:
        """Complete one request. Raises BackendError."""
        ...

    async def close(self) -> None:
        """Let the engine go."""


# ----------------------------------------------------------------------------------------------------------- verifiers


@dataclass(frozen=True, slots=True)
class Scores:
    """What a verifier says of a path: a score per step, or one of the whole (`outcome`), or both."""

    steps: tuple[float, ...] = ()
    outcome: float | None = None


class Desk(Protocol):
    """What a verifier may use for one problem. Whatever it calls is logged, can be resumed, and is billed to it."""

    problem: Problem
    prompt: Prompt
    stop: Sequence[str]
    """The task's own stop strings, which end a response."""

    async def complete(self, request: Request, backend: Backend | None = None) -> Completion:
        """One completion, of the policy's own engine unless another is named."""

    async def measure(self, material: Any, produce: Callable[[], Awaitable[Mapping[str, Any]]]) -> Mapping[str, Any]:
        """The result of a scoring call of the verifier's own engine: logged under the verifier's identity and
        `material` (JSON). `produce` makes it; it holds `prompt_tokens` and whatever else, in JSON."""
        ...

    async def grade(self, text: str) -> Grade:
        """The task's own verdict on a response."""
        ...

    def render(self, messages: Sequence[Message], backend: Backend | None = None) -> Prompt:
        """A conversation as the policy (or another backend) reads it."""
        ...


class Verifier(Protocol):
    """v(q, S): one class, one asynchronous method. Constructing it is cheap; an engine starts with the first call."""

    identity: Mapping[str, Any]
    """Everything that can change its scores; part of every call's key."""
    environment: Mapping[str, Any] = {}
    partial: bool = True
    """Whether it can score a path that is not finished."""
    uses_gold: bool = False
    """Whether it looks at the gold answer: such numbers are an analysis, never a result, and are marked everywhere."""
    concurrency: int = 64

    async def score(self, path: Path, desk: Desk) -> Scores:
        """Score one path. Its steps are those of `split_steps`; one score per step, or an outcome. Raises BackendError
        where there is no score: a missing one is never 0."""
        ...

    async def close(self) -> None:
        """Let the engine go."""
