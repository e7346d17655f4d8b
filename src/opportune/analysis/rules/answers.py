"""What a customer's answers say: their words alone, never the question's.

A clause that denies (`we run no SAP`, `no hay SAP`) or does not know says nothing. A bare `yes`
says nothing either: what it confirms stands in the question.
"""

import re
from collections.abc import Iterable, Sequence
from functools import cache

from opportune.analysis.case import Case
from opportune.analysis.cells import Cells, Cited
from opportune.model.assessment import Answer
from opportune.model.folding import folded
from opportune.model.records import Evidence

QUOTED_LENGTH = 160
"""Characters of an answer that a sentence quotes."""

_CLAUSE = re.compile(r"[.;!?\n]+(?:\s|$)|\s+(?:but|pero|mas|sino|however)\s+")
_DENIED = re.compile(
    r"\b(?:no|not|none|never|without|isn't|aren't|don't|doesn't|haven't|hasn't|n't|ningun[oa]?|nunca"
    r"|sin|sem|nao|nenhum[a]?|tampoco|n/a|unknown|unsure|tbd|desconocid[oa]|desconhecid[oa])\b"
)
_UNSURE = re.compile(
    r"^\W*(?:(?:we(?:'re| are)? |i(?:'m| am)? )?not sure|unsure|unknown|don'?t know|no idea|tbd"
    r"|n/a|\?+"
    r"|no (?:lo )?sabemos|no (?:estamos|estoy) segur[oa]s?|desconocid[oa]|desconhecid[oa]"
    r"|nao sabemos|nao (?:temos|tenho) certeza)\W*$"
)


def unsure(comment: str) -> bool:
    """Tell whether a comment says no more than that its author does not know."""
    return bool(_UNSURE.match(_plain(comment)))


def clauses(text: str) -> list[str]:
    """Return the parts of a text that affirm something, as they were written."""
    parts: list[str] = []
    start = 0
    for end in [*_CLAUSE.finditer(text), None]:
        part = text[start : end.start() if end else len(text)].strip()
        start = end.end() if end else start
        if part and not _DENIED.search(_plain(part)):
            parts.append(part)
    return parts


def says(text: str, words: Iterable[str]) -> str:
    """Return the first affirming clause with one of these words, whole; "" if there is none."""
    pattern = _any_of(tuple(words))
    return next((part for part in clauses(text) if pattern.search(_plain(part))), "")


@cache
def _any_of(words: tuple[str, ...]) -> re.Pattern[str]:
    listed = "|".join(re.escape(folded(word)) for word in words)
    return re.compile(rf"(?<![a-z0-9])(?:{listed})(?![a-z0-9])")


def answers_affirming(case: Case, words: Iterable[str]) -> list[tuple[Answer, str]]:
    """Return the answers that affirm one of these words, each with the clause that does."""
    listed = tuple(words)
    found = (
        (a, says(a.answer, listed) or says(a.comment, listed)) for a in case.assessment.answers
    )
    return [(answer, clause) for answer, clause in found if clause]


def first_quote(answers: Sequence[tuple[Answer, str]]) -> str:
    """Return what the first of these answers affirms, cut where it is long; "" if there is none."""
    return quoted(answers[0][1]) if answers else ""


def answer_evidence(case: Case, answers: Iterable[tuple[Answer, str]]) -> tuple[Cited, ...]:
    """Return the customer's words as evidence."""
    return tuple(
        Cited(
            Evidence(
                file=answer.file,
                location=answer.location,
                text=case.words.phrase("evidence-answer", answer=quoted(clause)),
            ),
            Cells((answer,), ("answer", "comment")),
        )
        for answer, clause in answers
    )


def quoted(text: str) -> str:
    """Return a text on one line, cut where it is long."""
    line = " ".join(text.split())
    return line if len(line) <= QUOTED_LENGTH else f"{line[: QUOTED_LENGTH - 1].rstrip()}…"


def _plain(text: str) -> str:
    plain = folded(text).replace("\u2019", "'")
    return re.sub(r"\b(?:no|not) later than\b", "by", plain)
