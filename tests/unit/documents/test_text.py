"""CSV files and zips of them: every encoding, separator and quote of real exports; hostile ones."""

import io
import zipfile

import pytest
import workbooks
from estates import csvs, file, read
from hypothesis import given, settings
from hypothesis import strategies as st
from samples import exports
from samples.machines import make_machines
from workbooks import archive, codes, note, with_deflated

from opportune.documents import read_documents
from opportune.documents.opening import delimited, package
from opportune.documents.opening.delimited import delimiter_of, read_sheet
from opportune.documents.opening.limits import Limits
from opportune.documents.quality import Code
from opportune.errors import DocumentError, MalformedDocumentError, UnsupportedDocumentError
from opportune.model.assessment import Assessment
from opportune.model.file import InputFile

HEADER = "Server Name,Operating System,Memory (GB),CPU Cores"
ROWS = "web01,RHEL 8,16,4\nweb02,Windows Server 2019,8,2\n"
PLAIN = f"{HEADER}\n{ROWS}"


def refusal(data: bytes | str, kind: type[DocumentError] = MalformedDocumentError) -> str:
    with pytest.raises(kind) as caught:
        read(data)
    assert type(caught.value) in (kind, *kind.__subclasses__())
    message = str(caught.value)
    assert message.endswith(".")
    assert "\n" not in message
    return message


def names(assessment: Assessment) -> list[str]:
    return [server.hostname for server in assessment.servers]


# Encodings


@pytest.mark.parametrize(
    "encoding",
    ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "utf-32", "cp1252", "latin-1"],
)
def test_text_in_every_encoding_is_read(encoding: str) -> None:
    text = PLAIN.replace("web01", "servidor-ñandú")
    found = read(text.encode(encoding))
    assert names(found) == ["servidor-ñandú", "web02"]
    assert (Code.ENCODING_ASSUMED in codes(found)) == (encoding in ("cp1252", "latin-1"))


def test_a_byte_that_windows_does_not_know_is_read_as_latin_1() -> None:
    found = read(PLAIN.encode().replace(b"web01", b"web\x81"))
    assert len(found.servers) == 2
    assert "latin-1" in note(found, Code.ENCODING_ASSUMED)[0]


def test_utf_16_cut_in_the_middle_of_a_character_is_refused() -> None:
    assert "cut off" in refusal(PLAIN.encode("utf-16") + b"x")


@pytest.mark.parametrize(
    "junk", [b"\0", b"\0\0\0\0", b"\x01\x02\x03" * 20], ids=["a NUL", "NULs", "control characters"]
)
def test_binary_junk_in_a_text_is_refused(junk: bytes) -> None:
    assert "binary data" in refusal(PLAIN.encode() + junk + b"\n", UnsupportedDocumentError)


def test_a_stray_control_character_in_a_remark_does_no_harm() -> None:
    remark = "x" * 3000 + "\x07"
    assert len(read(PLAIN.replace("RHEL 8", remark)).servers) == 2


# Separators and quotes


@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|"])
@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
def test_every_separator_and_line_end_is_found_out(delimiter: str, end: str) -> None:
    text = PLAIN.replace(",", delimiter).replace("\n", end)
    found = read(text)
    assert [(s.hostname, s.ram_gb, s.cores) for s in found.servers] == [
        ("web01", 16, 4),
        ("web02", 8, 2),
    ]
    assert found.servers[1].table.place("ram_gb", found.servers[1].row) == "C3"


def test_decimal_commas_do_not_pass_for_separators() -> None:
    text = "Servidor;Memoria (GB);Disco (GB);CPU\n" + "".join(
        f"s{n};{n},5;1.2{n:02},25;4\n" for n in range(1, 9)
    )
    found = read(text)
    assert [s.ram_gb for s in found.servers] == [n + 0.5 for n in range(1, 9)]
    assert found.servers[0].disk_gb == 1201.25


def test_a_separator_that_the_file_names_is_believed_and_its_line_is_no_row() -> None:
    found = read("sep=^\n" + PLAIN.replace(",", "^"))
    assert names(found) == ["web01", "web02"]
    assert found.servers[0].row == 2


def test_quoted_line_breaks_do_not_begin_a_row() -> None:
    text = PLAIN.replace("RHEL 8", '"RHEL 8\nin the old room, ""rack 4"""')
    found = read(text)
    assert found.servers[0].os_name == 'RHEL 8 in the old room, "rack 4"'
    assert [s.row for s in found.servers] == [2, 3]


