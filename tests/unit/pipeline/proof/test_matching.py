from dataclasses import replace

import pytest
from hypothesis import given, settings
from inventories import NEW_TABLE, OLD_TABLE, estate, estates, runs, server

from opportune.model.assessment import Answer, Application, Assessment, Database, Rating
from opportune.pipeline.proof.matching import MatchReason, fact_changes, match_servers


def paired(old: Assessment, new: Assessment) -> list[tuple[str, str, str]]:
    return [(m.old.id, m.new.id, str(m.reason)) for m in match_servers(old, new).pairs]


def test_a_server_is_known_by_its_id_though_its_name_is_new() -> None:
    assert paired(estate(server("S1", "web01")), estate(server("s1", "www"))) == [
        ("S1", "s1", "id")
    ]


def test_an_id_that_names_contradict_is_chance() -> None:
    old = estate(server("1", "web01"), server("2", "db01"))
    new = estate(server("1", "app07"), server("2", "web01"), server("3", "db01"))
    assert paired(old, new) == [("1", "2", "name"), ("2", "3", "name")]
    assert [s.hostname for s in match_servers(old, new).added] == ["app07"]


@pytest.mark.parametrize("name", ["WEB01", "web01.corp.example", "Web01"])
def test_a_server_is_known_by_its_name_with_or_without_its_domain(name: str) -> None:
    assert paired(estate(server("a", "web01")), estate(server("b", name))) == [("a", "b", "name")]


def test_a_server_is_known_by_its_address() -> None:
    old = estate(server("a", "web01", ip_address="10.0.0.1, 10.0.0.2"))
    new = estate(server("b", "www", ip_address="10.0.0.2;10.0.0.1"))
    assert paired(old, new) == [("a", "b", "address")]


def test_a_server_is_known_by_what_it_is_if_that_is_unique() -> None:
    shop = (Application(OLD_TABLE, 2, "A1", name="Shop"),)
    store = (Application(NEW_TABLE, 2, "A9", name="shop"),)
    old = estate(server("a", "web01"), applications=shop, links=(runs("a", "A1"),))
    new = estate(server("b", "www"), applications=store, links=(runs("b", "A9"),))
    assert paired(old, new) == [("a", "b", "specification")]
    assert paired(old, estate(server("b", "www"))) == []  # nothing says what runs there
    twice = estate(
        server("b", "www"),
        server("c", "ftp"),
        applications=store,
        links=(runs("b", "A9"), runs("c", "A9")),
    )
    assert paired(old, twice) == []


def test_what_fits_several_is_not_matched_and_is_said() -> None:
    old = estate(server("a", "web01"))
    new = estate(server("b", "web01"), server("c", "web01"))
    matching = match_servers(old, new)
    assert (matching.pairs, matching.ambiguous) == ((), ("web01",))
    assert ([s.id for s in matching.removed], [s.id for s in matching.added]) == (["a"], ["b", "c"])


def test_addresses_in_place_of_names_are_not_cut_at_a_point() -> None:
    assert paired(estate(server("a", "10.1.2.3")), estate(server("b", "10.9.9.9"))) == []


def test_templates_are_no_machines() -> None:
    old = estate(server("a", "web01", is_template=True))
    assert match_servers(old, estate(server("a", "web01"))).pairs == ()


def changes(old: Assessment, new: Assessment) -> list[tuple[str, ...]]:
    return [
        (c.kind, c.name, c.field, str(c.state), c.old, c.new, c.old_source, c.new_source)
        for c in fact_changes(old, new, match_servers(old, new))
    ]


def test_a_changed_fact_has_both_cells() -> None:
    new = server("S1", "web01", NEW_TABLE, 7, ram_gb=32.0)
    assert changes(estate(server("S1", "web01")), estate(new)) == [
        (
            "server",
            "web01",
            "ram_gb",
            "changed",
            "16",
            "32",
            "old.xlsx Servers!L2",
            "new.xlsx Servers!M7",
        ),
    ]


def test_a_fact_that_came_or_went_is_told_apart_from_a_changed_one() -> None:
    old = estate(server("S1", "web01", environment="prod"))
    new = estate(server("S1", "web01", ip_address="10.0.0.1"))
    assert [c[2:6] for c in changes(old, new)] == [
        ("environment", "removed", "prod", ""),
        ("ip_address", "added", "", "10.0.0.1"),
    ]


def test_a_fact_of_a_joined_server_has_its_own_files_cell() -> None:
    new = replace(server("S1", "web01", ram_gb=8.0), origins={"ram_gb": (NEW_TABLE, 9)})
    (change,) = changes(estate(server("S1", "web01")), estate(new))
    assert change[-1] == "new.xlsx Servers!M9"


def test_things_that_refer_to_a_renamed_server_are_not_changed_by_that() -> None:
    def database(server_id: str) -> Database:
        return Database(OLD_TABLE, 3, "D1", name="erp", server_id=server_id)

    old = estate(server("a", "web01"), databases=(database("a"),), links=(runs("a", "A1"),))
    new = estate(server("b", "web01"), databases=(database("b"),), links=(runs("b", "A1"),))
    assert [c[:3] for c in changes(old, new)] == [("server", "web01", "id")]
    moved = estate(server("b", "web01"), databases=(database("z"),), links=(runs("b", "A2"),))
    assert [c[:4] for c in changes(old, moved)] == [
        ("server", "web01", "id", "changed"),
        ("database", "erp", "server_id", "changed"),
        ("link", "a -> A1", "", "removed"),
        ("link", "b -> A2", "", "added"),
    ]


def test_ratings_and_answers_are_compared_by_their_question() -> None:
    def rating(value: float, page: int) -> Rating:
        return Rating("mra.pdf", page, "Security", "", "Is it safe?", value, "", "")

    old = estate(ratings=(rating(1, 3),), answers=(Answer("q.csv", "C4", "Why?", "Cost"),))
    new = estate(ratings=(rating(4, 5),), answers=(Answer("q.csv", "C5", "When?", "May"),))
    assert changes(old, new) == [
        (
            "rating",
            "Is it safe?",
            "rating",
            "changed",
            "1",
            "4",
            "mra.pdf page 3",
            "mra.pdf page 5",
        ),
        ("answer", "Why?", "", "removed", "Why?", "", "q.csv C4", ""),
        ("answer", "When?", "", "added", "", "When?", "", "q.csv C5"),
    ]


@given(estates(), estates())
@settings(max_examples=150)
def test_every_machine_is_in_exactly_one_place(old: Assessment, new: Assessment) -> None:
    matching = match_servers(old, new)
    left = [m.old.id for m in matching.pairs] + [s.id for s in matching.removed]
    right = [m.new.id for m in matching.pairs] + [s.id for s in matching.added]
    assert sorted(left) == sorted(s.id for s in old.machines)
    assert sorted(right) == sorted(s.id for s in new.machines)
    turned = match_servers(new, old)
    assert {(m.old.id, m.new.id) for m in matching.pairs} == {
        (m.new.id, m.old.id) for m in turned.pairs
    }


@given(estates())
@settings(max_examples=60)
def test_nothing_differs_from_itself(one: Assessment) -> None:
    matching = match_servers(one, one)
    assert {(m.old.id, m.new.id) for m in matching.pairs} == {(s.id, s.id) for s in one.machines}
    assert all(m.reason == MatchReason.ID for m in matching.pairs)
    assert fact_changes(one, one, matching) == ()
