"""Hostile Word documents: one clear sentence, bounded time and memory."""

import io
import zipfile
from collections.abc import Callable

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from workbooks import archive, changed, ole, rebuilt, with_deflated

from opportune.documents import read_documents
from opportune.documents.questionnaires import docx as questionnaire_docx
from opportune.documents.questionnaires.answers import is_placeholder
from opportune.documents.samples.questionnaire import as_document, entries, packed
from opportune.errors import DocumentError, MalformedDocumentError, UnsupportedDocumentError
from opportune.model.file import InputFile

DOCUMENT = "word/document.xml"
MANY = settings(max_examples=60, deadline=None, derandomize=True)


def with_part(xml: bytes) -> bytes:
    return changed(as_document(entries()), DOCUMENT, lambda _: xml)


def nested(depth: int) -> bytes:
    return b"<a>" * depth + b"</a>" * depth


def tags(count: int) -> bytes:
    return b"<a>" + b"".join(b"<b%d/>" % number for number in range(count)) + b"</a>"


ENTITIES = b'<?xml version="1.0"?><!DOCTYPE a [<!ENTITY b "b">]><w:document>&b;</w:document>'
BAD: dict[str, tuple[Callable[[], bytes], type[DocumentError], str]] = {
    "entities": (lambda: with_part(ENTITIES), MalformedDocumentError, "XML entities"),
    "entities in another encoding": (
        lambda: with_part(ENTITIES.decode().encode("cp037")),
        MalformedDocumentError, "not in UTF-8"),
    "utf-16": (lambda: with_part(ENTITIES.decode().encode("utf-16")),
               MalformedDocumentError, "UTF-8"),
    "deep": (lambda: with_part(nested(50_000)), MalformedDocumentError, "nested"),
    "many tags": (lambda: with_part(tags(1_500_000)), MalformedDocumentError,
                  "longer"),
    "cut xml": (lambda: with_part(b"<w:document><w:body>"), MalformedDocumentError, "damaged"),
    "no xml": (lambda: with_part(b"PK"), MalformedDocumentError, "UTF-8"),
    "bomb": (lambda: with_deflated(as_document(entries()), DOCUMENT, [(b" " * 2**20, 256)]),
             MalformedDocumentError, "unpacks to"),
    "bomb that lies": (
        lambda: with_deflated(as_document(entries()), DOCUMENT, [(b" " * 2**20, 256)], lie=1000),
        MalformedDocumentError, "unpacks to"),
    "macros": (lambda: archive(word__document_xml=b"<a/>", word__vbaProject_bin=b"x"),
               UnsupportedDocumentError, "macros"),
    "nothing asked": (lambda: packed("<document><body/></document>"), UnsupportedDocumentError,
                      "no question"),
    "locked": (lambda: ole("EncryptedPackage", "EncryptionInfo"),
               MalformedDocumentError, "password"),
    "old": (lambda: ole("WordDocument"), UnsupportedDocumentError, "Word document"),
    "cut": (lambda: as_document(entries())[:900], MalformedDocumentError, "damaged"),
}  # fmt: skip


@pytest.mark.parametrize("case", BAD)
def test_a_hostile_document_is_refused_in_one_sentence(case: str) -> None:
    make, error, words = BAD[case]
    data = make()
    with pytest.raises(error, match=words) as caught:
        read_documents([InputFile("q.docx", data)])
    assert str(caught.value).startswith("q.docx")
    assert "\n" not in str(caught.value)


def test_a_locked_entry_says_so() -> None:
    data = bytearray(as_document(entries()))
    for signature, flags in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
        at = 0
        while (at := data.find(signature, at)) >= 0:
            data[at + flags] |= 1
            at += 4
    with pytest.raises(MalformedDocumentError, match="password"):
        questionnaire_docx.extract(InputFile("q.docx", bytes(data)))


