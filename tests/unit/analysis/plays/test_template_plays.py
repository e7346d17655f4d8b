"""Users' plays in an analysis: none makes it fail, none counts a dollar twice."""

from collections.abc import Iterable
from contextlib import suppress
from datetime import date
from decimal import Decimal
from typing import Any

import pytest
from cases import database, fired, found, full_estate, server
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from inventories import estates
from template_texts import files, stored
from whole_estates import whole_estate

from opportune.analysis import Analysis, analyze, named_cells
from opportune.analysis.plays.checks import check_template
from opportune.analysis.plays.own import taking_part, used
from opportune.analysis.plays.play import LONGEST_SENTENCE, Play, Texts, bundled_plays
from opportune.analysis.tree import leaves
from opportune.errors import InvalidInputError
from opportune.model.assessment import Assessment
from opportune.model.records import LANGUAGES, Basis, Template, TemplateUse

BUILT_IN = [play.id for play in bundled_plays()]
CARRYING = [
    "containers", "dr-backup", "graviton", "non-production", "sql-server-licences", "rehost",
    "oracle-exit", "database-modernization",
]  # fmt: skip
TEXTS = Texts(title="Ours: {arr}", reasoning=("We do this for {customer}.",))


def analysed(
    assessment: Assessment, templates: Iterable[Template] = (), **options: Any
) -> Analysis:
    wanted: dict[str, Any] = {"session_id": "s1", "customer": "Example", "language": "en"} | options
    return analyze(assessment, run_date=date(2026, 11, 22), plays=taking_part(templates), **wanted)


def own(play: str, id_: str = "ours", **fields: Any) -> Template:
    return stored(Play(id=id_, play=play, en=TEXTS, **fields))


def disabled(play: str) -> Template:
    return stored(Play(id=play, enabled=False))


ALL = whole_estate()
PLAIN = analysed(ALL)


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("basis", list(Basis))
def test_without_templates_nothing_is_different_by_a_byte(language: str, basis: Basis) -> None:
    for estate in (ALL, full_estate()):
        before = analyze(
            estate,
            session_id="s1",
            customer="Example",
            language=language,
            run_date=date(2026, 11, 22),
            basis=basis,
        )
        untouched = [stored(Play(id=id_)) for id_ in BUILT_IN]
        for templates in ((), untouched):
            after = analysed(estate, templates, language=language, basis=basis)
            assert [o.model_dump_json() for o in after.opportunities] == [
                o.model_dump_json() for o in before.opportunities
            ]


@settings(
    max_examples=40,
    deadline=None,
    phases=(Phase.explicit, Phase.reuse, Phase.generate),  # an analysis is too slow to shrink by
    suppress_health_check=list(HealthCheck),
)
@given(data=st.data())
def test_no_accepted_template_makes_an_analysis_fail(data: st.DataObject) -> None:
    chosen = data.draw(
        st.lists(st.one_of(files(), files("ours"), files("a-second")), min_size=1, max_size=3)
    )
    templates = [stored(file) for file in {file.id: file for file in chosen}.values()]
    for template in templates:
        check_template(template)
    estate = data.draw(st.one_of(estates(), st.just(ALL), st.just(full_estate())))
    language, basis = data.draw(st.sampled_from(LANGUAGES)), data.draw(st.sampled_from(Basis))
    analysis = analysed(estate, templates, language=language, basis=basis)
    assert analysis.portfolio_arr == sum(
        (o.estimated_arr for o in analysis.opportunities), Decimal(0)
    )
    for opportunity in analysis.opportunities:
        tree = analysis.trees[opportunity.id]
        assert sum((leaf.amount for leaf in leaves(tree)), Decimal(0)) == opportunity.estimated_arr
        assert opportunity.evidence
        named_cells(tree)
    again = analysed(estate, reversed(templates), language=language, basis=basis)
    assert again.opportunities == analysis.opportunities


