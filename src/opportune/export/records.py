"""JSON Lines: everything that a store holds of some opportunities, to be taken in by another one.

The first line says what the file is and how much is in it; then each session header and, oldest
first, each kept revision of each opportunity, exactly as the store holds them; the last line is the
SHA-256 of all lines before it. docs/exports.md shows one.
"""

import hashlib
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Annotated, Literal

from pydantic import Field, TypeAdapter, ValidationError

from opportune.errors import MalformedDocumentError
from opportune.model.records import Model, Opportunity, Session, Time

FIRST_LINE = 2
"""Of the records; the opening is line 1."""

Exported = Session | Opportunity


class Counts(Model):
    """How much a file holds."""

    sessions: int
    opportunities: int
    revisions: int


class Opening(Model):
    """The first line."""

    kind: Literal["opportune-export"] = "opportune-export"
    format_version: Literal[1] = 1
    exported_at: Time
    counts: Counts


class SessionLine(Model):
    """A line with a session header."""

    kind: Literal["session"] = "session"
    record: Session


class RevisionLine(Model):
    """A line with a revision of an opportunity."""

    kind: Literal["opportunity"] = "opportunity"
    record: Opportunity


class Closing(Model):
    """The last line; without it a file that was cut would look whole."""

    kind: Literal["end"] = "end"
    sha256: str


Line = Opening | SessionLine | RevisionLine | Closing
LINES: TypeAdapter[Line] = TypeAdapter(Annotated[Line, Field(discriminator="kind")])


def write(records: Sequence[Exported], exported_at: str) -> bytes:
    """Write records, given in the order of the file. Equal arguments give equal bytes."""
    opening = Opening(exported_at=exported_at, counts=_record_counts(records))
    lines = [opening, *map(_json_line, records)]
    body = b"".join(_bytes(line) for line in lines)
    return body + _bytes(Closing(sha256=hashlib.sha256(body).hexdigest()))


def read(name: str, data: bytes) -> tuple[Exported, ...]:
    """Return the records of a file, in its order; that of line N is at N - 2.

    Raises:
        MalformedDocumentError: It is not such a file, is not whole, or a line of it cannot be; the
            message names the line.
    """
    if not data.endswith(b"\n"):
        raise MalformedDocumentError(name, "it is empty or was cut off: export it again.")
    raw = data.split(b"\n")[:-1]  # not splitlines: a text may hold other line ends
    lines = list(_json_lines(name, raw))
    opening, closing = lines[0], lines[-1]
    if not isinstance(opening, Opening):
        raise MalformedDocumentError(name, "it does not begin like an export.", place="line 1")
    records = tuple(_exported_records(name, lines[1:-1]))
    place = f"line {len(lines)}"
    if not isinstance(closing, Closing):
        raise MalformedDocumentError(name, "its end is missing: export it again.", place=place)
    body = data[: -len(raw[-1]) - 1]
    if hashlib.sha256(body).hexdigest() != closing.sha256:
        problem = "its digest is not that of the lines above: it was changed or damaged."
        raise MalformedDocumentError(name, problem, place=place)
    if opening.counts != _record_counts(records):
        raise MalformedDocumentError(name, "its counts are not those of its lines.", place="line 1")
    return records


def _json_lines(name: str, raw: Sequence[bytes]) -> Iterator[Line]:
    for number, line in enumerate(raw, 1):
        try:
            yield LINES.validate_json(line)
        except ValidationError as error:
            problem = error.errors()[0]
            field = ".".join(str(part) for part in problem["loc"][1:])
            raise MalformedDocumentError(
                name, f"{field or 'the line'}: {problem['msg']}.", place=f"line {number}"
            ) from None


def _exported_records(name: str, lines: Sequence[Line]) -> Iterator[Exported]:
    """Yield the records; refuse what no export writes."""
    newest: dict[str, int] = {}
    for number, line in enumerate(lines, FIRST_LINE):
        if isinstance(line, Opening | Closing):
            problem = "it stands in the middle: files cannot be joined, import each."
        else:
            problem = _order_problem(line.record, newest)
        if problem or isinstance(line, Opening | Closing):
            raise MalformedDocumentError(name, problem, place=f"line {number}")
        newest[line.record.id] = line.record.version
        yield line.record


def _order_problem(record: Exported, newest: Mapping[str, int]) -> str:
    """Say why a record cannot follow those before it; of them, the newest version by id."""
    if record.version < 1 or not (record.created_at and record.updated_at):
        return "version, createdAt and updatedAt are those of a store, never empty."
    if isinstance(record, Session):
        return "this session came before." if record.id in newest else ""
    if record.session_id not in newest:
        return f"session {record.session_id!r} must come before it."
    if record.version <= newest.get(record.id, 0):
        return "versions of an opportunity must rise."
    return ""


def _record_counts(records: Iterable[Exported]) -> Counts:
    revisions = Counter(one.id for one in records if isinstance(one, Opportunity))
    sessions = sum(isinstance(one, Session) for one in records)
    return Counts(sessions=sessions, opportunities=len(revisions), revisions=revisions.total())


def _json_line(record: Exported) -> Line:
    if isinstance(record, Session):
        return SessionLine(record=record)
    return RevisionLine(record=record)


def _bytes(line: Line) -> bytes:
    return line.model_dump_json().encode() + b"\n"
