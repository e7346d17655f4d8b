"""The opened store, price books and files, and the use cases over them.

The API and the command line call what is handed out here, and nothing below it. What turns the
text of a user into a value (a moment, a mapping of columns) stands beside the use case that takes
the value.
"""

from collections.abc import Callable, Mapping
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

from opportune.errors import ConfigurationError
from opportune.observe.metering import metered
from opportune.observe.tally import Metered, Tally
from opportune.prices.kept import PriceBooks, price_books
from opportune.settings import Settings
from opportune.stores.contract import RETENTION, Clock, Retention, Store, utc_now
from opportune.stores.files.kept import FileKeeper, FolderFiles, MemoryFiles
from opportune.stores.running import StoreMigrations

if TYPE_CHECKING:
    from opportune.pipeline.analyze.analyze import Analyses
    from opportune.pipeline.changes.duplicates import Duplicates
    from opportune.pipeline.changes.edit import Editing
    from opportune.pipeline.changes.edit_many import BulkEditing
    from opportune.pipeline.changes.history import Histories
    from opportune.pipeline.changes.seals import Seals
    from opportune.pipeline.figures import Analytics, Probabilities
    from opportune.pipeline.proof.recompute import Proofs
    from opportune.pipeline.templates.templates import Templates
    from opportune.pipeline.transfer import Exports


class Service:
    """Opens the use cases over one store. Safe to share between threads if the store is.

    Each use case is loaded when it is asked for: a command that lists pays for no analysis.

    Attributes:
        store: For plain reads, which no use case would add to.
        books: The price books.

    Args:
        store: Where sessions and opportunities are kept.
        files: Where the customers' files are kept.
        books: The price books; None = the bundled ones.
        migrations: Of the store; None = it cannot be migrated while this service runs.
        tally: Of what the store's operations consume; None = nothing is recorded.
        clock: Gives the date of an analysis, and the present moment.
        retention: As the store has it.
        probabilities: Of being won, by status; None = the usual ones.
    """

    def __init__(  # noqa: PLR0913 - what the use cases need, by name
        self,
        store: Store,
        files: FileKeeper,
        *,
        books: PriceBooks | None = None,
        migrations: StoreMigrations | None = None,
        tally: Tally | None = None,
        clock: Clock = utc_now,
        retention: Retention = RETENTION,
        probabilities: "Probabilities | None" = None,
    ) -> None:
        self._migrations = migrations
        self._tally = tally or Tally()
        self._files = files
        self._clock = clock
        self._retention = retention
        self._probabilities = probabilities
        self.store = store
        self.books = books or PriceBooks()

    @cached_property
    def analyses(self) -> "Analyses":
        """Inspects and analyses files, and keeps what is found."""
        from opportune.pipeline.analyze.analyze import Analyses

        return Analyses(self.store, self._files, self.books, self._clock)

    @cached_property
    def proofs(self) -> "Proofs":
        """Recomputes what is stored: explains, verifies, compares."""
        from opportune.pipeline.proof.recompute import Proofs

        return Proofs(self.store, self._files, self.books)

    @cached_property
    def histories(self) -> "Histories":
        """Tells the past, and goes back to it."""
        from opportune.pipeline.changes.history import Histories

        return Histories(self.store, self._clock, self._retention)

    @cached_property
    def seals(self) -> "Seals":
        """Tells whether the past is unchanged."""
        from opportune.pipeline.changes.seals import Seals

        return Seals(self.store, self._clock, self._retention)

    @cached_property
    def editing(self) -> "Editing":
        """Makes, changes and deletes one opportunity, or deletes a session."""
        from opportune.pipeline.changes.edit import Editing

        return Editing(self.store, self._clock, self._retention)

    @cached_property
    def bulk(self) -> "BulkEditing":
        """Makes the same change to many opportunities."""
        from opportune.pipeline.changes.edit_many import BulkEditing

        return BulkEditing(self.store)

    @cached_property
    def analytics(self) -> "Analytics":
        """Adds the pipeline up."""
        from opportune.pipeline.figures import PROBABILITIES, Analytics

        chances = self._probabilities or PROBABILITIES
        return Analytics(self.store, self.histories, self._clock, chances)

    @cached_property
    def exports(self) -> "Exports":
        """Writes opportunities to files, and takes such files in."""
        from opportune.pipeline.transfer import Exports

        return Exports(self.store, self._clock, self.proofs.in_languages)

    @classmethod
    def from_settings(cls, settings: Settings) -> "Service":
        """Make the service over the store and the folder that the settings name."""
        files: FileKeeper
        if settings.storage_type == "memory":
            files = MemoryFiles()
        elif settings.files_bucket:
            from opportune.stores.files.s3 import S3Files

            files = S3Files.from_settings(settings)
        else:
            files = FolderFiles(settings.data_dir / "files")
        if settings.storage_type == "sqlite":
            _make_folder(settings.data_dir)
        migrations = StoreMigrations.from_settings(settings)
        store, tally = metered(migrations.store, settings)
        books = price_books(settings)
        return cls(
            store,
            files,
            books=books,
            migrations=migrations,
            tally=tally,
            retention=Retention(settings.ttl_days, settings.history_ttl_days),
            probabilities=settings.chances,
        )

    @property
    def templates(self) -> "Templates":
        """What users make of the plays; the rules are loaded when it is asked for."""
        from opportune.pipeline.templates.templates import Templates

        return Templates(
            self.store, self._files, self.books, editing=self.editing, clock=self._clock
        )

    @property
    def duplicates(self) -> "Duplicates":
        """What finds and merges duplicates; made again for each question."""
        from opportune.pipeline.changes.duplicates import CommonServers, Duplicates

        return Duplicates(self.store, CommonServers(self.proofs))

    @property
    def metered(self) -> tuple[Metered, ...]:
        """What the store has consumed so far, by operation and session."""
        return self._tally.rows(self.store.usage)

    @property
    def readiness_checks(self) -> Mapping[str, Callable[[], object]]:
        """What must work, by name; each raises an OpportuneError if it does not."""
        # One key, the least that a store can be asked for, and within the service's permissions.
        return {"store": lambda: self.store.get_header("none"), "prices": self.books.chosen}

    @property
    def migrations(self) -> StoreMigrations:
        """What moves the store of this service to another one while it runs.

        Raises:
            ConfigurationError: The service was made without it.
        """
        if self._migrations is None:
            raise ConfigurationError("This service's store was opened without store migrations.")
        return self._migrations

    def close(self) -> None:
        """Release the store; a step of a store migration under way is finished first."""
        if self._migrations is not None:
            self._migrations.close()
        self.store.close()


def _make_folder(folder: Path) -> None:
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    except OSError as error:
        raise ConfigurationError(
            f"OPPORTUNITY_DATA_DIR: {folder} cannot be made ({error.strerror}): name another."
        ) from error