def test_a_table_below_a_title_is_found() -> None:
    found = read(f"Inventory of Example Corp\n\nas of,2026-01-05\n\n{PLAIN}")
    assert [s.row for s in found.servers] == [6, 7]


def test_a_quote_that_is_never_closed_is_refused_with_its_line() -> None:
    assert "line 3" in refusal(PLAIN.replace("web02", '"web02'))


def test_a_cell_longer_than_any_real_one_is_refused() -> None:
    assert "characters" in refusal(PLAIN.replace("RHEL 8", "x" * 200_000))


def test_rows_longer_than_their_header_are_named() -> None:
    found = read(PLAIN.replace("RHEL 8", "RHEL 8, old"))
    message, source = note(found, Code.ROW_MISALIGNED)
    assert "wrong columns" in message
    assert source == "estate.csv, row 2"


def test_short_rows_and_empty_lines_are_no_harm() -> None:
    found = read(f"{HEADER}\nweb01,RHEL 8\n\n,,,\nweb02,Windows,8,2\n\n")
    assert [(s.hostname, s.ram_gb, s.row) for s in found.servers] == [
        ("web01", None, 2),
        ("web02", 8, 5),
    ]


@given(
    st.lists(
        st.lists(
            st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0")), min_size=2,
            max_size=4,
        ),
        max_size=8,
    ),
    st.sampled_from(",;\t|"),
)  # fmt: skip
def test_what_is_written_as_csv_is_read_as_it_was(rows: list[list[str]], delimiter: str) -> None:
    text = f"sep={delimiter}\r\n" + exports.as_csv(rows, delimiter=delimiter).decode()
    sheet = read_sheet(InputFile("x.csv", b""), text)
    width = max(map(len, rows), default=0)
    padded = [row + [""] * (width - len(row)) for row in rows]
    while padded and not any(padded[-1]):
        padded.pop()
    assert sheet.rows == padded


def test_the_separator_is_that_which_gives_even_rows() -> None:
    assert delimiter_of("a;b\n1,5;2,5\n3,5;4,5\n") == ";"
    assert delimiter_of('"a;x",b\n"1;2;3",c\n') == ","
    assert delimiter_of("one column\nof text\n") == ","


# Limits


def test_a_file_with_too_many_cells_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(delimited, "LIMITS", Limits(area_cells=10))
    assert "more than the 10 cells" in refusal(PLAIN)


