"""What an ARR is, how it came about and from what: said in every export that people read."""

from opportune.export.portfolio import Portfolio, Source
from opportune.model.records import LANGUAGES, Basis
from opportune.model.words import words


def method_lines(portfolio: Portfolio, *, with_method: bool = True) -> list[str]:
    """Return when and of what this was made and, unless left out, the method and its sources."""
    text = words(portfolio.language)
    count, total = portfolio.arr()
    lines = [
        text["export.made"].format(moment=made_at(portfolio)),
        text["export.filters"].format(filters=portfolio.filters or text["export.filters.none"]),
        text["export.portfolio"].format(count=count, arr=portfolio.region.money(total)),
    ]
    if with_method:
        lines += method_paragraphs(portfolio)
        lines += [source_line(source, portfolio.language) for source in portfolio.sources]
    return lines


def method_paragraphs(portfolio: Portfolio) -> list[str]:
    """Return how an ARR is meant; of the bases, those that occur."""
    text = words(portfolio.language)
    bases = {source.basis for source in portfolio.sources}
    return [
        text["export.method.arr"],
        *(text[f"export.basis.{basis}"] for basis in Basis if basis in bases),
        text["export.method.sum"],
        text["export.method.proof"],
    ]


def source_line(source: Source, language: str) -> str:
    """Return what a group of estimates rests on, as one sentence."""
    line = words(language)["export.source"].format(
        session=source.session_id,
        customer=source.customer or "-",
        date=source.run_date or "-",
        basis=source.basis,
        book=source.price_book,
        region=source.region,
    )
    return f"{line} {'; '.join(source.files)}".strip()


def made_at(portfolio: Portfolio) -> str:
    """Return the moment of the export, to the minute."""
    return portfolio.moment.strftime("%Y-%m-%d %H:%M UTC")


def language_of(text_language: str, usual: str) -> str:
    """Return the language of an opportunity's own texts, for what reads it aloud."""
    return text_language if text_language in LANGUAGES else usual
