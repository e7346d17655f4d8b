"""Routes for operators: moving the running service to another store, and back."""

from typing import Annotated, Literal

from fastapi import Depends, Request

from opportune.access.roles import LOCAL
from opportune.api.callers import Caller
from opportune.api.shared import api_router
from opportune.model.records import Model, Text
from opportune.pipeline.service import Service
from opportune.stores.running import MigrationAnswer, StoreMigrations

router = api_router("/api/admin/store-migration")


class StartRequest(Model):
    """Where to move to."""

    to: Text
    """`sqlite:////data/a.sqlite3`, `dynamodb://OpportunitySessions?region=us-east-1`, `memory:`."""
    records_per_s: float | None = None
    """Copy no faster; None = as fast as the stores allow."""
    operator: Text = ""
    """As in the other verbs."""


class VerbRequest(Model):
    """Who asks."""

    operator: Text = ""
    """Empty = the caller; with a login the caller's name stands beside it."""


class VerifyRequest(VerbRequest):
    """How to verify."""

    repair: bool = False
    """Copy what differs again from the source, and verify anew."""


class RollBackRequest(VerbRequest):
    """How to roll back."""

    abandon_target: bool = False
    """The target is lost for good: nothing is brought over to it any more."""


class CompleteRequest(VerbRequest):
    """The last step: there is no way back but a new migration."""

    confirm: Literal["complete"]


def _migrations(request: Request) -> StoreMigrations:
    service: Service = request.app.state.service
    return service.migrations


MigrationsOf = Annotated[StoreMigrations, Depends(_migrations)]


def _who(body: VerbRequest | StartRequest, caller: str) -> str:
    """Return who asks, for the record: nobody can put another name in place of their own."""
    if caller == LOCAL.name:
        return body.operator or caller
    return f"{body.operator} ({caller})" if body.operator else caller


@router.get("")
def migration_status(migrations: MigrationsOf) -> MigrationAnswer:
    """Tell how a store migration stands and what to do next."""
    return migrations.answer()


@router.post("/start", status_code=202)
def start_migration(
    migrations: MigrationsOf, caller: Caller, body: StartRequest
) -> MigrationAnswer:
    """Write to both stores from now on, and copy what is there; again: resume."""
    return migrations.start(body.to, operator=_who(body, caller), records_per_s=body.records_per_s)


@router.post("/verify", status_code=202)
def verify_migration(
    migrations: MigrationsOf, caller: Caller, body: VerifyRequest
) -> MigrationAnswer:
    """Compare every record and revision of both stores."""
    return migrations.run("verify", operator=_who(body, caller), repair=body.repair)


@router.post("/cut-over", status_code=202)
def cut_over_migration(
    migrations: MigrationsOf, caller: Caller, body: VerbRequest
) -> MigrationAnswer:
    """Read from the target; needs a clean verification."""
    return migrations.run("cut-over", operator=_who(body, caller))


@router.post("/roll-back", status_code=202)
def roll_back_migration(
    migrations: MigrationsOf, caller: Caller, body: RollBackRequest
) -> MigrationAnswer:
    """Go one stage back; nothing is lost."""
    return migrations.run(
        "roll-back", operator=_who(body, caller), abandon_target=body.abandon_target
    )


@router.post("/complete", status_code=202)
def complete_migration(
    migrations: MigrationsOf, caller: Caller, body: CompleteRequest
) -> MigrationAnswer:
    """Let go of the source; needs a clean verification since cutting over."""
    return migrations.run("complete", operator=_who(body, caller))


@router.post("/resume", status_code=202)
def resume_migration(
    migrations: MigrationsOf, caller: Caller, body: VerbRequest
) -> MigrationAnswer:
    """Finish a change of stage that was cut short."""
    return migrations.run("resume", operator=_who(body, caller))
