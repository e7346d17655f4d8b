"""Questions and answers in running text: what is asked, and which words below or behind answer it.

The document shows how it sets its questions: what most lines with a question mark have in common
makes the others of that style questions too, and lines of another style answers, whatever they ask.
"""

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field

from opportune.documents.questionnaires.answers import Asked, question_of, said
from opportune.documents.questionnaires.boxes import (
    EMPTY,
    TICKED,
    has_box,
    is_surely_ticked,
    options_in,
)
from opportune.documents.questionnaires.guidance import is_hint
from opportune.documents.questionnaires.word import Paragraph, joined

SURE_SHARE = 0.6
"""Of the lines of a style, more than these must ask for the style to be one of questions."""
LABEL_WORDS, VALUE_LENGTH = 8, 200
"""The longest "Label: value" that is read as an answer."""

_ASKS = re.compile(r"\?[\s:*)\]\"']*(?:\([^()]{0,200}\)[\s.:]*)?$")
_Q = re.compile(
    r"(?:q|question|pregunta|pergunta)\s*\d*(?:\.\d+)*\s*[:.)\u2013-]\s*\S", re.IGNORECASE
)
_A = re.compile(
    r"(?:(?:(?:customer|client|your|our)\s+)?(?:answer|response|reply)|respuesta(?: del cliente)?|"
    r"resposta(?: do cliente)?)\s*\d*\s*[:.\u2013-]\s*(?P<long>.*)|[ar]\s*\d*\s*:\s*(?P<short>.*)",
    re.IGNORECASE | re.DOTALL,
)
_IMPERATIVE = re.compile(
    r"(?:please\s+)?(?:describe|list|explain|specify|indicate|identify|outline|summari[sz]e|"
    r"tell us|state|name)\s|(?:por favor,?\s+)?(?:describa|enumere|liste|explique|indique|"
    r"especifique|"
    r"detalle|mencione|descreva|detalhe|informe)\s",
    re.IGNORECASE,
)
_ASKING = re.compile(
    r"(?:(?:what|which|who|whose|when|where|why|how|is|are|do|does|did|have|has|can|could|will|"
    r"would|should|qual|quais|quem|onde|existe|h[aá])\b|¿|quant|cu[aá]nt|cu[aá]l|qu[eé]\b|c[oó]mo)",
    re.IGNORECASE,
)
_REPLY = re.compile(
    r"(?:[~<>]?\s?\d|(?:yes|no|n/a|none|not|we|our|i|currently|s[ií]|ninguno|no aplica|sim|"
    r"n[aã]o|nenhum)\b)",
    re.IGNORECASE,
)
_ENUMERATED = re.compile(r"\(?\d{1,3}(?:\.\d{1,3})*[.)]\s+\S")
_LABELLED = re.compile(r"([^:]{2,80}):\s+(\S.*)")
_NUMBER = re.compile(r"\(?(\d{1,3})[.)]\s")
_EXPLAINED = re.compile(
    r"(?:[\d.]+\s+)?(?:definitions?|glossary|acronyms?|abbreviations?|terms?\b|legend|instructions?|"
    r"how to|about this|glosario|definiciones|siglas|abreviaturas|leyenda|instrucciones|"
    r"gloss[aá]rio|defini[cç][oõ]es|abrevia[cç][oõ]es|legenda|instru[cç][oõ]es)",
    re.IGNORECASE,
)
"""Headings of parts that ask nothing."""
_LABELLED_BOX = re.compile(rf"([^:{EMPTY}{TICKED}\[(]{{2,80}}):\s*(?=[{EMPTY}{TICKED}]|\[[ xX]?\])")
"""A label in front of options to tick, on one line."""
_NO_LABEL = re.compile(
    r"(?:purpose|objectives?|introduction|instructions?|notes?|tips?|examples?|important|warning|"
    r"disclaimer|document (?:owner|title|name|number|status|history|version)|"
    r"version|authors?|date|source|page|prop[oó]sito|objetivos?|introducci[oó]n|"
    r"instrucciones|notas?|ejemplos?|importante|aviso|versi[oó]n|autor(?:es)?|fecha|fuente|"
    r"introdução|instruções|exemplos?|versão|data|fonte)(?: (?:of|de|do|da) .*)?"
    r"|(?:confidential|copyright|prepared (?:by|for)|elaborad[oa] p|preparado p|https?).*",
    re.IGNORECASE,
)


