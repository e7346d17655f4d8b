"""Makes opportunities by the million, as a pipeline of years would have them.

Texts are those of the analyzer for estates of many sizes in three languages, with figures of their
own in each; one in fifty is made by hand, in words that no other has in this order. Customers,
owners, statuses and dates are spread unevenly, as they are. Same seed, same data.
"""

import random
import re
import tempfile
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from pathlib import Path

from opportune.analysis import analyze
from opportune.documents import read_documents
from opportune.documents.samples.workbook import write_workbook
from opportune.model.file import InputFile
from opportune.model.records import LANGUAGES, Opportunity, Priority, Session, Status
from opportune.model.times import retained_until, time_text
from opportune.stores.revisions import digest_of

BY_SESSION = 25
CUSTOMERS = 4_000
OWNERS = 60
DAYS = 730
RETENTION_DAYS = 800
"""Of the store: the oldest are about to expire."""
HISTORY_DAYS = 365
"""Older revisions are gone already."""
NOW = datetime(2026, 11, 28, 12, 0, tzinfo=UTC)
ESTATES = (12, 25, 60, 140, 300, 700)
"""Servers of the estates that the texts are written about."""
PRIORITIES = (Priority.HIGH, Priority.MEDIUM, Priority.LOW)
STATUSES = {
    Status.NEW: 46,
    Status.IN_PROGRESS: 21,
    Status.WON: 11,
    Status.LOST: 15,
    Status.DISCARDED: 7,
}
FIRST_NAMES = ("Ana", "Bea", "Carlos", "Elena", "Fábio", "Gloria", "Hugo", "Inés", "João", "Nuria")
LAST_NAMES = (
    "Álvarez",
    "Braga",
    "Castro",
    "Duarte",
    "Ferreira",
    "Gómez",
    "Ibáñez",
    "Lima",
    "Muñoz",
)
TRADES = ("Panadería", "Banco", "Seguros", "Logística", "Clínica", "Moinhos", "Textil", "Energía")
PLACES = ("Andina", "Brasil", "Cantábrica", "Duero", "Ñuble", "Pacífico", "São Paulo", "Úbeda")
FORMS = ("S.A.", "SL", "Ltda.", "Inc.", "y Hijos", "Group")
SERVICES = ("Amazon EC2", "Amazon RDS", "Amazon S3", "AWS Backup", "Amazon EKS", "AWS Lambda")

_FIGURE = re.compile(r"(?<![\w.,])\d{1,3}(?:[.,]\d{3})*(?![\w.,]?\w)")


def analysed() -> list[Opportunity]:
    """Return what the analyzer makes of estates of all sizes, in all languages."""
    found: list[Opportunity] = []
    with tempfile.TemporaryDirectory() as folder:
        for seed, servers in enumerate(ESTATES):
            path = Path(folder, f"{servers}.xlsx")
            write_workbook(path, servers=servers, seed=seed)
            assessment = read_documents([InputFile(path.name, path.read_bytes())])
            for language in LANGUAGES:
                found += analyze(
                    assessment,
                    session_id="s",
                    customer="",
                    language=language,
                    run_date=date(2026, 11, 28),
                ).opportunities
    return found


