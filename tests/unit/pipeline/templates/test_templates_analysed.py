"""Sessions and templates: an analysis names those that took part, and is recomputed with them."""

from collections.abc import Callable
from decimal import Decimal

from own_templates import OURS, PLAIN, analysed, of

from opportune.analysis.plays.play import Texts
from opportune.pipeline.service import Service

OTHER = OURS.revised(play="sap", en=Texts(title="Other"), es=None)


def total(service: Service, session: str) -> Decimal:
    return sum((o.estimated_arr for o in service.analyses.opportunities(session)), Decimal(0))


def test_an_analysis_uses_templates_and_its_header_says_which(service: Service) -> None:
    before = analysed(service, session_id="before")
    templates = service.templates
    templates.create(OURS, updated_by="ana")
    templates.create(PLAIN, updated_by="ana")
    templates.set_enabled("training", enabled=False, updated_by="ana")
    after = analysed(service, session_id="after")
    assert service.store.get_session(before).templates == ()
    used = [(u.template_id, u.version) for u in service.store.get_session(after).templates]
    assert used == [("arm-first", 1), ("training", 1)]
    assert total(service, after) == total(service, before)
    plays = {o.template_id for o in service.analyses.opportunities(after)}
    assert "arm-first" in plays
    assert "training" not in plays
    assert analysed(service) == analysed(service)  # the derived id has nothing to do with templates


def test_what_was_analysed_is_recomputed_with_the_templates_of_then(service: Service) -> None:
    templates = service.templates
    templates.create(OURS, updated_by="ana")
    templates.set_enabled("graviton", enabled=False, updated_by="ana")
    session = analysed(service)
    kept = of(service, session, "arm-first")
    assert kept.estimated_arr < 0
    changes: tuple[Callable[[], object], ...] = (
        lambda: templates.edit("arm-first", OTHER, updated_by="ana"),
        lambda: templates.set_enabled("arm-first", enabled=False, updated_by="ana"),
        lambda: templates.delete("arm-first", updated_by="ana"),
        lambda: templates.delete("graviton", updated_by="ana"),
    )
    for change in changes:
        change()
        found = service.proofs.verify(session)
        assert found.is_equal, found.differences
        assert found.templates == service.store.get_session(session).templates != ()
        explained = service.proofs.explain(f"{session}.arm-first")
        assert explained.is_current
        assert explained.tree.amount_usd == kept.estimated_arr


def test_analysed_again_a_session_follows_the_templates_of_now(service: Service) -> None:
    templates = service.templates
    session = analysed(service)
    plain = of(service, session, "graviton")
    templates.create(OURS, updated_by="ana")
    templates.set_enabled("graviton", enabled=False, updated_by="ana")
    assert analysed(service) == session
    ids = {o.template_id for o in service.analyses.opportunities(session)}
    assert "graviton" not in ids
    assert of(service, session, "arm-first").estimated_arr == plain.estimated_arr
    templates.delete("graviton", updated_by="ana")
    templates.delete("arm-first", updated_by="ana")
    analysed(service)
    assert of(service, session, "graviton").estimated_arr == plain.estimated_arr
    assert service.proofs.verify(session).is_equal


def test_a_comparison_shows_what_templates_changed_as_a_step_of_its_own(service: Service) -> None:
    old = analysed(service, session_id="old")
    service.templates.set_enabled("graviton", enabled=False, updated_by="ana")
    service.templates.set_enabled("dr-backup", enabled=False, updated_by="ana")
    new = analysed(service, session_id="new")
    bridge = service.proofs.compare(old, new).bridge
    (step,) = [s for s in bridge.steps if s.kind == "templates"]
    assert step.amount == total(service, new) - total(service, old) != 0
    assert bridge.old_arr + sum(s.amount for s in bridge.steps) == bridge.new_arr
    states = {o.play: o.state for o in service.proofs.compare(old, new).opportunities}
    assert states["graviton"] == "gone"
