"""What a seller must know before trusting a rating: general rules over the rows of one report."""

import re
from collections.abc import Iterator, Sequence
from itertools import combinations

from opportune.documents.readiness.mra_words import folded
from opportune.model.assessment import Rating
from opportune.model.records import QualityNote

HIGH, LOW = 4, 2
FAR_APART = 3
COPY_WORDS = 4
"""Shorter comments ("Not yet", "See above") recur without being copies."""

_HEDGE = re.compile(
    r"\b(?:not (?:really )?sure|unsure|uncertain|unclear|unknown|"
    r"(?:do not|don't|does not|doesn't) know|no idea|probably|to be confirmed|tbc|tbd)\b",
    re.IGNORECASE,
)
_DENIAL = re.compile(
    r"^(?:no\b(?! (?:issues?|problems?|gaps?|concerns?|exceptions?|changes?))|none\b|never\b|"
    r"not (?!only\b)|nothing\b|nobody\b|there (?:is|are) no\b|"
    r"we (?:(?:do|have|are|did|can) not|don't|haven't|aren't|didn't|cannot|can't|have no|lack)\b)",
    re.IGNORECASE,
)
_CLAIM = re.compile(
    r"\b(?:fully|already|all) (?:in place|implemented|automated|configured|documented|tested|known)"
    r"\b",
    re.IGNORECASE,
)
_NEGATED = re.compile(r"\b(?:not|never|nothing|no|n't|isn't|aren't|hardly)\b", re.IGNORECASE)
_DOUBLE_MEANING = {
    "OLA": "operational level agreement, or the AWS Optimization and Licensing Assessment"
}
_RELATED = (
    ("Experience baseline", "Migration Experience"),
    ("Account Design & Configuration", "Logging & Monitoring"),
    ("Account Design & Configuration", "Cost Management"),
    ("Application Discovery Data", "Workload Owner Buy-In"),
    ("Application Discovery Data", "Workload Owner Buy-In or Alignment"),
    ("Backup", "BCP/DR"),
)
"""Sub-categories of which a high rating in one makes a low one in the other doubtful."""


def notes_on(file: str, ratings: Sequence[Rating]) -> Iterator[QualityNote]:
    """Yield notes on these rows, in their order; what concerns the whole report comes last.

    Comments are the customer's and are never changed: a doubtful one is kept and flagged.
    """
    first_of: dict[str, Rating] = {}
    for row in ratings:
        for code, message in (*_on_comment(row), *_on_copy(row, first_of)):
            yield _note(code, message, row)
    yield from _on_spread(ratings)
    yield QualityNote(
        code="charts-not-read",
        message="Radar, heat map and bar charts are pictures: scores are recomputed from the rows.",
        source=file,
    )


def _note(code: str, message: str, row: Rating) -> QualityNote:
    name = row.subcategory or row.category
    return QualityNote(
        code=code,
        message=f"{name}: {message}" if name else message,
        source=f"{row.file}, page {row.page}",
    )


def _on_comment(row: Rating) -> Iterator[tuple[str, str]]:
    comment = row.comment
    if not comment:
        return
    if folded(comment) == folded(row.description):
        yield (
            "comment-repeats-description",
            "the comment repeats the standard description and adds nothing.",
        )
        return
    if _HEDGE.search(comment):
        yield "rating-unsure", f"rated {row.rating}, but the comment says it is not sure."
    if row.rating >= HIGH and _DENIAL.search(comment):
        yield "rating-contradicted", f"rated {row.rating}, but the comment begins with a denial."
    if row.rating <= LOW and _CLAIM.search(comment) and not _NEGATED.search(comment):
        yield "rating-contradicted", f"rated {row.rating}, but the comment says it is done."
    for term, meanings in _DOUBLE_MEANING.items():
        if re.search(rf"\b{term}s?\b", comment):
            yield "term-ambiguous", f'"{term}" may mean {meanings}: ask.'


def _on_copy(row: Rating, first_of: dict[str, Rating]) -> Iterator[tuple[str, str]]:
    key = folded(row.comment)
    if len(key.split()) < COPY_WORDS or key == folded(row.description):
        return
    first = first_of.setdefault(key, row)
    if first is not row:
        where = f"page {first.page} ({first.subcategory})"
        yield "comment-copied", f"the comment is that of {where}: it may not answer this question."


def _on_spread(ratings: Sequence[Rating]) -> Iterator[QualityNote]:
    groups: dict[str, list[Rating]] = {}
    for row in ratings:
        groups.setdefault(folded(row.subcategory), []).append(row)
    related = [(folded(a), folded(b)) for a, b in _RELATED]
    for first, second in (*((name, name) for name in groups if name), *related):
        rows = (*groups.get(first, ()), *(groups.get(second, ()) if second != first else ()))
        for low, high in combinations(sorted(rows, key=lambda row: row.rating), 2):
            is_across = second == first or low.subcategory != high.subcategory
            if is_across and high.rating - low.rating >= FAR_APART:
                yield _note(
                    "ratings-contradict",
                    f"rated {low.rating} here but {high.rating} on page {high.page} "
                    f"({high.subcategory}): ask which holds.",
                    low,
                )
                break
