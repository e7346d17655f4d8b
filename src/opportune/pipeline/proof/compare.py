"""Two analyses of one customer side by side: what changed, and why the portfolio did.

Both sides are computed by today's rules, in the language and on the basis of the new session. The
bridge leads from the old portfolio, as its analysis stored it, to the new one, in steps that add up
to the cent. What people edited or made by hand is in neither.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum
from typing import TYPE_CHECKING

from pydantic import Field

from opportune.model.assessment import Assessment
from opportune.model.money import NOTHING
from opportune.model.records import Basis, Model, Money, Opportunity, Session, SourceFile, Status
from opportune.pipeline.analyze.reanalysis import is_by_analysis
from opportune.pipeline.proof.matching import (
    FactChange,
    Matching,
    MatchReason,
    fact_changes,
    match_servers,
)

if TYPE_CHECKING:
    from opportune.analysis import Analysis
    from opportune.prices.book import PriceBook

OPEN = (Status.NEW, Status.IN_PROGRESS)


class StepKind(StrEnum):
    """Why the portfolio changed. The order is that of the bridge."""

    RULE = "rule"
    """Today's rules see the old files differently than those that the old list was made with."""
    BASIS = "basis"
    PRICE = "price"
    DATE = "date"
    """Support that ended between the two days."""
    TEMPLATES = "templates"
    """Users' plays that were added, changed or disabled."""
    ADDED = "added"
    REMOVED = "removed"
    RESIZED = "resized"
    PLAY = "play"
    """What a play other than the base adds, on other servers."""
    NEW_RULE = "new-rule"
    """The new list, too, was made with other rules than today's."""


class OpportunityState(StrEnum):
    """What became of an opportunity."""

    GROWN = "grown"
    SHRUNK = "shrunk"
    UNCHANGED = "unchanged"
    NEW = "new"
    GONE = "gone"


class BridgeStep(Model):
    """A step from the old portfolio to the new one, in US dollars a year."""

    kind: StepKind
    amount: Money
    play: str = ""
    """Id of the play; only of kind `play`."""
    title: str = ""
    servers: int = 0
    """How many; only of kinds `added`, `removed` and `resized`."""


class Bridge(Model):
    """`old_arr` + the steps = `new_arr`, to the cent."""

    old_arr: Money = Field(alias="oldARR")
    steps: tuple[BridgeStep, ...]
    new_arr: Money = Field(alias="newARR")


class ServerMatch(Model):
    """A server that is in both."""

    old_id: str
    new_id: str
    old_name: str
    new_name: str
    reason: MatchReason


class ServerStep(Model):
    """What a server's part in the base was and is, US dollars a year; None = not in that one."""

    name: str
    old_arr: Money | None = Field(alias="oldARR")
    new_arr: Money | None = Field(alias="newARR")


class OpportunityChange(Model):
    """An open opportunity, then and now. None = there was, or is, none."""

    play: str
    title: str
    state: OpportunityState
    old_id: str
    new_id: str
    old_status: Status | None
    new_status: Status | None
    old_arr: Money | None = Field(alias="oldARR")
    new_arr: Money | None = Field(alias="newARR")


class ComparedSession(Model):
    """One of the two."""

    id: str
    customer: str
    files: tuple[SourceFile, ...]
    servers: int
    language: str
    basis: Basis
    run_date: str
    price_book: str


class Comparison(Model):
    """What differs between two sessions of one customer."""

    old: ComparedSession
    new: ComparedSession
    matches: tuple[ServerMatch, ...]
    ambiguous: tuple[str, ...]
    """Names that stand on both sides but were not matched: more than one machine has them."""
    facts: tuple[FactChange, ...]
    bridge: Bridge
    servers: tuple[ServerStep, ...]
    """Those whose part in the base is not the same."""
    opportunities: tuple[OpportunityChange, ...]


