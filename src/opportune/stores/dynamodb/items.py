"""How records look as DynamoDB items: what people query stands in plain attributes.

Items are in DynamoDB's own JSON (`{"S": "text"}`), as they go over the wire: there is no other
conversion. Numbers travel as text, so a Decimal stays exact.

A head (the newest revision of an opportunity) has every field as an attribute of its wire name;
only `evidence` and `estimate`, which nobody queries, are one JSON text in `body`. A deleted head
has `body` alone, so that it is in no index. Headers and revisions are their JSON in `body`, and
beside it what the keys, the indexes, the TTL and a reader's eye need.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from pydantic import ValidationError

from opportune.errors import StoreError
from opportune.model.records import Opportunity, R, Session, Template
from opportune.model.times import retained_until
from opportune.stores.contract import Retention

Item = dict[str, dict[str, Any]]
"""Attribute name -> typed value, as DynamoDB's JSON has it."""

HEADER = "#session"
"""Sort key of a session's header, and its `status`: no opportunity can have either."""

NEWEST_TEMPLATES = "#newest"
"""Partition of the newest revision of each template; the others stand under their own id."""

_TEXTS = (
    "title",
    "category",
    "priority",
    "reasoning",
    "status",
    "templateId",
    "customer",
    "owner",
    "lossReason",
    "language",
    "createdAt",
    "updatedAt",
    "updatedBy",
    "changeId",
    "changeNote",
    "mergedInto",
    "previousDigest",
    "digest",
)
_LISTS = ("talkingPoints", "nextSteps", "relatedServices")
_NESTED = ("evidence", "estimate")


@dataclass(frozen=True, slots=True)
class Staged:
    """The mark on a head that a large replace is about to change.

    The new revision already stands in the history. It counts once the header says that `attempt`
    was committed. Meanwhile the head has no `ttl` attribute, so that DynamoDB cannot sweep it. A
    mark with the head's own version says that the new list leaves it as it is.
    """

    attempt: str
    version: int
    list_version: int


@dataclass(frozen=True, slots=True)
class Head:
    """A head as it is stored. `opportunity` is None if so far only a mark stands there.

    `list_version` is the header's version that came with the last change of the session's list
    which touched this head; 0 if none did.
    """

    opportunity: Opportunity | None
    list_version: int = 0
    staged: Staged | None = None

    @property
    def version(self) -> int:
        """The version that a condition on this head names; 0 if there is none."""
        return self.opportunity.version if self.opportunity else 0


@dataclass(frozen=True, slots=True)
class Header:
    """A session's header and what the writing of its list has left there.

    Args:
        session: None if only a large replace has announced itself.
        changes: Opportunity id -> version, as written in the same transaction as the header.
        staging: The large replace that is being prepared; empty if none.
        promoting: The one that was committed and whose heads are being written; empty if none.
    """

    session: Session | None = None
    changes: Mapping[str, int] | None = None
    staging: str = ""
    promoting: str = ""

    @property
    def version(self) -> int:
        """The version that a condition on this header names; 0 if there is none."""
        return self.session.version if self.session else 0


def head_key(session_id: str, opportunity_id: str) -> Item:
    """Return the key of a head; of a header with HEADER as the id."""
    return {"sessionId": {"S": session_id}, "opportunityId": {"S": opportunity_id}}


def revision_key(opportunity_id: str, version: int) -> Item:
    """Return the key of a revision."""
    return {"opportunityId": {"S": opportunity_id}, "version": {"N": str(version)}}


def template_key(kind: str, template_id: str) -> Item:
    """Return the key of a template."""
    return {"kind": {"S": kind}, "templateId": {"S": template_id}}


def head_item(opportunity: Opportunity, list_version: int) -> Item:
    """Write a head."""
    item = head_key(opportunity.session_id, opportunity.id)
    item["version"] = {"N": str(opportunity.version)}
    item["list"] = {"N": str(list_version)}
    if opportunity.ttl is not None:
        item["ttl"] = {"N": str(opportunity.ttl)}
    if opportunity.deleted:
        item["body"] = {"S": opportunity.model_dump_json()}
        return item
    fields = opportunity.model_dump(mode="json", exclude={"estimated_arr", *_NESTED})
    item |= {name: {"S": fields[name]} for name in _TEXTS}
    item |= {name: {"L": [{"S": text} for text in fields[name]]} for name in _LISTS}
    item["estimatedARR"] = {"N": format(opportunity.estimated_arr, "f")}
    item["keep"] = {"BOOL": opportunity.keep}
    if opportunity.close_date is not None:
        item["closeDate"] = {"S": fields["closeDate"]}
    item["body"] = {"S": opportunity.model_dump_json(include=set(_NESTED))}
    return item


def read_head(item: Item) -> Head:
    """Read a head.

    Raises:
        StoreError: It holds what this program never wrote; so do the other readers.
    """
    try:
        return _head(item)
    except (KeyError, TypeError, ValueError) as error:
        raise damaged(item, error) from None


