"""What a template would find: on a sample inventory, or on the files of a session."""

from collections.abc import Iterable
from datetime import date
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory

from opportune import analysis
from opportune.analysis.plays.own import taking_part
from opportune.analysis.plays.play import built_in
from opportune.model.assessment import Assessment
from opportune.model.file import InputFile
from opportune.model.records import Model, Opportunity, Session, Template
from opportune.model.words import words

SAMPLE = "sample"
"""Stands for the sample inventory where a session id stands for its files."""
SAMPLE_SERVERS = 60


class TemplatePreview(Model):
    """What an analysis with a template would find; nothing is kept of it."""

    template_id: str
    facts: str
    """`sample`, or the id of the session whose files it was tried on."""
    fires: bool
    why_not: str = ""
    """Why there is no opportunity; empty if there is one."""
    opportunity: Opportunity | None = None


@cache
def sample_facts() -> Assessment:
    """Return the sample inventory with its readiness report and questionnaire; read once."""
    from opportune.documents import read_documents
    from opportune.documents.samples import questionnaire
    from opportune.documents.samples.report import write_report
    from opportune.documents.samples.workbook import write_workbook

    with TemporaryDirectory() as folder:
        mpa, mra = Path(folder, "sample.xlsx"), Path(folder, "sample.pdf")
        write_workbook(mpa, servers=SAMPLE_SERVERS)
        write_report(mra)
        answers = questionnaire.as_document(questionnaire.entries())
        files = [
            InputFile(mpa.name, mpa.read_bytes()),
            InputFile(mra.name, mra.read_bytes()),
            InputFile("sample.docx", answers),
        ]
        return read_documents(files)


def previewed(
    template: Template,
    others: Iterable[Template],
    assessment: Assessment,
    *,
    conditions: Session,
    prices: "analysis.PriceBook",
) -> TemplatePreview:
    """Analyse with a template as if it were enabled, beside all others.

    Args:
        template: One that was accepted; it need not be stored.
        others: The stored ones; one of the same id is left out.
        assessment: The facts.
        conditions: Header of a session whose language, day, basis and customer hold.
        prices: The price book.
    """
    language = conditions.language
    shown = {"template_id": template.template_id, "facts": conditions.id}
    if not template.play:
        return TemplatePreview(**shown, fires=False, why_not=words(language)["template.no-rule"])
    rest = [t for t in others if t.template_id != template.template_id]
    enabled = template.model_copy(update={"enabled": True})
    made = analysis.analyze(
        assessment,
        session_id=conditions.id,
        customer=conditions.customer,
        language=language,
        run_date=date.fromisoformat(conditions.run_date),
        prices=prices,
        basis=conditions.basis,
        plays=taking_part([*rest, enabled]),
    )
    found = next((o for o in made.opportunities if o.template_id == template.template_id), None)
    if found:
        return TemplatePreview(**shown, fires=True, opportunity=found)
    return TemplatePreview(**shown, fires=False, why_not=why_not(template, language))


def why_not(template: Template, language: str) -> str:
    """Tell what a template's rule looks for."""
    rule = built_in(template.play)
    text = words(language)
    looks_for = text[f"template.fires.{rule.trigger['rule']}"] if rule else ""
    return text["template.does-not-fire"].format(looks_for=looks_for)
