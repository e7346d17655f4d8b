"""The report of a store migration, for an auditor: what was moved, when, by whom, and the proof.

A JSON file that carries the SHA-256 of its own content, and a page of Markdown beside it that says
the same for people. The digest shows an edit; it does not prove who wrote the file.
"""

import hashlib
import json
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from opportune import __version__
from opportune.errors import ConfigurationError, InvalidInputError
from opportune.model.records import Model, Text, Time
from opportune.stores.migration.record import MigrationStatus, StoreVerification

FORMAT = "opportune store migration report 1"


class Report(Model):
    """What the file says."""

    format: Text = FORMAT
    made_at: Time
    signed_off_by: Text
    product_version: Text = __version__
    migration: MigrationStatus


def write_report(report: Report, path: Path) -> Path:
    """Write the JSON file, and the page of Markdown beside it.

    Args:
        report: What to write.
        path: Of the JSON file; a file that is there is replaced.

    Returns:
        The path of the page.

    Raises:
        ConfigurationError: It cannot be written there.
    """
    content = report.model_dump(mode="json")
    sealed = {"report": content, "sha256": _digest(content)}
    page = path.with_suffix(".md")
    try:
        path.write_text(json.dumps(sealed, indent=2, ensure_ascii=False) + "\n", "utf-8")
        page.write_text(rendered(report), "utf-8")
    except OSError as error:
        raise ConfigurationError(f"{path} cannot be written: {error.strerror}.") from error
    return page


def check_report(path: Path) -> Report:
    """Read a report, and make sure that it was not edited.

    Raises:
        ConfigurationError: It cannot be read.
        InvalidInputError: It is not a report, or was edited since it was written.
    """
    try:
        sealed = json.loads(path.read_text("utf-8"))
    except OSError as error:
        raise ConfigurationError(f"{path} cannot be read: {error.strerror}.") from error
    except ValueError:
        raise InvalidInputError(f"{path} is not a report of a store migration.") from None
    if not isinstance(sealed, dict) or sealed.keys() != {"report", "sha256"}:
        raise InvalidInputError(f"{path} is not a report of a store migration.")
    if _digest(sealed["report"]) != sealed["sha256"]:
        raise InvalidInputError(f"{path} was edited: its content does not fit its SHA-256.")
    try:
        return Report.model_validate(sealed["report"])
    except ValidationError:
        raise InvalidInputError(f"{path} was written by another release.") from None


def _digest(content: Any) -> str:
    """Return the SHA-256 of JSON with sorted names and no white space."""
    canonical = json.dumps(content, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    return hashlib.sha256(canonical.encode()).hexdigest()


def rendered(report: Report) -> str:
    """Return the page of Markdown."""
    migration = report.migration
    backfill = migration.backfill
    lines = [
        "# Store migration",
        "",
        f"- From: `{migration.source}`",
        f"- To: `{migration.target}`",
        f"- Migration: {migration.id}",
        f"- Stage: {migration.stage} (number {migration.stage_number}); reads: {migration.reads}",
        (
            f"- Signed off by {report.signed_off_by}, {report.made_at}, opportune "
            f"{report.product_version}"
        ),
        f"- SHA-256 of the report: `{_digest(report.model_dump(mode='json'))}`",
        "",
        "## Stages",
        "",
        "| Number | Stage | Reads | Since | By |",
        "|---|---|---|---|---|",
        *(
            f"| {one.stage_number} | {one.stage}{f' toward {one.toward}' if one.toward else ''} | "
            f"{one.reads} | {one.at} | {one.by} |"
            for one in migration.changes
        ),
        "",
        "## Copied",
        "",
        (
            f"{backfill.copied.sessions} sessions, {backfill.copied.opportunities} revisions of "
            f"opportunities and {backfill.copied.templates} of templates in {backfill.batches} "
            f"batches, {backfill.started_at or 'not started'} to "
            f"{backfill.finished_at or 'not finished'}."
        ),
        "",
        "## Verification",
        "",
        *_verification(migration.verification, is_valid=migration.is_verified),
    ]
    return "\n".join(lines) + "\n"


def _verification(verification: StoreVerification | None, *, is_valid: bool) -> list[str]:
    if verification is None:
        return ["None was made."]
    source, target = verification.source, verification.target
    lines = [
        (
            f"{'Clean' if verification.is_clean else 'NOT clean'}: {verification.differences} "
            f"differences. By {verification.by}, {verification.started_at} to "
            f"{verification.finished_at}, at stage number {verification.stage_number}"
            f"{' (the present one)' if is_valid else ''}, opportune {verification.product_version}."
        ),
        "",
        "| | Source | Target |",
        "|---|---|---|",
        f"| Sessions | {source.sessions} | {target.sessions} |",
        f"| Revisions of opportunities | {source.opportunities} | {target.opportunities} |",
        f"| Revisions of templates | {source.templates} | {target.templates} |",
        f"| SHA-256 of all | `{verification.source_digest}` | `{verification.target_digest}` |",
        "",
        (
            f"Lists compared as readers get them: {verification.lists}. Read again by key: "
            f"{verification.rechecked}. Expiring meanwhile: {verification.expiring}. Repaired: "
            f"{verification.repaired}."
        ),
    ]
    if verification.examples:
        lines += ["", "| Record | Version | Field | Source | Target |", "|---|---|---|---|---|"]
    return lines + [
        f"| {one.kind} {one.key} | {one.version} | {one.field} | {_cell(one.source)} | "
        f"{_cell(one.target)} |"
        for one in verification.examples
    ]


def _cell(value: str) -> str:
    """Keep a value inside its cell, whatever it says."""
    return " ".join(value.replace("|", "\\|").replace("<", "&lt;").split())
