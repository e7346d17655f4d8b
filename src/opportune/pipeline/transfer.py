"""The use cases of handing on what is kept, and of taking it in: export and import."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import TYPE_CHECKING

from opportune import export
from opportune.errors import InvalidInputError, MalformedDocumentError, TooLargeError
from opportune.export import Format, records
from opportune.export.portfolio import Portfolio, printable, printable_opportunities
from opportune.model.filters import OpportunityFilters, Order
from opportune.model.records import Model, Opportunity, Record, Session
from opportune.model.regions import Region, region_named
from opportune.model.times import time_text
from opportune.model.words import words
from opportune.pipeline.analyze.translation import InLanguages, retold
from opportune.stores.checks import check_size
from opportune.stores.contract import Clock, Store, utc_now
from opportune.stores.cursor import pages
from opportune.stores.revisions import digest_of

if TYPE_CHECKING:  # loaded with the format that needs it
    from opportune.export.docx_template import UserTemplate
    from opportune.export.records import Exported

PAGE = 500

Told = Callable[[str, str], None]
"""Receives a step (`collect`, `write`, `import`) and what it is about."""
OUTCOMES = ("new", "updated", "equal", "older")


class ImportAnswer(Model):
    """What an import brought, in opportunities."""

    sessions: int
    """In the file."""
    new: int
    """Nothing of them was here."""
    updated: int
    """Their newest revision is newer than what was here."""
    equal: int
    older: int
    """What is here is newer, and stays."""
    different: tuple[str, ...] = ()
    """Ids left alone: one version is here and in the file, and they are not the same."""


@dataclass(frozen=True)
class Choice:
    """What to export, and how it is told.

    Args:
        format: Of the file.
        filters: Which opportunities.
        order: Of opportunities of all sessions; those of one are in its own order.
        language: en, es or pt.
        region: How numbers are written; empty: as usual in the language.
        separator: Of CSV.
        template: A user's DOCX.
    """

    format: Format
    filters: OpportunityFilters = field(default_factory=OpportunityFilters)
    order: Order = Order.NEWEST
    language: str = "en"
    region: str = ""
    separator: str = ","
    template: "UserTemplate | None" = None


@dataclass(frozen=True)
class File:
    """An export as it is handed out."""

    name: str
    media_type: str
    data: bytes
    count: int
    """Opportunities in it."""


class Exports:
    """Exporting and importing over one store.

    Args:
        store: Where opportunities are kept.
        clock: Gives the moment of an export.
        in_languages: Analyses a session again; None: texts stay in the language they are in.
    """

    def __init__(
        self,
        store: Store,
        clock: Clock = utc_now,
        in_languages: InLanguages | None = None,
    ) -> None:
        self._store = store
        self._clock = clock
        self._in_languages = in_languages

    def made(self, choice: Choice, on_progress: Told | None = None) -> File:
        """Export every opportunity that the filters let through, in order.

        Raises:
            SessionNotFoundError: There is no such session.
            InvalidInputError: A region, separator or template that does not fit.
            DocumentError: The template cannot be used; the message names the tag.
        """
        region = region_named(choice.region, choice.language)
        if choice.template is not None and choice.format is not Format.DOCX:
            raise InvalidInputError("A template is for DOCX only: choose that format.")
        found = self._found(choice, on_progress)
        headers = self._headers(found)
        # A session may be deleted while the list is read: then its rows are gone as well.
        rows = tuple(one for one in found if one.session_id in headers)
        customers = {headers[one.session_id].customer or one.customer for one in rows}
        customer = printable(customers.pop()) if len(customers) == 1 else ""
        moment = self._clock()
        name = export.file_name(choice.format, customer, moment.date().isoformat())
        if on_progress:
            on_progress("write", name)
        if choice.format is Format.JSONL:
            data = self._records(rows, headers, time_text(moment))
        else:
            if self._in_languages is not None:
                rows = retold(rows, choice.language, self._in_languages)
            portfolio = Portfolio(
                opportunities=printable_opportunities(rows),
                sessions=tuple(headers.values()),
                language=choice.language,
                region=region,
                title=words(choice.language)["export.title"],
                customer=customer,
                moment=moment,
                filters=filters_in_words(choice, region),
            )
            data = export.write(
                choice.format, portfolio, separator=choice.separator, template=choice.template
            )
        return File(name, export.MEDIA_TYPES[choice.format], data, len(rows))

    def _found(self, choice: Choice, on_progress: Told | None) -> tuple[Opportunity, ...]:
        session_id = choice.filters.session_id
        if session_id:
            self._store.get_session(session_id)
            return self._store.get_opportunities(session_id, choice.filters)
        # What changes while the pages are read may come twice: the first look counts.
        found: dict[str, Opportunity] = {}
        find = partial(
            self._store.find_opportunities, choice.filters, order=choice.order, limit=PAGE
        )
        for page in pages(find):
            for one in page.items:
                found.setdefault(one.id, one)
            if on_progress:
                on_progress("collect", str(len(found)))
        return tuple(found.values())

    def _headers(self, found: Sequence[Opportunity]) -> dict[str, Session]:
        """Return the headers of these opportunities' sessions, in the order of the list."""
        headers = {}
        for session_id in dict.fromkeys(one.session_id for one in found):
            header = self._store.get_header(session_id)
            if header is not None and not header.deleted:
                headers[session_id] = header
        return headers

    def _records(
        self, rows: Sequence[Opportunity], headers: dict[str, Session], exported_at: str
    ) -> bytes:
        """Write headers, and of each opportunity all revisions up to the one that was found."""
        from opportune.export import records

        kept: list[Exported] = [*headers.values()]
        for one in rows:
            older = self._store.get_history(one.id)
            kept += [revision for revision in older if revision.version < one.version]
            kept.append(one)
        return records.write(kept, exported_at)

    def take_in(self, name: str, data: bytes, on_progress: Told | None = None) -> ImportAnswer:
        """Store the records of an export in JSON Lines; see `take_in` below."""
        return take_in(self._store, name, data, on_progress)


