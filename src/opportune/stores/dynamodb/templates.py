"""Templates: the newest revision of each in one partition, all revisions in one of their own."""

import re
from contextlib import suppress
from typing import Any

from opportune.errors import StoreUnavailableError, TemplateNotFoundError
from opportune.model.records import TEMPLATE_ID_PATTERN, Template
from opportune.stores.changes import Moment, deleting_template, putting_template
from opportune.stores.dynamodb.connection import ConditionFailedError, Connection, Tables
from opportune.stores.dynamodb.items import (
    NEWEST_TEMPLATES,
    Item,
    read_template,
    template_item,
    template_key,
)
from opportune.stores.dynamodb.transactions import Writer
from opportune.stores.journal import Copying
from opportune.stores.journaling import written_template

_TEMPLATE_ID = re.compile(TEMPLATE_ID_PATTERN)


class Templates:
    """Reads and writes templates; every read is strongly consistent."""

    def __init__(self, connection: Connection, tables: Tables, writer: Writer) -> None:
        self._connection = connection
        self._tables = tables
        self._table = tables.templates
        self._writer = writer

    def journaled(self, writer: Writer) -> "Templates":
        """Return the same with another writer."""
        return Templates(self._connection, self._tables, writer)

    def put(self, template: Template, when: Moment) -> Template:
        """Answer `put_template`."""
        for _ in self._connection.pauses():
            newest = self.newest(template.template_id)
            revision, is_new = putting_template(template, newest=newest, when=when)
            if not is_new or self._write(revision, over=newest):
                return revision
        raise _busy(template.template_id)

    def delete(
        self, template_id: str, *, version: int, updated_by: str, change_id: str, when: Moment
    ) -> None:
        """Answer `delete_template`."""
        deletion = deleting_template(
            template_id,
            newest=self.newest(template_id),
            version=version,
            updated_by=updated_by,
            change_id=change_id,
        )
        self.put(deletion, when)

    def replicate(self, template: Template, copying: Copying) -> None:
        """Answer `replicate` for a template."""
        is_mending = copying is Copying.MEND
        for _ in self._connection.pauses():
            newest = self.newest(template.template_id)
            held = newest.version if newest else 0
            if template.version < held:
                self._join(template, is_mending=is_mending)
                return
            if template.version == held and not is_mending:
                return
            if self._write(template, over=newest):
                return
        raise _busy(template.template_id)

    def _join(self, template: Template, *, is_mending: bool) -> None:
        """Put an older revision beside the others."""
        put: dict[str, Any] = {"TableName": self._table, "Item": _revision_item(template)}
        if not is_mending:
            put["ConditionExpression"] = "attribute_not_exists(#version)"
            put["ExpressionAttributeNames"] = {"#version": "version"}
        with suppress(ConditionFailedError):  # one is there: it stays
            self._connection.send("PutItem", self._table, **put)

    def newest(self, template_id: str) -> Template | None:
        """Return the newest revision, deleted or not."""
        if not _TEMPLATE_ID.fullmatch(template_id):
            return None
        item = self._connection.get(self._table, template_key(NEWEST_TEMPLATES, template_id))
        return read_template(item) if item else None

    def get(self, template_id: str, version: int | None) -> Template:
        """Answer `get_template`."""
        template = self.newest(template_id)
        if template is not None and version is None and not template.deleted:
            return template
        if template is not None and version is not None and 0 < version <= template.version:
            item = self._connection.get(self._table, _revision_key(template_id, version))
            if item is not None:
                return read_template(item)
        raise TemplateNotFoundError(template_id)

    def newest_of_all(self) -> tuple[Template, ...]:
        """Answer `list_templates`."""
        return tuple(one for one in self._partition(NEWEST_TEMPLATES) if not one.deleted)

    def history(self, template_id: str) -> tuple[Template, ...]:
        """Answer `get_template_history`."""
        return self._partition(template_id) if _TEMPLATE_ID.fullmatch(template_id) else ()

    def _partition(self, kind: str) -> tuple[Template, ...]:
        items = self._connection.query(
            self._table,
            "#kind = :kind",
            ExpressionAttributeNames={"#kind": "kind"},
            ExpressionAttributeValues={":kind": {"S": kind}},
        )
        return tuple(read_template(item) for item in items)

    def _write(self, revision: Template, *, over: Template | None) -> bool:
        """Write a newest revision; False if another one has come first."""
        put: dict[str, Any] = {
            "TableName": self._table,
            "Item": template_item(NEWEST_TEMPLATES, revision.template_id, revision),
            "ConditionExpression": "attribute_not_exists(#version)",
            "ExpressionAttributeNames": {"#version": "version"},
        }
        if over is not None:
            put["ConditionExpression"] = "#version = :version"
            put["ExpressionAttributeValues"] = {":version": {"N": str(over.version)}}
        revision_put = {"TableName": self._table, "Item": _revision_item(revision)}
        return self._writer.write(
            [{"Put": put}, {"Put": revision_put}],
            lambda: self._is_written(revision),
            written_template(revision),
        )

    def _is_written(self, revision: Template) -> bool:
        item = self._connection.get(
            self._table, _revision_key(revision.template_id, revision.version)
        )
        return item is not None and read_template(item) == revision


def _revision_key(template_id: str, version: int) -> Item:
    """Return the key of a revision: versions as text of equal width, so that they sort."""
    return template_key(template_id, f"{version:010}")


def _revision_item(template: Template) -> Item:
    return template_item(template.template_id, f"{template.version:010}", template)


def _busy(template_id: str) -> StoreUnavailableError:
    return StoreUnavailableError(f"Others keep changing template {template_id!r}.")
