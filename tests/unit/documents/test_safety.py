"""Hostile and broken workbooks: one clear sentence, bounded memory, and no other exception."""

import io
import re
import zipfile
import zlib

import pytest
import workbooks
from hypothesis import given, settings
from hypothesis import strategies as st
from workbooks import SHEET, STRINGS, archive, changed, read, rebuilt, with_deflated, workbook

from opportune.documents import kind_of
from opportune.documents.opening import package
from opportune.documents.opening.limits import Limits
from opportune.documents.opening.sheet_xml import extent
from opportune.errors import DocumentError, MalformedDocumentError, UnsupportedDocumentError
from opportune.model.assessment import Assessment
from opportune.model.file import InputFile

HEALTHY = workbook()
PNG = b"\x89PNG\r\n\x1a\n" + b"\0" * 64


def refusal(data: bytes, kind: type[DocumentError] = MalformedDocumentError) -> str:
    """Return the sentence with which the file is refused."""
    with pytest.raises(kind) as caught:
        read(data)
    assert type(caught.value) is kind
    assert caught.value.file == "estate.xlsx"
    message = str(caught.value)
    assert message.endswith(".")
    assert "\n" not in message
    return message


def unsupported(data: bytes) -> str:
    return refusal(data, UnsupportedDocumentError)


def in_sheet(old: bytes, new: bytes) -> bytes:
    """Return the healthy workbook with a piece of its sheet's XML replaced."""

    def change(xml: bytes) -> bytes:
        assert old in xml
        return xml.replace(old, new, 1)

    return changed(HEALTHY, SHEET, change)


def test_an_empty_file_is_refused() -> None:
    assert "it is empty (0 bytes)" in refusal(b"")


@pytest.mark.parametrize(
    ("data", "looks"),
    [
        (b"just a note", "text"),
        (PNG, "an image"),
        (b"<html><body>Sign in</body></html>", "a web page"),
        (b"\x7fELF\x02\x01", "a program"),
        (b"\x00\x01\x02\x03", "binary data"),
    ],
)
def test_what_is_no_workbook_is_named_for_what_it_looks_like(data: bytes, looks: str) -> None:
    assert f"it looks like {looks}" in unsupported(data)


@pytest.mark.parametrize(
    ("data", "what"),
    [
        (archive(word__document_xml=b"<w/>"), "a Word document"),
        (archive(ppt__presentation_xml=b"<p/>"), "a presentation"),
        (archive(xl__workbook_bin=b"\0"), ".xlsb"),
        (archive(mimetype=b"x", content_xml=b"<o/>"), "OpenDocument"),
        (archive(inner_zip=archive(a_txt=b"a")), "zip archive, not a workbook"),
        (archive(estate_xlsx=HEALTHY), "unpack it and give the files inside"),
        (workbooks.ole("Workbook"), ".xls"),
        (workbooks.ole("WordDocument"), ".doc"),
        (workbooks.ole("Something"), "old Office document"),
    ],
)
def test_other_office_files_and_archives_are_named(data: bytes, what: str) -> None:
    assert what in unsupported(data)


def test_an_encrypted_workbook_asks_for_one_without_password() -> None:
    data = workbooks.ole("EncryptionInfo", "EncryptedPackage")
    assert "locked with a password: save it without" in refusal(data)


def test_an_encrypted_zip_asks_for_one_without_password() -> None:
    data = bytearray(HEALTHY)
    for found in re.finditer(b"PK\x01\x02", HEALTHY):
        data[found.start() + 8] |= 1
    assert "locked with a password" in refusal(bytes(data))


def test_the_name_of_a_file_decides_nothing() -> None:
    assert kind_of(InputFile("report.pdf", HEALTHY)) == "mpa-workbook"


def test_macros_and_images_are_not_even_unpacked() -> None:
    packed = io.BytesIO(HEALTHY)
    with zipfile.ZipFile(packed, "a", zipfile.ZIP_DEFLATED) as new:
        new.writestr("xl/vbaProject.bin", b"\0" * 50_000_000)
        new.writestr("xl/media/image1.png", b"\0" * 50_000_000)
    assert len(read(packed.getvalue()).servers) == 2


def test_a_zip_cut_off_anywhere_is_refused() -> None:
    for end in range(1, len(HEALTHY), 97):
        with pytest.raises(DocumentError):
            read(HEALTHY[:end])


def test_a_damaged_part_is_seen_by_its_checksum() -> None:
    packed = io.BytesIO()
    with (
        zipfile.ZipFile(io.BytesIO(HEALTHY)) as old,
        zipfile.ZipFile(packed, "w", zipfile.ZIP_STORED) as new,
    ):
        for name in old.namelist():
            new.writestr(name, old.read(name))
    damaged = packed.getvalue().replace(b"<v>16</v>", b"<v>61</v>")
    assert damaged != packed.getvalue()
    assert "cut off or damaged" in refusal(damaged)


