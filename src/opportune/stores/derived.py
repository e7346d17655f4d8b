"""What a store answers from its other answers, alike in every store."""

from typing import Protocol

from opportune.errors import SessionNotFoundError, TemplateNotFoundError
from opportune.model.records import Session, Template


class _Headers(Protocol):
    def get_header(self, session_id: str) -> Session | None: ...


class _TemplateHistories(Protocol):
    def get_template_history(self, template_id: str) -> tuple[Template, ...]: ...


class SessionsByHeader:
    """Answers `get_session` from the header."""

    def get_session(self: _Headers, session_id: str) -> Session:
        """See `Records.get_session`."""
        header = self.get_header(session_id)
        if header is None or header.deleted:
            raise SessionNotFoundError(session_id)
        return header


class TemplatesByHistory:
    """Answers `get_template` from all revisions; DynamoDB, which bills each, reads one instead."""

    def get_template(
        self: _TemplateHistories, template_id: str, *, version: int | None = None
    ) -> Template:
        """See `Records.get_template`."""
        history = self.get_template_history(template_id)
        if version is not None:
            found = [revision for revision in history if revision.version == version]
        else:
            found = [revision for revision in history[-1:] if not revision.deleted]
        if not found:
            raise TemplateNotFoundError(template_id)
        return found[0]
