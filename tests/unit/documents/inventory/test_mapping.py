"""The user says what a column means, and that holds before anything is recognised."""

import pytest
from estates import file, read
from workbooks import codes, note, workbook

from opportune.documents import kind_of, read_documents
from opportune.documents.quality import Code
from opportune.errors import InvalidInputError, UnsupportedDocumentError
from opportune.model.records import ColumnMapping

ODD = "Maszyna;Pamiec GB;Rdzenie;Zustand\nweb01;16;4;aktiv\nweb02;8;2;aktiv\n"


def maps(**columns: str) -> list[ColumnMapping]:
    """Return mappings; `_` in a column's name stands for a space."""
    return [ColumnMapping(column=c.replace("_", " "), field=f) for c, f in columns.items()]


def refusal(mapping: list[ColumnMapping], text: str = ODD) -> str:
    with pytest.raises(InvalidInputError) as caught:
        read(text, mapping=mapping)
    message = str(caught.value)
    assert message.count("\n") == 0
    assert message.endswith((".", "?"))
    return message


def test_an_unknown_file_becomes_a_list_of_servers() -> None:
    with pytest.raises(UnsupportedDocumentError):
        read(ODD)
    mapping = maps(Maszyna="hostname", Pamiec_GB="ram_gb", Rdzenie="total_cores")
    found = read(ODD, mapping=mapping)
    assert [(s.hostname, s.ram_gb, s.cores) for s in found.servers] == [
        ("web01", 16, 4),
        ("web02", 8, 2),
    ]
    assert kind_of(file(ODD), mapping) == "server-list"
    notes = {(n.message, n.source) for n in found.quality if n.code == Code.COLUMN_MAPPED}
    assert (
        "Column 'Pamiec GB' is read as ram_gb, as the user decided.",
        "estate.csv, B1",
    ) in notes
    assert len(notes) == 3


def test_case_and_accents_of_the_header_do_not_matter() -> None:
    text = "Máquina;RAM (GB);Núcleos\nweb01;16;4\n"
    found = read(text, mapping=maps(maquina="hostname"))
    assert found.servers[0].hostname == "web01"


def test_what_the_user_says_goes_before_what_a_header_means() -> None:
    rows = [("Serverid", "HOSTNAME", "osName", "Old name", "totalRAM (GB)", "RAM 2026")]
    rows.append(("S1", "old01", "RHEL", "new01", "8", "16"))
    found = read(rows, mapping=maps(Old_name="hostname", RAM_2026="ram_gb"))
    server = found.servers[0]
    assert (server.hostname, server.ram_gb) == ("new01", 16)
    assert server.table.place("ram_gb", 2) == "F2"
    assert "'totalRAM (GB)', 'HOSTNAME'" in note(found, Code.COLUMN_IGNORED)[0]  # sizes first


def test_the_unit_of_a_mapped_column_is_decided_as_ever() -> None:
    found = read(
        "Maszyna;Pamiec\nweb01;16384\nweb02;8192\n",
        mapping=maps(Maszyna="hostname", Pamiec="ram_gb"),
    )
    assert [s.ram_gb for s in found.servers] == [16, 8]
    assert Code.UNIT_AMBIGUOUS in codes(found)


def test_a_column_of_one_file_among_several_is_enough() -> None:
    files = [file(workbook(), "a.xlsx"), file(ODD, "b.csv")]
    mapping = maps(Maszyna="hostname", Rdzenie="total_cores")
    assert len(read_documents(files, mapping=mapping).files) == 2
    assert kind_of(files[0], mapping) == "mpa-workbook"


def test_a_column_that_no_file_has_is_refused_with_near_ones() -> None:
    mapping = [*maps(Maszyna="hostname", Rdzenie="total_cores"), *maps(Pamiec="ram_gb")]
    message = refusal(mapping)
    assert message.startswith("--map Pamiec=ram_gb: no file has a column 'Pamiec'")
    assert "'Pamiec GB'" in message


def test_a_field_that_is_none_is_refused_with_near_ones() -> None:
    message = refusal(maps(Maszyna="host_name"))
    assert "there is no field 'host_name'" in message
    assert "'hostname'" in message
    assert "'ram_gb'" in refusal(maps(Maszyna="zzzzqqqq"))


def test_a_field_that_the_table_has_no_place_for_is_refused() -> None:
    mapping = maps(Maszyna="hostname", Rdzenie="total_cores", Zustand="engine")
    assert "has no place for 'engine'" in refusal(mapping)


def test_one_column_cannot_mean_two_fields() -> None:
    mapping = [*maps(Maszyna="hostname"), *maps(maszyna="id")]
    assert "mapped to 'hostname' too" in refusal(mapping)
