"""What a store must do, as plainly as it can be written: lists in dicts, no locks, no cleverness.

The state machine compares every store with it. It shares no rule with `opportune.stores`: stamps,
expiry and versions are worked out here once more.
"""

import hashlib
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from stores import ManualClock

from opportune.errors import (
    InvalidInputError,
    OpportunityNotFoundError,
    SessionNotFoundError,
    TemplateNotFoundError,
    VersionConflictError,
)
from opportune.model.filters import OpportunityFilters, Order
from opportune.model.records import Opportunity, R, Record, Session, Template
from opportune.stores.journal import Copying

DAYS = 30
HISTORY_DAYS = 60


class StoreModel:
    def __init__(self, clock: ManualClock) -> None:
        self.clock = clock
        self.headers: dict[str, Session] = {}
        self.opportunities: dict[str, list[Opportunity]] = {}
        self.templates: dict[str, list[Template]] = {}

    # Writes

    def store_opportunities(
        self, session: Session, opportunities: Sequence[Opportunity]
    ) -> Session:
        stored = self.headers.get(session.id)
        stored_version = stored.version if stored else 0
        if stored and not stored.deleted and _is_repeat(stored, session):
            return stored
        if session.version not in (0, stored_version):
            raise VersionConflictError(session.id, expected=session.version, actual=stored_version)
        before = {o.id: o for o in self.get_opportunities(session.id)}
        writes: list[Opportunity] = []
        for wanted in opportunities:
            if before.pop(wanted.id, None) == wanted:
                continue
            held = self.get_history(wanted.id)
            usable = held[-1].version if held and not self._is_expired(held[-1]) else 0
            if wanted.version not in (0, usable):
                raise VersionConflictError(wanted.id, expected=wanted.version, actual=usable)
            writes.append(wanted)
        for wanted in writes:
            self._append(wanted)
        self._delete(list(before.values()), session.updated_by, session.change_id)
        return self._set_header(session)

    def put_opportunity(self, opportunity: Opportunity) -> Opportunity:
        held = self.get_history(opportunity.id)
        newest = held[-1] if held else None
        if newest and _is_repeat(newest, opportunity):
            return newest
        if opportunity.deleted and opportunity.version == 0:
            raise InvalidInputError("which version?")
        is_there = newest is not None and not self._is_expired(newest)
        if not is_there and opportunity.version:
            raise OpportunityNotFoundError(opportunity.id)
        if is_there and newest and newest.version != opportunity.version:
            raise VersionConflictError(
                opportunity.id, expected=opportunity.version, actual=newest.version
            )
        was_visible = is_there and newest is not None and not newest.deleted
        if not opportunity.deleted and not was_visible:
            header = self.get_session(opportunity.session_id)
            self._set_header(
                header.revised(updated_by=opportunity.updated_by, change_id=opportunity.change_id)
            )
        return self._append(opportunity)

    def delete_session(self, session_id: str, *, updated_by: str, change_id: str) -> None:
        header = self.headers.get(session_id)
        if header and header.deleted and header.change_id == change_id != "":
            return
        self.get_session(session_id)
        self._delete(self.get_opportunities(session_id), updated_by, change_id)
        self._set_header(
            Session(id=session_id, deleted=True, updated_by=updated_by, change_id=change_id)
        )

    def put_template(self, template: Template) -> Template:
        held = self.templates.setdefault(template.template_id, [])
        newest = held[-1] if held else None
        if newest and _is_repeat(newest, template):
            return newest
        if template.deleted and template.version == 0:
            raise InvalidInputError("which version?")
        if newest is None and template.version:
            raise TemplateNotFoundError(template.template_id)
        if newest and newest.version != template.version:
            raise VersionConflictError(
                template.template_id, expected=template.version, actual=newest.version
            )
        held.append(template.revised(**self._stamps(newest)))
        return held[-1]

    def delete_template(
        self, template_id: str, *, version: int, updated_by: str, change_id: str
    ) -> None:
        held = self.templates.get(template_id)
        if not held:
            raise TemplateNotFoundError(template_id)
        if version == 0:
            raise VersionConflictError(template_id, expected=0, actual=held[-1].version)
        self.put_template(
            held[-1].revised(
                deleted=True, version=version, updated_by=updated_by, change_id=change_id
            ),
        )

    def replicate(self, records: Sequence[Record], *, copying: Copying = Copying.NEWER) -> bool:
        if copying is Copying.NEXT and self._leaves_gap(records):
            return False
        for record in records:
            self._replicate(record, is_mending=copying is Copying.MEND)
        return True

    def _leaves_gap(self, records: Sequence[Record]) -> bool:
        given = {_key(record) for record in records}
        for record in records:
            kind, key, version = _key(record)
            newest = max(
                [0, *(v for k, i, v in map(_key, self.everything()) if (k, i) == (kind, key))]
            )
            if version > 1 and newest < version - 1 and (kind, key, version - 1) not in given:
                return True
        return False

    def _replicate(self, record: Record, *, is_mending: bool) -> None:
        if isinstance(record, Session):
            held_version = self.headers[record.id].version if record.id in self.headers else 0
            if record.version > held_version or (is_mending and record.version == held_version):
                self.headers[record.id] = record
        elif isinstance(record, Template):
            templates = self.templates.get(record.template_id, [])
            self.templates[record.template_id] = _joined(templates, record, is_mending=is_mending)
        else:
            held = self.opportunities[record.id] if self.get_history(record.id) else []
            self.opportunities[record.id] = _joined(held, record, is_mending=is_mending)

    # Reads

    def get_opportunities(
        self, session_id: str, filters: OpportunityFilters | None = None
    ) -> tuple[Opportunity, ...]:
        listed = [o for o in self._visible() if o.session_id == session_id]
        if filters:
            listed = [o for o in listed if filters.matches(o)]
        rank = ["High", "Medium", "Low"]
        return tuple(sorted(listed, key=lambda o: (rank.index(o.priority), -o.estimated_arr, o.id)))

    def get_opportunity(self, opportunity_id: str, *, version: int | None = None) -> Opportunity:
        if version is None:
            candidates = [o for o in self._visible() if o.id == opportunity_id]
        else:
            candidates = [o for o in self.get_history(opportunity_id) if o.version == version]
        if not candidates:
            raise OpportunityNotFoundError(opportunity_id)
        return candidates[0]

    def get_history(self, opportunity_id: str) -> tuple[Opportunity, ...]:
        held = self.opportunities.get(opportunity_id, [])
        return tuple(
            o
            for o in held
            if (datetime.fromisoformat(o.updated_at).replace(microsecond=0))
            + timedelta(days=HISTORY_DAYS)
            > self.clock.now
            or (o is held[-1] and not o.deleted and not self._is_expired(o))
        )

    def find(self, filters: OpportunityFilters, order: Order) -> list[Opportunity]:
        found = sorted(filter(filters.matches, self._visible()), key=lambda o: o.id)
        if order == Order.ARR:
            return sorted(found, key=lambda o: -o.estimated_arr)
        return sorted(found, key=lambda o: o.updated_at, reverse=True)

    def get_session(self, session_id: str) -> Session:
        header = self.headers.get(session_id)
        if header is None or header.deleted:
            raise SessionNotFoundError(session_id)
        return header

    def sessions(self) -> list[Session]:
        listed = sorted((s for s in self.headers.values() if not s.deleted), key=lambda s: s.id)
        return sorted(listed, key=lambda s: s.updated_at, reverse=True)

    def list_templates(self) -> tuple[Template, ...]:
        newest = [held[-1] for _, held in sorted(self.templates.items()) if held]
        return tuple(template for template in newest if not template.deleted)

    def everything(self) -> list[Record]:
        records: list[Record] = list(self.headers.values())
        for opportunity_id in self.opportunities:
            records += self.get_history(opportunity_id)
        for held in self.templates.values():
            records += held
        return records

    # What they have in common

    def _visible(self) -> list[Opportunity]:
        newest = [held[-1] for held in self.opportunities.values() if held]
        return [o for o in newest if not o.deleted and not self._is_expired(o)]

    def _is_expired(self, opportunity: Opportunity) -> bool:
        return opportunity.ttl is not None and opportunity.ttl <= self.clock.now.timestamp()

    def _append(self, wanted: Opportunity) -> Opportunity:
        held = self.get_history(wanted.id)
        if not held:
            self.opportunities[wanted.id] = []
        stamps = self._stamps(held[-1] if held else None)
        changed_at = datetime.fromisoformat(stamps["updated_at"])
        never = wanted.keep or wanted.status == "Ganada"
        ttl = None if never else int((changed_at + timedelta(days=DAYS)).timestamp())
        previous = held[-1].digest if held else ""
        revision = wanted.revised(ttl=ttl, previous_digest=previous, digest="", **stamps)
        text = revision.model_dump_json(exclude={"digest"}, exclude_defaults=True)
        digest = hashlib.sha256(text.encode()).hexdigest()
        self.opportunities[wanted.id].append(revision.revised(digest=digest))
        return self.opportunities[wanted.id][-1]

    def _delete(
        self, opportunities: Sequence[Opportunity], updated_by: str, change_id: str
    ) -> None:
        words = {"updated_by": updated_by, "change_id": change_id, "change_note": ""}
        for gone in opportunities:
            self._append(gone.revised(deleted=True, **words))

    def _set_header(self, header: Session) -> Session:
        stamped = header.revised(**self._stamps(self.headers.get(header.id)))
        self.headers[header.id] = stamped
        return stamped

    def _stamps(self, base: Opportunity | Session | Template | None) -> dict[str, Any]:
        now = self.clock.now
        if base:
            now = max(now, datetime.fromisoformat(base.updated_at) + timedelta(milliseconds=1))
        text = f"{now:%Y-%m-%dT%H:%M:%S}.{now.microsecond // 1000:03d}Z"
        return {
            "version": base.version + 1 if base else 1,
            "created_at": base.created_at if base else text,
            "updated_at": text,
        }


def _is_repeat(newest: R, wanted: R) -> bool:
    """Whether a write finds its own work already done."""
    return wanted.change_id == newest.change_id != "" and (
        wanted.version == 0 or wanted.version + 1 == newest.version
    )


def _key(record: Record) -> tuple[type, str, int]:
    key = record.template_id if isinstance(record, Template) else record.id
    return type(record), key, record.version


def _joined(held: list[R], record: R, *, is_mending: bool) -> list[R]:
    """Return the revisions with one more; one of its version stays, unless it is to be mended."""
    if not is_mending and any(one.version == record.version for one in held):
        return held
    rest = {one.version: one for one in held} | {record.version: record}
    return [rest[version] for version in sorted(rest)]
