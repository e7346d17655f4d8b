"""Routes on templates: the built-in plays, users' versions of them, and users' own."""

from datetime import date
from typing import Annotated

from fastapi import Query, Response
from pydantic import Field

from opportune.analysis.plays.play import Play
from opportune.api.callers import Caller
from opportune.api.shared import ChangeId, ExpectedVersion, ServiceOf, api_router
from opportune.model.records import LANGUAGES, Evidence, Model, Money, Priority, Text
from opportune.pipeline.templates.answers import TemplateAnswer, TemplateRevision, TemplateUseAnswer
from opportune.pipeline.templates.preview import TemplatePreview

router = api_router("/api/templates")

Language = Annotated[str, Query(pattern=f"^({'|'.join(LANGUAGES)})$")]


class Enabling(Model):
    """Whether analyses use a template."""

    enabled: bool


class TemplateCopy(Model):
    """The id of the copy."""

    id: Text


class Restore(Model):
    """Which revision; None: the one before it was deleted."""

    version: Annotated[int | None, Field(ge=1)] = None


class PreviewOf(Model):
    """What to try a template on."""

    template: Play | None = None
    """Instead of what is kept."""
    session_id: Text = ""
    """Empty: the sample inventory."""
    language: Annotated[str, Field(pattern=f"^({'|'.join(LANGUAGES)})$")] = "en"


class ByHand(Model):
    """What is known of a new opportunity. What is left out is the template's own."""

    session_id: Text = ""
    """Empty: the customer's session of what is made by hand."""
    customer: Text = ""
    language: Annotated[str, Field(pattern=f"^({'|'.join(LANGUAGES)})$")] = "en"
    values: dict[str, Text] = Field(default_factory=dict)
    """For placeholders, by name."""
    title: Text | None = None
    category: Text | None = None
    priority: Priority | None = None
    estimated_arr: Money | None = Field(default=None, alias="estimatedARR")
    reasoning: Text | None = None
    evidence: tuple[Evidence, ...] | None = None
    talking_points: tuple[Text, ...] | None = None
    next_steps: tuple[Text, ...] | None = None
    related_services: tuple[Text, ...] | None = None
    owner: Text | None = None
    close_date: date | None = None
    keep: bool | None = None


_NO_FIELDS = frozenset(("session_id", "customer", "language", "values"))


@router.get("")
def list_templates(service: ServiceOf, language: Language = "en") -> tuple[TemplateAnswer, ...]:
    """List the built-in plays as they hold now, and users' own templates."""
    return service.templates.list(language)


@router.post("", status_code=201)
def create_template(
    service: ServiceOf,
    caller: Caller,
    response: Response,
    file: Play,
    change_id: ChangeId,
) -> TemplateAnswer:
    """Keep a new template of one's own."""
    made = service.templates.create(file, updated_by=caller, change_id=change_id)
    return _tagged(response, made)


@router.get("/{template_id}")
def get_template(
    service: ServiceOf,
    response: Response,
    template_id: str,
    version: Annotated[int | None, Query(ge=0)] = None,
    language: Language = "en",
) -> TemplateAnswer:
    """Return what holds now, or one revision; version 0 is the built-in play."""
    found = service.templates.get(template_id, version=version, language=language)
    return _tagged(response, found)


@router.put("/{template_id}")
def edit_template(  # noqa: PLR0913 - path, body and headers
    service: ServiceOf,
    caller: Caller,
    *,
    response: Response,
    template_id: str,
    file: Play,
    version: ExpectedVersion,
    change_id: ChangeId,
) -> TemplateAnswer:
    """Put a template in the place of what is there; of a built-in play, one's own version of it."""
    edited = service.templates.edit(
        template_id,
        file,
        updated_by=caller,
        expected_version=version,
        change_id=change_id,
    )
    return _tagged(response, edited)


@router.patch("/{template_id}")
def enable_template(  # noqa: PLR0913 - path, body and header
    service: ServiceOf,
    caller: Caller,
    *,
    response: Response,
    template_id: str,
    change: Enabling,
    version: ExpectedVersion,
) -> TemplateAnswer:
    """Let analyses use a template, or not."""
    changed = service.templates.set_enabled(
        template_id,
        enabled=change.enabled,
        updated_by=caller,
        expected_version=version,
    )
    return _tagged(response, changed)


@router.delete("/{template_id}", status_code=204)
def delete_template(
    service: ServiceOf, caller: Caller, template_id: str, version: ExpectedVersion
) -> None:
    """Delete a template of one's own; one's version of a built-in play gives way to the play."""
    service.templates.delete(template_id, updated_by=caller, expected_version=version)


@router.post("/{template_id}/duplicate", status_code=201)
def duplicate_template(
    service: ServiceOf, caller: Caller, response: Response, template_id: str, copy: TemplateCopy
) -> TemplateAnswer:
    """Keep a copy under another id."""
    made = service.templates.duplicate(template_id, copy.id, updated_by=caller)
    return _tagged(response, made)


@router.post("/{template_id}/restore")
def restore_template(
    service: ServiceOf, caller: Caller, response: Response, template_id: str, wanted: Restore
) -> TemplateAnswer:
    """Make an older revision the newest one again, also of what was deleted."""
    restored = service.templates.restore(template_id, updated_by=caller, version=wanted.version)
    return _tagged(response, restored)


@router.post("/{template_id}/preview")
def preview_template(service: ServiceOf, template_id: str, wanted: PreviewOf) -> TemplatePreview:
    """Say what a template would find, on a sample or a session's files; write nothing."""
    return service.templates.preview(
        template_id,
        file=wanted.template,
        session_id=wanted.session_id,
        language=wanted.language,
    )


@router.get("/{template_id}/history")
def template_history(service: ServiceOf, template_id: str) -> tuple[TemplateRevision, ...]:
    """Return every revision with what it changed, oldest first."""
    return service.templates.history(template_id)


@router.post("/{template_id}/opportunities", status_code=201)
def use_template(
    service: ServiceOf,
    caller: Caller,
    template_id: str,
    wanted: ByHand,
    change_id: ChangeId,
) -> TemplateUseAnswer:
    """Make an opportunity by hand; values that are not given stay open in its texts."""
    fields = {k: v for k, v in dict(wanted).items() if k not in _NO_FIELDS and v is not None}
    return service.templates.create_from_template(
        template_id,
        updated_by=caller,
        session_id=wanted.session_id,
        customer=wanted.customer,
        language=wanted.language,
        values=wanted.values,
        fields=fields,
        change_id=change_id,
    )


def _tagged(response: Response, answer: TemplateAnswer) -> TemplateAnswer:
    response.headers["ETag"] = f'"{answer.version}"'
    return answer
