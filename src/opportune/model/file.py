"""A customer's file as the readers get it: its bytes and its name, nothing else of the machine."""

import hashlib
from dataclasses import dataclass
from functools import cached_property


@dataclass(frozen=True)
class InputFile:
    """A file to read.

    `name` is what the user calls it (no folder); it goes into messages and evidence, and is never
    used to decide what the file is, nor as a path.
    """

    name: str
    data: bytes
    expected: str = ""
    """What the user says it is: `inventory`, `readiness`, or empty for: find out."""

    @cached_property
    def sha256(self) -> str:
        """Hex digest of the bytes: the file's identity."""
        return hashlib.sha256(self.data).hexdigest()
