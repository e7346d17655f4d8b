"""Templates: the newest revision of each in one partition, all revisions in one of their own."""

import re

from opportune.errors import StoreUnavailableError, TemplateNotFoundError
from opportune.models import TEMPLATE_ID_PATTERN, Template
from opportune.stores.changes import Moment, deleting_template, putting_template
from opportune.stores.dynamodb.connection import ConditionFailedError, Connection, Tables
from opportune.stores.dynamodb.items import (
    NEWEST_TEMPLATES,
    Item,
    read_template,
    template_item,
    template_key,
)

_TEMPLATE_ID = re.compile(TEMPLATE_ID_PATTERN)


class Templates:
    """Reads and writes templates; every read is strongly consistent."""

    def __init__(self, connection: Connection, tables: Tables) -> None:
        self._connection = connection
        self._table = tables.templates

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

    def replicate(self, template: Template) -> None:
        """Answer `replicate` for a template."""
        for _ in self._connection.pauses():
            newest = self.newest(template.template_id)
            if newest is not None and newest.version > template.version:
                self._connection.send(
                    "PutItem", self._table, TableName=self._table, Item=_revision_item(template)
                )
                return
            if self._write(template, over=newest):
                return
        raise _busy(template.template_id)

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
        put = {
            "TableName": self._table,
            "Item": template_item(NEWEST_TEMPLATES, revision.template_id, revision),
            "ConditionExpression": "attribute_not_exists(#version)",
            "ExpressionAttributeNames": {"#version": "version"},
        }
        if over is not None:
            put["ConditionExpression"] = "#version = :version"
            put["ExpressionAttributeValues"] = {":version": {"N": str(over.version)}}
        revision_put = {"TableName": self._table, "Item": _revision_item(revision)}
        try:
            self._connection.transact(self._table, [{"Put": put}, {"Put": revision_put}])
        except ConditionFailedError as refused:
            return refused.is_uncertain and self._is_written(revision)
        return True

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