def question_styles(paragraphs: Sequence[Paragraph]) -> frozenset[str]:
    """Return the styles in which the document sets its questions; none if it does not tell."""
    shown = [p for p in paragraphs if p.text]
    every = Counter(p.style for p in shown if p.style)
    asking = Counter(p.style for p in shown if p.style and _ASKS.search(p.text))
    return frozenset(
        style for style, count in asking.items() if count > 1 and count > SURE_SHARE * every[style]
    )


@dataclass
class Flow:
    """Follows a document from question to question.

    Args:
        styles: From `question_styles`.
    """

    styles: frozenset[str]
    asked: list[Asked] = field(default_factory=list)
    boxes: int = 0
    """Of options to tick that no question stands above."""
    hints: list[str] = field(default_factory=list)
    """Places of italic text below questions that nothing else answers."""
    explained: list[str] = field(default_factory=list)
    """Places of labels that would be answered, but stand among definitions or instructions."""
    _question: str = ""
    _place: str = ""
    _answer_place: str = ""
    _parts: list[str] = field(default_factory=list)
    _hints: list[str] = field(default_factory=list)
    _by_label: bool = False
    _explains: bool = False
    """A heading says that what follows explains words or the form itself."""
    _is_closed: bool = True
    """What follows in plain text is no answer any more."""

    @property
    def waits(self) -> bool:
        """A question has been asked and nothing said yet."""
        return bool(self._question) and not self._parts

    def close(self) -> None:
        """End the question that is open: a heading, a table or the document's end follows."""
        if self._question:
            are_options = self._parts and all(map(has_box, self._parts))
            answer = said(" ".join(self._parts)) if are_options else joined(map(said, self._parts))
            if answer.endswith(":"):
                answer = ""  # a label below the question, and nothing behind it
            place = self._answer_place if answer else self._place
            self.asked.append(Asked(place, self._question, answer))
            self.hints += [] if answer else self._hints
        self._question, self._parts, self._hints, self._is_closed = "", [], [], True

    def answer(self, text: str, place: str) -> None:
        """Take a text as said on the open question."""
        if not self._parts:
            self._answer_place = place
        self._parts.append(text)

    def paragraph(self, one: Paragraph) -> None:
        """Go on with the next paragraph."""
        place = f"paragraph {one.number}"
        if one.fields:
            self._with_fields(one, place)
        elif one.text and not self._explicit(one, place):
            self._plain(one, place)

    def ask(self, text: str, place: str) -> None:
        """Open a question; the one before it ends."""
        self.close()
        self._question, self._place, self._is_closed = question_of(text), place, False
        self._by_label = False

    def _with_fields(self, one: Paragraph, place: str) -> None:
        """A control is there to be filled in: what it holds answers what stands before it."""
        for label, held in one.fields:
            label_alone = _A.fullmatch(label) if label else None
            if label.strip(" :.-/,()") and label_alone is None and len(label) > 1:
                self.ask(label.rstrip(" :"), place)
            if self._question:
                self.answer(held, place)
        self._is_closed = True

    def _explicit(self, one: Paragraph, place: str) -> bool:
        """Take "Q: ..." and "A: ..." as what they say they are."""
        if _Q.match(one.text):
            self._inline(one, place)
            return True
        match = _A.fullmatch(one.text)
        if match is None or not self._question:
            return False
        self.answer(match["long"] or match["short"] or "", place)
        self._is_closed = False
        return True

    def _plain(self, one: Paragraph, place: str) -> None:
        if self._is_question(one):
            by_label = one.text.endswith(":")
            self._inline(one, place)
            self._by_label = by_label
        elif match := _LABELLED_BOX.match(one.text):
            self.ask(match[1], place)
            self.answer(one.text[match.end() :], place)
        elif one.is_heading:
            self.close()
            self._explains = bool(_EXPLAINED.match(one.text))
        elif self._by_label and self.waits and (match := _LABELLED.fullmatch(one.text)):
            self.close()
            self._labelled(match[1], match[2], place)
        elif self._question and not self._is_closed:
            self._below(one, place)
        elif has_box(one.text):
            self._ticked(one.text, place)
        elif match := _LABELLED.fullmatch(one.text):
            self._labelled(match[1], match[2], place)

    def _below(self, one: Paragraph, place: str) -> None:
        """Take a paragraph below the open question as its answer, unless it explains it."""
        if self.waits and is_hint(one.text):
            return
        if self.waits and one.is_italic:
            self._hints.append(place)
            return
        number = _NUMBER.match(one.text)
        is_listed = any(map(_NUMBER.match, self._parts))
        if number and number[1] != "1" and not is_listed and len(one.text.split()) <= LABEL_WORDS:
            self.close()  # the number of a section: a list would begin with 1
        else:
            self.answer(one.text, place)

    def choose(self, options: Sequence[tuple[str, str]]) -> None:
        """Take options to tick, each with its place: they answer the open question together.

        Without one, each is asked by itself and a tick says yes; an unticked one says nothing.
        """
        if self.waits:
            ticked = [place for text, place in options if is_surely_ticked(text)]
            self.answer(" ".join(text for text, _ in options), (ticked or [options[0][1]])[0])
            self.close()
            return
        self.close()
        for text, place in options:
            self._ticked(text, place)

    def _is_question(self, one: Paragraph) -> bool:
        text = one.text
        head = text.rpartition("?")[0]
        if has_box(head or text):
            return False
        if one.style in self.styles:
            return True
        asks = bool(_ASKS.search(text)) or bool(head and self._rest_is_answer(one))
        if self.styles:
            return asks and (not self.waits or bool(_ASKING.match(question_of(text))))
        is_told = bool(_IMPERATIVE.match(question_of(text)))
        return asks or is_told or self._is_label(text)

    def _is_label(self, text: str) -> bool:
        """Say whether "Number of staff:" stands on a line of its own, and not in an answer."""
        if not text.endswith(":") or _NO_LABEL.fullmatch(text[:-1].strip()):
            return False
        is_free = not self._question or self._is_closed or self._by_label
        is_short = len(text.split()) <= LABEL_WORDS and is_free
        return is_short or bool(_ENUMERATED.match(text))

    def _rest_is_answer(self, one: Paragraph) -> bool:
        rest = one.text.rpartition("?")[2].strip(" /|")
        is_bold_question = one.lead.endswith("?") and len(one.lead) < len(one.text)
        return is_bold_question or has_box(rest) or bool(_REPLY.match(rest))

    def _inline(self, one: Paragraph, place: str) -> None:
        """Ask, and take what stands behind the question mark if it is an answer."""
        head, mark, rest = one.text.rpartition("?")
        if one.lead.endswith(("?", ":")):
            head, mark, rest = one.lead[:-1], one.lead[-1], one.text[len(one.lead) :]
        if mark and rest.strip() and (mark == ":" or self._rest_is_answer(one)):
            self.ask(head + mark.replace(":", ""), place)
            self.answer(rest.strip(), place)
        else:
            self.ask(one.text.rstrip(" :"), place)

    def _ticked(self, text: str, place: str) -> None:
        """A list to tick: each line is asked, and a tick says yes."""
        for option in options_in(text):
            self.boxes += 1
            label = said(option)
            if label and is_surely_ticked(option):
                self.asked.append(Asked(place, label, "Yes"))

    def _labelled(self, label: str, value: str, place: str) -> None:
        is_short = len(label.split()) <= LABEL_WORDS and len(value) <= VALUE_LENGTH
        is_sentence = value.endswith(".") and len(value.split()) > LABEL_WORDS
        if not is_short or _NO_LABEL.fullmatch(label):
            return
        if self._explains:
            self.explained.append(place)
        elif not is_sentence:
            self.asked.append(Asked(place, question_of(label), said(value)))
