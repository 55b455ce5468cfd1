"""The forms in which verdicts leave: Markdown tables, JUnit XML, the commands and files of a GitHub step.

Names of models and problems are somebody else's text: in every form they can only be read.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

from tabulate import tabulate

SIGNS = {"regression": "❌", "non-inferior": "✅", "inconclusive": "⚠️"}
LEVELS = {"regression": "error", "non-inferior": "notice", "inconclusive": "warning"}
SUMMARY_LIMIT = 900 * 1024
"""Bytes of a step summary; GitHub refuses a whole one above 1 MiB."""


def table(header: Sequence[str], rows: Sequence[Sequence[str]], *, left: int = 1) -> str:
    """A Markdown table of text; the first `left` columns are aligned to the left, numbers to the right."""
    align = ["left"] * left + ["right"] * (len(header) - left)
    return tabulate(rows, headers=header, tablefmt="github", disable_numparse=True, colalign=align if rows else None)


def safe(name: object) -> str:
    """A name in a table cell: no pipes, no line breaks, no markup."""
    return "".join(f"\\{c}" if c in "|`<>*[]" else c if c.isprintable() else " " for c in str(name))


def points(value: float | None, *, signed: bool = False) -> str:
    """A share in percent, or a difference in points."""
    if value is None:
        return "n/a"
    return f"{100 * value:+.1f}" if signed else f"{100 * value:.1f}"


def probability(p: float) -> str:
    """A p-value as one writes it."""
    return "<0.001" if p < 0.001 else f"{p:.3f}"


@dataclass(frozen=True, slots=True)
class Case:
    """One test case: a verdict with the sentence that a person reads."""

    group: str
    name: str
    verdict: str
    message: str
    properties: Mapping[str, Any] = field(default_factory=dict)
    details: str = ""


def junit(suite: str, cases: Sequence[Case]) -> str:
    """JUnit XML. A regression fails, what is inconclusive is skipped, numbers are properties."""
    failed = sum(case.verdict == "regression" for case in cases)
    skipped = sum(case.verdict == "inconclusive" for case in cases)
    counts = {"tests": str(len(cases)), "failures": str(failed), "errors": "0", "skipped": str(skipped)}
    root = ElementTree.Element("testsuites", counts)
    element = ElementTree.SubElement(root, "testsuite", {"name": suite, **counts})
    for case in cases:
        about = {"classname": _xml(case.group), "name": _xml(case.name), "time": "0"}
        node = ElementTree.SubElement(element, "testcase", about)
        properties = ElementTree.SubElement(node, "properties")
        for key, value in case.properties.items():
            ElementTree.SubElement(properties, "property", {"name": key, "value": _xml(value)})
        if case.verdict == "regression":
            ElementTree.SubElement(node, "failure", {"message": _xml(case.message), "type": "regression"})
        if case.verdict == "inconclusive":
            ElementTree.SubElement(node, "skipped", {"message": _xml(case.message)})
        if case.details:
            ElementTree.SubElement(node, "system-out").text = _xml(case.details)
    return '<?xml version="1.0" encoding="UTF-8"?>\n' + ElementTree.tostring(root, encoding="unicode")


def _xml(value: object) -> str:
    """Text that XML 1.0 can hold, and a terminal and UTF-8: no control characters and no lone surrogates."""
    return "".join(
        c if c in "\t\n\r" or " " <= c <= "\ud7ff" or "\ue000" <= c <= "\ufffd" or c >= "\U00010000" else "\ufffd"
        for c in str(value)
    )


def annotation(level: str, title: str, text: str, *, file: str | None = None) -> str:
    """A workflow command that shows a message on the page of the run, and at a file of the pull request."""
    named = f"title={_property(title)}" if file is None else f"file={_property(file)},title={_property(title)}"
    return f"::{level} {named}::{_escaped(text)}"


def _property(value: str) -> str:
    return _escaped(value).replace(":", "%3A").replace(",", "%2C")


def _escaped(message: str) -> str:
    return _xml(message).replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def step_files(summary: str, outputs: Mapping[str, Any], environment: Mapping[str, str]) -> None:
    """Append to the files that GitHub names to a step: its summary, cut at GitHub's limit, and its outputs."""
    whole = summary.encode()
    if len(whole) > SUMMARY_LIMIT:
        summary = whole[:SUMMARY_LIMIT].decode("utf-8", "ignore") + "\n\n… cut; the report has the rest."
    lines = "".join(f"{name}={' '.join(str(value).splitlines())}\n" for name, value in outputs.items())
    for variable, content in (("GITHUB_STEP_SUMMARY", summary + "\n"), ("GITHUB_OUTPUT", lines)):
        if path := environment.get(variable):
            with Path(path).open("a", encoding="utf-8") as stream:
                stream.write(content)