def test_a_workbook_without_servers_names_the_sheets_found_and_the_columns_wanted() -> None:
    message = unsupported(workbook({"Costs": [("Item", "USD")], "Notes": [("hello",)]}))
    assert "'Costs', 'Notes'" in message
    assert "Serverid or HOSTNAME" in message


def test_applications_alone_are_no_inventory() -> None:
    rows = [("Application ID", "Application Name", "Business Unit"), ("A1", "CRM", "Sales")]
    assert "no sheet lists servers" in unsupported(workbook({"Applications": rows}))


MEGABYTE = b" " * 2**20


@pytest.mark.slow
def test_a_bomb_of_a_gigabyte_is_refused_before_anything_is_unpacked(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    bomb = with_deflated(HEALTHY, SHEET, [(MEGABYTE, 1024)])
    assert len(bomb) < 2_000_000

    def never(*_: object) -> None:
        raise AssertionError("something was unpacked")

    monkeypatch.setattr(zlib, "decompressobj", never)
    assert "as a zip bomb does" in refusal(bomb)


@pytest.mark.slow
def test_a_bomb_whose_declared_size_lies_is_refused_while_it_is_unpacked(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    unpacked = 0
    crc32 = zlib.crc32

    def counting(chunk: bytes, checksum: int) -> int:
        nonlocal unpacked
        unpacked += len(chunk)
        return crc32(chunk, checksum)

    bomb = with_deflated(HEALTHY, SHEET, [(MEGABYTE, 1024)], lie=4000)
    monkeypatch.setattr(zlib, "crc32", counting)
    assert "unpacks to more than" in refusal(bomb)
    assert unpacked < 250 * 2**20


def test_parts_that_are_too_large_only_together_are_refused(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(package, "LIMITS", Limits(inflated_bytes=3_000))
    assert "unpacks to more than" in refusal(HEALTHY)


def test_what_is_kept_of_a_workbook_is_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(package, "LIMITS", Limits(kept_bytes=2_000))
    assert "without empty rows" in refusal(HEALTHY)


def test_too_many_entries_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(package, "LIMITS", Limits(entries=5))
    assert "more than 5 files" in refusal(HEALTHY)


def test_an_unknown_way_of_packing_is_refused() -> None:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_LZMA) as new:
        new.writestr("xl/workbook.xml", "<workbook/>")
    assert "packed in a way" in unsupported(packed.getvalue())


@pytest.mark.parametrize("where", [b"XFD1048576", b"A4000001", b"AAAAAA2", b"xfd1048576"])
def test_cells_that_would_span_more_than_memory_are_refused(where: bytes) -> None:
    message = refusal(in_sheet(b'r="E3"', b'r="%b"' % where))
    assert "span" in message or "outside" in message
    assert "sheet1.xml" in message


@pytest.mark.parametrize(
    "cell",
    [
        b"<c r='XFD1048576'><v>1</v></c>",
        b'<c\tr="XFD1048576"><v>1</v></c>',
        b'<c s="0"\nr = "XFD1048576"><v>1</v></c>',
        b'<c a="/>" r="XFD1048576"><v>1</v></c>',
    ],
)
def test_no_spelling_of_a_far_cell_escapes_the_limit(cell: bytes) -> None:
    assert "span" in refusal(in_sheet(b'<c r="E3"><v>8</v></c>', cell))


def test_cells_without_addresses_count_too() -> None:
    rows = b"<row>" + b"<c><v>1</v></c>" * 3 + b"</row>"
    assert extent(b"<sheetData>" + rows * 5 + b"</sheetData>") >= (3, 5)


def test_a_sheet_that_a_relation_hides_under_another_name_is_checked_too() -> None:
    def moved(name: str, content: bytes) -> bytes:
        if name == SHEET:
            return content.replace(b'r="E3"', b'r="XFD1048576"')
        return content.replace(b"worksheets/sheet1.xml", b"styles2.xml")

    hidden = rebuilt(HEALTHY, moved)
    packed = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(hidden)) as old, zipfile.ZipFile(packed, "w") as new:
        for name in old.namelist():
            new.writestr(name.replace("worksheets/sheet1.xml", "styles2.xml"), old.read(name))
    assert "span" in refusal(packed.getvalue())


def test_far_empty_cells_do_not_count() -> None:
    row = b'<row r="1048576" spans="1:1"><c r="XFD1048576" s="0"/></row></sheetData>'
    assert len(read(in_sheet(b"</sheetData>", row)).servers) == 2


@pytest.mark.parametrize("size", [b"A1:XFD1048576", b"ZZZZZZZZZ99999999999", b"B9:A1", b""])
def test_the_declared_dimension_of_a_sheet_is_not_believed(size: bytes) -> None:
    data = changed(
        HEALTHY, SHEET, lambda xml: re.sub(rb'(<dimension ref=")[^"]*', rb"\g<1>" + size, xml)
    )
    assert len(read(data).servers) == 2


def test_a_long_text_in_a_million_cells_is_refused() -> None:
    def bomb(name: str, content: bytes) -> bytes:
        if name == STRINGS:
            return content.replace(b"web02", b"w" * 200_000)
        if name == SHEET:
            cells = b'<c t="s"><v>9</v></c>' * 10
            rows = b"".join(b'<row r="%d">%b</row>' % (n, cells) for n in range(4, 10_000))
            return content.replace(b"</sheetData>", rows + b"</sheetData>")
        return content

    assert "MB of text" in refusal(rebuilt(HEALTHY, bomb))


def test_a_long_text_in_one_cell_is_read() -> None:
    rows = [(f"S{n}", f"host{n}", "RHEL", 4, 16) for n in range(5000)]
    note = ("S", "h", "x" * 32_000, 1, 1)
    data = workbook({"Servers": [workbooks.HEADERS, note, *rows]})
    assert len(read(data).servers) == 5001


LAUGHS = (
    b'<!DOCTYPE x [<!ENTITY a "ha"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;">'
    b'<!ENTITY c "&b;&b;&b;&b;&b;&b;&b;&b;">]>'
)


@pytest.mark.parametrize("part", [SHEET, STRINGS, "xl/workbook.xml", "[Content_Types].xml"])
def test_entities_are_refused_in_every_part(part: str) -> None:
    data = changed(HEALTHY, part, lambda xml: xml.replace(b"?>", b"?>" + LAUGHS, 1))
    assert "defines XML entities" in refusal(data)


def test_text_in_another_encoding_than_utf_8_is_refused() -> None:
    data = changed(HEALTHY, SHEET, lambda xml: xml.decode().encode("utf-16"))
    assert "not in UTF-8" in refusal(data)


@pytest.mark.parametrize("number", [b"NaN", b"inf", b"1e999", b"-1e999", b"1e300", b"abc"])
def test_numbers_that_are_none_are_left_blank_or_refused(number: bytes) -> None:
    try:
        assessment = read(in_sheet(b"<v>16</v>", b"<v>%b</v>" % number))
    except MalformedDocumentError:
        return
    assert assessment.servers[0].ram_gb is None
    assert "value-not-understood" in workbooks.codes(assessment)


def test_a_panic_of_the_reader_is_a_document_error(monkeypatch: pytest.MonkeyPatch) -> None:
    class PanicError(BaseException):
        """What a Rust library raises: no Exception."""

    def panic(_: bytes) -> None:
        raise PanicError

    monkeypatch.setattr("opportune.documents.opening.workbook._sheets", panic)
    assert "cannot be read" in refusal(HEALTHY)


def test_a_ctrl_c_is_no_document_error(monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupt(_: bytes) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("opportune.documents.opening.workbook._sheets", interrupt)
    with pytest.raises(KeyboardInterrupt):
        read(HEALTHY)


@settings(max_examples=150, deadline=None)
@given(st.data())
def test_any_mutation_of_a_workbook_gives_an_assessment_or_a_document_error(
    data: st.DataObject,
) -> None:
    bytes_ = bytearray(HEALTHY)
    for _ in range(data.draw(st.integers(1, 8))):
        bytes_[data.draw(st.integers(0, len(bytes_) - 1))] = data.draw(st.integers(0, 255))
    cut = data.draw(st.one_of(st.none(), st.integers(0, len(bytes_))))
    _either(bytes(bytes_[:cut]))


@settings(max_examples=150, deadline=None)
@given(st.data())
def test_any_mutation_inside_the_xml_gives_an_assessment_or_a_document_error(
    data: st.DataObject,
) -> None:
    part = data.draw(st.sampled_from([SHEET, STRINGS, "xl/workbook.xml", "xl/styles.xml"]))

    def mutate(xml: bytes) -> bytes:
        mutated = bytearray(xml)
        for _ in range(data.draw(st.integers(1, 6))):
            at = data.draw(st.integers(0, len(mutated) - 1))
            piece = data.draw(
                st.one_of(
                    st.binary(max_size=3),
                    st.sampled_from([b"<", b'"', b"/>", b"</c>", b"99999999", b'r="ZZ9"', b"<c>"]),
                ),
            )
            mutated[at : at + data.draw(st.integers(0, 3))] = piece
        return bytes(mutated)

    _either(changed(HEALTHY, part, mutate))


def _either(data: bytes) -> None:
    try:
        result = read(data)
    except DocumentError as error:
        assert str(error).endswith(".")  # noqa: PT017 - either outcome is right
    else:
        assert isinstance(result, Assessment)
