"""What plays say: every one in every language, with every value, and nothing they do not know."""

import dataclasses
import itertools
import re
import tomllib
from datetime import date
from decimal import Decimal
from importlib.resources import files
from typing import Any

import pytest
from tables import every
from whole_estates import whole_estate

from opportune.analysis import Analysis, analyze
from opportune.analysis.base import base_of
from opportune.analysis.case import Case
from opportune.analysis.plays.play import Play, bundled_plays
from opportune.analysis.rules.programmes import migration_programme
from opportune.model.phrases import wording
from opportune.model.records import LANGUAGES, Priority
from opportune.prices.book import PriceBook

PLAYS = bundled_plays()
NAMES_WITH_DIGITS = (
    "EC2", "S3 Standard", "App2Container", "S/4HANA", ".NET 6", "gp3", "st1",
    "64-bit", "64 bits", "x86", " of 5", " de 5",
)  # fmt: skip
"""Names, releases and the scale of ratings: the only figures that a text may hold by itself."""


def analysis_in(language: str) -> Analysis:
    return analyze(
        whole_estate(),
        session_id="s1",
        customer="Example",
        language=language,
        run_date=date(2026, 11, 22),
    )


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_play_fires_on_the_whole_estate_and_is_well_formed(language: str) -> None:
    analysis = analysis_in(language)
    assert {o.template_id for o in analysis.opportunities} == {p.id for p in PLAYS}
    for opportunity in analysis.opportunities:
        assert opportunity.id == f"s1.{opportunity.template_id}"
        assert opportunity.customer == "Example"
        assert opportunity.version == 0
        assert 3 <= len(opportunity.talking_points) <= 6, opportunity.id
        assert 3 <= len(opportunity.next_steps) <= 5, opportunity.id
        said = (opportunity.title, opportunity.reasoning, *opportunity.talking_points)
        for sentence in (*said, *opportunity.next_steps, *(e.text for e in opportunity.evidence)):
            assert sentence
            assert "{" not in sentence
            assert "  " not in sentence


def test_the_texts_differ_by_language_and_the_figures_do_not() -> None:
    by_language = [analysis_in(code) for code in LANGUAGES]
    for same in zip(*(sorted(a.opportunities, key=by_id) for a in by_language), strict=True):
        assert len({o.reasoning for o in same}) == len(LANGUAGES)
        assert len({o.estimated_arr for o in same}) == 1
        assert len({o.priority for o in same}) == 1
        assert len({o.estimate.digest for o in same if o.estimate}) == 1


def by_id(opportunity: Any) -> str:
    return str(opportunity.id)


class Everything(dict[str, Any]):
    """Values for any placeholder, each a number of things."""

    def __init__(self, number: int, language: str) -> None:
        super().__init__()
        self.count = wording(language).count(number)

    def __missing__(self, name: str) -> object:
        return self.count


def test_every_sentence_of_every_play_can_be_said_of_one_and_of_many() -> None:
    with every() as row:
        for play, language in itertools.product(PLAYS, LANGUAGES):
            with row(play.id, language):
                can_be_said(play, language)


def can_be_said(play: Play, language: str) -> None:
    texts = play.texts(language)
    for number in (1, 2):
        for text in (texts.title, texts.priority, *(line.text for line in texts.lines)):
            said = text.format_map(Everything(number, language))
            assert "{" not in said
            assert "|" not in said


@pytest.mark.parametrize("play", PLAYS, ids=lambda p: p.id)
def test_every_number_of_a_text_comes_from_a_placeholder(play: Play) -> None:
    for texts in map(play.texts, LANGUAGES):
        for text in (texts.title, *(line.text for line in texts.lines)):
            bare = re.sub(r"\{[^}]*\}", "", text)
            for name in NAMES_WITH_DIGITS:
                bare = bare.replace(name, "")
            assert not re.search(r"\d", bare), text


@pytest.mark.parametrize("language", LANGUAGES)
def test_each_opportunity_says_why_it_has_its_priority(language: str) -> None:
    words = wording(language)
    start = {"en": "Priority", "es": "Prioridad", "pt": "Prioridade"}[language]
    for opportunity in analysis_in(language).opportunities:
        level = words.phrase(f"priority-{opportunity.priority.lower()}")
        assert f" {start} {level}: " in opportunity.reasoning, opportunity.id


def test_the_limits_of_a_priority_are_those_of_the_rule() -> None:
    rehost = next(p for p in PLAYS if p.id == "rehost")
    said = rehost.priority_sentence(wording("es"), Priority.LOW, {})
    assert said.startswith("Prioridad Baja: Alta desde USD 500.000 al año, Media desde USD 100.000")


def test_no_play_asserts_an_amount_of_funding() -> None:
    """MAP's rules are for partners only: none of its amounts is in the package, or in a text."""
    folder = files("opportune.analysis.plays").joinpath("data")
    data = tomllib.loads(folder.joinpath("migration-programme.toml").read_text("utf-8"))
    assert data["trigger"]["configured"] == {}
    assert data["arr"] == "none"
    for language in LANGUAGES:
        opportunity = next(
            o for o in analysis_in(language).opportunities if o.template_id == "migration-programme"
        )
        base = next(
            o.estimated_arr
            for o in analysis_in(language).opportunities
            if o.template_id == "rehost"
        )
        said = " ".join(
            (opportunity.reasoning, *opportunity.talking_points, *opportunity.next_steps)
        )
        amounts = set(re.findall(r"USD [\d.,]*\d", said))
        words = wording(language)
        assert amounts == {words.money(base), words.money(Decimal(500_000))}
        assert "%" not in said


def test_amounts_that_the_user_filled_in_are_said_as_the_users_own() -> None:
    play = next(p for p in PLAYS if p.id == "migration-programme")
    estate, book = whole_estate(), PriceBook.bundled()
    case = Case(estate, date(2026, 11, 22), wording("en"), book, base_of(estate, book))
    parameters = {**play.trigger, "configured": {"assess": 12345}}
    finding = migration_programme(case, parameters)
    assert finding is not None
    line = next(x for x in play.texts("en").reasoning if x.when == "configured")
    said = line.text.format_map(finding.values)
    assert said == "Amounts in your configuration: Assess: 12,345."


def test_a_price_book_without_the_prices_of_an_increment_claims_nothing_for_it() -> None:
    book = PriceBook.bundled()
    left_out = ("rds", "windows-sql", "fargate", "eks", "s3", "st1")
    few = {name: p for name, p in book.prices.items() if not name.startswith(left_out)}
    analysis = analyze(
        whole_estate(),
        session_id="s1",
        customer="",
        run_date=date(2026, 11, 22),
        prices=dataclasses.replace(book, prices=few),
    )
    by_play = {o.template_id: o.estimated_arr for o in analysis.opportunities}
    assert "sql-server-licences" not in by_play
    for play in ("containers", "database-modernization", "oracle-exit"):
        assert by_play[play] == 0