def test_one_wide_row_does_not_make_millions_of_cells(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(delimited, "LIMITS", Limits(area_cells=300))
    assert "span" in refusal(PLAIN + "x," * 100 + "\n")


def test_a_file_that_is_too_large_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(delimited, "LIMITS", Limits(kept_bytes=50))
    assert "larger than" in refusal(PLAIN)


@pytest.mark.parametrize(
    "text", ["just a note", "{}\n", "# Title\n\nSome words.\n", "a\nb\nc\n", "\n\n\n"]
)
def test_text_without_columns_is_refused_as_text(text: str) -> None:
    assert "it looks like text" in refusal(text, UnsupportedDocumentError)


def test_a_list_of_other_things_is_refused_with_its_columns() -> None:
    message = refusal("Month,USD\nMay,5\n", UnsupportedDocumentError)
    assert "columns found: 'Month', 'USD'" in message


# Archives


def zipped(**members: bytes) -> bytes:
    return exports.as_zip({name.replace("__", "."): data for name, data in members.items()})


def test_members_of_a_zip_are_sheets_under_their_names() -> None:
    found = read(csvs({"exports/all/servers.csv": [row.split(",") for row in PLAIN.split("\n")]}))
    assert found.servers[0].table.place("ram_gb", 2) == "exports/all/servers.csv!C2"


def test_what_is_no_table_in_a_zip_is_named_and_not_read() -> None:
    data = exports.as_zip(
        {
            "servers.csv": PLAIN.encode(),
            "readme.txt": b"Exported on Monday.",
            "logo.png": b"\x89PNG\r\n\x1a\n\0\0\0\0",
            "__MACOSX/._servers.csv": b"\0\x05\x16\x07",
            "folder/": b"",
            "empty.csv": b"",
        },
    )
    found = read(data)
    assert len(found.servers) == 2
    message = note(found, Code.SHEET_IGNORED)[0]
    assert "'readme.txt'" in message
    assert "'logo.png'" in message
    assert "MACOSX" not in message


@pytest.mark.parametrize("name", ["../../etc/passwd.csv", "/root/x.csv", "C:\\x\\..\\y.csv"])
def test_a_path_in_a_zip_is_a_label_and_goes_nowhere(name: str) -> None:
    found = read(exports.as_zip({name: PLAIN.encode()}))
    sheet = found.servers[0].table.sheet
    assert ".." not in sheet
    assert not sheet.startswith("/")
    assert sheet.endswith(".csv")


@pytest.mark.parametrize(
    "inside",
    [
        workbooks.workbook(),
        exports.as_zip({"a.csv": PLAIN.encode()}),
        b"%PDF-1.7 x",
        b"\xd0\xcf\x11\xe0",
    ],
    ids=["workbook", "zip", "report", "old Office file"],
)  # fmt: skip
def test_a_zip_of_other_documents_asks_to_unpack_it(inside: bytes) -> None:
    data = exports.as_zip({"servers.csv": PLAIN.encode(), "inner.bin": inside})
    message = refusal(data, UnsupportedDocumentError)
    assert "inner.bin" in message
    assert "unpack it and give the files inside" in message


def test_a_zip_without_text_asks_to_unpack_it() -> None:
    data = archive(a_png=b"\x89PNG\0\0")
    assert "holds no CSV files" in refusal(data, UnsupportedDocumentError)


def test_an_encrypted_zip_asks_for_one_without_password() -> None:
    data = bytearray(exports.as_zip({"a.csv": PLAIN.encode()}))
    data[data.find(b"PK\x01\x02") + 8] |= 1
    assert "locked with a password" in refusal(bytes(data))


def test_too_many_members_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(package, "LIMITS", Limits(members=2))
    data = exports.as_zip({f"{n}.csv": PLAIN.encode() for n in range(3)})
    assert "more than 2 files" in refusal(data)


def test_too_many_entries_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(package, "LIMITS", Limits(entries=2))
    data = exports.as_zip({f"{n}.csv": PLAIN.encode() for n in range(3)})
    assert "more than 2 files" in refusal(data)


def test_a_bomb_in_a_zip_of_csv_is_refused() -> None:
    data = exports.as_zip({"a.csv": PLAIN.encode()})
    bomb = with_deflated(data, "b.csv", [(b"," * 2**20, 300)])
    assert len(bomb) < 2_000_000
    assert "as a zip bomb does" in refusal(bomb)
    lying = with_deflated(data, "b.csv", [(b"," * 2**20, 300)], lie=4000)
    assert "unpacks to more than" in refusal(lying)


def test_members_that_are_too_large_together_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    data = exports.as_zip({f"{n}.csv": PLAIN.encode() for n in range(5)})
    monkeypatch.setattr(package, "LIMITS", Limits(kept_bytes=200))
    assert "unpacks to more than" in refusal(data)
    monkeypatch.undo()
    monkeypatch.setattr(package, "LIMITS", Limits(file_cells=40))
    assert "cells together" in refusal(data)


def test_a_damaged_member_is_seen_by_its_checksum() -> None:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_STORED) as new:
        new.writestr("a.csv", PLAIN)
    damaged = packed.getvalue().replace(b"RHEL 8", b"RHEL 9", 1)
    assert "cut off or damaged" in refusal(damaged)


CSV = exports.as_csv(exports.server_list(make_machines(5)))
ZIP = csvs(exports.transform(make_machines(5)))


@settings(max_examples=150)
@given(st.sampled_from([CSV, ZIP]), st.data())
def test_any_mutation_gives_an_assessment_or_a_document_error(
    healthy: bytes, data: st.DataObject
) -> None:
    bytes_ = bytearray(healthy)
    for _ in range(data.draw(st.integers(1, 8))):
        at = data.draw(st.integers(0, len(bytes_) - 1))
        bytes_[at : at + data.draw(st.integers(0, 2))] = data.draw(
            st.one_of(st.binary(max_size=3), st.sampled_from([b'"', b",", b"\n", b"\0", b";" * 9]))
        )
    cut = data.draw(st.one_of(st.none(), st.integers(0, len(bytes_))))
    try:
        found = read(bytes(bytes_[:cut]))
    except DocumentError as error:
        assert str(error).endswith(".")  # noqa: PT017 - either outcome is right
    else:
        assert isinstance(found, Assessment)


@given(st.binary(max_size=400))
def test_any_bytes_give_an_assessment_or_a_document_error(data: bytes) -> None:
    with pytest.raises(DocumentError):
        read_documents([file(data)])
