"""What is an answer: the customer's own words, never a blank, a placeholder or a box left open."""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from opportune.documents.inventory.cells import is_error
from opportune.documents.opening.texts import text_of
from opportune.documents.quality import shortened
from opportune.documents.questionnaires.boxes import chosen, has_box
from opportune.documents.questionnaires.guidance import is_guidance
from opportune.model.assessment import Answer, Assessment
from opportune.model.file import InputFile
from opportune.model.folding import folded
from opportune.model.records import QualityNote, SourceFile

PLACES_SHOWN = 5
MAX_CHARACTERS = 8_000
"""Of a question, an answer or a comment; what is longer ends with an ellipsis."""

_BRACKETED = re.compile(r"<[^<>]*>|\[[^\[\]]*\]|\{+[^{}]*\}+|\u00ab[^\u00ab\u00bb]*\u00bb|%[\w ]+%")
_LINE = re.compile(r"(?:[\w ./]{1,40}:)?\s*_{3,}")
"""A line to write on, with its label."""
_MARKS_ONLY = re.compile(r"[\W_]*")
_PROMPT = re.compile(
    r"(?:please )?(?:click|tap|choose|select|enter|type|insert|fill in)\b.*\b(?:here|text|item|"
    r"date|"
    r"option|one|value|response|answer|list)|(?:please )?(?:write|provide|add|"
    r"describe)\b.*\b(?:here|"
    r"below)|choose|select"
    r"|(?:your|customer) (?:answer|response|comments?|text)(?: (?:here|goes here))?"
    r"|(?:answer|response|text|comments?) (?:here|goes here)"
    r"|(?:lorem ipsum|xx+)\b.*|(?:(?:dd?|mm?m?|yy(?:yy)?|aa(?:aa)?|hh?|ss)[\s/.:-]*){2,}"
    r"|(?:por favor )?(?:haga clic|pulse|elija|seleccione|escoja|escriba|introduzca|"
    r"ingrese|indique)\b.*\b(?:aqui|texto|elemento|opcion|fecha|valor|respuesta|lista)"
    r"|(?:por favor )?(?:clique|toque|escolha|selecione|digite|insira|informe|"
    r"escreva)\b.*\b(?:aqui|"
    r"texto|item|opcao|data|valor|resposta|lista)|(?:su|sua|tu) (?:respuesta|resposta)(?: aqui)?"
    r"|(?:respuesta|resposta|texto) aqui|seleccione|selecione|elija|escolha"
)
_UNCHOSEN = re.compile(
    r"(?:(?:yes|no|y|n|n/?a|unknown|not sure|don't know|partial(?:ly)?|si|sim|nao|no aplica|"
    r"parcial|high|medium|low|alt[ao]|medi[ao]|baj[ao]|baix[ao])(?:\s*[/|]\s*|$)){2,}"
)
"""Options to strike out or circle, all of them still there: "Yes / No"."""
_OPEN = re.compile(
    r"tb[acd]|to be (?:answered|completed|confirmed|decided|defined|determined|discussed|provided)|"
    r"no (?:response|answer)(?: (?:given|provided|yet))?|not (?:answered|provided)(?: yet)?|"
    r"unanswered|sin respuesta|sem resposta|pending|open|pendiente|pendente|"
    r"por (?:confirmar|definir|completar)|a (?:confirmar|definir|preencher)"
)
_UNMARKED_SCALE = re.compile(r"\d{1,2}(?:\s*[\s/|]\s*\d{1,2}){2,}")
_LINED = re.compile(r"^(?:_{2,}|\.{4,})\s*|\s*(?:_{2,}|\.{4,})$")
"""What is left of a line to write on, before or behind what was written."""
_LONGEST_PLACEHOLDER = 300
"""Characters between brackets."""
_MOST_OF_A_PROMPT = 90
"""Characters of the longest placeholder; sentences of a customer may begin alike."""


@dataclass(frozen=True, slots=True)
class Asked:
    """A question that was found, answered or not."""

    location: str
    question: str
    answer: str
    """Empty: not answered."""
    comment: str = ""


def said(text: str) -> str:
    """Return what the customer says in a text; empty if nothing.

    Of options with boxes only those that are ticked are said. "N/A" and "none" are answers: the
    customer says that there is nothing. "TBD" is none: nothing is said yet.
    """
    text = text_of(text)
    if has_box(text):
        text = chosen(text)
    elif is_guidance(text):
        return ""
    text = text.strip("/|").strip()
    if is_error(text) or is_placeholder(text):
        return ""
    text = _LINED.sub("", text)
    return "" if _OPEN.fullmatch(_question_key(text)) else text


