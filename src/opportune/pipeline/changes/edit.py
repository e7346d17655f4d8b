"""What people do to an opportunity: make one by hand, edit it, delete it."""

import hashlib
import re
import unicodedata
import uuid
from collections.abc import Iterator, Mapping
from datetime import date
from decimal import Decimal
from typing import Annotated, Any

from pydantic import Field

from opportune.errors import InvalidInputError, VersionConflictError
from opportune.model.folding import folded
from opportune.model.records import Model, Money, Opportunity, Priority, Session, Status, Text
from opportune.pipeline.attempts import changed
from opportune.pipeline.changes.history import differences
from opportune.stores.contract import Clock, Retention, Store
from opportune.stores.revisions import stamped

SLUG_LENGTH = 24
"""Of the part made of the title: leaves room for `-99`."""
LAST_NUMBER = 99
"""Opportunities of one title in one session."""


class Edit(Model):
    """Fields to change; what is not named stays. None clears what may be empty."""

    title: Annotated[Text, Field(min_length=1)] | None = None
    category: Text | None = None
    priority: Priority | None = None
    estimated_arr: Money | None = Field(default=None, alias="estimatedARR")
    reasoning: Text | None = None
    talking_points: tuple[Text, ...] | None = None
    next_steps: tuple[Text, ...] | None = None
    related_services: tuple[Text, ...] | None = None
    status: Status | None = None
    customer: Text | None = None
    owner: Text | None = None
    close_date: date | None = None
    loss_reason: Text | None = None
    keep: bool | None = None

    def changes(self) -> Mapping[str, Any]:
        """Return what is named; a text or list given as null becomes empty.

        Raises:
            InvalidInputError: Nothing is named, or what cannot be empty is null.
        """
        named = {name: getattr(self, name) for name in self.model_fields_set}
        if not named:
            raise InvalidInputError("Nothing is to be changed: name a field.")
        for name, value in named.items():
            if value is None and name != "close_date":
                if name not in _EMPTY:
                    raise InvalidInputError(f"{_wire_name(name)} cannot be empty: give a value.")
                named[name] = _EMPTY[name]
        return named


_EMPTY: dict[str, Any] = {
    "category": "",
    "reasoning": "",
    "talking_points": (),
    "next_steps": (),
    "related_services": (),
    "customer": "",
    "owner": "",
    "loss_reason": "",
    "keep": False,
}


def _wire_name(name: str) -> str:
    return Edit.model_fields[name].alias or name


