"""Trigger rules on readiness: what the customer rated low, and gaps that the workbook shows itself.

Only ratings and the customer's own comments count. Questions and the report's standard
descriptions name services and frameworks that say nothing about the customer.
"""

from collections.abc import Iterable, Sequence
from typing import Literal

from opportune.analysis.case import Case, Finding, Named, Parameters, Sum, is_production
from opportune.analysis.cells import Cells, Cited
from opportune.analysis.rules.answers import unsure
from opportune.analysis.rules.declared import HEADINGS, RATING, Parameter, Words, trigger
from opportune.model.assessment import Application, Rating, Server
from opportune.model.folding import folded
from opportune.model.records import Evidence, Priority

RATINGS_CITED = 8
"""Rating rows that an opportunity cites one by one, the lowest first."""

_RATED = ("category", "subcategory", "rating", "comment")
"""What decides under which heading a rating counts, and how high it is. The comment belongs to it:
it may only mean "not sure"."""


def low_ratings(case: Case, parameters: Parameters) -> Finding | None:
    """Fires on ratings of `at_most` in a category or sub-category headed with one of `headings`.

    With `unencrypted = true` also on applications that the workbook says are not encrypted.
    """
    rated = _headed(case.assessment.ratings, parameters["headings"])
    low = _low_ones(rated, parameters["at_most"])
    applications = case.assessment.applications if parameters.get("unencrypted") else ()
    unencrypted = [a for a in applications if a.is_encrypted is False]
    untested = [a for a in applications if a.has_penetration_test is False]
    if not low and not unencrypted:
        return None
    words = case.words
    values = {
        "low": words.count(len(low)),
        "rated": words.count(len(rated)),
        "at_most": parameters["at_most"],
        "mean": words.number(_mean(rated), 1) if rated else "",
        "topics": words.listing(sorted({r.subcategory or r.category for r in low})),
        "unencrypted": words.count(len(unencrypted)),
        "unencrypted_names": words.listing(_names(unencrypted)),
        "untested": words.count(len(untested)),
        "servers": words.count(len(case.running)),
    }
    evidence = (
        *_rating_evidence(case, low),
        *_mean_evidence(case, rated if low else []),
        *_overall_evidence(case, bool(low)),
        *case.evidence(unencrypted, "is_encrypted", "evidence-unencrypted"),
        *case.evidence(untested, "has_penetration_test", "evidence-untested"),
        *case.evidence(unencrypted, "data_classification", "evidence-classified"),
    )
    cells = (
        *case.listed((*unencrypted, *untested)),
        *((Cells(tuple(rated), _RATED), *case.all_running) if low else ()),
    )
    value_cells = {
        "unencrypted_names": case.names(unencrypted, len(unencrypted)),
        "servers": case.all_running,
    }
    return Finding(evidence, values, _worst(low), cells=cells, value_cells=value_cells)


@trigger(
    "recovery-gap",
    {"at_most": RATING, "recovery_headings": HEADINGS, "backup_headings": HEADINGS},
    counts="no_dr no_backup critical low dr_servers backup_servers",
    texts="no_dr_names no_backup_names tightest_rto topics at_most",
)
def recovery_gap(case: Case, parameters: Parameters) -> Finding | None:
    """Fires on applications without disaster recovery or backup, and on low ratings of either.

    A gap of an application concerns the servers it runs on; a low rating all that is production.
    `values` holds the ids of both sets of servers for the ARR rule.
    """
    words, applications = case.words, case.assessment.applications
    no_dr = [a for a in applications if a.has_disaster_recovery is False]
    no_backup = [a for a in applications if a.has_backup is False]
    low_dr, low_backup = (
        _low_ones(_headed(case.assessment.ratings, parameters[key]), parameters["at_most"])
        for key in ("recovery_headings", "backup_headings")
    )
    low = [*low_dr, *low_backup]
    exposed = [a for a in applications if a.has_disaster_recovery is False or a.has_backup is False]
    if not (no_dr or no_backup or low):
        return None
    production = [s for s in case.running if is_production(s)] if low else []
    dr = _exposed(case, no_dr, production if low_dr else [])
    backup = _exposed(case, no_backup, production if low_backup else [])
    critical = [a for a in exposed if _is_critical(a)]
    tight = min((a.rto_hours for a in no_dr if a.rto_hours is not None), default=None)
    values = {
        "no_dr": words.count(len(no_dr)),
        "no_dr_names": words.listing(_names(no_dr)),
        "no_backup": words.count(len(no_backup)),
        "no_backup_names": words.listing(_names(no_backup)),
        "critical": words.count(len(critical)),
        "tightest_rto": words.short(tight) if tight is not None else "",
        "low": words.count(len(low)),
        "at_most": parameters["at_most"],
        "topics": words.listing(sorted({r.subcategory or r.category for r in low})),
        "dr_servers": words.count(len(dr)),
        "backup_servers": words.count(len(backup)),
        "dr_ids": tuple(s.id for s in dr),
        "backup_ids": tuple(s.id for s in backup),
    }
    evidence = (
        *case.evidence(no_dr, "has_disaster_recovery", "evidence-no-dr"),
        *case.evidence(no_backup, "has_backup", "evidence-no-backup"),
        *_rating_evidence(case, low),
        *_overall_evidence(case, bool(low)),
        *case.evidence(dr, "id", "evidence-dr-servers"),
        *case.evidence(backup, "disk_gb", "evidence-backup-servers"),
        *case.evidence(exposed, "criticality", "evidence-criticality", m=Sum(_is_critical, int)),
    )
    worst = Priority.HIGH if critical else min(_worst(low), Priority.MEDIUM, key=_urgency)
    concerned = {s.id for s in (*dr, *backup)}
    cells = (
        *case.listed(exposed),
        *((Cells(tuple(low), _RATED), *case.all_running) if low else ()),
        Cells(tuple(production), ("environment",)),
        *case.in_scope(s for s in case.running if s.id in concerned),
        *_linked(case, no_dr, dr),
        *_linked(case, no_backup, backup),
    )
    timed = tuple(a for a in no_dr if a.rto_hours is not None)
    value_cells = {
        "no_dr_names": case.names(no_dr, len(no_dr)),
        "no_backup_names": case.names(no_backup, len(no_backup)),
        "tightest_rto": (Cells(timed, ("rto_hours",)),),
    }
    return Finding(evidence, values, worst, case.sized(concerned), cells, value_cells)


