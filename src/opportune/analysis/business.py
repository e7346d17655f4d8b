"""What applications' owners say of them: told beside an opportunity, with its cells.

A play's own facts decide whether it fires and what it is worth; these only add what a seller talks
about, whom to speak with, and how soon. Nothing is said where a file says nothing.
"""

import re
from calendar import monthrange
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from functools import lru_cache

from opportune.analysis.case import Case, Finding
from opportune.analysis.places import located
from opportune.model.assessment import Application
from opportune.model.folding import folded
from opportune.model.records import Evidence, Priority

MONTHS_AHEAD = 12
"""A refresh counts from a year before the run date, overdue since, to a year after it."""
TEXTS_TOLD = 2
"""Different answers of one column that are told; the first in file order."""
TEXT_SHOWN = 200
"""Characters of an answer in a sentence."""
OWNERS_TOLD = 3

FIELDS = ("pain_points", "risks", "refresh", "modernisation", "roadmap", "sovereignty", "lifecycle")
"""Columns that make talking points, in this order."""
_SAYS_NO = frozenset(
    ("no", "n", "none", "n/a", "na", "-", "false", "0", "nao", "ninguno", "nenhum")
)
_SAYS_YES = frozenset(("yes", "y", "true", "1", "si", "s", "sim", "x"))
_NOT_WORTH_TELLING = {
    "lifecycle": frozenset(
        (
            "active",
            "activo",
            "activa",
            "ativo",
            "ativa",
            "live",
            "production",
            "produccion",
            "producao",
            "in use",
        )
    )
}
_YEAR_FIRST = re.compile(r"(20\d\d)(?:[-/.](\d{1,2}))?(?:[-/.](\d{1,2}))?(?:[T ].*)?")
_YEAR_LAST = re.compile(r"(?:(\d{1,2})[-/.])?(\d{1,2})[-/.](20\d\d)")
_QUARTER = re.compile(
    r"(?:[qt](?P<a>[1-4])|(?P<b>[1-4])[qt])[\s/-]*(?P<y>20\d\d)|(?P<z>20\d\d)[\s/-]*[qt](?P<c>[1-4])"
)


@dataclass(frozen=True)
class Told:
    """What is added to an opportunity."""

    talking_points: tuple[str, ...] = ()
    next_steps: tuple[str, ...] = ()
    evidence: tuple[Evidence, ...] = ()
    due: tuple[Application, ...] = ()
    """Applications on the opportunity's servers whose hardware is due for a refresh: a reason to
    hurry."""

    def priority(self, found: Priority) -> Priority:
        """Return a priority, one step higher where a refresh is due."""
        steps = (Priority.LOW, Priority.MEDIUM, Priority.HIGH)
        return steps[min(steps.index(found) + 1, 2)] if self.due else found


def told(case: Case, finding: Finding) -> Told:
    """Return what the owners of the applications say that an opportunity is about."""
    if not any(_says(a, name) for a in case.assessment.applications for name in _ALL):
        return Told()
    ids = {s.server.id for s in finding.servers}
    concerned = _concerned(case, finding, ids)
    points: list[str] = []
    evidence: list[Evidence] = []
    for name in FIELDS:
        rows = [a for a in concerned if _is_told(a, name, case.run_date)]
        for text, members in _by_text(rows, name)[:TEXTS_TOLD]:
            shown = text if len(text) <= TEXT_SHOWN else f"{text[: TEXT_SHOWN - 1]}…"
            names = case.words.listing([a.name or a.id for a in members])
            points.append(case.words.phrase(f"business-{name}", names=names, text=shown))
            evidence += _evidence(case, members, name, shown)
    owners = _by_text([a for a in concerned if a.owner], "owner")[:OWNERS_TOLD]
    steps = [
        case.words.phrase(
            "business-owner", owner=owner, names=case.words.listing([a.name or a.id for a in rows])
        )
        for owner, rows in owners
    ]
    for owner, rows in owners:
        evidence += _evidence(case, rows, "owner", owner)
    running = [a for a in concerned if _runs_on(case, a, ids)]
    due = tuple(a for a in running if refresh_is_due(a.refresh, case.run_date))
    return Told(tuple(points), tuple(steps), tuple(evidence), due)


_ALL = (*FIELDS, "owner")


def _says(application: Application, name: str) -> bool:
    text = folded(getattr(application, name))
    return bool(text) and text not in _SAYS_NO


def _is_told(application: Application, name: str, run_date: date) -> bool:
    if name == "refresh":
        return refresh_is_due(application.refresh, run_date)
    text = folded(getattr(application, name))
    return _says(application, name) and text not in _NOT_WORTH_TELLING.get(name, ())


def _runs_on(case: Case, application: Application, ids: set[str]) -> bool:
    links = case.links_of_application.get(application.id, ())
    return any(link.source in ids for link in links)


def _concerned(case: Case, finding: Finding, ids: set[str]) -> list[Application]:
    """Return the applications on an opportunity's servers, and those that its evidence cites."""
    cited = {id(f) for c in finding.evidence for f in c.cells.facts if isinstance(f, Application)}
    return [a for a in case.assessment.applications if id(a) in cited or _runs_on(case, a, ids)]


def _by_text(rows: Iterable[Application], name: str) -> list[tuple[str, list[Application]]]:
    groups: dict[str, tuple[str, list[Application]]] = {}
    for row in rows:
        text = getattr(row, name)
        groups.setdefault(folded(text), (text, []))[1].append(row)
    return list(groups.values())


def _evidence(
    case: Case, rows: Sequence[Application], name: str, text: str
) -> tuple[Evidence, ...]:
    said = f"business-said-{name}"
    return tuple(
        Evidence(
            file=place.file,
            location=place.location,
            text=case.words.phrase(said, n=case.words.count(len(place.facts)), text=text),
        )
        for place in located(rows, name)
    )


@lru_cache(maxsize=4096)
def refresh_is_due(text: str, run_date: date) -> bool:
    """Tell whether a refresh is said to be near: "yes", or a date within a year of the run date.

    Of a date that may be of two months (03/04/2027) both must be.
    """
    word = folded(text.strip())
    if word in _SAYS_YES:
        return True
    days = _days_of(word)
    return bool(days) and all(
        abs((day.year - run_date.year) * 12 + day.month - run_date.month) <= MONTHS_AHEAD
        for day in days
    )


def _days_of(text: str) -> list[date]:
    """Return the days that a text may mean; of a month or quarter its last, of a year its end."""
    found = _QUARTER.fullmatch(text)
    if found:
        year, quarter = found["y"] or found["z"], found["a"] or found["b"] or found["c"]
        return _last_day(int(year), int(quarter) * 3)
    found = _YEAR_FIRST.fullmatch(text)
    if found:
        return _last_day(int(found[1]), int(found[2] or 12))
    found = _YEAR_LAST.fullmatch(text)
    if found is None:
        return []
    year, one, other = int(found[3]), int(found[1] or found[2]), int(found[2])
    return [day for month in {one, other} for day in _last_day(year, month)]


def _last_day(year: int, month: int) -> list[date]:
    return [date(year, month, monthrange(year, month)[1])] if 1 <= month <= 12 else []  # noqa: PLR2004 - months
