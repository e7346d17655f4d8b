"""Which scores a report has, and which area each is of: by the headings and labels around them."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace

from opportune.documents.opening.markdown import BOLD_LEVEL, Block, Heading, TableRow, Text
from opportune.documents.readiness.scores import (
    About,
    Score,
    about,
    is_score_column,
    names_scale,
    score_in,
    states_scale,
    tokens,
)

SUBJECT = re.compile(
    r"\breadiness\b|\bMRA\b|\bmaturity assessment\b|\bcloud maturity\b|\bpreparación\b|"
    r"\bmadurez\b|\bprontidão\b|\bmaturidade\b|\bpreparação\b",
    re.IGNORECASE,
)
"""What such a report is about."""
REPORT = re.compile(
    r"assess|evaluación|avaliação|\bMRA\b|report|informe|relatório|diagnóstico", re.IGNORECASE
)
"""What it calls itself."""

_FINDINGS = re.compile(
    r"\bgaps?\b|areas? (?:for|of) improvement|weakness|challenge|limitation|pain points?|concerns?|"
    r"current state|findings|observations|brechas?|debilidad|áreas? de mejora|\bretos?\b|desafíos?|"
    r"limitacion|(?:situación|estado) actual|hallazgos|observaciones|lacunas?|pontos fracos|"
    r"áreas? de melhoria|desafios?|limitaç|(?:situação|estado) atual|achados|observações",
    re.IGNORECASE,
)
_FINDINGS_TITLES = re.compile(
    r"what (?:we|was|is)\b.*|comments?|notes?|remarks?|evidence|rationale|why|justification|"
    r"summary|strengths?.*|lo que (?:vimos|se vio).*|comentarios?|notas?|evidencias?|"
    r"justificación|resumen|o que (?:vimos|foi visto).*|comentários?|evidências?|justificativa|"
    r"resumo",
    re.IGNORECASE,
)
"""Titles of columns beside a score that say what it rests on, beside those of sections."""
_TEXT_WORDS = 3
"""A cell with so many words is a text, no label."""
_FINDINGS_FROM_LEVEL = 4
_FIGURE = re.compile(r"\d(?:[.,]\d{1,2})?")
_LEVEL_TITLES = tokens(
    "readiness level status label nivel preparación estado prontidão maturity madurez maturidade "
    "rating clasificación classificação"
)


@dataclass(eq=False)
class Section:
    """A heading, and what stands under it."""

    heading: Heading | None
    parent: "Section | None" = None
    score: Score | None = None
    line: int = 0
    findings: list[str] = field(default_factory=list)
    """Of the whole of it, but for parts with a score of their own, once a report is read."""

    @property
    def title(self) -> str:
        """Its heading as written; empty before the first."""
        return self.heading.text if self.heading else ""

    def up(self) -> Iterator["Section"]:
        """Yield itself and what it stands in, innermost first."""
        section: Section | None = self
        while section is not None:
            yield section
            section = section.parent


@dataclass(frozen=True)
class NamedScore:
    """A score behind a name, in a list or a table."""

    name: str
    line: int
    score: Score
    section: Section
    is_row: bool
    findings: tuple[str, ...] = ()
    """What stands beside it in its row."""


@dataclass
class Report:
    """What the blocks of a file say."""

    sections: list[Section] = field(default_factory=list)
    named: list[NamedScore] = field(default_factory=list)
    overall: list[tuple[int, Score]] = field(default_factory=list)
    unread: list[tuple[int, str]] = field(default_factory=list)
    """Lines of scores out of another scale."""
    unread_columns: dict[str, int] = field(default_factory=dict)
    """Titles of columns of texts in tables of scores that are not read, and a line of each."""
    has_scale: bool = False
    """Somewhere it is said that scores are out of 5."""


def read_report(blocks: Sequence[Block]) -> Report:
    """Find the scores among the blocks of a file, and the findings listed in each section."""
    report = Report(
        has_scale=any(states_scale(text) for block in blocks for text in _block_texts(block))
    )
    here = Section(None)
    report.sections.append(here)
    for block in blocks:
        if isinstance(block, Heading):
            here = _entered(report, here, block)
        elif isinstance(block, TableRow):
            _read_row(report, here, block)
        elif (score := score_in(block.text, has_scale=report.has_scale)) is not None:
            _keep_score(report, here, block, score)
        elif block.is_item and _is_of_findings(here):
            here.findings.append(block.text)
    for section in report.sections:
        scored = next((s for s in section.up() if s.score is not None), section)
        if scored is not section:
            scored.findings += section.findings
    return report


def _block_texts(block: Block) -> tuple[str, ...]:
    return (*block.header, *block.cells) if isinstance(block, TableRow) else (block.text,)


def _entered(report: Report, here: Section, heading: Heading) -> Section:
    """Open a section; a bold line that is a score is one of the section that it stands in."""
    score = score_in(heading.text, has_scale=report.has_scale)
    if score is not None and heading.level == BOLD_LEVEL:
        _keep_score(report, here, Text(heading.line, heading.text), score)
        return here
    parent = next(s for s in here.up() if s.heading is None or s.heading.level < heading.level)
    if score is not None and about(score.before) is About.NAMED:
        section = Section(replace(heading, text=score.before), parent)
        _set(report, section, heading.line, score)
    else:
        section = Section(heading, parent)
        if score is not None:
            _keep_score(report, parent, Text(heading.line, heading.text), score)
    report.sections.append(section)
    return section


def _keep_score(report: Report, here: Section, block: Text, score: Score) -> None:
    """Keep a score where its label says that it belongs."""
    subject = about(score.before)
    if subject is About.NAMED:
        report.named.append(NamedScore(score.before, block.line, score, here, is_row=False))
    elif subject is About.OVERALL:
        report.overall.append((block.line, score))
    elif subject is About.SECTION:
        _place_in_section(report, here, block.line, score)


def _place_in_section(report: Report, here: Section, line: int, score: Score) -> None:
    for section in here.up():
        subject = About.OVERALL if section.parent is None else about(section.title)
        if subject is About.OTHER:
            return
        if subject is About.OVERALL or _is_title(report, section):
            report.overall.append((line, score))
            return
        if subject is About.NAMED and not _FINDINGS.fullmatch(section.title):
            _set(report, section, line, score)
            return


def _is_title(report: Report, section: Section) -> bool:
    is_first = len(report.sections) > 1 and section is report.sections[1]
    return is_first and bool(SUBJECT.search(section.title) and REPORT.search(section.title))


def _set(report: Report, section: Section, line: int, score: Score) -> None:
    if section.score is None:
        section.score, section.line = score, line
    elif section.score.value != score.value:
        report.unread.append((line, score.written))


def _read_row(report: Report, here: Section, row: TableRow) -> None:
    if _read_pair(report, here, row):
        return
    column = next((i for i, title in enumerate(row.header) if i and is_score_column(title)), None)
    if column is None or column >= len(row.cells) or about(row.header[0]) is About.OTHER:
        return
    written = row.cells[column]
    has_scale = report.has_scale or names_scale(row.header[column])
    score = score_in(f"{written}/5" if has_scale and _FIGURE.fullmatch(written) else written)
    if score is None or not row.cells[0]:
        return
    if not score.label:
        score = replace(score, label=_score_meaning(row, column))
    if about(row.cells[0]) in (About.OVERALL, About.SECTION):
        report.overall.append((row.line, score))
    elif about(row.cells[0]) is About.NAMED:
        findings = tuple(_row_findings(report, row, column))
        report.named.append(
            NamedScore(row.cells[0], row.line, score, here, is_row=True, findings=findings)
        )


def _row_findings(report: Report, row: TableRow, score_column: int) -> Iterator[str]:
    """Yield what a row says beside its score; columns of other texts are kept to be told."""
    for index, (title, cell) in enumerate(zip(row.header, row.cells, strict=False)):
        if index in (0, score_column) or not cell or score_in(cell) is not None:
            continue
        if _FINDINGS.search(title) or _FINDINGS_TITLES.fullmatch(title.strip()):
            yield cell
        elif len(cell.split()) >= _TEXT_WORDS and not tokens(title) & _LEVEL_TITLES:
            report.unread_columns.setdefault(title, row.line)


def _read_pair(report: Report, here: Section, row: TableRow) -> bool:
    """Read a row "Score | 2.8/5", which says of its section what a line would."""
    if len(row.cells) < 2 or about(row.cells[0]) is not About.SECTION or not row.cells[0]:  # noqa: PLR2004 - a pair
        return False
    score = score_in(row.cells[1])
    if score is None:
        return False
    _place_in_section(report, here, row.line, score)
    return True


def _score_meaning(row: TableRow, score_column: int) -> str:
    """Return the words that say what a score means, of a column named like it."""
    for index, (title, cell) in enumerate(zip(row.header, row.cells, strict=False)):
        if (
            index not in (0, score_column)
            and tokens(title) & _LEVEL_TITLES
            and score_in(cell) is None
        ):
            return cell
    return ""


def _is_of_findings(here: Section) -> bool:
    for section in here.up():
        if section.heading is not None and section.heading.level >= _FINDINGS_FROM_LEVEL:
            return bool(_FINDINGS.search(section.title))
        if section.score is not None:
            break
    return False
