"""A readiness report in Markdown as a partner writes it, of a customer that does not exist."""

from dataclasses import dataclass

LANGUAGES = ("en", "es", "pt")

_WORDS = {
    "en": {
        "title": "AWS Migration Readiness Assessment Report", "summary": "Executive Summary",
        "overall": "Overall Readiness Score", "results": "Detailed Assessment Results",
        "score": "Score", "gaps": "Areas for Improvement", "strengths": "Strengths",
        "tail": " Assessment", "year": "Cost fell by 35% between 2019 and 2021.",
    },
    "es": {
        "title": "Informe de evaluación de preparación para la migración (MRA)",
        "summary": "Resumen ejecutivo", "overall": "Puntuación general de preparación",
        "results": "Resultados detallados", "score": "Puntuación", "gaps": "Áreas de mejora",
        "strengths": "Fortalezas", "tail": "", "year": "El coste bajó un 35% entre 2019 y 2021.",
    },
    "pt": {
        "title": "Relatório de avaliação de prontidão para a migração (MRA)",
        "summary": "Sumário executivo", "overall": "Pontuação geral de prontidão",
        "results": "Resultados detalhados", "score": "Pontuação", "gaps": "Lacunas",
        "strengths": "Pontos fortes", "tail": "", "year": "O custo caiu 35% entre 2019 e 2021.",
    },
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Area:
    """A scored area: score 0 to 5 with one decimal, its label, and what was found lacking."""

    name: str
    score: float
    label: str
    gaps: tuple[str, ...] = ()


DEMO_AREAS = (
    Area("Business & Strategy", 4.1, "High Readiness", ("No owner for the benefits",)),
    Area("People & Process", 2.2, "Low Readiness", ("Two engineers with AWS knowledge",)),
    Area("Platform & Architecture", 2.6, "Moderate Readiness", ("Servers are nine years old",)),
    Area("Security & Compliance", 1.8, "Low Readiness", ("Logs are kept for a week", "No MFA")),
    Area("Operations & Management", 3.3, "Moderate Readiness"),
    Area("Migration Experience", 1.5, "Low Readiness", ("No application has been moved",)),
)


def markdown_report(
    areas: tuple[Area, ...] = DEMO_AREAS, *, overall: float = 2.6, language: str = "en"
) -> bytes:
    """Return the report; scores are written with the language's decimal mark."""
    words = _WORDS[language]

    def shown(score: float) -> str:
        text = f"{score:.1f}/5.0"
        return text if language == "en" else text.replace(".", ",")

    lines = [
        f"# {words['title']}", "", "---", "", f"## {words['summary']}", "",
        f"**{words['overall']}: {shown(overall)} (2026)**", "", words["year"], "",
        f"## {words['results']}",
    ]  # fmt: skip
    for number, area in enumerate(areas, start=1):
        lines += [
            "", f"### {number}. {area.name}{words['tail']}",
            f"**{words['score']}: {shown(area.score)} ({area.label})**", "",
            f"#### {words['strengths']}", "- **ROI:** 285% in 3 years", "",
        ]  # fmt: skip
        if area.gaps:
            lines += [f"#### {words['gaps']}", *(f"- {gap}" for gap in area.gaps)]
    return "\n".join((*lines, "")).encode()
