"""Commands that prove: verify a session against its files, compare two sessions."""

import re
from collections.abc import Iterable, Iterator, Sequence
from decimal import Decimal
from typing import TYPE_CHECKING

import click

from opportune.cli.answering import Call, answers
from opportune.cli.context import input_file
from opportune.cli.tables import print_table
from opportune.model.words import number, words

if TYPE_CHECKING:  # loaded when a command needs them: --help must not pay for it
    from opportune.pipeline.proof.compare import Bridge, Comparison
    from opportune.pipeline.proof.verify import SessionVerification

ROWS = 20
"""Of a table of a comparison, unless all are wanted."""
CELL = 70
"""Characters of a text in a table; JSON has all of it."""
BAR = 32
"""Characters of the longest bar."""


def _print_verification(found: "SessionVerification", call: Call) -> None:
    text, language = call.text, call.language
    click.echo(
        text[f"verify.{found.source}"].format(
            id=found.session_id,
            files=found.files,
            count=found.opportunities,
            date=found.run_date,
            basis=found.basis,
            book=found.price_book,
        ),
    )
    if found.is_equal:
        click.secho(text["verify.equal"], bold=True)
    else:
        click.secho(text["verify.differs"].format(count=len(found.differences)), bold=True)
        print_table(
            ("column.what", "column.id", "column.field", "column.stored", "column.recomputed"),
            [
                (
                    text[f"subject.{d.subject}"],
                    d.id.removeprefix(f"{found.session_id}."),
                    d.field,
                    *(_short(_short_digest(v)) for v in (d.stored, d.recomputed)),
                )
                for d in found.differences
            ],
            language,
        )
    if found.peoples_changes:
        click.echo()
        click.echo(text["verify.people"].format(count=len(found.peoples_changes)))
        print_table(
            ("column.id", "column.field", "column.analysed", "column.now", "column.by"),
            [
                (
                    c.opportunity_id.removeprefix(f"{found.session_id}."),
                    c.field,
                    *map(_short, (c.analysed, c.now)),
                    c.by,
                )
                for c in found.peoples_changes
            ],
            language,
        )


@click.command()
@click.argument("session_id", metavar="SESSION")
@click.argument("files", nargs=-1, metavar="[FILE]...")
@answers(_print_verification, exit_code=lambda found, _: int(not found.is_equal))
def verify(call: Call, session_id: str, files: tuple[str, ...]) -> "SessionVerification":
    """Recompute a session from its files and say whether it is what is stored.

    FILE are the customer's, under any names; without any, our own copies are read. Ends with exit
    code 1 if anything differs. What people changed by hand is listed, and is not a difference.

    Example: opportune verify 3f9a2b1c0d4e5f60 mpa.xlsx mra.pdf
    """
    given = [input_file(name) for name in files] or None
    return call.service.proofs.verify(session_id, given)


def _print_comparison(found: "Comparison", call: Call) -> None:
    from opportune.pipeline.proof.matching import MatchReason

    text, language = call.text, call.language
    limit = None if call.given["shows_all"] else ROWS
    for key, side in (("compare.old", found.old), ("compare.new", found.new)):
        click.echo(
            text[key].format(
                id=side.id,
                servers=side.servers,
                date=side.run_date,
                basis=side.basis,
                book=side.price_book,
            ),
        )
    count = {reason: sum(m.reason == reason for m in found.matches) for reason in MatchReason}
    click.echo(
        text["compare.matched"].format(
            count=len(found.matches),
            id=count[MatchReason.ID],
            name=count[MatchReason.NAME],
            address=count[MatchReason.ADDRESS],
            specification=count[MatchReason.SPECIFICATION],
        ),
    )
    if found.ambiguous:
        click.echo(text["compare.ambiguous"].format(names=", ".join(found.ambiguous)))
    _print_bridge(found.bridge, language)
    _print_counted_table(
        "compare.opportunities",
        ("column.title", "column.state", "column.arr.old", "column.arr.new", "column.arr.change"),
        [
            (o.title, text[f"state.{o.state}"], *_amounts(o.old_arr, o.new_arr, language))
            for o in found.opportunities
        ],
        language,
        None,
    )
    _print_counted_table(
        "compare.servers",
        ("column.name.of", "column.arr.old", "column.arr.new", "column.arr.change"),
        [(s.name, *_amounts(s.old_arr, s.new_arr, language)) for s in found.servers],
        language,
        limit,
    )
    renamed = [
        (m.old_name or m.old_id, m.new_name or m.new_id, text[f"reason.{m.reason}"])
        for m in found.matches
        if m.old_name != m.new_name
    ]
    _print_counted_table(
        "compare.renamed", ("column.was", "column.now", "column.reason"), renamed, language, limit
    )
    _print_counted_table(
        "compare.facts",
        (
            "column.what",
            "column.name.of",
            "column.field",
            "column.was",
            "column.now",
            "column.place",
        ),
        _fact_rows(found, language),
        language,
        limit,
    )


