from __future__ import annotations

import pytest

from tasks import documents, math500


@pytest.mark.usefixtures("data_folder")
def test_documents() -> None:
    docs = math500.load(version=1, scorer="math_answer")["test"]
    assert len(docs) == 7
    assert set(documents.COLUMNS) <= set(docs.features)
    problem = documents.problem_of(docs[0])
    assert (problem.id, problem.answer, problem.level, problem.subject) == ("test/addition/1.json", "2", 2, "Addition")
    assert problem.solutions == (r"It is $\boxed{2}$.",)