def test_the_document_may_have_another_name_in_its_package() -> None:
    with zipfile.ZipFile(io.BytesIO(as_document(entries()))) as old:
        parts = {name: old.read(name) for name in old.namelist()}
    parts["word/document2.xml"] = parts.pop(DOCUMENT)
    parts["_rels/.rels"] = parts["_rels/.rels"].replace(b"document.xml", b"document2.xml")
    data = io.BytesIO()
    with zipfile.ZipFile(data, "w") as new:
        for name, content in parts.items():
            new.writestr(name, content)
    file = InputFile("q.docx", data.getvalue())
    assert questionnaire_docx.identify(file)
    assert len(questionnaire_docx.extract(file).answers) == sum(bool(a) for _, a in entries())


def renamed(main: str, change: Callable[[bytes], bytes] = bytes, *, types: bool = True) -> bytes:
    """Return the sample with its text under this name, as relations and types say."""
    with zipfile.ZipFile(io.BytesIO(as_document(entries()))) as old:
        parts = {name: old.read(name) for name in old.namelist()}
    parts[main] = change(parts.pop(DOCUMENT))
    for name in ("_rels/.rels", "[Content_Types].xml"):
        parts[name] = parts[name].replace(DOCUMENT.encode(), main.encode())
    if not types:
        del parts["[Content_Types].xml"]
    data = io.BytesIO()
    with zipfile.ZipFile(data, "w") as new:
        for name, content in parts.items():
            new.writestr(name, content)
    return data.getvalue()


def test_the_main_part_is_found_by_its_relation_and_refused_in_the_words_of_word_files() -> None:
    answered = sum(bool(answer) for _, answer in entries())
    names = (
        "word/document2.xml",
        "word/document22.xml",
        "Text/Main.xml",
        "content.xml",
        "a/b/c.xml",
    )
    for name in names:
        found = read_documents([InputFile("form.docx", renamed(name))])
        assert found.files[0].kind == questionnaire_docx.KIND, name
        assert len(found.answers) == answered, name
        with pytest.raises(MalformedDocumentError, match="cut off or damaged"):
            read_documents([InputFile("form.docx", renamed(name, lambda xml: xml[:400]))])
        silent = renamed(name, lambda _: b"<document><body/></document>")
        with pytest.raises(UnsupportedDocumentError, match="Word document in which no question"):
            read_documents([InputFile("form.docx", silent)])
    found = read_documents([InputFile("form.docx", renamed("word/document2.xml", types=False))])
    assert len(found.answers) == answered


def test_of_two_documents_in_a_package_the_related_one_is_read() -> None:
    packed_again = io.BytesIO(renamed("word/document2.xml", types=False))
    with zipfile.ZipFile(packed_again, "a") as new:
        new.writestr(DOCUMENT, "<document><body/></document>")
    with zipfile.ZipFile(packed_again) as old:
        names = sorted(old.namelist())
    data = io.BytesIO()
    with zipfile.ZipFile(packed_again) as old, zipfile.ZipFile(data, "w") as new:
        for name in names:  # the decoy stands first
            new.writestr(name, old.read(name))
    found = read_documents([InputFile("form.docx", data.getvalue())])
    assert len(found.answers) == sum(bool(answer) for _, answer in entries())


def test_a_word_file_that_has_lost_its_text_is_refused_in_the_words_of_word_files() -> None:
    def lost(name: str, content: bytes) -> bytes | None:
        return None if name == DOCUMENT else content

    with pytest.raises(MalformedDocumentError, match="cut off or damaged"):
        read_documents([InputFile("form.docx", rebuilt(as_document(entries()), lost))])


@given(places=st.lists(st.floats(0, 0.99999), min_size=1, max_size=20), value=st.integers(1, 255))
@MANY
def test_damaged_bytes_give_answers_or_one_clear_error(places: list[float], value: int) -> None:
    data = bytearray(as_document(entries()))
    for place in places:
        data[int(place * len(data))] ^= value
    try:
        found = read_documents([InputFile("q.docx", bytes(data))])
    except DocumentError:
        return
    assert all(answer.answer and not is_placeholder(answer.answer) for answer in found.answers)
