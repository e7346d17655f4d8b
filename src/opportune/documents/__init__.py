"""Readers of customers' files: identify by content, then extract facts with their places."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from opportune.assessment import Assessment
from opportune.documents.container import PDF, container_of
from opportune.documents.file import InputFile
from opportune.documents.quality import Code, Notes, listed
from opportune.documents.references import References, without_repeats
from opportune.errors import UnsupportedDocumentError
from opportune.models import SourceFile

INVENTORY_KINDS = ("mpa-workbook",)
"""Kinds of files that say what the customer has."""
READINESS_KINDS = ("mra-report",)
"""Kinds of files that say how ready the customer is."""

Progress = Callable[[str], None]


@dataclass(frozen=True)
class _Read:
    file: InputFile
    kind: str
    facts: Assessment


def kind_of(file: InputFile) -> str:
    """Return what a file is, by its content: one of INVENTORY_KINDS or READINESS_KINDS.

    Raises:
        DocumentError: It is of no kind that we read, or cannot be opened.
    """
    return _read(file, Notes()).kind


def read_documents(
    files: Sequence[InputFile], *, on_progress: Progress | None = None
) -> Assessment:
    """Read a customer's files into one assessment.

    An inventory may come in parts: servers in one workbook, applications in another. Files with
    the same bytes are read once.

    Args:
        files: One or more, in any order; their order is kept.
        on_progress: Called with the name of each file before it is read.

    Raises:
        UnsupportedDocumentError: A file is of no kind that we read, no inventory among them lists
            servers, or two list the same ones.
        MalformedDocumentError: A file is broken, locked or beyond the limits.
    """
    notes = Notes()
    read: list[_Read] = []
    for file in files:
        if on_progress is not None:
            on_progress(file.name)
        same = next((other.file for other in read if other.file.sha256 == file.sha256), None)
        if same is None:
            read.append(_read(file, notes))
        else:
            message = f"It holds the same bytes as {same.name}: read once."
            notes.add(Code.DUPLICATE_FILE, message, file.name)
    inventories = [one for one in read if one.kind in INVENTORY_KINDS]
    _check_disjoint(inventories)
    if inventories and not any(one.facts.servers for one in inventories):
        raise _without_servers(inventories)
    return _merged(read, notes)


def _read(file: InputFile, notes: Notes) -> _Read:
    if container_of(file) == PDF:
        from opportune.documents import mra

        return _Read(file, mra.KIND, mra.extract(file))
    from opportune.documents import mpa
    from opportune.documents.workbook import open_workbook

    workbook = open_workbook(file)
    contents = mpa.find_contents(workbook)
    if not mpa.identify(contents):
        raise mpa.no_inventory(workbook)
    return _Read(file, mpa.KIND, mpa.extract(workbook, contents, notes))


def _merged(read: Sequence[_Read], notes: Notes) -> Assessment:
    facts = [one.facts for one in read]
    servers = without_repeats((s for part in facts for s in part.servers), notes)
    databases = without_repeats((d for part in facts for d in part.databases), notes)
    applications = without_repeats((a for part in facts for a in part.applications), notes)
    references = References(servers, databases, applications)
    checked_databases = references.checked_databases(databases, notes)
    links = references.checked_links((link for part in facts for link in part.links), notes)
    references.note_missing(notes)
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
        databases=checked_databases,
        applications=applications,
        links=links,
        ratings=tuple(rating for part in facts for rating in part.ratings),
        quality=(*notes.finished(), *(note for part in facts for note in part.quality)),
    )


def _check_disjoint(inventories: Sequence[_Read]) -> None:
    """Refuse two inventories of the same servers: which one is right only the user knows."""
    owners: dict[str, InputFile] = {}
    for one in inventories:
        ids = {server.id.casefold(): server.id for server in one.facts.servers}
        shared = [id_ for folded, id_ in ids.items() if folded in owners]
        if shared:
            other = owners[shared[0].casefold()]
            raise UnsupportedDocumentError(
                one.file.name,
                f"it lists servers that {other.name} lists too ({listed(shared, 3)}): "
                "give only one inventory of each server.",
            )
        owners |= dict.fromkeys(ids, one.file)


def _without_servers(inventories: Sequence[_Read]) -> UnsupportedDocumentError:
    from opportune.documents import mpa
    from opportune.documents.workbook import open_workbook

    return mpa.no_inventory(open_workbook(inventories[0].file))
