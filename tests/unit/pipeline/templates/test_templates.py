"""Templates through the service: kept, tried, used, and recomputed whatever became of them."""

from decimal import Decimal
from typing import Any

import pytest
from own_templates import OURS, PLAIN, Clock, analysed, of

from opportune.analysis.plays.play import Texts, from_toml, to_toml
from opportune.errors import (
    InvalidInputError,
    SessionNotFoundError,
    TemplateNotFoundError,
    VersionConflictError,
)
from opportune.model.records import Priority, Template
from opportune.pipeline.service import Service
from opportune.pipeline.templates.templates import Templates
from opportune.stores.contract import Store
from opportune.stores.files.kept import MemoryFiles


@pytest.fixture
def templates(service: Service) -> Templates:
    return service.templates


def test_the_built_in_ones_are_there_before_anything_is_kept(templates: Templates) -> None:
    listed = templates.list("es")
    assert len(listed) == 21
    assert {(a.state, a.version) for a in listed} == {("built-in", 0)}
    assert "servidores Linux" in next(a.title for a in listed if a.id == "graviton")


def test_every_built_in_one_goes_through_a_file_and_back_unchanged(
    templates: Templates, store: Store
) -> None:
    for answer in templates.list():
        file = from_toml(to_toml(answer.template).encode(), "shown.toml")
        assert file == answer.template
        assert templates.edit(answer.id, file, updated_by="ana") == answer
    assert store.list_templates() == ()


def test_editing_a_built_in_one_keeps_only_what_differs_and_deleting_brings_it_back(
    templates: Templates, store: Store
) -> None:
    plain = templates.get("linux-eos")
    file = plain.template.revised(trigger={**plain.template.trigger, "products": ["rhel"]})
    changed = templates.edit("linux-eos", file, updated_by="ana")
    assert (changed.state, changed.version, changed.updated_by) == ("changed", 1, "ana")
    (kept,) = store.list_templates()
    assert kept.texts == ()
    assert [p.name for p in kept.parameters] == ["products"]
    left = templates.delete("linux-eos", updated_by="ana")
    assert left
    assert (left.state, left.version, left.template) == ("built-in", 2, plain.template)
    again = templates.restore("linux-eos", updated_by="eva")
    assert (again.state, again.version, again.template) == ("changed", 3, file)
    assert templates.get("linux-eos", version=0).template == plain.template


def test_ones_own_are_created_duplicated_deleted_and_restored(templates: Templates) -> None:
    made = templates.create(OURS, updated_by="ana")
    assert (made.state, made.play, made.version) == ("own", "graviton", 1)
    copy = templates.duplicate("arm-first", "arm-too", updated_by="ana")
    assert copy.template == made.template.revised(id="arm-too")
    assert templates.delete("arm-first", updated_by="ana") is None
    with pytest.raises(TemplateNotFoundError, match="arm-first"):
        templates.get("arm-first")
    assert [a.id for a in templates.list() if a.state == "own"] == ["arm-too"]
    assert templates.restore("arm-first", updated_by="ana").template == made.template
    again = templates.create(OURS.revised(id="gone"), updated_by="ana")
    templates.delete("gone", updated_by="ana")
    assert templates.create(OURS.revised(id="gone"), updated_by="ana").version == again.version + 2


def test_history_says_what_each_revision_changed(templates: Templates) -> None:
    templates.set_enabled("training", enabled=False, updated_by="ana")
    file = templates.get("training").template
    templates.edit("training", file.revised(category="Our own"), updated_by="eva")
    templates.delete("training", updated_by="ana")
    templates.restore("training", version=1, updated_by="ana")
    told = [
        (r.version, r.state, r.updated_by, [(d.field, d.old, d.new) for d in r.differences])
        for r in templates.history("training")
    ]
    assert told == [
        (1, "disabled", "ana", [("enabled", "True", "False")]),
        (2, "disabled", "eva", [("category", "Workshop", "Our own")]),
        (3, "built-in", "ana", [("enabled", "False", "True"), ("category", "Our own", "Workshop")]),
        (4, "disabled", "ana", [("enabled", "True", "False")]),
    ]
    assert templates.history("sap") == ()


