from __future__ import annotations

import pytest

from tasks import documents, harp

pytestmark = pytest.mark.usefixtures("data_folder")


def test_all_human_solutions_in_their_order() -> None:
    problems = [documents.problem_of(doc) for doc in harp.load()["test"]]
    assert [problem.id for problem in problems] == ["1999/TEST_A/1", "1999/TEST_A/2", "1999/TEST_A/3"]
    assert [problem.answer for problem in problems] == ["$1$", "$2$", "$3$"]
    assert [problem.level for problem in problems] == [1, 2, 3]
    assert {(problem.doc["contest"], problem.doc["year"]) for problem in problems} == {("1999/TEST_A", "1999")}
    assert problems[2].solutions == ("Way 1 to 3.", "Way 2 to 3.", "Way 3 to 3.")


def test_multiple_choice() -> None:
    docs = harp.load_mcq()["test"]
    problem = documents.problem_of(docs[0])
    assert problem.answer == "B"
    assert problem.statement == "Half of 2?\n\n(A) $0$\n(B) $1$\n(C) $2$\n(D) $3$\n(E) $4$"
    assert problem.doc["choices"] == ["$0$", "$1$", "$2$", "$3$", "$4$"]
    assert problem.doc["scorer"] == "choice"
