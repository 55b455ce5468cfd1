from __future__ import annotations

import pytest

from harness.core import Message, UsageError
from tasks import documents

DOC = {
    "problem_id": "t/1",
    "problem": "1 + 1?",
    "answer": "2",
    "level": 3,
    "subject": "sums",
    "difficulty": 2.5,
    "solutions": ["so", "", None],
    "extra": [1],
}


def test_problem_of_a_full_document() -> None:
    messages = (Message(role="user", content="1 + 1?"),)
    problem = documents.problem_of(DOC, messages, "text")
    assert (problem.id, problem.statement, problem.answer) == ("t/1", "1 + 1?", "2")
    assert (problem.level, problem.subject, problem.difficulty) == (3, "sums", 2.5)
    assert problem.solutions == ("so",)
    assert (problem.messages, problem.text) == (messages, "text")
    assert problem.doc["extra"] == [1]


@pytest.mark.parametrize("answer", [None, "", "  "])
def test_an_empty_answer_is_none(answer: str | None) -> None:
    assert documents.problem_of({**DOC, "answer": answer}).answer is None


def test_a_document_of_nulls() -> None:
    problem = documents.problem_of({**dict.fromkeys(documents.COLUMNS), "problem_id": "x", "problem": "y"})
    assert (problem.answer, problem.level, problem.difficulty, problem.solutions) == (None, None, None, ())


@pytest.mark.parametrize("field", ["problem_id", "problem"])
@pytest.mark.parametrize("value", [None, "", 7])
def test_what_must_be_a_text(field: str, value: object) -> None:
    with pytest.raises(UsageError, match=f"Field {field} "):
        documents.problem_of({**DOC, field: value})


@pytest.mark.parametrize(
    ("field", "value"), [("level", 2.5), ("subject", 3), ("difficulty", "hard"), ("solutions", "so")]
)
def test_wrong_types_are_named(field: str, value: object) -> None:
    with pytest.raises(UsageError, match=f"Field {field} of document 't/1'"):
        documents.problem_of({**DOC, field: value})


def test_whose_documents_they_are() -> None:
    assert documents.are_ours([*documents.COLUMNS, "extra"], "t")
    assert not documents.are_ours(["question", "answer"], "t")
    with pytest.raises(UsageError, match="no column level"):
        documents.are_ours([name for name in documents.COLUMNS if name != "level"], "t")


@pytest.mark.usefixtures("scorer")
@pytest.mark.parametrize(
    ("doc", "response", "value"),
    [(DOC, "2", 1.0), (DOC, "3", 0.0), ({**DOC, "answer": None}, "2", 0.0), ({**DOC, "scorer": "choice"}, "2", 1.0)],
)
def test_process_results_is_the_scorers_verdict(doc: dict[str, object], response: str, value: float) -> None:
    assert documents.process_results(doc, [response]) == {"exact_match": value}
    assert documents.process_results(doc, [[response, "2"]]) == {"exact_match": value}


def test_a_scorer_of_another_package() -> None:
    assert documents.scorer_function("game24") == "scorers.game24:grade"
    assert documents.scorer_function("my.module:judge") == "my.module:judge"


def test_splits_carry_the_scorer() -> None:
    made = documents.splits([DOC], "choice")
    assert list(made) == ["test"]
    assert made["test"][0]["scorer"] == "choice"
