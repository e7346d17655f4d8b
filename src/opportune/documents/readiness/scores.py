"""What in a report is a score, by its form alone, and what it is a score of."""

import re
from dataclasses import dataclass
from enum import Enum

from opportune.model.folding import folded

SCALE = 5.0

_NUMBER = r"\d{1,3}(?:[.,]\d{1,3})?"
_SLASH = r"\s*\(?\s*(?:/|\u2044|\u2215|\bout of\b|\bof\b|\bde\b|\bsobre\b|\bem\b)\s*"
_SCORE = re.compile(
    rf"(?<![\w/.,%$-])({_NUMBER})\s*{_SLASH}({_NUMBER})(?![\w/%]|[.,]\d|\s*%|\s*/\s*\d)",
    re.IGNORECASE,
)
_BARE = re.compile(rf"^([^:=|]{{2,80}})[:=]\s*({_NUMBER})(?![\w/%.,]|\s*%)")
_AFTER = re.compile(r"\s*(?:$|[(\[|,;:.\u2013\u2014\u00b7-]|(?:\w+[ -]?){1,4}$)")
_LABEL_END = re.compile(r"\s*(?:[:=|]|\s[-\u2013\u2014]|[\u2013\u2014])\s*$")
_STATED = re.compile(
    r"\b(?:scale|escala|scored?|puntuaci\u00f3n|pontua\u00e7\u00e3o)\b.{0,30}\b(?:1|0)\s*(?:-|\u2013|to|a|al|at\u00e9)\s*5\b"
    r"|\bout of 5\b",
    re.IGNORECASE,
)
_PICTURE = re.compile(r"[\u2190-\u2bff\U0001f000-\U0001faff\s]")
_LONGEST_NAME = 200
_SYMBOLS = re.compile(r"[^\w(\[]+")
_NUMBERING = re.compile(
    r"^\W*(?:(?:area|pillar|dimension|domain|section|part|pilar|dominio|seccion|secao)\s+)?"
    r"(?:\d+(?:\.\d+)*|[a-z]|[ivx]+)\s*[.):\u2013\u2014-]\s*(?=\S)",
    re.IGNORECASE,
)
_LEAD = re.compile(
    r"^(?:area|\u00e1rea|pillar|pilar|dimension|dimensi\u00f3n|dimens\u00e3o|domain|dominio|"
    r"dom\u00ednio)\s*:\s*|^(?:evaluaci\u00f3n|avalia\u00e7\u00e3o|assessment|an\u00e1lisis|"
    r"an\u00e1lise)\s+(?:de(?:l|\s+la|\s+los)?|d[aeo]s?|of)\s+",
    re.IGNORECASE,
)
_TAIL = re.compile(
    r"(?:[\s:(\u2013\u2014-]+(?:readiness|maturity|assessment|evaluation|review|score|scores|rating|"
    r"level|results?|evaluaci\u00f3n|puntuaci\u00f3n|puntaje|calificaci\u00f3n|"
    r"avalia\u00e7\u00e3o|pontua\u00e7\u00e3o|nota))+[\s:)]*$",
    re.IGNORECASE,
)


def _word_set(text: str) -> frozenset[str]:
    return frozenset(text.split())


_SCORE_NOUNS = _word_set(
    "score scores rating maturity readiness puntuacion puntaje nota calificacion valoracion "
    "madurez pontuacao avaliacao maturidade"
)
_SCORE_WORDS = _word_set(
    "score scores scoring rating rated readiness maturity level grade assessment result results "
    "area areas section current actual mra aws migration cloud the of for your state status "
    "puntuacion puntaje calificacion valoracion nota nivel preparacion madurez resultado "
    "evaluacion migracion nube estado de del la el en y "
    "pontuacao classificacao avaliacao prontidao maturidade migracao nuvem "
    "atual da do"
)
_OVERALL = _word_set(
    "overall global composite aggregate average mean promedio media conjunto summary executive "
    "conclusion conclusions resumen ejecutivo sumario executivo resumo conclusao"
)
_OVERALL_ALONE = _word_set(
    "total totals general geral final weighted ponderado ponderada report informe relatorio"
)
_OTHER = _word_set(
    "target targets goal objetivo meta desired future expected benchmark industry previous prior "
    "anterior last gap brecha lacuna risk risks riesgo riesgos risco riscos priority prioridad "
    "prioridade effort esfuerzo esforco complexity complejidad complexidade impact impacto "
    "likelihood probability probabilidad probabilidade confidence confianza confianca satisfaction "
    "satisfaccion satisfacao severity weight peso maximum maximo minimum minimo scale "
    "escala"
)