@dataclass(frozen=True)
class Side:
    """A session, its files' facts, and how to analyse them under any conditions.

    `analyse` takes a header that names the conditions, `prices` a version, `history` the id of an
    opportunity.
    """

    session: Session
    assessment: Assessment
    analyse: "Callable[[Session], Analysis]"
    prices: "Callable[[str], PriceBook]"
    history: Callable[[str], Sequence[Opportunity]]

    def of_servers(self, conditions: Session) -> Mapping[str, Decimal]:
        """Return each server's part in the base, by its id."""
        from opportune.analysis.base import base_of

        base = base_of(self.assessment, self.prices(conditions.price_book), conditions.basis)
        return {s.server.id: s.total for s in base.sized}

    def newest(self, analysis: "Analysis") -> Mapping[str, Opportunity]:
        """Return what is stored of each play, expired or not: its newest revision, by play."""
        from opportune.analysis.plays.play import bundled_plays

        plays = {o.template_id for o in analysis.opportunities} | {p.id for p in bundled_plays()}
        plays |= {use.template_id for use in self.session.templates}
        found = {play: self.history(f"{self.session.id}.{play}") for play in sorted(plays)}
        return {play: revisions[-1] for play, revisions in found.items() if revisions}


def compared(old: Side, new: Side) -> Comparison:
    """Compare two sessions whose headers name all their conditions."""
    matching = match_servers(old.assessment, new.assessment)
    then, moves = _on_conditions_of(new.session, old)
    now = new.analyse(new.session)
    stored = old.newest(then[0]), new.newest(now)
    servers = tuple(
        _server_steps(
            matching,
            old.of_servers(_conditions(old.session, new.session)),
            new.of_servers(new.session),
        ),
    )
    was, is_ = (sum(map(_as_analysed, side.values()), NOTHING) for side in stored)
    steps = [
        BridgeStep(kind=StepKind.RULE, amount=then[0].portfolio_arr - was),
        *moves,
        *_steps_of_files(then[-1], now, servers),
    ]
    rest = is_ - now.portfolio_arr
    if rest:
        steps.append(BridgeStep(kind=StepKind.NEW_RULE, amount=rest))
    return Comparison(
        old=_session(old),
        new=_session(new),
        matches=tuple(
            ServerMatch(
                old_id=m.old.id,
                new_id=m.new.id,
                old_name=m.old.hostname,
                new_name=m.new.hostname,
                reason=m.reason,
            )
            for m in matching.pairs
        ),
        ambiguous=matching.ambiguous,
        facts=fact_changes(old.assessment, new.assessment, matching),
        bridge=Bridge(old_arr=was, steps=tuple(steps), new_arr=is_),
        servers=tuple(s for s in servers if s.old_arr != s.new_arr),
        opportunities=tuple(_opportunities(then[1], now, *stored)),
    )


def _conditions(session: Session, new: Session) -> Session:
    """Return a header with the conditions of another."""
    taken = ("language", "basis", "price_book", "run_date")
    return session.model_copy(update={name: getattr(new, name) for name in taken})


def _on_conditions_of(new: Session, old: Side) -> "tuple[list[Analysis], list[BridgeStep]]":
    """Analyse the old files under its own conditions, then step by step under those of the new.

    Returns:
        Analyses: as then but in the new language; on the new basis; with the new prices; on the
        new day; with the new templates. And a step for each but the first; of all but prices only
        if it moves anything.
    """
    conditions = old.session.model_copy(update={"language": new.language})
    analyses = [old.analyse(conditions)]
    steps: list[BridgeStep] = []
    for kind, name in (
        (StepKind.BASIS, "basis"),
        (StepKind.PRICE, "price_book"),
        (StepKind.DATE, "run_date"),
        (StepKind.TEMPLATES, "templates"),
    ):
        value = getattr(new, name)
        if getattr(conditions, name) == value:
            analyses.append(analyses[-1])
        else:
            conditions = conditions.model_copy(update={name: value})
            analyses.append(old.analyse(conditions))
        amount = analyses[-1].portfolio_arr - analyses[-2].portfolio_arr
        if amount or kind == StepKind.PRICE:
            steps.append(BridgeStep(kind=kind, amount=amount))
    return analyses, steps


def _server_steps(
    matching: Matching, old: Mapping[str, Decimal], new: Mapping[str, Decimal]
) -> Iterator[ServerStep]:
    pairs = (
        *((m.old, m.new) for m in matching.pairs),
        *((s, None) for s in matching.removed),
        *((None, s) for s in matching.added),
    )
    for before, after in pairs:
        named = after or before
        if named is not None:
            yield ServerStep(
                name=named.hostname or named.id,
                old_arr=None if before is None else old.get(before.id, NOTHING),
                new_arr=None if after is None else new.get(after.id, NOTHING),
            )