@click.command()
@click.argument("old")
@click.argument("new")
@click.option("--all", "shows_all", is_flag=True, help=f"Every row, not {ROWS} of each table.")
@answers(_print_comparison)
def compare(call: Call, old: str, new: str, **_: bool) -> "Comparison":
    """Show what differs between two sessions of one customer, and why the portfolio changed.

    OLD and NEW are ids of sessions whose files are kept. Servers are followed through renames.

    Example: opportune compare 3f9a2b1c0d4e5f60 7c21e0b9a4d85f13
    """
    return call.service.proofs.compare(old, new)


def _fact_rows(found: "Comparison", language: str) -> list[tuple[str, ...]]:
    text = words(language)
    return [
        (
            text[f"subject.{f.kind}"],
            _short(f.name),
            f.field or text[f"fact.{f.state}"],
            _short(f.old),
            _short(f.new),
            " -> ".join(dict.fromkeys(p for p in (f.old_source, f.new_source) if p)),
        )
        for f in found.facts
    ]


def _print_counted_table(
    heading: str,
    columns: Sequence[str],
    rows: Sequence[Sequence[str]],
    language: str,
    limit: int | None,
) -> None:
    if not rows:
        return
    text = words(language)
    click.echo()
    click.secho(text[heading].format(count=len(rows)), bold=True)
    print_table(columns, rows[:limit], language)
    if limit is not None and len(rows) > limit:
        click.echo(text["compare.more"].format(count=len(rows) - limit))


def _print_bridge(bridge: "Bridge", language: str) -> None:
    text = words(language)
    amounts = [bridge.old_arr, *(s.amount for s in bridge.steps), bridge.new_arr]
    labels = [
        text["bridge.start"],
        *(
            text[f"bridge.{s.kind}"].format(title=s.title or s.play, servers=s.servers)
            for s in bridge.steps
        ),
        text["bridge.end"],
    ]
    signs = ["", *("+" if s.amount > 0 else "" for s in bridge.steps), ""]
    click.echo()
    click.secho(text["compare.bridge"], bold=True)
    print_table(
        ("column.step", "column.arr", "column.bar"),
        [
            (label, f"{sign}{number(amount, language, decimals=2)}", bar)
            for label, sign, amount, bar in zip(labels, signs, amounts, bars(amounts), strict=True)
        ],
        language,
    )


def bars(amounts: Sequence[Decimal]) -> Iterator[str]:
    """Yield the bars of a bridge: its ends stand on zero, each step where the one before ended.

    What adds is drawn full, what takes away is shaded; a step that is not 0 is never invisible.
    """
    spans = list(_spans(amounts))
    low, high = min(0, *(a for a, _ in spans)), max(0, *(b for _, b in spans))
    scale = BAR / (high - low) if high > low else 0
    for amount, (start, end) in zip(amounts, spans, strict=True):
        first = min(int((start - low) * scale), BAR - 1)
        width = max(int((end - low) * scale) - first, 1) if amount else 0
        yield (" " * first + ("█" if amount > 0 else "░") * width).rstrip()


def _spans(amounts: Sequence[Decimal]) -> Iterator[tuple[float, float]]:
    level = 0.0
    for n, amount in enumerate(amounts):
        before = 0.0 if n in (0, len(amounts) - 1) else level
        level = before + float(amount)
        yield min(before, level), max(before, level)


def _amounts(old: Decimal | None, new: Decimal | None, language: str) -> Iterable[str]:
    for amount in (old, new):
        yield "-" if amount is None else number(amount, language)
    change = (new or Decimal(0)) - (old or Decimal(0))
    yield f"{'+' if change > 0 else ''}{number(change, language)}"


def _short_digest(text: str) -> str:
    """Return as much of a SHA-256 as tells it from others; other text as it is."""
    return f"{text[:12]}…" if re.fullmatch(r"[0-9a-f]{64}", text) else text


def _short(text: str) -> str:
    line = " ".join(text.split())
    return line if len(line) <= CELL else f"{line[: CELL - 1]}…"
