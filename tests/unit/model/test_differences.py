"""Where two values differ, and records compared without their stamps."""

from opportune.model.differences import differing, leaves_that_differ, with_stamps_of
from opportune.model.records import Session

OLD = {"a": 1, "list": [{"x": 1}, 2], "gone": "g"}
NEW = {"a": 1, "list": [{"x": 5}, 2, 3], "new": None}


def test_every_leaf_that_differs_is_named_with_both_values() -> None:
    assert list(differing(OLD, NEW)) == [
        (("list", 0, "x"), 1, 5),
        (("list", 2), None, 3),
        (("gone",), "g", None),
    ]
    assert next(leaves_that_differ(OLD, NEW, "top")) == ("top.list[1].x", "1", "5")
    assert list(differing(NEW, NEW)) == []


def test_a_depth_keeps_whole_what_lies_below_it() -> None:
    assert list(differing(OLD, NEW, depth=1)) == [
        (("list",), OLD["list"], NEW["list"]),
        (("gone",), "g", None),
    ]
    assert list(differing(OLD, NEW, depth=0)) == [((), OLD, NEW)]


def test_two_records_of_the_same_content_are_equal_with_the_same_stamps() -> None:
    first = Session(id="s1", customer="One", version=1, updated_by="ana", change_id="c1")
    later = first.model_copy(update={"version": 9, "updated_by": "bo", "run_date": "2026-02-02"})
    assert with_stamps_of(first, later) != first
    assert with_stamps_of(first, later, "run_date") == first
    assert with_stamps_of(first, later.model_copy(update={"customer": "Two"}), "run_date") != first
