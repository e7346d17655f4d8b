"""How numbers are written is decided by a column as a whole, and told."""

import pytest
from workbooks import codes, column, note

from opportune.documents.inventory.cells import flag_of, quantity_of
from opportune.documents.inventory.notation import Notation, notation_of
from opportune.documents.quality import Code


def decided(*texts: str, field: str = "disk_gb", unit: str = "gb", table: str = "",
            delimiter: str = "") -> Notation:  # fmt: skip
    return notation_of(texts, field=field, unit=unit, table_mark=table, delimiter=delimiter)


def test_what_decides_in_turn() -> None:
    assert decided("1.500", "2,5").decimal_mark == ","
    assert decided("1.500", table=",").decimal_mark == ","
    assert decided("12,500", field="cpu_peak_fraction").decimal_mark == ","
    assert decided("131.072", unit="mib").decimal_mark == ","
    assert decided("131,072", unit="mb", delimiter=";").decimal_mark == "."
    assert decided("16.384", "8.192", field="ram_gb", unit="").decimal_mark == ","
    assert decided("1.024", "4.096", "250").decimal_mark == ","
    assert decided("1.500", delimiter=";").decimal_mark == ","
    assert decided("1.500") == Notation("")
    assert decided("16.000", "8.000") == Notation("")  # three decimals everywhere: either


def test_what_cannot_be_decided_is_told_with_the_choice() -> None:
    found = column("Storage (GB)", "1.500", 10)
    assert "read as 1.5" in note(found, Code.NUMBER_AMBIGUOUS)[0]
    assert Code.NUMBER_FORMAT not in codes(found)


def test_what_was_decided_is_told_with_its_reason() -> None:
    found = column("Storage (MB)", "1.048.576", "204.800", "512.000")
    assert [server.disk_gb for server in found.servers] == [1024, 200, 500]
    message, source = note(found, Code.NUMBER_FORMAT)
    assert "',' for decimals and '.' for thousands" in message
    assert source == "estate.xlsx, Servers!D2:D4"


@pytest.mark.parametrize("mark", ["'", "\u2019", "\u00a0", "\u202f", " "])
def test_thousands_of_switzerland_and_france(mark: str) -> None:
    found = column("Memory (MB)", f"16{mark}384", f"131{mark}072")
    assert [server.ram_gb for server in found.servers] == [16, 128]


def test_units_of_france_and_in_words() -> None:
    header = "Storage (GB)"
    found = column(header, "2 To", "512 Go", "1024 Mo", "1 terabyte", "100GB")
    assert [server.disk_gb for server in found.servers] == [2048, 512, 1, 1024, 100]
    assert quantity_of("16\u2019384", "") == (16384, "")


def test_yes_and_no_in_five_languages() -> None:
    yes = "Yes TRUE Sí VERDADERO Sim VERDADEIRO Ja WAHR Oui VRAI on Encendido Ligado Allumé Ein"
    no = "No FALSE FALSO Não Nein FALSCH Non FAUX off Apagado Desligado Ausgeschaltet Éteint Aus"
    assert {word: flag_of(word) for word in yes.split()} == dict.fromkeys(yes.split(), True)
    assert {word: flag_of(word) for word in no.split()} == dict.fromkeys(no.split(), False)
    assert flag_of("powered off") is False
    assert flag_of("perhaps") is None


# What no server has


def test_impossible_sizes_are_blank_and_noted() -> None:
    found = column("numCpus", 8, 999_999_999, 2_000)
    assert [server.cores for server in found.servers] == [8, None, 2_000]
    assert note(found, Code.IMPOSSIBLE_VALUE)[1] == "estate.xlsx, Servers!D3"
    found = column("Memory (GB)", 16, 16, 16, 70_000, 65_536)
    assert [server.ram_gb for server in found.servers] == [16, 16, 16, None, 65_536]
    found = column("Storage (TB)", 1, 10_241, 10_240)
    assert [server.disk_gb for server in found.servers] == [1024, None, 10_485_760]


def test_cores_that_are_computed_have_the_same_bound() -> None:
    from workbooks import read_sheets

    found = read_sheets(
        S=[
            ("Serverid", "HOSTNAME", "numCpus", "numCoresPerCpu"),
            ("1", "a", 100, 100),
            ("2", "b", 2, 8),
        ]
    )
    assert [server.cores for server in found.servers] == [None, 16]
    assert Code.IMPOSSIBLE_VALUE in codes(found)


def test_bytes_are_known_by_their_size() -> None:
    found = column("Memory", "32 GB", 17_179_869_184)
    assert [server.ram_gb for server in found.servers] == [32, 16]
    assert "bytes" in note(found, Code.UNIT_AMBIGUOUS)[0]
