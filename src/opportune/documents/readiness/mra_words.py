"""The words by which a readiness report is known: names of its sections and columns.

In English, Spanish and Portuguese, compared without case, accents and punctuation.
"""

import re

from opportune.model.folding import folded as without_accents

QUESTION, RESPONSE, DESCRIPTION, COMMENT, OTHER = (
    "question",
    "response",
    "description",
    "comment",
    "other",
)
"""What a column holds; OTHER: numbers of rows, owners, anything else."""

_COLUMNS = {
    QUESTION: r"questions?|prompts?|topics?|statements?|preguntas?|perguntas?|questao|questoes",
    RESPONSE: (
        r"responses?|ratings?|scores?|answers?|levels?|respuestas?|calificacion(?:es)?|valoracion|"
        r"puntuacion|puntaje|puntos|nota|nivel|respostas?|classificacao|avaliacao|pontuacao"
    ),
    DESCRIPTION: r"descriptions?|definitions?|descripcion|descricao|definicion|definicao",
    COMMENT: (
        r"comments?|notes?|remarks?|observations?|rationale|comentarios?|observacion(?:es)?|notas|"
        r"observacoes|observacao"
    ),
    OTHER: r"no|nr|num|id|n|numero|#|owner|date|priority|responsable|responsavel|fecha|data",
}
_TITLES = {kind: re.compile(pattern) for kind, pattern in _COLUMNS.items()}
_BESIDE = frozenset(
    re.findall(
        r"\w+",
        "the a of de la el o da do your customer cliente maturity madurez maturidade 1 5 to and y "
        "e standard free text texto additional adicionales adicionais current actual assessment",
    )
)
LONGEST_TITLE = 5
"""Words of a column's title."""

_PLAIN = str.maketrans(
    {
        **dict.fromkeys("‘’‛ʼ´`", "'"),  # noqa: RUF001 - the characters to replace
        **dict.fromkeys("“”„‟", '"'),
        "ﬀ": "ff",
        "ﬁ": "fi",
        "ﬂ": "fl",
        "ﬃ": "ffi",
        "ﬄ": "ffl",
    },
)


COMMENT_LABEL = re.compile(
    r"(?:comments?|notes?|comentarios?|coment\u00e1rios?|observaci(?:\u00f3n|ones)|observa\u00e7(?:\u00e3o|\u00f5es))\s*:\s*",
    re.IGNORECASE,
)
"""Begins a row that only comments on the one above."""

RATINGS = re.compile(
    r"ratings? responses?(?: \w+)?|(?:respuestas? de (?:las? )?)?"
    r"(?:calificacion(?:es)?|valoracion(?:es)?|puntuacion(?:es)?)(?: \d+)?|"
    r"(?:respostas? de (?:as? )?)?(?:classificacao|classificacoes|avaliacoes|pontuacao)(?: \d+)?"
)
PROMPTS = re.compile(
    r"text responses?(?: \w+)?|respuestas? (?:de texto|abiertas?)(?: \w+)?|"
    r"respostas? (?:de texto|abertas?)(?: \w+)?"
)
OPTIONAL = re.compile(
    r"optional questions?(?: responses?)?(?: \w+)?|preguntas opcionales(?: \w+)?|"
    r"perguntas opcionais(?: \w+)?|respuestas a preguntas opcionales|"
    r"respostas a perguntas opcionais"
)
ACTIONS = re.compile(
    r"(?:consolidated )?(?:recommended actions|recommendations)(?: \w+)?|"
    r"acciones recomendadas(?: \w+)?|acoes recomendadas(?: \w+)?|recomendaciones|recomendacoes"
)
LEGAL = re.compile(
    r"disclaimer|legal notice|aviso legal|descargo de responsabilidad|"
    r"isencao de responsabilidade|appendix(?: \w+)?|glossary"
)
SIGNS = (
    re.compile(
        r".*\bmigration readiness\b.*|"
        r".*\b(?:preparacion|madurez) (?:para|de) (?:la )?migracion\b.*|"
        r".*\b(?:prontidao|preparacao) (?:para|de) (?:a )?migracao\b.*"
    ),
    RATINGS,
    PROMPTS,
    OPTIONAL,
    ACTIONS,
    re.compile(r"(?:readiness )?heat ?map(?: \w+)?|mapa de calor(?: \w+)?"),
    re.compile(
        r"(?:readiness )?radar(?: chart(?: s)?)?(?: \w+)?|"
        r"(?:grafico|diagrama) (?:de )?radar(?: \w+)?"
    ),
)
"""Titles by which a report is known."""
_LEGAL_TEXT = re.compile(
    r"(?:disclaimer|legal notice|aviso legal|descargo de responsabilidad|"
    r"isen\u00e7\u00e3o de responsabilidade)\s*[:.\u2013\u2014-]\s",
    re.IGNORECASE,
)


def title_of(text: str) -> str:
    """Return a line as titles of sections are compared; of a legal notice its name alone."""
    return "disclaimer" if _LEGAL_TEXT.match(text) else without_accents(folded(text))


def plain(text: str) -> str:
    """Return text with straight apostrophes and quotes and without ligatures."""
    return text.translate(_PLAIN)


def folded(text: str) -> str:
    """Return what two texts share that differ only in case, punctuation and blanks."""
    return " ".join(re.findall(r"[^\W_]+", plain(text).casefold()))


def column_kind(title: str) -> str:
    """Return what a column with this title holds; empty if the text is not a column's title."""
    words = without_accents(folded(title)).split()
    if not words:
        return OTHER if title.strip() in ("#", "Nº", "№") else ""
    if len(words) > LONGEST_TITLE:
        return ""
    kinds = [kind for word in words for kind in [_kind_of(word)] if word not in _BESIDE]
    if not kinds or not all(kinds):
        return ""
    real = [kind for kind in kinds if kind != OTHER]
    return real[0] if real else OTHER


def _kind_of(word: str) -> str:
    return next((kind for kind, title in _TITLES.items() if title.fullmatch(word)), "")


def is_title_row(text: str) -> bool:
    """Say whether a line is a table's own header: the columns' names and nothing else."""
    words = without_accents(folded(text)).split()
    if len(words) > 2 * LONGEST_TITLE:
        return False
    kinds = [kind for word in words if word not in _BESIDE for kind in [_kind_of(word)]]
    named = {kind for kind in kinds if kind and kind != OTHER}
    return len(named) > 1 and kinds.count("") <= 1 and (RESPONSE in named)