def _head(item: Item) -> Head:
    mark = item.get("staged", {}).get("M")
    staged = mark and Staged(
        mark["attempt"]["S"], int(mark["version"]["N"]), int(mark["list"]["N"])
    )
    if "version" not in item:
        return Head(None, 0, staged or None)
    ttl = item.get("ttl") or (mark or {}).get("ttl")
    opportunity = (
        Opportunity.model_validate(_head_fields(item, ttl))
        if "status" in item
        else _read_body(Opportunity, item)
    )
    return Head(opportunity, int(item["list"]["N"]), staged or None)


def _head_fields(item: Item, ttl: dict[str, str] | None) -> dict[str, Any]:
    fields: dict[str, Any] = {name: item[name]["S"] for name in _TEXTS if name in item}
    for name in _LISTS:
        fields[name] = [text["S"] for text in item[name]["L"]]
    fields |= json.loads(item["body"]["S"])
    fields["id"] = item["opportunityId"]["S"]
    fields["sessionId"] = item["sessionId"]["S"]
    fields["estimatedARR"] = item["estimatedARR"]["N"]
    fields["keep"] = item["keep"]["BOOL"]
    fields["version"] = int(item["version"]["N"])
    if "closeDate" in item:
        fields["closeDate"] = item["closeDate"]["S"]
    if ttl:
        fields["ttl"] = int(ttl["N"])
    return fields


def staged_value(staged: Staged, opportunity: Opportunity | None) -> dict[str, Any]:
    """Write the mark of a large replace; it keeps the ttl that the head shows meanwhile."""
    value: Item = {
        "attempt": {"S": staged.attempt},
        "version": {"N": str(staged.version)},
        "list": {"N": str(staged.list_version)},
    }
    if opportunity is not None and opportunity.ttl is not None:
        value["ttl"] = {"N": str(opportunity.ttl)}
    return {"M": value}


def header_item(header: Header) -> Item:
    """Write a header. A deleted one is in no index."""
    session = header.session
    if session is None:
        raise ValueError("a header without a session is only ever announced by an update")
    item = head_key(session.id, HEADER) | {
        "version": {"N": str(session.version)},
        "updatedAt": {"S": session.updated_at},
        "body": {"S": session.model_dump_json()},
    }
    if not session.deleted:
        item |= {"status": {"S": HEADER}, "customer": {"S": session.customer}}
    if header.changes is not None:
        item["changes"] = {"S": json.dumps(dict(header.changes))}
    if header.promoting:
        item["promoting"] = {"S": header.promoting}
    return item


def read_header(item: Item) -> Header:
    """Read a header."""
    changes = item.get("changes")
    return Header(
        session=_read_body(Session, item) if "body" in item else None,
        changes=json.loads(changes["S"]) if changes else None,
        staging=item.get("staging", {}).get("S", ""),
        promoting=item.get("promoting", {}).get("S", ""),
    )


def revision_item(opportunity: Opportunity, retention: Retention, attempt: str = "") -> Item:
    """Write a revision; `attempt` names the large replace that prepares it."""
    item = revision_key(opportunity.id, opportunity.version) | {
        "sessionId": {"S": opportunity.session_id},
        "status": {"S": opportunity.status.value},
        "updatedAt": {"S": opportunity.updated_at},
        "updatedBy": {"S": opportunity.updated_by},
        "body": {"S": opportunity.model_dump_json()},
    }
    until = retained_until(opportunity.updated_at, retention.history_days)
    if until is not None:
        item["ttl"] = {"N": str(until)}
    if attempt:
        item["attempt"] = {"S": attempt}
    return item


def read_revision(item: Item) -> Opportunity:
    """Read a revision."""
    return _read_body(Opportunity, item)


def template_item(kind: str, key: str, template: Template) -> Item:
    """Write a template under a kind and key."""
    return template_key(kind, key) | {
        "title": {"S": template.title},
        "version": {"N": str(template.version)},
        "updatedAt": {"S": template.updated_at},
        "body": {"S": template.model_dump_json()},
    }


def read_template(item: Item) -> Template:
    """Read a template."""
    return _read_body(Template, item)


def _read_body(model: type[R], item: Item) -> R:
    try:
        return model.model_validate_json(item["body"]["S"])
    except (KeyError, ValueError) as error:
        raise damaged(item, error) from None


def damaged(item: Item, error: Exception) -> StoreError:
    """Say which item holds what this program never wrote, and where, but not what it is."""
    key = {
        name: item[name] for name in ("sessionId", "opportunityId", "templateId") if name in item
    }
    field = "body"
    if isinstance(error, ValidationError):
        field = ".".join(str(part) for part in error.errors()[0]["loc"]) or field
    elif isinstance(error, KeyError):
        field = str(error.args[0])
    return StoreError(f"The item {key} holds what this program never wrote (field {field!r}).")