class Editing:
    """The use cases of editing.

    Args:
        store: Where opportunities are kept.
        clock: Tells the present moment.
        retention: How long things are kept.
    """

    def __init__(self, store: Store, clock: Clock, retention: Retention) -> None:
        self._store = store
        self._clock = clock
        self._retention = retention

    def create(  # noqa: PLR0913 - each is a fact of the change
        self,
        edit: Edit,
        *,
        updated_by: str,
        session_id: str = "",
        language: str = "en",
        template_id: str = "",
        note: str = "",
        change_id: str = "",
    ) -> Opportunity:
        """Make an opportunity by hand.

        Args:
            edit: Its fields; a title at least.
            updated_by: Who.
            session_id: Where it belongs; empty = the customer's session of what is made by hand,
                which is made if there is none.
            language: Of its texts.
            template_id: The template that it was made from.
            note: Why.
            change_id: Names this change, so that repeating it is safe; made if empty.

        Raises:
            InvalidInputError: The title is missing, or a value is not acceptable.
            SessionNotFoundError: There is no such session.
        """
        fields = dict(edit.changes())
        if not fields.get("title"):
            raise InvalidInputError("title: an opportunity needs one.")
        session = (
            self._store.get_session(session_id)
            if session_id
            else self.session_by_hand(fields.get("customer", ""), updated_by)
        )
        fields.setdefault("customer", session.customer)
        fields = {"category": "", "priority": Priority.MEDIUM, "estimated_arr": Decimal(0)} | fields
        change = change_id or uuid.uuid4().hex
        for slug in _slugs(str(fields["title"])):
            wanted = Opportunity.checked(
                id=f"{session.id}.{slug}",
                session_id=session.id,
                language=language,
                template_id=template_id,
                updated_by=updated_by,
                change_note=note,
                change_id=change,
                **fields,
            )
            try:
                return self.put_by_hand(session, wanted)
            except VersionConflictError:
                continue  # the name is taken, perhaps by a deleted one: the next number
        raise InvalidInputError(
            f"title: session {session.id} has {LAST_NUMBER} opportunities of this name: "
            "give another."
        )

    def edit(  # noqa: PLR0913 - each is a fact of the change
        self,
        opportunity_id: str,
        edit: Edit,
        *,
        updated_by: str,
        note: str = "",
        expected_version: int | None = None,
        change_id: str = "",
    ) -> Opportunity:
        """Change fields of an opportunity; nothing is written if they have these values already.

        Args:
            opportunity_id: Which one.
            edit: Which fields, and what they become.
            updated_by: Who.
            note: Why.
            expected_version: Refuse if it is not at this version. None: whatever it is at.
            change_id: Names this change, so that repeating it is safe; made if empty.

        Raises:
            OpportunityNotFoundError: Unknown, deleted or expired.
            VersionConflictError: Not at the expected version, or changed too often meanwhile.
            InvalidInputError: Nothing is to be changed, or a value is not acceptable.
        """
        return self._change(
            opportunity_id,
            dict(edit.changes()),
            updated_by=updated_by,
            note=note,
            expected_version=expected_version,
            change_id=change_id,
        )

    def delete(
        self,
        opportunity_id: str,
        *,
        updated_by: str,
        note: str = "",
        expected_version: int | None = None,
        change_id: str = "",
    ) -> None:
        """Delete an opportunity, by a revision; `Histories.restore` brings it back.

        Raises:
            OpportunityNotFoundError: Unknown, deleted or expired.
            VersionConflictError: Not at the expected version, or changed too often meanwhile.
        """
        self._change(
            opportunity_id,
            {"deleted": True},
            updated_by=updated_by,
            note=note,
            expected_version=expected_version,
            change_id=change_id,
        )

    def move(  # noqa: PLR0913 - each is a fact of the change
        self,
        opportunity_id: str,
        status: Status,
        *,
        updated_by: str,
        note: str = "",
        expected_version: int | None = None,
        change_id: str = "",
    ) -> Opportunity:
        """Move an opportunity to a status; nothing is written if it has that status already.

        Raises:
            OpportunityNotFoundError, VersionConflictError: As `edit`.
        """
        return self._change(
            opportunity_id,
            {"status": status},
            updated_by=updated_by,
            note=note,
            expected_version=expected_version,
            change_id=change_id,
        )

    def delete_session(self, session_id: str, *, updated_by: str) -> None:
        """Delete a session and its opportunities; see `Records.delete_session`."""
        self._store.delete_session(session_id, updated_by=updated_by, change_id=uuid.uuid4().hex)

    def _change(  # noqa: PLR0913 - each is a fact of the change
        self,
        opportunity_id: str,
        fields: dict[str, Any],
        *,
        updated_by: str,
        note: str,
        expected_version: int | None,
        change_id: str,
    ) -> Opportunity:
        marks = {
            "updated_by": updated_by,
            "change_note": note,
            "change_id": change_id or uuid.uuid4().hex,
        }
        return changed(
            opportunity_id,
            lambda: [self._store.get_opportunity(opportunity_id)],
            lambda revisions: edited(revisions[-1], fields, marks),
            self._store.put_opportunity,
            expected_version=expected_version,
            change_id=change_id,
        )

    def session_by_hand(self, customer: str, updated_by: str) -> Session:
        """Return the session of what is made by hand for a customer.

        Where there is none yet, or it was deleted: what it will be, for `put_by_hand` to make.
        """
        key = hashlib.sha256(f"by hand\n{folded(customer.strip())}".encode()).hexdigest()[:15]
        wanted = Session.checked(
            id=f"h{key}", customer=customer, updated_by=updated_by, change_id=uuid.uuid4().hex
        )
        header = self._store.get_header(wanted.id)
        return wanted if header is None or header.deleted else header

    def put_by_hand(self, session: Session, opportunity: Opportunity) -> Opportunity:
        """Keep a new opportunity; makes its session first if `session_by_hand` found none.

        Raises:
            VersionConflictError: Its id is taken.
        """
        if not session.version:
            self._make(session)
        return self._store.put_opportunity(opportunity)

    def _make(self, wanted: Session) -> None:
        header = self._store.get_header(wanted.id)
        if header is None:
            # A first version never replaces what another process has made meanwhile.
            first = stamped(wanted, base=None, now=self._clock(), retention=self._retention)
            self._store.replicate([first])
        elif header.deleted:
            self._store.store_opportunities(wanted.revised(version=header.version), ())


def edited(
    present: Opportunity, fields: Mapping[str, Any], marks: Mapping[str, str]
) -> Opportunity | None:
    """Return the revision that sets these fields; None if they have these values already.

    Args:
        present: The newest revision.
        fields: By name.
        marks: Who changes it, why, and the id of the change.

    Raises:
        InvalidInputError: A value is not acceptable.
    """
    wanted = present.revised(**fields)
    return wanted.model_copy(update=marks) if differences(present, wanted) else None


def _slugs(title: str) -> Iterator[str]:
    """Yield the slugs of a title: `renew-support`, `renew-support-2`, ..."""
    plain = unicodedata.normalize("NFKD", folded(title)).encode("ascii", "ignore").decode()
    slug = re.sub(r"[^a-z0-9]+", "-", plain)[:SLUG_LENGTH].strip("-") or "opportunity"
    yield slug
    for number in range(2, LAST_NUMBER + 1):
        yield f"{slug}-{number}"
