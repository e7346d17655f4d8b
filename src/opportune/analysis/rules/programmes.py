"""What surrounds a migration: exit dates, VMware, AWS programmes, and reports that contradict."""

import re
from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Literal

from pydantic import StrictBool

from opportune.analysis.case import Case, Finding, Named, Parameters
from opportune.analysis.cells import Cells, Cited
from opportune.analysis.rules.answers import (
    answer_evidence,
    answers_affirming,
    clauses,
    first_quote,
    quoted,
    says,
)
from opportune.analysis.rules.declared import (
    AMOUNT_USD,
    HEADINGS,
    RATING,
    USD,
    WORDS,
    Parameter,
    Word,
    trigger,
)
from opportune.analysis.rules.inventory import hypervisor, inventory
from opportune.analysis.rules.readiness import low_ratings
from opportune.model.assessment import Answer, Rating
from opportune.model.folding import folded
from opportune.model.records import Evidence, Priority

_YEAR = re.compile(r"(?<!\d)20[2-4]\d(?!\d)")


@trigger(
    "inventory",
    {"exit_places": WORDS, "exit_words": WORDS},
    counts="servers windows measured unmeasured constant left_out powered_off",
    texts="compute licence storage expected low high constant_cpu constant_ram powered_off_amount "
    "price_book basis exit",
)
def base_migration(case: Case, parameters: Parameters) -> Finding | None:
    """Fires like `inventory`; cites an answer that dates the exit from a data centre.

    `exit_places` and `exit_words`: the clause must affirm one of each, and name a year.
    """
    finding = inventory(case, parameters)
    if finding is None:
        return None
    dated = _exits(case, parameters)
    return replace(
        finding,
        values={**finding.values, "exit": first_quote(dated)},
        evidence=(*finding.evidence, *answer_evidence(case, dated)),
    )


def _exits(case: Case, parameters: Parameters) -> list[tuple[Answer, str]]:
    found: list[tuple[Answer, str]] = []
    for answer in case.assessment.answers:
        clause = next(
            (
                part
                for text in (answer.answer, answer.comment)
                for part in clauses(text)
                if _YEAR.search(part)
                and says(part, parameters["exit_places"])
                and says(part, parameters["exit_words"])
            ),
            "",
        )
        if clause:
            found.append((answer, clause))
    return found


@trigger(
    "hypervisor",
    {"name": Parameter("part of the hypervisor's name", Word), "answer_words": WORDS},
    counts="servers all_servers hosts clusters missing_hosts",
    texts="cores ram counted answer",
)
def vmware_exit(case: Case, parameters: Parameters) -> Finding | None:
    """Fires like `hypervisor`; counts hosts and clusters where the files name them."""
    finding = hypervisor(case, parameters)
    if finding is None:
        return None
    words = case.words
    name = folded(parameters["name"])
    servers = tuple(s for s in case.running if name in folded(s.hypervisor))
    hosted = tuple(s for s in servers if s.host)
    clustered = tuple(s for s in servers if s.cluster)
    answers = answers_affirming(case, parameters["answer_words"])
    values = {
        "hosts": words.count(len({folded(s.host) for s in hosted})),
        "clusters": words.count(len({folded(s.cluster) for s in clustered})),
        "answer": first_quote(answers),
        "missing_hosts": words.count(len(servers) - len(hosted)),
    }
    return replace(
        finding,
        values={**finding.values, **values},
        evidence=(*finding.evidence, *answer_evidence(case, answers)),
        cells=(*finding.cells, Cells(hosted, ("host",)), Cells(clustered, ("cluster",))),
    )


