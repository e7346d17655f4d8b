"""A JSON Lines file that is not whole, or not as it was written, changes nothing."""

import hashlib
import json
from collections.abc import Callable
from typing import Any

import pytest
from filled_stores import ALL, filled
from hypothesis import given
from hypothesis import strategies as st
from stores import ManualClock, an_opportunity

from opportune.errors import MalformedDocumentError
from opportune.export import records
from opportune.pipeline.transfer import Exports
from opportune.stores.memory.store import MemoryStore
from opportune.stores.revisions import digest_of

Json = dict[str, Any]


def exported() -> bytes:
    clock = ManualClock()
    return Exports(filled(MemoryStore(clock=clock)), clock).made(ALL).data


EXPORTED = exported()


def edited(edit: Callable[[list[Json]], object]) -> bytes:
    """Return the file after an edit, its last line made to fit, as somebody careful would."""
    lines = [json.loads(line) for line in EXPORTED.split(b"\n")[:-2]]
    edit(lines)
    body = b"".join(json.dumps(line).encode() + b"\n" for line in lines)
    closing = {"kind": "end", "sha256": hashlib.sha256(body).hexdigest()}
    return body + json.dumps(closing).encode() + b"\n"


def refused(data: bytes) -> str:
    """Import the file into an empty store; return why it was refused, and that nothing is there."""
    clock = ManualClock()
    store = MemoryStore(clock=clock)
    with pytest.raises(MalformedDocumentError) as error:
        Exports(store, clock).take_in("x.jsonl", data)
    assert store.scan().items == ()
    return str(error.value)


def test_an_edit_that_means_nothing_is_taken() -> None:
    clock = ManualClock()
    answer = Exports(MemoryStore(clock=clock), clock).take_in("x.jsonl", edited(lambda _: None))
    assert answer.new == 3


@pytest.mark.parametrize(("edit", "problem"), [
    (lambda x: x[2]["record"].update(colour="red"), "line 3: record.colour: Extra"),
    (lambda x: x[2]["record"].update(title=None), "line 3: record.title: "),
    (lambda x: x[2]["record"].update(title="other"), "line 3: its digest is not that of its"),
    (lambda x: x[2]["record"].update(estimatedARR=1.234), "line 3: record.estimatedARR"),
    (lambda x: x[2]["record"].update(id="s2.o-0"), "line 3: record: Value error"),
    (lambda x: x[2]["record"].update(version=0), "line 3: version, createdAt and updatedAt are"),
    (lambda x: x[1]["record"].update(updatedAt=""), "line 2: version, createdAt and updatedAt"),
    (lambda x: x[2].update(kind="table"), "line 3: the line: Input tag 'table'"),
    (lambda x: x.pop(1), "line 2: session 's1' must come before it"),
    (lambda x: x.insert(2, x[1]), "line 3: this session came before"),
    (lambda x: x.append(x[-1]), "line 8: versions of an opportunity must rise"),
    (lambda x: x.insert(3, x[0]), "line 4: it stands in the middle"),
    (lambda x: x.pop(), "line 1: its counts are not those of its lines"),
    (lambda x: x.pop(0), "line 1: it does not begin like an export"),
    (lambda x: x[0].update(formatVersion=2), "line 1: formatVersion: Input"),
])  # fmt: skip
def test_a_line_that_cannot_be_is_named(edit: Callable[[list[Json]], object], problem: str) -> None:
    message = refused(edited(edit))
    assert message.startswith(f"x.jsonl, {problem}"), message


def test_a_revision_that_does_not_follow_from_the_one_before_it_is_named() -> None:
    def edit(lines: list[Json]) -> None:
        first = next(x for x in lines if x["record"]["id"] == "s1.o-0")["record"]
        first["title"] = "other"
        clean = records.RevisionLine.model_validate({"record": first}).record
        first["digest"] = digest_of(clean)

    assert "it does not follow from the version before it" in refused(
        edited(lambda lines: edit(lines[1:]))
    )


def test_a_record_larger_than_stores_hold_is_named() -> None:
    texts = ["x" * 99_000] * 4
    record = an_opportunity("s1", "big", talking_points=texts, version=1).revised(
        created_at="2026-03-01T12:00:00.000Z", updated_at="2026-03-01T12:00:00.000Z"
    )

    def edit(lines: list[Json]) -> None:
        lines.append({"kind": "opportunity", "record": json.loads(record.model_dump_json())})
        lines[0]["counts"] = {"sessions": 1, "opportunities": 4, "revisions": 6}

    assert "line 8: " in (message := refused(edited(edit)))
    assert "talking_points" in message or "talkingPoints" in message


@given(st.integers(0, len(EXPORTED) - 1))
def test_a_file_cut_anywhere_is_refused(length: int) -> None:
    assert refused(EXPORTED[:length])


@given(st.integers(0, len(EXPORTED) - 1), st.integers(1, 255))
def test_a_file_with_any_byte_changed_is_refused(place: int, change: int) -> None:
    damaged = bytearray(EXPORTED)
    damaged[place] ^= change
    assert refused(bytes(damaged))


def test_a_file_of_another_kind_is_refused() -> None:
    assert "line 1: " in refused(b"id,title\n1,x\n")
    assert "empty or was cut off" in refused(b"")
    assert "line 1" in refused(b"\xff\xfe\n")
