"""What comes in: customers' files, read and checked, and the id of the session they make."""

import hashlib
from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import UTC, date, datetime
from functools import partial

from opportune import analysis, documents
from opportune.errors import InvalidInputError, UnsupportedDocumentError
from opportune.model.assessment import Assessment
from opportune.model.file import InputFile
from opportune.model.folding import folded
from opportune.model.records import Basis, ColumnMapping, Opportunity, Session, Template
from opportune.pipeline.analyze.rewording import Speaker, reword
from opportune.pipeline.answers import Inspection, Refusal, RewordingAnswer, inspected
from opportune.prices.kept import PriceBooks

Progress = Callable[[str, str], None]
"""Told what is being done now: `read` and the name of the file, `analyze`, `reword`, `save`."""


def inspect_files(
    files: Sequence[InputFile],
    *,
    run_date: date | None = None,
    mapping: Sequence[ColumnMapping] = (),
    language: str = "en",
    on_progress: Progress | None = None,
) -> Inspection:
    """Read files and say what was recognised, dropped and contradictory; store nothing.

    Args:
        files: Any that are read.
        run_date: The day that vendors' support is judged on; None = today.
        mapping: Columns whose meaning the user gives.
        language: Of notes on the figures.
        on_progress: Told what is being done now.

    Raises:
        DocumentError: A file cannot be used.
    """
    assessment = read(files, on_progress, mapping)
    if on_progress:
        on_progress("analyze", "")
    # Only an analysis can tell what a doubt is worth in dollars.
    day = run_date or datetime.now(UTC).date()
    found = analysis.analyze(
        assessment, session_id="none", customer="", language=language, run_date=day
    )
    return inspected(replace(assessment, quality=(*found.file_quality, *found.quality)))


def parsed_mapping(texts: Sequence[str]) -> tuple[ColumnMapping, ...]:
    """Return columns and their fields out of `COLUMN=FIELD`; a column may have a = itself.

    Raises:
        InvalidInputError: One is of another form, or a column is given twice.
    """
    found: dict[str, ColumnMapping] = {}
    for text in texts:
        column, _, field = (part.strip() for part in text.rpartition("="))
        if not column or not field:
            raise InvalidInputError(
                f"{text!r} is not of the form COLUMN=FIELD, as in 'Mem size=ram_gb'."
            )
        if folded(column) in found:
            raise InvalidInputError(f"Column {column!r} is given two meanings: give one.")
        found[folded(column)] = ColumnMapping.checked(column=column, field=field)
    return tuple(found.values())


def derived_session_id(
    customer: str,
    files: Sequence[InputFile],
    basis: Basis = Basis.ON_DEMAND,
    mapping: Sequence[ColumnMapping] = (),
) -> str:
    """Return the session id of these files of this customer: 16 hex digits, in any file order.

    Another basis, or columns given a meaning, make another session.
    """
    digest = hashlib.sha256(folded(customer.strip()).encode())
    for sha256 in sorted({f.sha256 for f in files}):
        digest.update(sha256.encode())
    if basis != Basis.ON_DEMAND:
        digest.update(f"\nbasis {basis}".encode())
    for column, field in sorted((folded(m.column), m.field) for m in mapping):
        digest.update(f"\ncolumn {column}={field}".encode())
    return digest.hexdigest()[:16]


def read(
    files: Sequence[InputFile],
    on_progress: Progress | None,
    mapping: Sequence[ColumnMapping] = (),
) -> Assessment:
    """Read files into one assessment; see `read_documents`."""
    return documents.read_documents(
        files, mapping=mapping, on_progress=on_progress and partial(on_progress, "read")
    )


def check_kinds(files: Sequence[InputFile], assessment: Assessment) -> None:
    """Refuse files in each other's place, and an analysis without an inventory."""
    kinds = {f.sha256: f.kind for f in assessment.files}
    for file in files:
        is_inventory = kinds[file.sha256] in documents.INVENTORY_KINDS
        if kinds[file.sha256] == documents.NOT_READ:
            continue  # a note says so
        if file.expected and is_inventory != (file.expected == "inventory"):
            found, wanted = ("an inventory", "a readiness report")[:: 1 if is_inventory else -1]
            raise UnsupportedDocumentError(
                file.name,
                f"this is {found}, not {wanted}: "
                "give the inventory in the first place and the other file after it.",
            )
    if not any(kind in documents.INVENTORY_KINDS for kind in kinds.values()):
        names = ", ".join(f.name for f in assessment.files)
        raise UnsupportedDocumentError(
            names,
            "no inventory is among them: add a list of the servers, such as the MPA workbook.",
        )


def reworded_by_speaker(
    speaker: Speaker,
    found: Sequence[Opportunity],
    assessment: Assessment,
    on_progress: Progress | None,
) -> tuple[tuple[Opportunity, ...], RewordingAnswer]:
    """Let a language model reword what was found; return that, and a report of what it did."""

    def told(done: int, total: int) -> None:
        if on_progress:
            on_progress("reword", f"{done} / {total}")

    result = reword(found, assessment, speaker, on_progress=told)
    refused = tuple(Refusal(opportunity_id=id_, reason=why) for id_, why in result.refused)
    return result.opportunities, RewordingAnswer(
        model=speaker.name,
        reworded=result.reworded,
        dropped_sentences=result.dropped,
        refused=refused,
    )


def analysed(
    assessment: Assessment, session: Session, books: PriceBooks, templates: Sequence[Template]
) -> "analysis.Analysis":
    """Analyse under the conditions that a session's header names, with these templates.

    Raises:
        PriceBookMissingError: Its price book is not here.
    """
    from opportune.analysis.plays.own import taking_part

    return analysis.analyze(
        assessment,
        session_id=session.id,
        customer=session.customer,
        language=session.language,
        run_date=date.fromisoformat(session.run_date),
        prices=books.prices(session.price_book),
        basis=session.basis,
        plays=taking_part(templates),
    )