def _steps_of_files(
    old: "Analysis", new: "Analysis", servers: Sequence[ServerStep]
) -> Iterator[BridgeStep]:
    """Yield what other files change, both sides being under the same conditions."""
    groups: dict[StepKind, list[Decimal]] = {
        StepKind.ADDED: [s.new_arr for s in servers if s.old_arr is None and s.new_arr is not None],
        StepKind.REMOVED: [
            -s.old_arr for s in servers if s.new_arr is None and s.old_arr is not None
        ],
        StepKind.RESIZED: [
            s.new_arr - s.old_arr
            for s in servers
            if s.old_arr is not None and s.new_arr is not None and s.old_arr != s.new_arr
        ],
    }
    from opportune.analysis.plays.play import BASE_PLAY

    explained = NOTHING
    for kind, amounts in groups.items():
        amount = sum(amounts, NOTHING)
        explained += amount
        yield BridgeStep(kind=kind, amount=amount, servers=len(amounts))
    before, after = _by_play(old), _by_play(new)
    for play in dict.fromkeys((BASE_PLAY, *before, *after)):
        was, is_ = before.get(play), after.get(play)
        amount = _arr(is_) - _arr(was) - (explained if play == BASE_PLAY else NOTHING)
        named = is_ or was
        if amount:
            title = named.title if named else ""
            yield BridgeStep(kind=StepKind.PLAY, amount=amount, play=play, title=title)


def _opportunities(
    old: "Analysis",
    new: "Analysis",
    stored_old: Mapping[str, Opportunity],
    stored_new: Mapping[str, Opportunity],
) -> Iterator[OpportunityChange]:
    """Yield those that are open now, or were and are gone; new's list order, then old's."""
    before = {p: o for p, o in _by_play(old).items() if _is_there(stored_old.get(p))}
    after = {p: o for p, o in _by_play(new).items() if _is_there(stored_new.get(p))}
    for play in dict.fromkeys((*after, *before)):
        was, is_ = before.get(play), after.get(play)
        computed = is_ or was
        newest = stored_new[play] if is_ else stored_old[play]
        if computed is None or newest.status not in OPEN:
            continue
        same_language = newest.language == computed.language
        yield OpportunityChange(
            play=play,
            title=newest.title if same_language else computed.title,
            state=_state(was, is_),
            old_id=was.id if was else "",
            new_id=is_.id if is_ else "",
            old_status=stored_old[play].status if was else None,
            new_status=stored_new[play].status if is_ else None,
            old_arr=was.estimated_arr if was else None,
            new_arr=is_.estimated_arr if is_ else None,
        )


def _state(old: Opportunity | None, new: Opportunity | None) -> OpportunityState:
    if old is None:
        return OpportunityState.NEW
    if new is None:
        return OpportunityState.GONE
    if new.estimated_arr == old.estimated_arr:
        return OpportunityState.UNCHANGED
    grown = new.estimated_arr > old.estimated_arr
    return OpportunityState.GROWN if grown else OpportunityState.SHRUNK


def _by_play(analysis: "Analysis") -> dict[str, Opportunity]:
    return {o.template_id: o for o in analysis.opportunities}


def _arr(opportunity: Opportunity | None) -> Decimal:
    return opportunity.estimated_arr if opportunity else NOTHING


def _is_there(newest: Opportunity | None) -> bool:
    return newest is not None and not newest.deleted


def _as_analysed(newest: Opportunity) -> Decimal:
    """Return what an analysis last claimed for it, whatever people made of it since."""
    if newest.estimate is None or (newest.deleted and is_by_analysis(newest)):
        return NOTHING
    return newest.estimate.expected


def _session(side: Side) -> ComparedSession:
    session = side.session
    return ComparedSession(
        id=session.id,
        customer=session.customer,
        files=session.files,
        servers=session.totals.servers,
        language=session.language,
        basis=session.basis,
        run_date=session.run_date,
        price_book=session.price_book,
    )
