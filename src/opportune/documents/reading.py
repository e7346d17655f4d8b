"""Files into one assessment: what each one is, its facts, and what they make together."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace

from opportune.documents.families.plain_list import PLAIN_LIST
from opportune.documents.families.registry import FAMILIES, INVENTORY_KINDS
from opportune.documents.inventory.apart import apart_from, note_apart
from opportune.documents.inventory.extraction import Extracted, extract
from opportune.documents.inventory.joining import joined
from opportune.documents.inventory.mapping import check_used, fields_by_header
from opportune.documents.inventory.plausibility import check_software
from opportune.documents.inventory.recognition import Family, Recognised, recognise
from opportune.documents.inventory.references import References
from opportune.documents.inventory.supplements import completed
from opportune.documents.inventory.unknown import no_inventory, only_other_rows, without_servers
from opportune.documents.opening.container import PDF, TEXT, WORD, container_of
from opportune.documents.opening.sheets import open_sheets
from opportune.documents.opening.workbook import Workbook
from opportune.documents.quality import Code, Notes
from opportune.errors import UnsupportedDocumentError
from opportune.model.assessment import Assessment, Server
from opportune.model.file import InputFile
from opportune.model.folding import folded
from opportune.model.records import ColumnMapping, SourceFile

READINESS_KINDS = ("mra-report", "mra-markdown")
"""Kinds of files that say how ready the customer is."""
QUESTIONNAIRE_KINDS = ("questionnaire-docx", "questionnaire-xlsx", "questionnaire-csv")
"""Kinds of files in which the customer answers questions."""

NOT_READ = "not-read"
"""Kind of a file without a server in it, given with others that have some."""

Progress = Callable[[str], None]


@dataclass(frozen=True)
class _Read:
    file: InputFile
    kind: str
    extracted: Extracted = field(default_factory=lambda: Extracted(Assessment()))
    headers: Mapping[str, str] = field(default_factory=dict)
    """Of all columns, folded, to how they stand there."""
    mapped: frozenset[str] = frozenset()
    """Of the columns that were read as the user said, folded."""
    family: Family | None = None


def kind_of(file: InputFile, mapping: Sequence[ColumnMapping] = ()) -> str:
    """Return what a file is, by its content: one of the kinds named above.

    Args:
        file: The file.
        mapping: Columns whose meaning the user gives; those that it has not are for other files.

    Raises:
        DocumentError: It is of no kind that we read, or cannot be opened.
        InvalidInputError: A mapping names no field of ours.
    """
    read = _read_by_kind(file, fields_by_header(mapping, PLAIN_LIST.layouts), Notes())
    if isinstance(read, UnsupportedDocumentError):
        raise read
    return read.kind


def read_documents(
    files: Sequence[InputFile],
    *,
    mapping: Sequence[ColumnMapping] = (),
    on_progress: Progress | None = None,
) -> Assessment:
    """Read a customer's files into one assessment.

    An inventory may come in parts: servers in one file, applications or utilisation in another;
    what several list is joined. Files with the same bytes are read once.

    Args:
        files: One or more, in any order; their order is kept.
        mapping: Columns whose meaning the user gives, by header: before anything is recognised.
        on_progress: Called with the name of each file before it is read.

    Raises:
        UnsupportedDocumentError: A file is of no kind that we read, or no inventory among them
            lists servers.
        MalformedDocumentError: A file is broken, locked or beyond the limits.
        InvalidInputError: A mapping names no column of the files, or no field of ours.
    """
    notes = Notes()
    fields = fields_by_header(mapping, PLAIN_LIST.layouts)
    read = _read_all(_different(files, notes), fields, notes, on_progress)
    headers = {key: text for one in read for key, text in one.headers.items()}
    check_used(mapping, [header for one in read for header in one.mapped], headers)
    inventories = [one for one in read if one.kind in INVENTORY_KINDS]
    if inventories and not any(one.extracted.facts.servers for one in inventories):
        raise _without_servers(inventories)
    for one in inventories:
        if _says_nothing(one.extracted):
            message = "It is recognised, but no row of it says anything that is read."
            notes.add(Code.FILE_WITHOUT_SERVERS, message, one.file.name)
    return _assessment(read, notes)


def _different(files: Sequence[InputFile], notes: Notes) -> list[InputFile]:
    """Return the files without those that have the bytes of an earlier one."""
    known: dict[str, InputFile] = {}
    for file in files:
        same = known.setdefault(file.sha256, file)
        if same is not file:
            message = f"It holds the same bytes as {same.name}: read once."
            notes.add(Code.DUPLICATE_FILE, message, file.name)
    return list(known.values())


def _read_all(
    files: Sequence[InputFile],
    fields: Mapping[str, str],
    notes: Notes,
    on_progress: Progress | None,
) -> list[_Read]:
    """Read each file; what alone is of no kind may be a part of an export that others show."""
    read: dict[str, _Read] = {}
    unknown: dict[str, UnsupportedDocumentError] = {}
    for file in files:
        if on_progress is not None:
            on_progress(file.name)
        one = _read_by_kind(file, fields, notes)
        if isinstance(one, _Read):
            read[file.sha256] = one
        else:
            unknown[file.sha256] = one
    lists_servers = any(one.extracted.facts.servers for one in read.values())
    families = list({one.kind: one.family for one in read.values() if one.family}.values())
    for file in files:
        if file.sha256 in unknown:
            part = _read_part(file, families, fields, notes)
            if part is None:
                refusal = unknown[file.sha256]
                if file.expected == "readiness" or not lists_servers:
                    raise refusal
                part = _Read(file, NOT_READ)
                notes.add(
                    Code.FILE_WITHOUT_SERVERS,
                    f"Not read, the other files are: {refusal}",
                    file.name,
                )
            read[file.sha256] = part
    return [read[file.sha256] for file in files]


def _read_by_kind(
    file: InputFile, fields: Mapping[str, str], notes: Notes
) -> _Read | UnsupportedDocumentError:
    """Read a file; return the refusal of tables that alone are of no kind."""
    container = container_of(file)
    if container == PDF:
        from opportune.documents.readiness import mra

        return _Read(file, mra.KIND, Extracted(mra.extract(file)))
    if container == WORD:
        from opportune.documents.questionnaires import docx as questionnaire_docx

        return _Read(file, questionnaire_docx.KIND, Extracted(questionnaire_docx.extract(file)))
    if container == TEXT:
        from opportune.documents.readiness import partner_report

        if partner_report.identify(file):
            return _Read(file, partner_report.KIND, Extracted(partner_report.extract(file)))
        found = _read_inventory(file, container, fields, notes)
        is_text = isinstance(found, UnsupportedDocumentError) and partner_report.is_markdown(file)
        return partner_report.no_report(file) if is_text else found
    return _read_inventory(file, container, fields, notes)


def _read_inventory(
    file: InputFile, container: str, fields: Mapping[str, str], notes: Notes
) -> _Read | UnsupportedDocumentError:
    from opportune.documents.questionnaires import sheets as questionnaire_sheets

    workbook = questionnaire_sheets.without_examples(open_sheets(file, container), notes)
    recognised = recognise(questionnaire_sheets.without_lists(workbook), FAMILIES, fields)
    if recognised is None:
        if not questionnaire_sheets.identify(workbook):
            return no_inventory(workbook, FAMILIES)
        answers = questionnaire_sheets.extract(workbook)
        return _Read(file, questionnaire_sheets.kind_of(workbook), Extracted(answers))
    return _of_family(recognised, workbook, notes)


def _read_part(
    file: InputFile, families: Sequence[Family], fields: Mapping[str, str], notes: Notes
) -> _Read | None:
    """Read a file whose own columns do not say what it is, as a part of one of these exports."""
    workbook = open_sheets(file)
    recognised = recognise(workbook, families, fields, is_part=True)
    return None if recognised is None else _of_family(recognised, workbook, notes)


def _of_family(recognised: Recognised, workbook: Workbook, notes: Notes) -> _Read:
    """Read an inventory, and the questions that its workbook asks beside it."""
    from opportune.documents.questionnaires import sheets as questionnaire_sheets

    tables = recognised.tables
    texts = [text for t in tables for text in (*t.headers.values(), *t.unused)]
    extracted = extract(recognised, notes)
    extracted = replace(extracted, facts=questionnaire_sheets.beside(workbook, extracted.facts))
    is_form = questionnaire_sheets.is_form(workbook, extracted.facts)
    if is_form:
        extracted = Extracted(_without_sample(extracted.facts, notes))
    return _Read(
        workbook.file,
        questionnaire_sheets.kind_of(workbook) if is_form else recognised.kind,
        extracted,
        {folded(text): text for text in texts},
        frozenset(folded(text) for t in tables for text in t.mapped.values()),
        None if is_form else recognised.family,
    )


def _without_sample(facts: Assessment, notes: Notes) -> Assessment:
    """Return what a questionnaire says without the one server that shows how to fill it in."""
    for sample in facts.servers:
        notes.add(
            Code.EXAMPLE_ROW,
            "The workbook asks questions and lists one server, which is taken for a sample: give "
            "its sheet as a file of its own if the server is real.",
            f"{sample.table.file}, {sample.table.place('', sample.row)}",
        )
    return replace(facts, servers=())


def _assessment(read: Sequence[_Read], notes: Notes) -> Assessment:
    extracted = [one.extracted for one in read]
    parts = [
        replace(one.facts, servers=servers)
        for one, servers in zip(extracted, completed(extracted, notes), strict=True)
    ]
    whole = joined(parts, notes)
    servers, machines_apart = apart_from(whole.servers)
    aside = (*(one for part in parts for one in part.aside), *machines_apart)
    note_apart(aside, notes)
    for one in read:
        _note_lacking(one, servers, notes)
    references = References(whole.servers, whole.databases, whole.applications)
    databases = references.checked_databases(whole.databases, notes)
    links = references.checked_links(whole.links, notes)
    references.note_missing(notes)
    check_software(servers, databases, notes)
    return Assessment(
        files=tuple(
            SourceFile(
                name=one.file.name,
                kind=one.kind,
                sha256=one.file.sha256,
                size_bytes=len(one.file.data),
            )
            for one in read
        ),
        servers=servers,
        databases=databases,
        applications=whole.applications,
        links=links,
        ratings=tuple(rating for part in parts for rating in part.ratings),
        answers=tuple(answer for part in parts for answer in part.answers),
        quality=(*notes.finished(), *(note for part in parts for note in part.quality)),
        aside=aside,
    )


def _note_lacking(one: _Read, servers: Sequence[Server], notes: Notes) -> None:
    """Note what a format cannot say, where no other file or column says it of its servers."""
    own = [s for s in servers if s.table.sha256 == one.file.sha256]
    for found, _, _ in one.extracted.tables:
        place = f"{found.table.file}, {found.table.place('', found.table.header_row)}"
        for caveat in found.layout.caveats:
            if caveat.lacks and own and all(getattr(s, caveat.lacks) is None for s in own):
                notes.add(Code(caveat.code), caveat.message, place)


def _says_nothing(one: Extracted) -> bool:
    facts = one.facts
    return not (
        facts.servers
        or facts.databases
        or facts.applications
        or facts.links
        or facts.aside
        or facts.answers
        or one.extras
    )


def _without_servers(inventories: Sequence[_Read]) -> UnsupportedDocumentError:
    for one in inventories:
        for found, _, _ in one.extracted.tables:
            if found.rows:
                return only_other_rows(found.table)
    return without_servers(open_sheets(inventories[0].file))
