"""Forms of invented wording, blank and filled, as data: what each asks, and what was answered.

Two writers that share no code set them: python-docx, and XML put together by hand. A form is a
list of items; `answered` says what a reader must find in the filled form: in the blank one nothing.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from random import Random
from typing import Literal

Kind = Literal[
    "below", "beside", "headed", "side by side", "in one cell", "control", "ticked cells",
    "ticked lines", "ticked in the line", "options as columns", "label and box",
]  # fmt: skip
KINDS: tuple[Kind, ...] = (
    "below", "beside", "headed", "side by side", "in one cell", "control", "ticked cells",
    "ticked lines", "ticked in the line", "options as columns", "label and box",
)  # fmt: skip
NO_QUESTIONS = ("glossary", "long glossary", "records", "instructions", "example table", "hint")
"""Items that ask nothing, or nothing that is answered: they give no answer, filled or not."""
Box = Literal["glyph", "legacy", "control", "symbol", "letter"]
BOXES: tuple[Box, ...] = ("glyph", "legacy", "control", "symbol", "letter")
"""How a box is made: a sign, a form field, a content control, a symbol, a letter of Wingdings."""


@dataclass(frozen=True)
class Asked:
    """A question, what the customer says to it, and the options it is said with, if any."""

    question: str
    answer: str
    options: tuple[str, ...] = ()
    chosen: frozenset[int] = frozenset()

    @property
    def said(self) -> str:
        """What a reader must find."""
        return ", ".join(self.options[i] for i in sorted(self.chosen)) or self.answer


@dataclass(frozen=True)
class Item:
    """A part of a form."""

    kind: str
    asked: tuple[Asked, ...] = ()
    box: Box = "glyph"
    texts: tuple[tuple[str, ...], ...] = ()
    """Rows of a table, or paragraphs, that ask nothing."""


@dataclass(frozen=True)
class Form:
    """A form as data."""

    language: str
    items: tuple[Item, ...]

    @property
    def answered(self) -> list[tuple[str, str]]:
        """Return questions and answers of the filled form, in reading order."""
        return [(one.question, one.said) for item in self.items for one in item.asked]


_QUESTIONS = {
    "en": (
        "Which harbour systems run at night?", "How many cranes report to the control room?",
        "Who signs the yearly contract for tugs?", "Do you work with a partner? If so, who is it?",
        "Where are the tide tables kept?", "What stops a ferry from leaving on time?",
        "When does the lease of the signal tower end?", "Is the ticket office open to the public?",
    ),
    "es": (
        "¿Qué sistemas del puerto funcionan de noche?", "¿Cuántas grúas avisan a la central?",
        "¿Quién firma el contrato de remolques?", "¿Trabajan con un socio? Si es así, ¿con quién?",
        "¿Dónde se guardan las tablas de mareas?", "¿Qué impide zarpar a tiempo?",
        "¿Cuándo vence el alquiler de la torre?", "¿Está abierta la taquilla al público?",
    ),
    "pt": (
        "Quais sistemas do porto rodam à noite?", "Quantos guindastes avisam a central?",
        "Quem assina o contrato dos rebocadores?", "Vocês têm um parceiro? Se sim, qual?",
        "Onde ficam as tábuas de marés?", "O que impede a balsa de sair na hora?",
        "Quando vence o aluguel da torre?", "A bilheteria fica aberta ao público?",
    ),
}  # fmt: skip
_ANSWERS = {
    "en": ("Berth planning and the pilots' rota", "Fourteen", "The harbour master", "N/A", "No",
           "Mostly fog, and late pilots", "In June 2028", "<40 of 52"),
    "es": ("La planificación de atraques", "Catorce", "El capitán de puerto", "No aplica", "No",
           "Sobre todo la niebla", "En junio de 2028", "<40 de 52"),
    "pt": ("O plano de atracação", "Quatorze", "O capitão do porto", "N/A", "Não",
           "Quase sempre a neblina", "Em junho de 2028", "<40 de 52"),
}  # fmt: skip
_OPTIONS = {
    "en": ("Ticket system", "New freight system", "Data lake", "Archive of rosters"),
    "es": ("Sistema de billetes", "Sistema de carga", "Lago de datos", "Archivo de turnos"),
    "pt": ("Sistema de bilhetes", "Sistema de carga", "Lago de dados", "Arquivo de escalas"),
}
_GLOSSARY = {
    "en": (("Strategy", "Description"), ("Sink", "Switch it off"), ("Tow", "Move it as it is")),
    "es": (("Estrategia", "Descripción"), ("Hundir", "Apagarlo"), ("Remolcar", "Moverlo tal cual")),
    "pt": (("Estratégia", "Descrição"), ("Afundar", "Desligar"), ("Rebocar", "Mover como está")),
}
_LONG = {
    "en": (("Sink", "The system is switched off and nothing of it is kept."),
           ("Tow", "The system is moved to another harbour as it is."),
           ("Refit", "The system is written anew with what is at hand.")),
    "es": (("Hundir", "El sistema se apaga y no se conserva nada de él."),
           ("Remolcar", "El sistema se lleva a otro puerto tal como está."),
           ("Reformar", "El sistema se escribe de nuevo con otros medios.")),
    "pt": (("Afundar", "O sistema é desligado e nada dele se conserva."),
           ("Rebocar", "O sistema vai para outro porto do jeito que está."),
           ("Reformar", "O sistema é escrito de novo com outros meios.")),
}  # fmt: skip
_RECORDS = {
    "en": (("Name", "Role"), ("", ""), ("", "")),
    "es": (("Nombre", "Cargo"), ("", ""), ("", "")),
    "pt": (("Nome", "Cargo"), ("", ""), ("", "")),
}
_EXAMPLES = {
    "en": (("Question", "Example answer"), ("Which berth is used?", "Berth 4, at high water")),
    "es": (("Pregunta", "Respuesta de ejemplo"), ("¿Qué muelle se usa?", "El muelle 4")),
    "pt": (("Pergunta", "Resposta de exemplo"), ("Qual cais é usado?", "O cais 4")),
}
_INSTRUCTIONS = {
    "en": ("Please answer in your own words.", "Note: one form for each harbour."),
    "es": ("Por favor, responda con sus palabras.", "Nota: un formulario por puerto."),
    "pt": ("Por favor, responda com suas palavras.", "Nota: um formulário por porto."),
}
_HINTS = {
    "en": ("For example, the pilots' rota.", "This section helps the crew to plan."),
    "es": ("Por ejemplo, los turnos de prácticos.", "Esta sección ayuda a planificar."),
    "pt": ("Por exemplo, a escala dos práticos.", "Esta seção ajuda a planejar."),
}
HEADERS = {
    "en": ("No.", "Question", "Response"),
    "es": ("N.º", "Pregunta", "Respuesta"),
    "pt": ("N.º", "Pergunta", "Resposta"),
}
PLACEHOLDERS = {
    "en": "Write here.",
    "es": "Escriba aquí.",
    "pt": "Escreva aqui.",
}
LEVELS = {"en": ("Low", "Medium", "High"), "es": ("Bajo", "Medio", "Alto"),
          "pt": ("Baixo", "Médio", "Alto")}  # fmt: skip


def form(seed: int) -> Form:
    """Return a form; equal seeds give equal forms, and every kind of item comes up."""
    random = Random(seed)
    language = ("en", "es", "pt")[seed % 3]
    questions = list(_QUESTIONS[language])
    random.shuffle(questions)
    items: list[Item] = []
    kinds = [*random.sample(KINDS, 3), KINDS[seed % len(KINDS)]]
    for kind in kinds:
        box = random.choice(BOXES)
        count = 2 if kind in ("side by side", "in one cell", "options as columns") else 1
        if len(questions) < count + 1:
            break
        asked = [_asked(kind, questions.pop(), language, random) for _ in range(count)]
        items += [Item(kind, tuple(asked), box), _silent(random.choice(NO_QUESTIONS), language)]
    items.append(Item("below", (_asked("below", questions.pop(), language, random),)))
    return Form(language, tuple(items))


def _asked(kind: str, question: str, language: str, random: Random) -> Asked:
    if kind == "options as columns":
        return Asked(question, "", LEVELS[language], frozenset([random.randrange(3)]))
    if kind.startswith("ticked") or kind == "label and box":
        options = _OPTIONS[language]
        chosen = random.sample(range(len(options)), random.randint(1, len(options)))
        return Asked(question, "", options, frozenset(chosen))
    return Asked(question, random.choice(_ANSWERS[language]))


def _silent(kind: str, language: str) -> Item:
    tables: dict[str, Mapping[str, tuple[tuple[str, ...], ...]]] = {
        "glossary": _GLOSSARY, "long glossary": _LONG, "records": _RECORDS,
        "example table": _EXAMPLES,
    }  # fmt: skip
    if kind in tables:
        return Item(kind, texts=tables[kind][language])
    lines: Sequence[str] = (_HINTS if kind == "hint" else _INSTRUCTIONS)[language]
    return Item(kind, texts=tuple((line,) for line in lines))
