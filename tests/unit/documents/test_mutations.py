"""A damaged file gives a result or one clear sentence: never a traceback, never a hang.

OPPORTUNE_MUTATIONS=1000 tries more of them, OPPORTUNE_FIRST_SEED another part of them.
"""

import io
import os
import random
import re
import signal
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date

import pytest
from sample_files import SAMPLES

from opportune.analysis import analyze
from opportune.documents import read_documents
from opportune.errors import DocumentError
from opportune.model.file import InputFile

COUNT = int(os.environ.get("OPPORTUNE_MUTATIONS", "120"))  # noqa: TID251 - how much to try
FIRST_SEED = int(os.environ.get("OPPORTUNE_FIRST_SEED", "0"))  # noqa: TID251 - the same
LONGEST_S = 30
DAY = date(2026, 11, 22)
CELLS = (
    b"#REF!",
    b"",
    b"-1",
    b"1e308",
    b"NaN",
    b"'=1+1",
    b"\xc3\x28",
    b"9" * 400,
    b"true",
    b"\x00",
)


def flipped(data: bytes, chance: random.Random) -> bytes:
    changed = bytearray(data)
    for _ in range(chance.choice((1, 3, 20, 200))):
        changed[chance.randrange(len(changed))] = chance.randrange(256)
    return bytes(changed)


def cut(data: bytes, chance: random.Random) -> bytes:
    start, end = sorted(chance.randrange(len(data)) for _ in range(2))
    return chance.choice((data[:end], data[start:], data[:start] + data[end:]))


def doubled(data: bytes, chance: random.Random) -> bytes:
    at = chance.randrange(len(data))
    return data[:at] + data[at // 2 : at] + data[at:]


def with_other_text(data: bytes, chance: random.Random) -> bytes:
    """Change what stands between marks: cells of a CSV, values of an XML, lines of Markdown."""
    spans = [m.span() for m in re.finditer(rb"(?<=[>,;\t|\n])[^<>,;\t|\n]+(?=[<,;\t|\r\n])", data)]
    for start, end in sorted(chance.sample(spans, min(len(spans), 5)), reverse=True):
        data = data[:start] + chance.choice(CELLS) + data[end:]
    return data


def mutated(data: bytes, chance: random.Random) -> bytes:
    if data[:2] == b"PK" and chance.random() < 0.7:
        return with_other_members(data, chance)
    kinds = (flipped, cut, doubled, with_other_text)
    return chance.choice(kinds)(data, chance)


def with_other_members(data: bytes, chance: random.Random) -> bytes:
    """Drop, swap, damage or repeat members of an archive, which is itself well made."""
    members = []
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        members = [(name, archive.read(name)) for name in archive.namelist()]
    at, other = (chance.randrange(len(members)) for _ in range(2))
    name, body = members[at]
    match chance.randrange(5):
        case 0:
            del members[at]
        case 1:
            members[at], members[other] = (name, members[other][1]), (members[other][0], body)
        case 2:
            members[at] = (name, mutated(body, chance) if body[:2] != b"PK" and body else b"x")
        case 3:
            members[at] = (name, with_other_text(body, chance))
        case _:
            members.append((f"../{name}" if chance.random() < 0.3 else f"copy/{name}", body))
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, body in members:
            archive.writestr(name, body)
    return packed.getvalue()


@contextmanager
def within(seconds: int) -> Iterator[None]:
    def hang(*_: object) -> None:
        raise AssertionError(f"still reading after {seconds} s")

    before = signal.signal(signal.SIGALRM, hang)
    signal.alarm(seconds)
    try:
        yield
    finally:
        signal.alarm(0)
        signal.signal(signal.SIGALRM, before)


@pytest.mark.parametrize("part", range(10))
def test_a_damaged_file_gives_a_result_or_one_sentence(part: int) -> None:
    names = sorted(SAMPLES)
    outcomes = {"result": 0, "sentence": 0}
    for seed in range(FIRST_SEED + part, FIRST_SEED + COUNT, 10):
        chance = random.Random(seed)
        name = names[seed // 10 % len(names)]
        refusal = _refusal(InputFile(name, mutated(SAMPLES[name](), chance)), seed)
        outcomes["sentence" if refusal else "result"] += 1
        assert not refusal or refusal.startswith(name), (seed, refusal)
        assert "\n" not in refusal, (seed, refusal)
    assert all(outcomes.values()), outcomes  # both ways were met, or nothing was tried


def _refusal(file: InputFile, seed: int) -> str:
    try:
        with within(LONGEST_S):
            analyze(read_documents([file]), session_id="s", customer="", run_date=DAY)
    except DocumentError as refused:
        return str(refused)
    except BaseException as bug:
        raise AssertionError(f"seed {seed}, {file.name}: {bug!r}") from bug
    return ""