def filters_in_words(choice: Choice, region: Region) -> str:
    """Return what was filtered by, in the reader's language; empty: nothing."""
    text = words(choice.language)
    parts: list[str] = []
    for name in OpportunityFilters.model_fields:
        value = getattr(choice.filters, name)
        if value in (None, (), ""):
            continue
        if name in ("min_arr", "max_arr"):
            value = region.money(value)
        elif isinstance(value, tuple):
            value = ", ".join(
                text.get(f"{name}.{one}", one) or text["export.filter.nobody"] for one in value
            )
        parts.append(text[f"export.filter.{name}"].format(value=printable(str(value))))
    return " · ".join(parts)


def take_in(store: Store, name: str, data: bytes, on_progress: Told | None = None) -> ImportAnswer:
    """Store the records of a file exactly as they are; twice is the same as once.

    Everything is checked before anything is stored. Sessions are stored one by one, each in one
    step; interrupted, it may be repeated.

    Raises:
        MalformedDocumentError: The file is not whole, or a line cannot be; the message names it.
            Nothing is stored.
    """
    given = records.read(name, data)
    _check(name, given)
    headers = [record for record in given if isinstance(record, Session)]
    revisions: dict[str, list[Opportunity]] = {header.id: [] for header in headers}
    for record in given:
        if isinstance(record, Opportunity):
            revisions[record.session_id].append(record)
    outcomes: list[tuple[str, str]] = []
    for header in headers:
        if on_progress:
            on_progress("import", header.id)
        outcomes += _take_in_session(store, header, revisions[header.id])
    counts = {kind: sum(kind == each for _, each in outcomes) for kind in OUTCOMES}
    different = tuple(key for key, kind in outcomes if kind == "different")
    return ImportAnswer(sessions=len(headers), different=different, **counts)


def _check(name: str, given: Sequence[Session | Opportunity]) -> None:
    """Refuse what a store could not hold, and revisions that somebody edited."""
    chain = Chain()
    for number, record in enumerate(given, records.FIRST_LINE):
        try:
            check_size(record)
            chain.add(record)
        except (TooLargeError, InvalidInputError) as error:
            raise MalformedDocumentError(name, str(error), place=f"line {number}") from None


def _take_in_session(
    store: Store, header: Session, revisions: Sequence[Opportunity]
) -> Iterator[tuple[str, str]]:
    """Store a session, and yield of each opportunity its id and what became of it."""
    held = store.get_header(header.id)
    if held is not None and held.deleted and held.version >= header.version:
        yield from ((key, "older") for key in dict.fromkeys(one.id for one in revisions))
        return
    taken: list[Record] = [header]
    by_id: dict[str, list[Opportunity]] = {}
    for one in revisions:
        by_id.setdefault(one.id, []).append(one)
    for key, own in by_id.items():
        outcome = _outcome(store, key, own)
        taken += own if outcome != "different" else []
        yield key, outcome
    store.replicate(taken)


def _outcome(store: Store, opportunity_id: str, revisions: Sequence[Opportunity]) -> str:
    held = {one.version: one for one in store.get_history(opportunity_id)}
    if any(held.get(one.version, one) != one for one in revisions):
        return "different"
    newest, given = max(held, default=0), revisions[-1].version
    if newest == 0:
        return "new"
    return "equal" if newest == given else "updated" if newest < given else "older"


class Chain:
    """Follows the digests of revisions, oldest first."""

    def __init__(self) -> None:
        self._last: dict[str, Opportunity] = {}

    def add(self, record: Session | Opportunity) -> None:
        """Take the next record.

        Raises:
            InvalidInputError: A revision was edited, or does not follow from the one before it.
        """
        if isinstance(record, Session):
            return
        before = self._last.get(record.id)
        self._last[record.id] = record
        if record.digest != digest_of(record):
            raise InvalidInputError("its digest is not that of its content: it was edited.")
        is_next = before is not None and before.version + 1 == record.version
        if before is not None and is_next and record.previous_digest != before.digest:
            raise InvalidInputError(
                "it does not follow from the version before it: one was edited."
            )