@settings(max_examples=100, deadline=None, phases=(Phase.explicit, Phase.reuse, Phase.generate))
@given(
    st.sampled_from(BUILT_IN),
    st.lists(
        st.text(st.sampled_from("{}[]().:|!_ abcservers0%\\'\"x"), max_size=30)
        | st.sampled_from(["{servers}", "{servers:a|b}", "{servers!r}", "{servers.value}", "{0}"]),
        max_size=4,
    ).map("".join),
)
def test_whatever_text_is_accepted_can_be_said(play: str, text: str) -> None:
    template = own(play)
    texts = template.texts[0].model_copy(update={"title": text or "x", "priority": text})
    changed = template.model_copy(update={"texts": (texts,)})
    if is_accepted(changed):
        assert fired(analysed(ALL, [changed]), "ours").template_id == "ours"


def is_accepted(template: Template) -> bool:
    with suppress(InvalidInputError):
        check_template(template)
        return True
    return False


@pytest.mark.parametrize("play", CARRYING)
def test_a_play_of_the_same_rules_adds_nothing_and_says_where_it_is_counted(play: str) -> None:
    both = analysed(ALL, [own(play)])
    assert both.portfolio_arr == PLAIN.portfolio_arr
    ours, theirs = fired(both, "ours"), fired(both, play)
    assert ours.estimate
    assert ours.estimated_arr == ours.estimate.low == ours.estimate.high == 0
    assert "nothing is added" in ours.reasoning
    assert theirs == fired(PLAIN, play)


@pytest.mark.parametrize("play", [p for p in CARRYING if p != "rehost"])
def test_where_the_built_in_is_disabled_the_users_own_carries_the_amount(play: str) -> None:
    instead = analysed(ALL, [own(play), own(play, "ours-too"), disabled(play)])
    ours, theirs, second = fired(instead, "ours"), fired(PLAIN, play), fired(instead, "ours-too")
    assert found(instead, play) is None
    assert ours.estimated_arr == theirs.estimated_arr
    assert second.estimated_arr == 0
    assert instead.portfolio_arr == PLAIN.portfolio_arr


def test_the_first_that_fires_carries_and_one_that_does_not_fire_takes_nothing() -> None:
    estate = full_estate()
    strict = own("dr-backup", "a-first", trigger={"at_most": 1, "recovery_headings": ["nowhere"]})
    bare = Assessment(servers=estate.servers, ratings=estate.ratings)
    alone = analysed(bare, [disabled("dr-backup"), own("dr-backup")])
    both = analysed(
        bare,
        [disabled("dr-backup"), own("dr-backup"), strict.revised(parameters=strict.parameters)],
    )
    assert found(both, "a-first") is None
    assert fired(both, "ours") == fired(alone, "ours")


def test_engines_are_divided_among_the_plays_on_databases() -> None:
    aurora = own("database-modernization", "aurora", trigger={"engines": ["mysql"]})
    rest = stored(Play(id="database-modernization", trigger={"engines": ["mysql", "sql-server"]}))
    greedy = stored(Play(id="oracle-exit", trigger={"engines": ["oracle", "mysql"]}))
    for templates in ([aurora], [greedy], [rest, aurora], [greedy, aurora, rest]):
        analysis = analysed(ALL, templates)
        assert analysis.portfolio_arr == PLAIN.portfolio_arr
    only = analysed(ALL, [aurora, disabled("database-modernization")])
    carried = fired(only, "aurora")
    assert carried.estimated_arr > 0


def estate_taken_over() -> Assessment:
    """A Linux server that MySQL has to itself."""
    return Assessment(
        servers=(server(2, cores=4), server(3)),
        databases=(database(2, engine="MySQL", version="8.0.30", server_id="s2", cpu_cores=4),),
    )