class About(Enum):
    """What a label or heading says that a score is of."""

    SECTION = "the section that it stands in"
    OVERALL = "the report as a whole"
    OTHER = "no readiness: a target, a risk, a weight"
    NAMED = "what the label names"


@dataclass(frozen=True, slots=True)
class Score:
    """A score out of SCALE; `value` is None if it is out of another scale, or beyond it."""

    value: float | None
    written: str
    before: str
    """What stands before it on the line, without the mark between."""
    label: str
    """What stands behind it: "High Readiness"."""


def score_in(text: str, *, has_scale: bool = False) -> Score | None:
    """Return the first score of a line of the form `label: 3.5/5 (words)`, `name (3.5/5)`, `3.5/5`.

    None if the line has another form: a sentence with "3 of 5 sites" in it, a date, a percentage.

    Args:
        text: The line.
        has_scale: Elsewhere it is said that scores are out of 5: "Score: 3.5" is one too.
    """
    match = _SCORE.search(text)
    bare = _BARE.match(text) if has_scale and match is None else None
    if bare and is_score_column(bare[1]):
        text = f"{text[: bare.end()]}/{SCALE:g}{text[bare.end() :]}"
        match = _SCORE.search(text)
    if match is None:
        return None
    before = text[: match.start()]
    is_bracketed = before.rstrip().endswith(("(", "["))
    if not (is_bracketed or _ends_label(before)):
        return None
    after = text[match.end() :]
    if is_bracketed:
        inside, _, behind = after.partition(")" if "(" in before else "]")
        if behind.strip(" .:"):
            return None
        after = inside
    if not _AFTER.match(after):
        return None
    value, scale = (float(number.replace(",", ".")) for number in match.groups())
    if value > scale != SCALE:
        return None  # "24/7"
    return Score(
        value=value if scale == SCALE and value <= SCALE else None,
        written=match[0],
        before=_LABEL_END.sub("", _without_symbols(before).rstrip(" ([")),
        label=_score_label(after),
    )


def _ends_label(before: str) -> bool:
    """Say whether a score may follow: nothing, a mark, or no more than the word "score"."""
    is_blank = not _SYMBOLS.sub("", before)
    if is_blank or _LABEL_END.search(_without_symbols(before)):
        return True
    return about(before) in (About.SECTION, About.OVERALL)


def states_scale(text: str) -> bool:
    """Say whether a line shows that scores are out of SCALE, by a score or in words."""
    return bool(_STATED.search(text)) or score_in(text) is not None


def _without_symbols(text: str) -> str:
    """Return the text without stars and other pictures at its end."""
    end = len(text)
    while end and _PICTURE.match(text[end - 1]):
        end -= 1
    return text[:end]


def _score_label(after: str) -> str:
    found = re.match(r"\s*[(\[]([^)\]]*)[)\]]", after)
    words = found[1] if found else after
    words = words.strip(" -\u2013\u2014:;,.|()[]\u00b7")
    return "" if _SCORE.search(words) else words


def tokens(text: str) -> set[str]:
    """Return the words of a name or label, without case and accents."""
    return set(re.findall(r"[^\W_]+", folded(text)))


def about(text: str) -> About:
    """Return what a score under this label, column or heading is of."""
    rest = {word for word in tokens(text) if not word.isdigit()} - _SCORE_WORDS
    if rest & _OVERALL or (rest and rest <= _OVERALL_ALONE):
        return About.OVERALL
    if not rest:
        return About.SECTION
    return About.OTHER if rest <= _OTHER else About.NAMED


def is_score_column(title: str) -> bool:
    """Say whether a table's column holds present scores."""
    return bool(tokens(title) & _SCORE_NOUNS) and about(title) in (About.SECTION, About.OVERALL)


def names_scale(title: str) -> bool:
    """Say whether a column's title states that its figures are out of SCALE: "Score (1-5)"."""
    return bool(
        re.search(r"(?:/|\bof\b|\bde\b|\b[01]\s*[-\u2013]|\bto\b|\ba\b)\s*5(?:[.,]0)?\b", title)
    )


def area_name(text: str) -> str:
    """Return a heading or label without numbering, and without what every area is called."""
    name = re.sub(r"^[^\w(]+", "", text[:_LONGEST_NAME]).strip()
    name = _LEAD.sub("", _NUMBERING.sub("", name))
    name = _TAIL.sub("", name).strip(" :-\u2013\u2014|")
    return name[:1].upper() + name[1:] if name else text.strip()