class Pipeline:
    """Makes sessions with their opportunities, as a store would have stamped them."""

    def __init__(self, seed: int = 20261128) -> None:
        self._seed = seed
        self._chance = random.Random(seed)
        self._models = analysed()
        self._words = sorted({w for one in self._models for w in one.reasoning.split()})
        self.customers = [self._customer(number) for number in range(CUSTOMERS)]
        pick = self._chance.choice
        self.owners = [f"{pick(FIRST_NAMES)} {pick(LAST_NAMES)} {n}" for n in range(OWNERS)]

    def chunk(self, number: int, sessions: int) -> list[Session | Opportunity]:
        """Return this many sessions' headers and revisions; same number, same ones."""
        self._chance.seed(f"{self._seed} {number}")
        first = number * sessions
        return [one for key in range(first, first + sessions) for one in self._session(key)]

    def _session(self, number: int) -> Iterator[Session | Opportunity]:
        key = f"s{number:07}"
        # A few customers have most of the analyses.
        customer = self.customers[int(CUSTOMERS * self._chance.random() ** 3)]
        created = NOW - timedelta(seconds=self._chance.randrange(60, DAYS * 86_400))
        stamp = time_text(created)
        header = Session(
            id=key,
            customer=customer,
            created_at=stamp,
            updated_at=stamp,
            updated_by="benchmark",
            version=1,
        )
        yield header
        language = self._chance.choice(LANGUAGES)
        models = [one for one in self._models if one.language == language]
        for place in range(BY_SESSION):
            model = self._chance.choice(models)
            yield from self._revisions(model, f"{key}.p-{place}", customer, created)

    def _revisions(
        self, model: Opportunity, key: str, customer: str, created: datetime
    ) -> list[Opportunity]:
        chance = self._chance
        texts = self._by_hand() if chance.random() < 1 / 50 else self._varied(model)
        (status,) = chance.choices(list(STATUSES), list(STATUSES.values()))
        first = model.model_copy(
            update={
                "id": key,
                "session_id": key.partition(".")[0],
                "customer": customer,
                "owner": "" if chance.random() < 1 / 4 else self._owner(),
                "priority": chance.choices(PRIORITIES, (2, 5, 3))[0],
                "estimated_arr": self._arr(),
                "close_date": self._close_date(created),
                "updated_by": "benchmark",
                "change_id": "analysis",
                "created_at": time_text(created),
                **texts,
            },
        )
        if status is Status.NEW and chance.random() < 9 / 10:
            return [_stamped(first, 1, created, None)]
        moved = created + (NOW - created) * chance.random()
        base = _stamped(first, 1, created, None)
        newest = first.model_copy(update={"status": status, "change_id": "moved"})
        is_base_kept = created > NOW - timedelta(days=HISTORY_DAYS)
        moved_on = _stamped(newest, 2, moved, base)
        return [base, moved_on] if is_base_kept else [moved_on]

    def _varied(self, model: Opportunity) -> dict[str, object]:
        return {
            "title": self._with_figures(model.title),
            "reasoning": self._with_figures(model.reasoning),
            "talking_points": tuple(map(self._with_figures, model.talking_points)),
        }

    def _with_figures(self, text: str) -> str:
        return _FIGURE.sub(lambda _: f"{int(10 ** (self._chance.random() * 5)):,}", text)

    def _by_hand(self) -> dict[str, object]:
        words = [self._chance.choice(self._words) for _ in range(40)]
        return {
            "title": " ".join(words[:5]),
            "reasoning": " ".join(words[5:]),
            "talking_points": (),
            "related_services": tuple(self._chance.sample(SERVICES, 2)),
            "template_id": "",
        }

    def _owner(self) -> str:
        return self.owners[int(OWNERS * self._chance.random() ** 2)]

    def _arr(self) -> Decimal:
        """Four in ten carry none; others from hundreds to millions of dollars."""
        if self._chance.random() < 2 / 5:
            return Decimal(0)
        return Decimal(int(self._chance.lognormvariate(15, 1.8))) / 100

    def _close_date(self, created: datetime) -> date | None:
        if self._chance.random() < 1 / 3:
            return None
        return (created + timedelta(days=self._chance.randrange(10, 300))).date()

    def _customer(self, number: int) -> str:
        pick = self._chance.choice
        return f"{pick(TRADES)} {pick(PLACES)} {number} {pick(FORMS)}"


def _stamped(
    one: Opportunity, version: int, moment: datetime, base: Opportunity | None
) -> Opportunity:
    if base:
        moment = max(moment, datetime.fromisoformat(base.updated_at) + timedelta(seconds=1))
    updated_at = time_text(moment)
    stamps = {
        "version": version,
        "updated_at": updated_at,
        "ttl": None if one.status is Status.WON else retained_until(updated_at, RETENTION_DAYS),
        "previous_digest": base.digest if base else "",
    }
    revision = one.model_copy(update=stamps)
    return revision.model_copy(update={"digest": digest_of(revision)})