def test_somebody_elses_change_is_not_overwritten(templates: Templates) -> None:
    templates.create(OURS, updated_by="ana")
    templates.edit("arm-first", OURS.revised(category="Ours"), updated_by="eva")
    with pytest.raises(VersionConflictError):
        templates.edit("arm-first", OURS, updated_by="ana", expected_version=1)
    with pytest.raises(VersionConflictError):
        templates.set_enabled("arm-first", enabled=False, updated_by="ana", expected_version=1)
    with pytest.raises(VersionConflictError):
        templates.delete("arm-first", updated_by="ana", expected_version=1)
    with pytest.raises(VersionConflictError):
        templates.set_enabled("sap", enabled=False, updated_by="ana", expected_version=3)
    assert templates.get("arm-first").template.category == "Ours"


def test_a_repeated_change_is_made_once(templates: Templates) -> None:
    first = templates.create(OURS, updated_by="ana", change_id="key:1")
    assert templates.create(OURS, updated_by="ana", change_id="key:1") == first
    assert templates.edit("arm-first", OURS, updated_by="ana").version == 1  # nothing new


class Rival:
    """A store in which somebody is faster, once or always."""

    def __init__(self, store: Store, times: int) -> None:
        self._store, self._times = store, times

    def __getattr__(self, name: str) -> Any:
        return getattr(self._store, name)

    def put_template(self, template: Template) -> Template:
        if self._times:
            self._times -= 1
            newest = self._store.get_template_history(template.template_id)[-1]
            self._store.put_template(
                newest.revised(category=f"Rival's {self._times}", change_id="")
            )
        return self._store.put_template(template)


@pytest.mark.parametrize(("times", "outcome"), [(1, "made"), (99, "refused")])
def test_a_change_that_names_no_version_is_tried_again(
    store: Store, times: int, outcome: str
) -> None:
    Service(store, MemoryFiles()).templates.create(OURS, updated_by="ana")
    rival: Any = Rival(store, times)
    templates = Service(rival, MemoryFiles()).templates
    if outcome == "made":
        changed = templates.set_enabled("arm-first", enabled=False, updated_by="ana")
        assert (changed.state, changed.version) == ("disabled", 3)
        assert changed.template.category == "Rival's 0"
    else:
        with pytest.raises(VersionConflictError):
            templates.set_enabled("arm-first", enabled=False, updated_by="ana")


def test_a_preview_shows_what_would_be_found_and_writes_nothing(
    service: Service, store: Store
) -> None:
    templates = service.templates
    session = analysed(service)
    before = store.scan().items
    found = templates.preview("arm-first", file=OURS, language="es")
    assert found.fires
    assert found.opportunity
    assert found.opportunity.title == "Arm primero"
    assert found.opportunity.estimated_arr == 0  # graviton is enabled, and counts it
    on_files = templates.preview("graviton", session_id=session)
    assert on_files.opportunity
    assert on_files.opportunity.estimate == of(service, session, "graviton").estimate
    missing = templates.preview("sap", language="pt")
    assert not missing.fires
    assert "procura SAP" in missing.why_not
    assert "no tiene regla" in templates.preview("kick-off", file=PLAIN, language="es").why_not
    assert store.scan().items == before


def test_a_preview_of_a_disabled_one_shows_it_enabled(templates: Templates) -> None:
    templates.set_enabled("graviton", enabled=False, updated_by="ana")
    assert templates.preview("graviton").fires


