"""Exports in another language than that of the analysis."""

import csv
import io
from datetime import UTC, datetime

import pytest
from customer import report, workbook

from opportune.export import Format
from opportune.export.table import COLUMNS
from opportune.model.records import Opportunity
from opportune.pipeline.analyze.translation import TEXTS, retold
from opportune.pipeline.service import Service
from opportune.pipeline.transfer import Choice
from opportune.stores.files.kept import FileKeeper, MemoryFiles
from opportune.stores.open import open_store

MOMENT = datetime(2026, 11, 28, tzinfo=UTC)


def analysed(language: str, files: FileKeeper | None = None) -> tuple[Service, str]:
    store = open_store("memory:")
    service = Service(store, files or MemoryFiles(), clock=lambda: MOMENT)
    answer = service.analyses.analyze(
        [workbook(), report()], customer="Example Corp", updated_by="ana", language=language
    )
    return service, answer.session_id


def rows_of(service: Service, language: str) -> dict[str, dict[str, str]]:
    data = service.exports.made(Choice(Format.CSV, language=language)).data
    _, *rows = csv.reader(io.StringIO(data.decode("utf-8-sig"), newline=""))
    names = [column.name for column in COLUMNS]
    return {row[-1]: dict(zip(names, row, strict=True)) for row in rows}


SAID = ("title", "reasoning", "talking", "next", "evidence", "formula", "arr", "low", "high")


@pytest.mark.parametrize("language", ["en", "pt"])
def test_an_export_in_another_language_says_what_an_analysis_in_it_would(language: str) -> None:
    spanish, _ = analysed("es")
    other, _ = analysed(language)
    told, wanted = rows_of(spanish, language), rows_of(other, language)
    assert told.keys() == wanted.keys()
    for key, row in told.items():
        assert [row[name] for name in SAID] == [wanted[key][name] for name in SAID]


def test_what_a_person_wrote_stays_and_the_rest_is_told() -> None:
    service, session_id = analysed("es")
    one = service.analyses.opportunities(session_id)[0]
    edited = one.revised(title="Mi título", version=one.version)
    (told,) = retold([edited], "en", service.proofs.in_languages)
    english, _ = analysed("en")
    wanted = english.store.get_opportunity(one.id)
    assert told.title == "Mi título"
    assert told.language == "es"
    assert [getattr(told, n) for n in TEXTS[1:]] == [getattr(wanted, n) for n in TEXTS[1:]]
    assert told.estimate
    assert one.estimate
    assert told.estimate.digest == one.estimate.digest


def test_without_the_files_texts_stay_as_they_are() -> None:
    class Forgetful(MemoryFiles):
        def keep(self, file: object) -> None:
            return None

    service, _ = analysed("es", Forgetful())
    spanish = rows_of(service, "es")
    for key, row in rows_of(service, "en").items():
        assert row["title"] == spanish[key]["title"]


def test_in_their_own_language_nothing_is_read_again() -> None:
    def never(*_: object) -> tuple[dict[str, Opportunity], ...]:
        raise AssertionError

    service, session_id = analysed("es")
    rows = service.analyses.opportunities(session_id)
    assert retold(rows, "es", never) == rows
