"""Which plays take part in an analysis: the built-in ones, and those of users' templates."""

from collections.abc import Iterable, Sequence

from opportune.analysis.counted_once import BY_ENGINE
from opportune.analysis.plays.play import Play, built_in, bundled_plays
from opportune.analysis.plays.stored import analysed_play
from opportune.model.records import Template, TemplateUse


def taking_part(templates: Iterable[Template]) -> tuple[Play, ...]:
    """Return the plays of an analysis: built-in ones as these templates change them, and others.

    Built-in ones come first, then users' own, each by id. A template without a rule takes no part.
    """
    by_id = {t.template_id: t for t in templates if t.play}
    plays: list[Play] = []
    for play in bundled_plays():
        own = by_id.pop(play.id, None)
        if own is None:
            plays.append(play)
        elif own.enabled:
            plays.append(analysed_play(own))
    plays += [analysed_play(t) for _, t in sorted(by_id.items()) if t.enabled and built_in(t.play)]
    return _each_engine_once(plays)


def used(templates: Iterable[Template]) -> tuple[TemplateUse, ...]:
    """Return the revisions that make a difference to an analysis, by id."""
    ids = {t.template_id: t for t in templates if t.play}
    return tuple(
        TemplateUse(template_id=id_, version=t.version)
        for id_, t in sorted(ids.items())
        if t.enabled or built_in(id_)
    )


def _each_engine_once(plays: Sequence[Play]) -> tuple[Play, ...]:
    """Divide engines among the plays on databases: each is counted by the first that names it."""
    counted: set[str] = set()
    divided: list[Play] = []
    for play in plays:
        if play.arr == BY_ENGINE:
            free = [engine for engine in play.trigger["engines"] if engine not in counted]
            counted.update(free)
            divided.append(play.model_copy(update={"trigger": {**play.trigger, "counted": free}}))
        else:
            divided.append(play)
    return tuple(divided)
