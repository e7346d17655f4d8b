"""How a store migration begins: who may be its source and target, and writing both records."""

from dataclasses import dataclass

from opportune.errors import ConfigurationError, VersionConflictError, WrongStageError
from opportune.stores.contract import Store
from opportune.stores.journal import Migration, Stage
from opportune.stores.migration.record import Details, with_change
from opportune.stores.migration.serving import Serving
from opportune.stores.migration.steps import MigrationRecords


@dataclass(frozen=True)
class Beginning:
    """Begins a migration, unless it is under way already.

    Args:
        records: Of both stores.
        target_serving: Tells who serves a process that is configured for the target.
    """

    records: MigrationRecords
    target_serving: Serving

    def begin(self) -> None:
        """Write the target's record, which only points here, then the source's, which decides.

        Cut in between, nothing has begun: the target was empty or led here before too.

        Raises:
            WrongStageError: The source does not serve, or has another migration under way.
            ConfigurationError: The target is not empty and never was a partner of the source.
        """
        source, target = self.records.source, self.records.target
        held = source.get_migration()
        if self._is_under_way(held):
            return
        self._check_source(held)
        copy = target.get_migration()
        self._check_target(copy, held)
        begun = Migration(
            id=self.records.new_id(),
            source=self.records.source_url,
            target=self.records.target_url,
            stage=Stage.DUAL_WRITE,
            # Above whatever either store has seen: no late write of an older stage may fit.
            stage_number=1 + max(one.stage_number if one else 0 for one in (held, copy)),
            updated_by=self.records.operator,
        )
        details = with_change(Details(), begun, self.records.now(), self.records.operator)
        try:
            pointer = target.put_migration(
                begun.revised(
                    is_target=True,
                    change_id=self.records.new_id(),
                    version=copy.version if copy else 0,
                ),
            )
        except VersionConflictError:
            raise _overtaken() from None
        decisive = begun.revised(
            details=details.model_dump_json(),
            change_id=self.records.new_id(),
            version=held.version if held else 0,
        )
        try:
            source.put_migration(decisive)
        except VersionConflictError:
            self._undo(source, target, pointer)
            raise _overtaken() from None

    def _is_under_way(self, held: Migration | None) -> bool:
        if held is None or held.is_target or held.stage in (Stage.OFF, Stage.COMPLETE):
            return False
        if held.target != self.records.target_url:
            raise WrongStageError(
                f"A store migration to {held.target} is under way: finish it or roll it back."
            )
        return True

    def _check_source(self, held: Migration | None) -> None:
        if self.records.source_url == self.records.target_url:
            raise ConfigurationError("Source and target are the same store: name two.")
        if held is None:
            return
        if held.is_target and held.stage is not Stage.COMPLETE:
            raise WrongStageError(
                f"{held.target} is the target of a store migration from {held.source}, which "
                "decides: complete that one, or start from there."
            )
        if not held.is_target and held.stage is Stage.COMPLETE:
            raise WrongStageError(
                f"{held.source} was moved to {held.target} and serves no more: start from there."
            )

    def _check_target(self, copy: Migration | None, held: Migration | None) -> None:
        """Let only an empty store be the target, or one with an older state of the source's data.

        Anything else would be mixed with the source's records, and nobody could tell them apart.
        """
        if copy is not None:
            served = self.target_serving.look()
            is_ours = held is not None and served.decided_by[-1][1] == held.id
            if served.store is self.records.source or is_ours:
                return
        is_bound = copy is not None and (copy.is_target or copy.stage is not Stage.OFF)
        if is_bound or self.records.target.scan(limit=1).items:
            if copy is None and self.records.target.get_migration() is not None:
                raise _overtaken()  # what it holds is theirs
            what = "belongs to another store migration" if is_bound else "is not empty"
            raise ConfigurationError(
                f"{self.records.target_url} {what}, and what it holds did not come from "
                f"{self.records.source_url}: name an empty store, such as a new file or new tables."
            )

    def _undo(self, source: Store, target: Store, pointer: Migration) -> None:
        """Take the pointer back if both stores would otherwise point to each other, or are one."""
        present = source.get_migration()
        if present is None or not present.is_target:
            return  # somebody else's migration has begun: the pointer leads to who serves
        is_same_store = present.id == pointer.id
        target.put_migration(
            pointer.revised(
                is_target=False,
                stage=Stage.OFF,
                source=pointer.target,
                target=pointer.source,
                change_id=self.records.new_id(),
            ),
        )
        if is_same_store:
            raise ConfigurationError(
                f"{pointer.source} and {pointer.target} are the same store: name two."
            )


def _overtaken() -> WrongStageError:
    return WrongStageError(
        "Somebody else was faster and has begun a store migration: ask for the status."
    )
