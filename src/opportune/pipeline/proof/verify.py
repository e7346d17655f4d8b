"""Does a session say what its files say? Everything recomputed, compared to the letter.

What people made of an opportunity (status, owner, edited texts and figures) is not a difference;
it is listed beside the differences.
"""

from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING

from opportune.documents.quality import Code
from opportune.errors import DocumentError, InvalidInputError
from opportune.model.assessment import Assessment
from opportune.model.differences import leaves_that_differ, plain, text_of
from opportune.model.file import InputFile
from opportune.model.records import (
    Basis,
    ColumnMapping,
    Model,
    Opportunity,
    QualityNote,
    Session,
    SourceFile,
    TemplateUse,
)
from opportune.pipeline.analyze.reanalysis import EDITABLE, PEOPLES, edited_fields, is_by_analysis

if TYPE_CHECKING:
    from opportune.analysis import Analysis

COMPUTED = (
    *EDITABLE,
    "evidence",
    "template_id",
    "customer",
    "estimate",
    "language",
)
"""Fields of an opportunity that an analysis sets."""

WORDS = ("title", "reasoning", "talking_points", "next_steps")
"""Fields that a language model may have worded."""

Recompute = Callable[[Sequence[InputFile]], "tuple[Assessment, Analysis]"]


class SessionDifference(Model):
    """Something that is not what it would be if it were computed now; "" = not there."""

    subject: str
    """`file`, `totals`, `quality`, `opportunity`; `reading` if the files cannot be used at all."""
    id: str
    """Name of the file, id of the opportunity, code of the note; empty of totals."""
    field: str
    """`sha256`, `estimate.expected`, `talkingPoints[2]`; of a note its place in a file; empty if
    all of it is meant."""
    stored: str
    recomputed: str


class PersonsChange(Model):
    """What somebody made of an opportunity after the analysis."""

    opportunity_id: str
    field: str
    """Of the opportunity; `note`, `deleted` or `made by hand`."""
    analysed: str
    """What the analysis had written."""
    now: str
    by: str
    at: str


class SessionVerification(Model):
    """Whether a session's files, read now, give what is stored; and under which conditions."""

    session_id: str
    is_equal: bool
    source: str
    """`given`: the bytes that were handed in; `kept`: our own copies."""
    files: int
    opportunities: int
    """How many were recomputed."""
    run_date: str
    language: str
    basis: Basis
    price_book: str
    mapping: tuple[ColumnMapping, ...]
    templates: tuple[TemplateUse, ...]
    """Revisions of users' templates."""
    differences: tuple[SessionDifference, ...]
    peoples_changes: tuple[PersonsChange, ...]


def verified(  # noqa: PLR0913 - what is stored, what is given, and how to recompute
    session: Session,
    files: Sequence[InputFile],
    *,
    is_kept: bool,
    stored: Sequence[Opportunity],
    history: Callable[[str], Sequence[Opportunity]],
    recompute: Recompute,
) -> SessionVerification:
    """Compare a session with what its files give.

    Args:
        session: Its header, with the conditions of its analysis filled in.
        files: The bytes to trust, under any names and in any order.
        is_kept: They are our own copies.
        stored: The session's list.
        history: Every revision of an opportunity, oldest first.
        recompute: Reads and analyses files under the session's conditions.
    """
    differences = list(_file_differences(session.files, files))
    changes: list[PersonsChange] = []
    count = 0
    try:
        assessment, analysis = recompute(_as_analysed(session.files, files))
    except (DocumentError, InvalidInputError) as error:
        differences.append(_difference("reading", "", "", "", str(error)))
    else:
        count = len(analysis.opportunities)
        differences += _header_differences(session, assessment, analysis)
        known = {o.id: o for o in stored}
        for fresh in analysis.opportunities:
            revisions = history(fresh.id)
            present = known.pop(fresh.id, None) or _hidden(revisions)
            if present is None:
                differences.append(_difference("opportunity", fresh.id, "", "", fresh.title))
            else:
                changes += _peoples(fresh, present, revisions)
                differences += _opportunity_differences(fresh, present, revisions)
        for extra in known.values():
            revisions = history(extra.id)
            if any(is_by_analysis(r) for r in revisions):
                differences.append(_difference("opportunity", extra.id, "", extra.title, ""))
            else:
                changes.append(_change(revisions[0], "made by hand", "", extra.title))
    return SessionVerification(
        session_id=session.id,
        is_equal=not differences,
        source="kept" if is_kept else "given",
        files=len(files),
        opportunities=count,
        run_date=session.run_date,
        language=session.language,
        basis=session.basis,
        price_book=session.price_book,
        mapping=session.mapping,
        templates=session.templates,
        differences=tuple(differences),
        peoples_changes=tuple(changes),
    )