def is_placeholder(text: str) -> bool:
    """Say whether a text is what a form shows where nothing was entered."""
    if _MARKS_ONLY.fullmatch(_LINE.sub("", text)):
        return True
    if len(text) > _LONGEST_PLACEHOLDER:
        return False
    rest = _BRACKETED.sub(lambda match: match[0][1:-1] if _is_value(match[0]) else "", text)
    if _MARKS_ONLY.fullmatch(rest):
        return True
    if _UNCHOSEN.fullmatch(_question_key(text)) or _is_unmarked_scale(text):
        return True
    return len(text) <= _MOST_OF_A_PROMPT and bool(_PROMPT.fullmatch(_question_key(text)))


def looks_like_prompt(text: str) -> bool:
    """Say whether a text begins as placeholders do; enough where its style says so too."""
    return is_placeholder(text) or bool(
        re.match(
            r"(?:please )?(?:click|tap|choose|select|enter|type|insert|write|provide|describe|"
            r"haga clic|pulse|elija|seleccione|escriba|introduzca|ingrese|clique|toque|escolha|"
            r"selecione|"
            r"digite|insira|escreva)\b",
            _question_key(text),
        ),
    )


def _is_unmarked_scale(text: str) -> bool:
    """Say whether a text is a scale of which nothing was circled: "1 2 3 4 5"."""
    if not _UNMARKED_SCALE.fullmatch(text.strip()):
        return False
    steps = [int(step) for step in re.findall(r"\d+", text)]
    return steps[0] in (0, 1) and steps == list(range(steps[0], steps[0] + len(steps)))


def _is_value(bracketed: str) -> bool:
    """A figure, yes or no in brackets is what somebody entered between them."""
    inside = bracketed.strip("<>[]{}\u00ab\u00bb% ")
    is_figure = bool(re.search(r"\d", inside)) and not re.search(r"[^\W\d_]{2}", inside)
    return is_figure or _question_key(inside) in {"yes", "no", "si", "sim", "nao", "n/a", "na"}


def _question_key(text: str) -> str:
    return folded(text).strip(" .:;!?*_-\u2013\u2014\u2026()[]<>{}\"'\u00ab\u00bb")


def is_option(text: str) -> bool:
    """Say whether a text is an option to choose, such as "Yes" or "N/A", and no more."""
    return _question_key(text) in {
        "yes",
        "no",
        "si",
        "sim",
        "nao",
        "n/a",
        "na",
        "unknown",
        "not sure",
    }


def question_of(text: str) -> str:
    """Return a question without its number and "Q:", on one line; what is bracketed stays."""
    text = text_of(text)
    short = re.sub(
        r"^(?:(?:q|question|pregunta|pergunta|p)\s*\.?\s*\d*(?:\.\d+)*\s*[:.)\u2013\u2014-]\s*|"
        r"\(?(?:\d{1,3}(?:\.\d{1,3})*|[a-zA-Z])[.)]\s+|\d{1,3}\s*[\u2013\u2014-]\s+)",
        "",
        text,
        flags=re.IGNORECASE,
    )
    return (short or text).strip()


def assessment(
    file: InputFile, kind: str, asked: Sequence[Asked], notes: Iterable[QualityNote] = ()
) -> Assessment:
    """Return the answers among what was asked, the one file, and a note on what is open."""
    answers = tuple(
        Answer(
            file.name,
            one.location,
            shortened(one.question, MAX_CHARACTERS),
            shortened(one.answer, MAX_CHARACTERS),
            shortened(one.comment, MAX_CHARACTERS),
        )
        for one in asked
        if one.answer
    )
    source = SourceFile(name=file.name, kind=kind, sha256=file.sha256, size_bytes=len(file.data))
    return Assessment(
        files=(source,), answers=answers, quality=(*notes, *_unanswered(file.name, asked))
    )


def _unanswered(name: str, asked: Sequence[Asked]) -> Iterable[QualityNote]:
    places = [one.location for one in asked if not one.answer]
    if places:
        more = f" and {len(places) - PLACES_SHOWN:,} more" if len(places) > PLACES_SHOWN else ""
        yield QualityNote(
            code="questions-unanswered",
            message=(
                f"{len(places):,} of {len(asked):,} questions have no answer: "
                f"{', '.join(places[:PLACES_SHOWN])}{more}."
            ),
            source=name,
        )
    commented = [one.location for one in asked if not one.answer and one.comment]
    if commented:
        yield QualityNote(
            code="comment-without-answer",
            message=(
                f"{len(commented):,} questions have a comment but no answer, and count as not "
                f"answered: {', '.join(commented[:PLACES_SHOWN])}."
            ),
            source=name,
        )
