"""Which column of a list of questions is what, by its headers in English, Spanish or Portuguese."""

import re
from collections.abc import Sequence
from dataclasses import dataclass

from opportune.documents.questionnaires.answers import has_box, question_of, said
from opportune.model.folding import folded

HEADER_WITHIN_ROWS = 60
"""A block on owner, enterprise, date and session may stand before the header."""

_OF_CUSTOMER = r"(?: (?:of|from|by|de|del|do|da) .{1,40})?"
_QUESTION = re.compile(
    r"(?:(?:original|assessment|discovery|customer|interview|survey) )?questions?"
    r"(?: (?:text|original))?|preguntas?(?: original| del cuestionario)?|perguntas?(?: original|"
    r" do questionario)?"
    r"|prompts?|texto da pergunta|texto de la pregunta|cuestion(?:es)?|questao|questoes|"
    r"question description"
    r"|q|questions? (?:and|or) (?:topics?|prompts?)|requirements? question|question title"
)
_ANSWER = re.compile(
    rf"(?:(?:customer|client|your|selected|final|current|partner|text) )?(?:responses?|answers?|"
    rf"replies|reply|inputs?)(?: (?:text|value|responses?|answers?|comments?|notes?|details?))*"
    rf"{_OF_CUSTOMER}|(?:su )?respuestas?{_OF_CUSTOMER}|"
    rf"(?:sua )?respostas?{_OF_CUSTOMER}|contestacion(?:es)?|a"
)
_TOPIC = re.compile(
    r"(?:discovery )?(?:items?|topics?)|requirements?|criteria|criterion|description|parameters?|"
    r"temas?|descripcion|requisitos?|descricao|tema|topicos?|criterios?|aspectos?"
)
"""Also names what is asked, beside a column that is named as the answers."""
_COMMENT = re.compile(
    r"(?:(?:customer|additional|other|your) )?(?:comments?|notes?|remarks?|observations?|details?|"
    r"additional (?:information|info|context)|justification)"
    r"|comentarios?(?: adicionales| adicionais)?|observacion(?:es)?|notas?|observac(?:ao|oes)"
    r"|detalles?|detalhes?|justificacion|justificativa"
)


@dataclass(frozen=True, slots=True)
class QuestionColumns:
    """0-based columns of a list of questions; None: there is no such column."""

    question: int
    answers: tuple[int, ...]
    """One; several if each option has a column of its own, to be marked."""
    comment: int | None = None
    options: tuple[str, ...] = ()
    """Names of the options, as many as `answers`; none: the answer itself stands in its column."""

    def question_in(self, cells: Sequence[str]) -> str:
        """Return a row's question."""
        return question_of(cells[self.question]) if self.question < len(cells) else ""

    def answer_in(self, cells: Sequence[str]) -> str:
        """Return a row's answer, the options that are marked; empty if none."""
        given = [cells[i] if i < len(cells) else "" for i in self.answers]
        if not self.options:
            return said(given[0])
        marked = [
            option
            for option, cell in zip(self.options, given, strict=True)
            if (said(cell) if has_box(cell) else cell.strip().casefold() in _MARKS)
        ]
        return ", ".join(marked)

    def comment_in(self, cells: Sequence[str]) -> str:
        """Return a row's comment; empty if none."""
        at = self.comment
        return said(cells[at]) if at is not None and at < len(cells) else ""


_MARKS = frozenset(
    ("x", "\u2713", "\u2714", "\u221a", "\u2022", "yes", "si", "s\u00ed", "sim", "1")
)


def key_of(header: str) -> str:
    """Return a header as it is compared: no case, accents, brackets, or marks around it."""
    text = re.sub(r"\([^)]*\)|\[[^\]]*\]", " ", folded(header))
    return " ".join(re.sub(r"[^\w#]+", " ", text).split())


def columns_of(headers: Sequence[str]) -> QuestionColumns | None:
    """Return the columns of a row of headers; None if it is no header of a list of questions."""
    keys = [key_of(header) for header in headers]
    questions = [i for i, key in enumerate(keys) if _QUESTION.fullmatch(key)]
    answers = [i for i, key in enumerate(keys) if _ANSWER.fullmatch(key)]
    comments = [i for i, key in enumerate(keys) if _COMMENT.fullmatch(key)]
    if not questions and answers:
        questions = [i for i, key in enumerate(keys[: answers[0]]) if _TOPIC.fullmatch(key)]
    if not questions:
        return None
    question = next((i for i in questions if "original" in keys[i]), questions[0])
    comment = comments[0] if comments else None
    if answers:
        return QuestionColumns(question, (answers[0],), comment)
    taken = {*questions, *comments}
    options = [i for i, key in enumerate(keys) if key and i not in taken and i > question]
    if {keys[i] for i in options} & {"yes", "si", "sim"} and {keys[i] for i in options} & {
        "no",
        "nao",
    }:
        names = tuple(headers[i].strip() for i in options)
        return QuestionColumns(question, tuple(options), comment, names)
    return None


def is_id(text: str) -> bool:
    """Say whether a cell is the number of a question, not its text."""
    return bool(re.fullmatch(r"\W*(?:[A-Za-z]{0,6}[\s.-]?\d+(?:[.-]\d+)*|[A-Za-z])\W*", text))