def _as_analysed(known: Sequence[SourceFile], files: Sequence[InputFile]) -> list[InputFile]:
    """Return the files in the order and under the names that the session has them."""
    places = {source.sha256: (n, source.name) for n, source in enumerate(known)}
    by_digest = sorted(files, key=lambda f: places.get(f.sha256, (len(places), ""))[0])
    return [InputFile(places.get(f.sha256, (0, f.name))[1], f.data) for f in by_digest]


def _file_differences(
    known: Sequence[SourceFile], files: Sequence[InputFile]
) -> Iterator[SessionDifference]:
    given = {f.sha256: f.name for f in files}
    missing = {s.name: s.sha256 for s in known if s.sha256 not in given}
    for sha256, name in given.items():
        if sha256 not in {s.sha256 for s in known}:
            yield _difference("file", name, "sha256", missing.pop(name, ""), sha256)
    for name, sha256 in missing.items():
        yield _difference("file", name, "sha256", sha256, "")


def _header_differences(
    session: Session, assessment: Assessment, analysis: "Analysis"
) -> Iterator[SessionDifference]:
    totals = plain(session.totals), plain(assessment.totals())
    for field, old, new in leaves_that_differ(*totals):
        yield _difference("totals", "", field, old, new)
    stored = _by_place(session.quality)
    fresh = _by_place((*analysis.file_quality, *analysis.quality))
    for key in dict.fromkeys((*stored, *fresh)):
        code, source, _ = key
        if key not in stored or key not in fresh:
            messages = (notes[key].message if key in notes else "" for notes in (stored, fresh))
            yield _difference("quality", code, source, *messages)
        else:
            notes = plain(stored[key]), plain(fresh[key])
            for field, old, new in leaves_that_differ(*notes):
                yield _difference("quality", code, f"{source} {field}", old, new)


def _by_place(notes: Sequence[QualityNote]) -> Mapping[tuple[str, str, int], QualityNote]:
    """Return notes by code, place and number there, so that one more does not move the others.

    Only those on what files hold, not on how often one of them was handed in.
    """
    found: dict[tuple[str, str, int], QualityNote] = {}
    count: Counter[tuple[str, str]] = Counter()
    for note in notes:
        if note.code != Code.DUPLICATE_FILE:
            place = (note.code, note.source)
            found[(*place, count[place])] = note
            count[place] += 1
    return found


def _opportunity_differences(
    fresh: Opportunity, present: Opportunity, revisions: Sequence[Opportunity]
) -> Iterator[SessionDifference]:
    skipped = {*edited_fields(revisions), *(WORDS if present.reworded_by else ())}
    names = {name: Opportunity.model_fields[name].alias or name for name in COMPUTED}
    for name in COMPUTED:
        if name in skipped:
            continue
        pair = (plain(getattr(present, name)), plain(getattr(fresh, name)))
        for field, old, new in leaves_that_differ(*pair, names[name]):
            yield _difference("opportunity", fresh.id, field, old, new)


def _peoples(
    fresh: Opportunity, present: Opportunity, revisions: Sequence[Opportunity]
) -> Iterator[PersonsChange]:
    """Yield what people made of an opportunity, field by field, then their notes."""
    written = {name: _writer(name, present, revisions) for name in PEOPLES}
    for name, revision in (written | dict(edited_fields(revisions))).items():
        if getattr(present, name) != getattr(fresh, name):
            alias = Opportunity.model_fields[name].alias or name
            old, now = (text_of(plain(getattr(o, name))) for o in (fresh, present))
            yield _change(revision, alias, old, now)
    if present.reworded_by:
        yield _change(present, "rewordedBy", "", present.reworded_by)
    for revision in revisions:
        if revision.change_note and not is_by_analysis(revision):
            yield _change(revision, "note", "", revision.change_note)
    if present.deleted:
        yield _change(present, "deleted", "", "")


def _writer(name: str, present: Opportunity, revisions: Sequence[Opportunity]) -> Opportunity:
    """Return the revision that wrote a field's present value."""
    writer = present
    for revision in reversed(revisions):
        if getattr(revision, name) != getattr(present, name):
            break
        writer = revision
    return writer


def _hidden(revisions: Sequence[Opportunity]) -> Opportunity | None:
    """Return the newest revision of one that no list shows: expired, or deleted by a person.

    One that an analysis deleted, because it found it no more, is not there.
    """
    newest = revisions[-1] if revisions else None
    return None if newest and newest.deleted and is_by_analysis(newest) else newest


def _difference(
    subject: str, id_: str, field: str, stored: str, recomputed: str
) -> SessionDifference:
    return SessionDifference(
        subject=subject, id=id_, field=field, stored=stored, recomputed=recomputed
    )


def _change(revision: Opportunity, field: str, analysed: str, now: str) -> PersonsChange:
    return PersonsChange(
        opportunity_id=revision.id,
        field=field,
        analysed=analysed,
        now=now,
        by=revision.updated_by,
        at=revision.updated_at,
    )