@trigger(
    "migration-programme",
    {
        "medium": AMOUNT_USD,
        "high": AMOUNT_USD,
        "at_most": RATING,
        "configured": Parameter(
            "table: assess, mobilize, migrate to US dollars",
            dict[Literal["assess", "mobilize", "migrate"], USD],
        ),
    },
    counts="servers rated unrated low ready",
    texts="phase base configured high_limit at_most",
)
def migration_programme(case: Case, parameters: Parameters) -> Finding | None:
    """Fires on a base of `medium` US dollars a year or more, urgent from `high` on.

    The phase follows from readiness: no report, assess; low ratings in it, mobilize; none, migrate.
    `configured`: amounts that the user filled in, presented as the user's own.
    """
    base, words = case.base, case.words
    if base.expected < parameters["medium"]:
        return None
    ratings = case.assessment.ratings
    low = [r for r in ratings if r.rating <= parameters["at_most"]]
    phase = ("mobilize" if low else "migrate") if ratings else "assess"
    configured: dict[str, int] = parameters["configured"]
    values = {
        "phase": words.phrase(f"map-{phase}"),
        "base": words.money(base.expected),
        "servers": words.count(len(base.sized)),
        "rated": words.count(len(ratings)),
        "unrated": words.count(0 if ratings else 1),
        "low": words.count(len(low)),
        "ready": words.count(len(ratings) if phase == "migrate" else 0),
        "at_most": parameters["at_most"],
        "configured": "; ".join(
            f"{words.phrase(f'map-{name}')}: {words.number(amount)}"
            for name, amount in sorted(configured.items())
        ),
        "high_limit": words.number(parameters["high"]),
    }
    servers = [s.server for s in base.sized]
    amounts = case.yearly_told((s.server, s.total) for s in base.sized)
    evidence = (
        *case.evidence(servers, "id", "evidence-workload"),
        *case.evidence(servers, "cores", "evidence-base", amount=amounts),
        *_readiness_evidence(case, ratings, len(low)),
    )
    cells = (*case.costs(base.sized), Cells(tuple(ratings), ("rating",)))
    worst = Priority.HIGH if base.expected >= parameters["high"] else Priority.MEDIUM
    return Finding(evidence, values, worst, base.sized, cells)


def _readiness_evidence(case: Case, ratings: Sequence[Rating], low: int) -> tuple[Cited, ...]:
    if not ratings:
        return ()
    first, words = ratings[0], case.words
    text = words.phrase("evidence-readiness", n=words.count(len(ratings)), m=words.number(low))
    return (
        Cited(
            Evidence(file=first.file, location=first.location, text=text),
            Cells(tuple(ratings), ("rating",)),
        ),
    )


@trigger(
    "low-ratings",
    {
        "headings": HEADINGS,
        "at_most": RATING,
        "contradiction": Parameter("accounts or experience", Literal["accounts", "experience"]),
        "unencrypted": Parameter("true or false", StrictBool),
    },
    counts="low rated unencrypted untested servers contradicted",
    texts="at_most mean topics unencrypted_names",
)
def low_ratings_checked(case: Case, parameters: Parameters) -> Finding | None:
    """Fires like `low_ratings`; cites rows of the report that contradict each other.

    `contradiction`: `accounts` (none exist, yet services of an account are set up) or `experience`
    (rated 1 in one row and 5 in another).
    """
    finding = low_ratings(case, parameters)
    if finding is None:
        return None
    look = _CONTRADICTIONS.get(parameters.get("contradiction", ""))
    rows = look(case.assessment.ratings) if look else ()
    cited = tuple(
        Cited(
            Evidence(
                file=r.file,
                location=r.location,
                text=case.words.phrase(
                    "evidence-contradiction",
                    topic=r.subcategory or r.category,
                    rating=case.words.short(r.rating),
                    comment=quoted(r.comment) or "-",
                ),
            ),
            Cells((r,), ("category", "subcategory", "rating", "comment")),
        )
        for r in rows
    )
    cells: Named = (Cells(tuple(rows), ("comment", "rating", "subcategory")),)
    return replace(
        finding,
        values={**finding.values, "contradicted": case.words.count(len(rows))},
        evidence=(*finding.evidence, *cited),
        cells=(*finding.cells, *cells),
    )


_NO_ACCOUNT = re.compile(
    r"\b(?:no|not|none|without|any|sin|sem|ningun[oa]?|nao|nenhum[a]?)\b[^.;]*"
    r"\b(?:accounts?|cuentas?|contas?)\b"
)
_SET_UP = ("cloudtrail", "cloudwatch", "control tower", "aws config", "guardduty", "security hub")
_BEST = 5


def _accounts(ratings: Sequence[Rating]) -> tuple[Rating, ...]:
    """Return rows that say there are no accounts and rows that say what runs in one, if both."""
    denied = [r for r in ratings if _NO_ACCOUNT.search(folded(r.comment))]
    claimed = [r for r in ratings if says(r.comment, _SET_UP)]
    return (*denied[:1], *(r for r in claimed if r not in denied)) if denied and claimed else ()


def _experience(ratings: Sequence[Rating]) -> tuple[Rating, ...]:
    """Return rows on experience that are rated lowest and highest, if both."""
    rows = [r for r in ratings if "experience" in folded(f"{r.category} {r.subcategory}")]
    low, high = [r for r in rows if r.rating <= 1], [r for r in rows if r.rating >= _BEST]
    return (*low, *high) if low and high else ()


_CONTRADICTIONS: dict[str, Callable[[Sequence[Rating]], tuple[Rating, ...]]] = {
    "accounts": _accounts,
    "experience": _experience,
}
