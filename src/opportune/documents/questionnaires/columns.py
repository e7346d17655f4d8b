"""Which column of a list of questions is what, by its headers in English, Spanish or Portuguese."""

import re
from collections.abc import Sequence
from dataclasses import dataclass

from opportune.documents.questionnaires.answers import question_of, said
from opportune.documents.questionnaires.boxes import is_marked
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
    rf"(?:sua )?respostas?{_OF_CUSTOMER}|contestacion(?:es)?|a|(?:current |your )?(?:values?|"
    r"state)|valor(?:es)?(?: actual(?:es)?| atual)?"
)
_NO_ANSWER = re.compile(
    r".*\b(?:examples?|samples?|expected|possible|options?|guidance|hints?|ejemplos?|exemplos?|"
    r"muestra|amostra|posibles?|esperad[ao]s?|possive(?:l|is)|opc(?:ion(?:es)?|ao|oes)|guia)\b.*"
)
"""Of columns that show how to answer."""
_TOPIC = re.compile(
    r"(?:discovery )?(?:items?|topics?)|(?:attribute|field|parameter|property)(?: names?)?|campos?"
    r"|atributos?|parametros?|propiedad(?:es)?|propriedades?|requirements?|criteria|criterion|description|parameters?|"
    r"temas?|descripcion|requisitos?|descricao|tema|topicos?|criterios?|aspectos?"
)
"""Also names what is asked, beside a column that is named as the answers."""
COMMENT = re.compile(
    r"(?:(?:customer|additional|other|your) )?(?:comments?|notes?|remarks?|observations?|details?|"
    r"additional (?:information|info|context)|justification)"
    r"|comentarios?(?: adicionales| adicionais)?|observacion(?:es)?|notas?|observac(?:ao|oes)"
    r"|detalles?|detalhes?|justificacion|justificativa"
)


EXPLAINING = re.compile(
    r"descriptions?|definitions?|meanings?|explanations?|guidance|purpose|rationale"
    r"|(?:why|por ?que)(?: .*)?"
    r"|instructions?|what (?:it|this) means|descripcion(?:es)?|definicion(?:es)?|significados?"
    r"|explicacion(?:es)?|proposito|instrucciones|descric(?:ao|oes)|definic(?:ao|oes)"
    r"|explicac(?:ao|oes)|finalidade|instruc(?:ao|oes)|(?:.* )?(?:e[jx]emplos?|examples?|samples?)"
    r"|(?:example|sample) .*|(?:respuesta|resposta) de e[jx]emplo"
)
"""Names a column that explains the one before it: nobody answers there."""


@dataclass(frozen=True, slots=True)
class QuestionColumns:
    """0-based columns of a list of questions; None: there is no such column."""

    question: int
    answers: tuple[int, ...]
    """One; several if each option has a column of its own, to be marked; none: nobody answers."""
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
            return said(given[0]) if given else ""
        marked = [
            option for option, cell in zip(self.options, given, strict=True) if is_marked(cell)
        ]
        return ", ".join(marked)

    def comment_in(self, cells: Sequence[str]) -> str:
        """Return a row's comment; empty if none."""
        at = self.comment
        return said(cells[at]) if at is not None and at < len(cells) else ""


def key_of(header: str) -> str:
    """Return a header as it is compared: no case, accents, brackets, or marks around it."""
    text = re.sub(r"\([^)]*\)|\[[^\]]*\]", " ", folded(header))
    return " ".join(re.sub(r"[^\w#]+", " ", text).split())


def names_questions(header: str) -> bool:
    """Say whether a header is that of a column of questions, and of nothing else."""
    return bool(_QUESTION.fullmatch(key_of(header)))


def names_topics(headers: Sequence[str]) -> bool:
    """Say whether headers name a topic, and all others what is written on it: Topic, Details."""
    first, *others = map(key_of, headers) if headers else ("",)
    is_topic = bool(_TOPIC.fullmatch(first) or _QUESTION.fullmatch(first))
    return is_topic and all(map(COMMENT.fullmatch, others))


def columns_of(headers: Sequence[str]) -> QuestionColumns | None:
    """Return the columns of a row of headers; None if it is no header of a list of questions."""
    keys = [key_of(header) for header in headers]
    questions = [i for i, key in enumerate(keys) if _QUESTION.fullmatch(key)]
    answers = [
        i
        for i, key in enumerate(keys)
        if _ANSWER.fullmatch(key) and not _NO_ANSWER.fullmatch(folded(headers[i]))
    ]
    comments = [i for i, key in enumerate(keys) if COMMENT.fullmatch(key)]
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
    if comment is not None and question < comment:
        return QuestionColumns(question, (comment,))
    explained = {i for i, key in enumerate(keys) if EXPLAINING.fullmatch(key)}
    is_explained = bool(explained) and set(options) <= explained
    return QuestionColumns(question, ()) if is_explained else None


def is_id(text: str) -> bool:
    """Say whether a cell is the number of a question, not its text."""
    return bool(re.fullmatch(r"\W*(?:[A-Za-z]{0,6}[\s.-]?\d+(?:[.-]\d+)*|[A-Za-z])\W*", text))
