"""Roles, and who has one."""

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum


class Role(StrEnum):
    """What a caller may do; each may do all that those before it may."""

    VIEWER = "viewer"
    """Read, and whatever writes nothing."""
    EDITOR = "editor"
    """Analyse files, move opportunities."""
    ADMIN = "admin"
    """Delete sessions, migrate the store."""


@dataclass(frozen=True)
class Identity:
    """A caller whose word was checked."""

    name: str
    """What is written down as `updatedBy`."""
    role: Role


LOCAL = Identity("local", Role.ADMIN)
"""Whoever calls a server without a login: only this machine can."""


def highest(names: Iterable[object]) -> Role | None:
    """Return the role that allows most among these names; None if none is a role."""
    given = set(map(str, names))
    return next((role for role in reversed(Role) if role.value in given), None)