def _exposed(
    case: Case, applications: Iterable[Application], servers: Iterable[Server]
) -> list[Server]:
    of = case.links_of_application
    ids = {i.source for a in applications for i in of.get(a.id, ())} | {s.id for s in servers}
    return [s for s in case.running if s.id in ids]


def _linked(case: Case, applications: Iterable[Application], servers: Iterable[Server]) -> Named:
    """Return what says that these applications run on these servers."""
    ids = {s.id for s in servers}
    of = case.links_of_application
    links = (i for a in {a.id: a for a in applications} for i in of.get(a, ()) if i.source in ids)
    return (Cells(tuple(links), ("source", "target")),)


@trigger(
    "pillar-gaps",
    {
        "at_most": RATING,
        "pillars": Parameter(
            "table: cost, operations, reliability, security to parts of headings",
            dict[Literal["cost", "operations", "reliability", "security"], Words],
        ),
    },
    counts="gaps low unreliable unencrypted servers applications",
    texts="pillars names at_most",
)
def pillar_gaps(case: Case, parameters: Parameters) -> Finding | None:
    """Fires on a workload with a gap in at least one Well-Architected pillar.

    `pillars`: headings of ratings by the pillar's phrase. The workbook adds reliability gaps
    (applications without disaster recovery or backup) and security gaps (not encrypted).
    """
    words, assessment = case.words, case.assessment
    low_by_pillar = {
        pillar: _low_ones(_headed(assessment.ratings, headings), parameters["at_most"])
        for pillar, headings in parameters["pillars"].items()
    }
    no_dr = [a for a in assessment.applications if a.has_disaster_recovery is False]
    no_backup = [a for a in assessment.applications if a.has_backup is False]
    unreliable = {a.id for a in (*no_dr, *no_backup)}
    unencrypted = [a for a in assessment.applications if a.is_encrypted is False]
    gaps = {pillar for pillar, low in low_by_pillar.items() if low}
    gaps |= {"reliability"} if unreliable else set()
    gaps |= {"security"} if unencrypted else set()
    if not gaps or not (case.running or assessment.applications):
        return None
    low = _low_ones((r for found in low_by_pillar.values() for r in found), parameters["at_most"])
    values = {
        "pillars": words.listing([words.phrase(f"pillar-{p}") for p in sorted(gaps)], limit=6),
        "gaps": words.count(len(gaps)),
        "low": words.count(len(low)),
        "at_most": parameters["at_most"],
        "unreliable": words.count(len(unreliable)),
        "unencrypted": words.count(len(unencrypted)),
        "servers": words.count(len(case.running)),
        "applications": words.count(len(assessment.applications)),
        "names": words.listing(_names([*no_dr, *no_backup, *unencrypted])),
    }
    evidence = (
        *_rating_evidence(case, low),
        *case.evidence(no_dr, "has_disaster_recovery", "evidence-no-dr"),
        *case.evidence(no_backup, "has_backup", "evidence-no-backup"),
        *case.evidence(unencrypted, "is_encrypted", "evidence-unencrypted"),
        *case.evidence(case.running, "id", "evidence-workload"),
        *case.evidence(assessment.applications, "id", "evidence-applications"),
    )
    worst = Priority.MEDIUM if len(gaps) > 1 else Priority.LOW
    named = (*no_dr, *no_backup, *unencrypted)
    cells = (Cells(tuple(low), _RATED), *case.all_running, *case.listed(assessment.applications))
    value_cells = {"names": case.names(named, len(named))}
    return Finding(evidence, values, worst, cells=cells, value_cells=value_cells)