def test_a_server_that_no_play_takes_over_stays_with_those_that_would_leave_it_out() -> None:
    """A disabled play on databases takes no server away from Graviton."""
    with_it = fired(analysed(estate_taken_over()), "graviton")
    without = fired(analysed(estate_taken_over(), [disabled("database-modernization")]), "graviton")
    assert "1 Linux server hosts" in with_it.reasoning
    assert "2 Linux servers host" in without.reasoning
    assert without.estimated_arr < with_it.estimated_arr < 0


def test_hours_are_those_of_the_type_that_graviton_counts_only_if_it_counts() -> None:
    estate = Assessment(servers=(server(2, environment="dev"),))
    with_arm = fired(analysed(estate), "non-production")
    without = fired(analysed(estate, [disabled("graviton")]), "non-production")
    narrowed = stored(Play(id="graviton", trigger={"arm64": {"rhel": ["8"]}}))
    unlisted = fired(analysed(estate, [narrowed]), "non-production")
    assert without.estimated_arr < with_arm.estimated_arr
    assert unlisted.estimated_arr == without.estimated_arr


def test_a_disabled_play_does_not_fire_and_changes_no_other() -> None:
    analysis = analysed(ALL, [disabled("training")])
    assert analysis.opportunities == tuple(
        o for o in PLAIN.opportunities if o.template_id != "training"
    )


def test_parameters_and_texts_of_a_users_version_hold() -> None:
    texts = Texts(title="{affected:equipo|equipos}", reasoning=("{nothing}",))
    changed = stored(
        Play(id="linux-eos", trigger={"products": ["ubuntu"]}, es=texts,
                     priority={"rule": "fixed", "level": "Low"})
    )  # fmt: skip
    assert found(analysed(ALL, [changed]), "linux-eos") is None  # all of Ubuntu's are supported
    high = stored(Play(id="linux-eos", priority={"rule": "fixed", "level": "Low"}))
    ours, plain = fired(analysed(ALL, [high]), "linux-eos"), fired(PLAIN, "linux-eos")
    assert (ours.priority, plain.priority) == ("Low", "High")
    assert ours.title == plain.title


def test_a_missing_language_is_the_built_ins_or_else_the_templates_first() -> None:
    mine = stored(Play(id="linux-eos", es=Texts(title="Lo nuestro")))
    plain = fired(analysed(ALL, language="pt"), "linux-eos")
    in_pt = fired(analysed(ALL, [mine], language="pt"), "linux-eos")
    in_es = fired(analysed(ALL, [mine], language="es"), "linux-eos")
    assert (in_pt.title, in_es.title) == (plain.title, "Lo nuestro")
    spanish = stored(Play(id="ours", play="sap", es=Texts(title="SAP: {customer}")))
    ours = fired(analysed(ALL, [spanish], language="pt"), "ours")
    assert ours.title == "SAP: Example"


def test_a_sentence_that_values_make_endless_is_cut() -> None:
    long = "{names} " * 120
    rows = [server(r, os_name="RHEL", os_version="6.8", hostname=f"{r}" + "x" * 400)
            for r in range(2, 8)]  # fmt: skip
    template = own("linux-eos").model_copy(
        update={"texts": (stored(Play(id="ours", play="linux-eos", en=Texts(
            title="{names}", talking_points=(long,) * 15))).texts)}
    )  # fmt: skip
    check_template(template)
    ours = fired(analysed(Assessment(servers=tuple(rows)), [template]), "ours")
    assert {len(text) for text in ours.talking_points} == {LONGEST_SENTENCE}
    assert len(ours.model_dump_json().encode()) < 350_000


def test_only_templates_that_make_a_difference_are_recorded() -> None:
    text_only = stored(Play(id="plain", category="Workshop", en=TEXTS))
    asleep = own("sap", "asleep", enabled=False)
    assert used([text_only, asleep, own("sap"), disabled("training")]) == (
        TemplateUse(template_id="ours", version=1),
        TemplateUse(template_id="training", version=1),
    )
