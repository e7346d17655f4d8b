"""Commands that prove and price: verify, compare, prices, and how an analysis is conditioned."""

import json
import sys
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from customer import files_in, workbook
from price_list_double import PriceListDouble, catalogue, running
from workbooks import workbook as made

from opportune.cli import main
from opportune.cli.proof import BAR, bars
from opportune.prices.book import PriceBook
from opportune.prices.kept import PriceBooks, to_toml
from opportune.prices.queries import LICENCES
from opportune.settings import Settings

BUNDLED = PriceBook.bundled()


class Cli:
    def __init__(self, capsys: pytest.CaptureFixture[str], patch: pytest.MonkeyPatch) -> None:
        self._capsys, self._patch = capsys, patch
        self.err = ""

    def __call__(self, *arguments: object, code: int = 0) -> str:
        self._patch.setattr(sys, "argv", ["opportune", *map(str, arguments)])
        with pytest.raises(SystemExit) as ended:
            main()
        out, self.err = self._capsys.readouterr()
        assert ended.value.code == code, self.err
        return out

    def json(self, *arguments: object, code: int = 0) -> Any:
        return json.loads(self(*arguments, "--json", code=code))


@pytest.fixture
def cli(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Cli:
    monkeypatch.setenv("OPPORTUNITY_DATA_DIR", str(tmp_path / "data"))
    for name in ("OPPORTUNITY_STORAGE_TYPE", "OPPORTUNITY_PRICE_BOOK", "OPPORTUNITY_LANGUAGE"):
        monkeypatch.delenv(name, raising=False)
    return Cli(capsys, monkeypatch)


@pytest.fixture
def files(tmp_path: Path) -> tuple[Path, Path]:
    return files_in(tmp_path)


@pytest.fixture
def double(monkeypatch: pytest.MonkeyPatch) -> Iterator[PriceListDouble]:
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(name, "local")
    hourly = {t.name: t.hourly for t in BUNDLED.instance_types.values()}
    licences = {name: BUNDLED.price(name).amount for name in LICENCES}
    with running(PriceListDouble(catalogue("us-east-1", hourly, licences))) as double:
        monkeypatch.setenv("AWS_ENDPOINT_URL_PRICING", double.url)
        yield double


@pytest.mark.parametrize("language", ["en", "es", "pt"])
def test_verify_says_equal_with_code_0_and_what_differs_with_code_1(
    cli: Cli, files: tuple[Path, Path], language: str, tmp_path: Path
) -> None:
    session = cli.json("analyze", *files, "--lang", language)["sessionId"]
    text = cli("verify", session, *files, "--lang", language)
    assert {"en": "Equal", "es": "Igual", "pt": "Igual"}[language] in text
    assert cli("verify", session, "--lang", language)
    other = tmp_path / "other.xlsx"
    other.write_bytes(workbook(seed=8).data)
    text = cli("verify", session, other, files[1], "--lang", language, code=1)
    assert "other.xlsx" in text
    assert "estimate.digest" in text


def test_verify_in_json_is_for_programs(cli: Cli, files: tuple[Path, Path]) -> None:
    session = cli.json("analyze", *files)["sessionId"]
    cli("set-status", f"{session}.rehost", "won", "--note", "signed")
    found = cli.json("verify", session, *files)
    assert (found["isEqual"], found["differences"]) == (True, [])
    assert [c["field"] for c in found["peoplesChanges"]] == ["status", "note"]
    assert "Ganada" in cli("verify", session, *files)
    found = cli.json("verify", session, files[0], code=1)
    assert {d["subject"] for d in found["differences"]} >= {"file", "opportunity"}


@pytest.mark.parametrize(
    ("arguments", "code"),
    [
        (("verify",), 2),
        (("verify", "none"), 4),
        (("verify", "none", "gone.xlsx"), 3),
        (("compare", "none"), 2),
        (("compare", "none", "other"), 4),
        (("prices", "show", "--price-book", "gone"), 4),
        (("prices", "show", "--price-book", "gone.toml"), 1),
        (("analyze", "gone.xlsx", "--basis", "free"), 2),
        (("analyze", "gone.xlsx", "--map", "RAM"), 2),
        (("inspect", "gone.xlsx", "--map", "=ram_gb"), 2),
    ],
)
def test_exit_codes(cli: Cli, arguments: tuple[str, ...], code: int) -> None:
    assert cli(*arguments, code=code) == ""
    assert cli.err


@pytest.mark.parametrize("language", ["en", "es", "pt"])
def test_compare_shows_the_bridge_with_bars_and_what_became_of_opportunities(
    cli: Cli, files: tuple[Path, Path], tmp_path: Path, language: str
) -> None:
    other = tmp_path / "later.xlsx"
    other.write_bytes(workbook(50, seed=8).data)
    old = cli.json("analyze", *files, "--customer", "X")["sessionId"]
    new = cli.json("analyze", other, "--customer", "X", "--basis", "compute-sp")["sessionId"]
    found = cli.json("compare", old, new)
    steps = sum(Decimal(str(s["amount"])) for s in found["bridge"]["steps"])
    bridge = found["bridge"]
    assert Decimal(str(bridge["oldARR"])) + steps == Decimal(str(bridge["newARR"]))
    text = cli("compare", old, new, "--lang", language)
    assert "█" in text
    assert "--all" in text
    assert len(cli("compare", old, new, "--all")) > len(text)
    ends = {"en": "Portfolio now", "es": "Cartera ahora", "pt": "Carteira agora"}
    assert ends[language] in text


def test_bars_stand_where_the_one_before_ended() -> None:
    amounts = [Decimal(n) for n in (100, 0, 50, -75, -1, 74)]
    drawn = list(bars(amounts))
    assert drawn[0] == "█" * 21
    assert drawn[1] == ""
    assert drawn[2] == " " * 21 + "█" * 11
    assert drawn[3] == " " * 16 + "░" * 16
    assert drawn[4].strip() == "░"
    assert drawn[5] == "█" * 15
    assert all(len(bar) <= BAR for bar in drawn)
    assert list(bars([Decimal(0)] * 3)) == [""] * 3


def test_prices_are_shown_with_sources_and_found_by_name(cli: Cli) -> None:
    text = cli("prices", "show")
    assert f"Price book {BUNDLED.version}" in text
    for name in (*BUNDLED.prices, "m7i.48xlarge-hour"):
        assert name in text
    rows = cli.json("prices", "show", "M7I")["rows"]
    assert rows
    assert all("m7i" in row["name"] and row["source"] and row["snapshot"] for row in rows)
    assert "No price" in cli("prices", "show", "nothing-like-it")


def test_a_refreshed_book_is_shown_used_and_remembered(
    cli: Cli, files: tuple[Path, Path], double: PriceListDouble
) -> None:
    text = cli("prices", "refresh")
    assert "gp3-gb-month" in text
    assert "0.08" in text
    made = cli.json("prices", "refresh")
    version = made["version"]
    assert Path(made["file"]).is_file()
    assert cli.json("prices", "show", "gp3", "--price-book", version)["rows"][0]["amount"] == "0.09"
    assert version in cli("prices", "show")
    before = cli.json("analyze", *files)
    after = cli.json("analyze", *files, "--price-book", version)
    assert after["sessionId"] == before["sessionId"]
    assert after["changed"] > 0
    estimate = cli.json("show", f"{after['sessionId']}.rehost")["estimate"]
    assert estimate["priceBook"] == version
    assert cli.json("verify", after["sessionId"], *files)["priceBook"] == version
    Path(made["file"]).unlink()
    cli("explain", f"{after['sessionId']}.rehost", code=4)
    assert f"Price book {version!r} is not here" in cli.err
    assert cli.err.count("\n") == 1


def test_the_book_of_the_setting_is_used_unless_another_is_asked_for(
    cli: Cli, files: tuple[Path, Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    own = tmp_path / "agreed.toml"
    own.write_text(to_toml(dict(PriceBooks().find().data) | {"version": "agreed 2026"}), "utf-8")
    monkeypatch.setenv("OPPORTUNITY_PRICE_BOOK", str(own))
    session = cli.json("analyze", *files)["sessionId"]
    assert cli.json("prices", "show")["version"] == "agreed 2026"
    assert (tmp_path / "data" / "prices" / "agreed-2026.toml").is_file()
    own.unlink()
    monkeypatch.delenv("OPPORTUNITY_PRICE_BOOK")
    assert cli.json("verify", session, *files)["priceBook"] == "agreed 2026"
    cli("analyze", *files, "--price-book", BUNDLED.version)
    assert cli.json("verify", session, *files)["priceBook"] == BUNDLED.version


def test_a_file_of_prices_is_looked_at_without_being_kept(cli: Cli, tmp_path: Path) -> None:
    own = tmp_path / "agreed.toml"
    own.write_text(to_toml(dict(PriceBooks().find().data) | {"version": "agreed"}), "utf-8")
    assert cli.json("prices", "show", "--price-book", own)["version"] == "agreed"
    assert not (tmp_path / "data").exists()


def test_a_column_is_given_a_meaning_and_the_session_remembers_it(cli: Cli, tmp_path: Path) -> None:
    book = tmp_path / "estate.xlsx"
    rows = [("Serverid", "HOSTNAME", "osName", "numCpus", "Grey matter = GB")]
    rows += [(f"S{n}", f"web{n}", "RHEL", 4, 16) for n in range(3)]  # type: ignore[misc] # numbers too
    book.write_bytes(made({"Servers": rows}))
    mapping = ("--map", "Grey matter = GB=ram_gb")
    assert cli.json("inspect", book)["inventory"]["ramGb"] == 0
    assert cli.json("inspect", book, *mapping)["inventory"]["ramGb"] == 48
    answer = cli.json("analyze", book, *mapping)
    assert answer["inventory"]["ramGb"] == 48
    assert answer["sessionId"] != cli.json("analyze", book)["sessionId"]
    found = cli.json("verify", answer["sessionId"], book)
    assert found["isEqual"]
    assert found["mapping"] == [{"column": "Grey matter = GB", "field": "ram_gb"}]
    cli("analyze", book, "--map", "Grey matter = GB=wishes", code=2)


def test_the_settings_of_prices_are_read() -> None:
    found = Settings.from_environment(
        {"OPPORTUNITY_PRICE_BOOK": "x", "AWS_ENDPOINT_URL_PRICING": "http://127.0.0.1:1"}
    )
    assert (found.price_book, found.price_list_endpoint) == ("x", "http://127.0.0.1:1")