def _names(applications: Iterable[Application]) -> list[str]:
    """Return what the applications are called, each once."""
    return list(dict.fromkeys(a.name or a.id for a in applications))


def _is_critical(application: Application) -> bool:
    return folded(application.criticality).startswith(("high", "alt", "crit"))


def _headed(ratings: Iterable[Rating], headings: Sequence[str]) -> list[Rating]:
    """Return the ratings under a heading (of category or sub-category), in the report's order."""
    wanted = [folded(h) for h in headings]
    return [
        r
        for r in ratings
        if any(w in folded(r.category) or w in folded(r.subcategory) for w in wanted)
    ]


def _low_ones(ratings: Iterable[Rating], at_most: int) -> list[Rating]:
    """Return the low ratings, each once, lowest first, then in the report's order.

    One whose comment only says "not sure" is a question to ask, not a gap.
    """
    low = (r for r in ratings if r.rating <= at_most and not unsure(r.comment))
    return sorted(dict.fromkeys(low), key=_rating_order)


def _rating_order(rating: Rating) -> tuple[float, str, int]:
    return (rating.rating, rating.file, _page_or_line(rating))


def _worst(low: Sequence[Rating]) -> Priority:
    """Return the priority of the lowest rating: below 2 High, below 3 Medium, else Low."""
    if not low:
        return Priority.MEDIUM
    lowest = low[0].rating
    return Priority.HIGH if lowest < 2 else Priority.MEDIUM if lowest < 3 else Priority.LOW  # noqa: PLR2004 - ratings


def _urgency(priority: Priority) -> int:
    return (Priority.HIGH, Priority.MEDIUM, Priority.LOW).index(priority)


def _mean(ratings: Sequence[Rating]) -> float:
    return sum(r.rating for r in ratings) / len(ratings)


def _rating_phrase(rating: Rating) -> str:
    """Return the phrase for a rating: only a report with pages quotes questions."""
    if not rating.page:
        return "evidence-area"
    return "evidence-rating-comment" if rating.comment else "evidence-rating"


def _rating_evidence(case: Case, low: Sequence[Rating]) -> tuple[Cited, ...]:
    return tuple(
        Cited(
            Evidence(
                file=r.file,
                location=r.location,
                text=case.words.phrase(
                    _rating_phrase(r),
                    topic=r.subcategory or r.category,
                    question=r.question,
                    rating=case.words.short(r.rating),
                    comment=r.comment,
                ),
            ),
            Cells((r,), (*_RATED, "question")),
        )
        for r in low[:RATINGS_CITED]
    )


def _mean_evidence(case: Case, rated: Sequence[Rating]) -> tuple[Cited, ...]:
    """Return the mean of these ratings if there is more than one."""
    return _summary(case, rated, "evidence-mean") if len(rated) > 1 else ()


def _overall_evidence(case: Case, wanted: bool) -> tuple[Cited, ...]:  # noqa: FBT001 - reads as a condition
    """Return the report's overall mean and how many servers run, as context for low ratings."""
    if not wanted:
        return ()
    return (
        *_summary(case, case.assessment.ratings, "evidence-overall"),
        *case.evidence(case.running, "id", "evidence-workload"),
    )


def _summary(case: Case, ratings: Sequence[Rating], key: str) -> tuple[Cited, ...]:
    words = case.words
    by_file: dict[str, list[Rating]] = {}
    for rating in ratings:
        by_file.setdefault(rating.file, []).append(rating)
    return tuple(
        Cited(
            Evidence(
                file=file,
                location=_pages_or_lines(rows),
                text=words.phrase(
                    key,
                    n=words.count(len(rows)),
                    mean=words.number(_mean(rows), 1),
                    category=words.listing(sorted({r.category for r in rows})),
                ),
            ),
            Cells(tuple(rows), ("category", "rating")),
        )
        for file, rows in sorted(by_file.items())
    )


def _pages_or_lines(ratings: Sequence[Rating]) -> str:
    """Return where ratings of one report stand: `pages 26-31`, `lines 12-80`."""
    ends = min(ratings, key=_page_or_line), max(ratings, key=_page_or_line)
    first, last = (r.location for r in ends)
    if first == last:
        return first
    word = "pages" if ends[0].page else "lines"
    return f"{word} {_page_or_line(ends[0])}-{_page_or_line(ends[1])}"


def _page_or_line(rating: Rating) -> int:
    return rating.page or rating.line
