"""Answers about templates. Other programs read them, so names must not change."""

from collections.abc import Iterator
from enum import StrEnum

from opportune.analysis.plays.play import Play, built_in
from opportune.analysis.plays.stored import play_of, template_of
from opportune.model.differences import leaves_that_differ, with_stamps_of
from opportune.model.records import Model, Opportunity, Template, Time, Version


class TemplateState(StrEnum):
    """What a template is to the plays that come with the package."""

    BUILT_IN = "built-in"
    CHANGED = "changed"
    """The user's version of a built-in one."""
    OWN = "own"
    DISABLED = "disabled"
    """Of either kind: no analysis uses it."""
    DELETED = "deleted"
    """Only one of the user's own: a built-in one is never lost."""


class TemplateAnswer(Model):
    """A template, and where it stands."""

    id: str
    state: TemplateState
    play: str
    """The built-in play whose rules it uses; empty: none."""
    version: Version
    """0: a built-in one that nobody has changed."""
    title: str
    template: Play
    """What holds now."""
    updated_at: Time = ""
    updated_by: str = ""


class TemplateDifference(Model):
    """A field that a revision changed; "" = not there."""

    field: str
    old: str
    new: str


class TemplateRevision(Model):
    """One revision, and what it changed: against the one before, the first against the built-in."""

    version: Version
    state: TemplateState
    updated_at: Time
    updated_by: str
    differences: tuple[TemplateDifference, ...]


class TemplateUseAnswer(Model):
    """An opportunity made from a template, and the values that its texts leave open."""

    opportunity: Opportunity
    open: tuple[str, ...]


def untouched(play_id: str) -> Template:
    """Return a built-in play as a template that changes nothing of it."""
    return template_of(Play(id=play_id), play_id)


def content(template: Template) -> Template:
    """Return a template without what a store stamps: equal if nothing but stamps differs."""
    blank = Template(template_id=template.template_id, title=template.title)
    return with_stamps_of(blank, template, "deleted")


def _state(template: Template) -> TemplateState:
    own = built_in(template.template_id)
    if template.deleted:
        return TemplateState.BUILT_IN if own else TemplateState.DELETED
    if not template.enabled:
        return TemplateState.DISABLED
    if own is None:
        return TemplateState.OWN
    same = content(untouched(own.id)) == content(template)
    return TemplateState.BUILT_IN if same else TemplateState.CHANGED


def answer(template: Template, language: str = "en") -> TemplateAnswer:
    """Return the answer about a template, with its title in a language."""
    play = play_of(template)
    return TemplateAnswer(
        id=template.template_id,
        state=_state(template),
        play=template.play,
        version=template.version,
        title=play.texts(language).title if play.languages else template.title,
        template=play,
        updated_at=template.updated_at,
        updated_by=template.updated_by,
    )


def revisions(template_id: str, revisions: tuple[Template, ...]) -> Iterator[TemplateRevision]:
    """Yield the answers about the revisions of one template, oldest first."""
    play = built_in(template_id)
    nothing: dict[str, object] = play.model_dump() if play else {}
    before = nothing
    for revision in revisions:
        after = nothing if revision.deleted else play_of(revision).model_dump()
        yield TemplateRevision(
            version=revision.version,
            state=_state(revision),
            updated_at=revision.updated_at,
            updated_by=revision.updated_by,
            differences=tuple(
                TemplateDifference(field=field, old=old, new=new)
                for field, old, new in leaves_that_differ(before, after)
            ),
        )
        before = after