def test_an_opportunity_by_hand_says_what_is_known_and_leaves_the_rest_open(
    service: Service,
) -> None:
    templates = service.templates
    templates.create(PLAIN, updated_by="ana")
    made = templates.create_from_template(
        "kick-off", customer="Example Corp", updated_by="ana", values={"teams": "1"}
    )
    new = made.opportunity
    assert new.title == "Taller para Example Corp: 1 equipo"
    assert new.reasoning == "Lo pidió [who]."
    assert new.next_steps == ("Invitarlo.",)
    assert made.open == ("who",)
    assert (new.priority, new.category, new.estimated_arr) == (
        Priority.HIGH,
        "Workshop",
        Decimal(0),
    )
    assert (new.template_id, new.version, new.customer) == ("kick-off", 1, "Example Corp")
    assert service.store.get_session(new.session_id).customer == "Example Corp"
    fields = {"title": "Ours", "estimated_arr": Decimal("1234.56"), "owner": "eva"}
    second = templates.create_from_template(
        "kick-off",
        session_id=new.session_id,
        updated_by="ana",
        values={"date": "1 May", "who": "Eva"},
        fields=fields,
    ).opportunity
    assert second.id == f"{new.session_id}.kick-off-2"
    assert {name: getattr(second, name) for name in fields} == fields
    assert second.reasoning == "Lo pidió Eva. Será el 1 May."
    assert second.next_steps == ("Invitarlos.",)
    assert second.customer == "Example Corp"
    priced = OURS.revised(id="priced", en=Texts(title="{arr} a year"))
    templates.create(priced, updated_by="ana")
    sold = templates.create_from_template(
        "priced", customer="", updated_by="ana", fields={"estimated_arr": Decimal(50000)}
    )
    assert (sold.opportunity.title, sold.open) == ("USD 50,000 a year", ())


def test_an_opportunity_by_hand_leaves_the_place_of_the_play_to_analyses(service: Service) -> None:
    session = analysed(service)
    made = service.templates.create_from_template(
        "sap", session_id=session, updated_by="ana", language="pt", values={"applications": "2"}
    )
    assert made.opportunity.id == f"{session}.sap-2"
    assert "2 aplicações mencionam SAP: [names]." in made.opportunity.reasoning
    found = service.proofs.verify(session)
    assert found.is_equal
    assert ("made by hand", f"{session}.sap-2") in {
        (c.field, c.opportunity_id) for c in found.peoples_changes
    }
    analysed(service)
    assert of(service, session, "sap-2") == made.opportunity
    with pytest.raises(InvalidInputError, match="made by hand"):
        service.proofs.explain(made.opportunity.id)


def test_a_repeated_request_makes_one_opportunity(service: Service) -> None:
    for session in ("", analysed(service)):
        made = [
            service.templates.create_from_template(
                "sap", session_id=session, updated_by="ana", change_id=f"key:{session}"
            )
            for _ in range(2)
        ]
        assert made[0] == made[1]
        listed = service.analyses.opportunities(made[0].opportunity.session_id)
        assert sum(o.template_id == "sap" for o in listed) == 1


def test_nothing_is_made_where_there_is_nothing(service: Service) -> None:
    templates = service.templates
    with pytest.raises(SessionNotFoundError):
        templates.create_from_template("sap", session_id="nowhere", updated_by="ana")
    for call in (
        lambda: templates.create_from_template("nothing", updated_by="ana"),
        lambda: templates.preview("nothing"),
        lambda: templates.history("nothing"),
        lambda: templates.delete("nothing", updated_by="ana"),
        lambda: templates.restore("nothing", updated_by="ana"),
        lambda: templates.restore("sap", version=4, updated_by="ana"),
        lambda: templates.edit("nothing", PLAIN.revised(id=""), updated_by="ana"),
        lambda: templates.get("graviton", version=9),
    ):
        with pytest.raises(TemplateNotFoundError):
            call()


def test_templates_of_before_they_had_rules_are_read_as_texts(store: Store) -> None:
    old = Template(
        template_id="old-one",
        title="Ask about {braces}",
        category="Workshop",
        reasoning="Because.",
        talking_points=("One.",),
        language="pt",
    )
    store.put_template(old)
    store.put_template(old.revised(template_id="broken", title="50 % {"))
    service = Service(store, MemoryFiles(), clock=Clock())
    made = service.templates.create_from_template("old-one", updated_by="ana").opportunity
    assert (made.title, made.talking_points) == ("Ask about [braces]", ("One.",))
    with pytest.raises(InvalidInputError, match="has a brace without its other one"):
        service.templates.create_from_template("broken", updated_by="ana")
    shown = service.templates.get("old-one")
    assert (shown.state, shown.play) == ("own", "")
    assert shown.template.pt == Texts(
        title="Ask about {braces}", reasoning=("Because.",), talking_points=("One.",)
    )
    assert service.store.get_session(analysed(service)).templates == ()
