"""What is new: a page, and the same as an Atom feed for those who want to be told of regressions."""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from itertools import groupby
from xml.etree import ElementTree

from leaderboard.figures import budget
from leaderboard.history import Event, events
from leaderboard.render import render
from leaderboard.site import Site
from reports.forms import points, probability
from reports.render import interval, percent

ATOM = "http://www.w3.org/2005/Atom"
FEED_ITEMS = 100


def pages(site: Site) -> Iterator[tuple[str, str]]:
    """changelog.html and feed.atom."""
    found = events(site.entries)
    days = [(day, [(event, sentence(event)) for event in own]) for day, own in groupby(found, lambda e: e.entry.date)]
    yield "changelog.html", render("changelog.html.j2", "changelog.html", site=site, days=days)
    yield "feed.atom", feed(site, found)


def title(event: Event) -> str:
    """What happened, in a line."""
    entry = event.entry
    kind = "Regression" if event.regressed else "New run"
    return f"{kind}: {entry.model}, {entry.strategy} ({budget(entry)}) on {entry.task}"


def sentence(event: Event) -> str:
    """The result, and what became of it since the run before."""
    row = event.entry.row(event.entry.metric)
    said = f"{event.entry.metric} {percent(row['value'])} %, 95 % {interval(row, 1)}." if row else "No judged response."
    if event.before is None or event.verdict is None:
        return said
    found = event.verdict
    change = f"{points(found['difference'], signed=True)} points"
    between = f"{points(found['low'], signed=True)} to {points(found['high'], signed=True)}"
    verdicts = {"regression": "a regression", "non-inferior": "not worse", "inconclusive": "undecided"}
    return (
        f"{said} Since {event.before.model} of {event.before.date}: {change} ({between}), p {probability(found['p'])}, "
        f"{verdicts[found['verdict']]}."
    )


def feed(site: Site, found: list[Event]) -> str:
    """Atom 1.0. Without an address the links are relative; no clock is read, so that equal entries give equal bytes."""
    ElementTree.register_namespace("", ATOM)
    root = ElementTree.Element(f"{{{ATOM}}}feed")
    _add(root, "title", site.options.title)
    _add(root, "id", f"urn:uuid:{uuid.uuid5(uuid.NAMESPACE_URL, site.options.address or site.options.title)}")
    _add(root, "updated", found[0].entry.data["created"] if found else "1970-01-01T00:00:00+00:00")
    _add(root, "link", rel="self", href=f"{site.options.address}feed.atom")
    _add(root, "link", rel="alternate", href=f"{site.options.address}changelog.html")
    _add(ElementTree.SubElement(root, f"{{{ATOM}}}author"), "name", site.options.title)
    for event in found[:FEED_ITEMS]:
        item = ElementTree.SubElement(root, f"{{{ATOM}}}entry")
        _add(item, "title", title(event))
        _add(item, "id", f"urn:uuid:{uuid.uuid5(uuid.NAMESPACE_URL, event.entry.id)}")
        _add(item, "updated", event.entry.data["created"])
        _add(item, "link", rel="alternate", href=f"{site.options.address}{event.entry.href}")
        _add(item, "category", term="regression" if event.regressed else "run")
        _add(item, "summary", sentence(event))
    ElementTree.indent(root, " ")
    return '<?xml version="1.0" encoding="utf-8"?>\n' + ElementTree.tostring(root, encoding="unicode") + "\n"


def _add(parent: ElementTree.Element, name: str, text: str | None = None, **attributes: str) -> None:
    """A child; characters that XML cannot hold are replaced."""
    child = ElementTree.SubElement(parent, f"{{{ATOM}}}{name}", {k: _xml(v) for k, v in attributes.items()})
    child.text = None if text is None else _xml(text)


def _xml(text: str) -> str:
    return "".join(c if c in "\t\n" or (c >= " " and c not in _FORBIDDEN) else "\ufffd" for c in text)


_FORBIDDEN = {*map(chr, range(0xD800, 0xE000)), "\ufffe", "\uffff"}
