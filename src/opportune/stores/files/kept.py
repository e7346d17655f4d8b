"""The customers' files that sessions were made from, kept so that every dollar can be recomputed.

A file is kept under its digest: the same file twice takes no more room, and what is read back is
checked against it.
"""

import os
import uuid
from pathlib import Path
from typing import Protocol

from opportune.errors import FileMissingError, StoreUnavailableError
from opportune.model.file import InputFile
from opportune.model.records import SourceFile


class FileKeeper(Protocol):
    """Keeps bytes by digest. Safe to share between threads."""

    def keep(self, file: InputFile) -> None:
        """Keep a file's bytes; again is the same as once.

        Raises:
            StoreUnavailableError: They could not be written.
        """
        ...

    def load(self, source: SourceFile) -> InputFile:
        """Return a kept file.

        Raises:
            FileMissingError: It is not here, or no longer what it was.
        """
        ...


class MemoryFiles:
    """Keeps files as long as the process lives."""

    def __init__(self) -> None:
        self._files: dict[str, bytes] = {}

    def keep(self, file: InputFile) -> None:  # noqa: D102 - documented in FileKeeper
        self._files[file.sha256] = file.data

    def load(self, source: SourceFile) -> InputFile:  # noqa: D102 - documented in FileKeeper
        try:
            return InputFile(source.name, self._files[source.sha256])
        except KeyError:
            raise FileMissingError(source.name) from None


class FolderFiles:
    """Keeps files in a folder, readable by this user alone.

    Args:
        folder: Made when the first file is kept.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def keep(self, file: InputFile) -> None:  # noqa: D102 - documented in FileKeeper
        target = self._folder / file.sha256
        if target.exists():
            return
        # Under another name first: a cut in the middle never leaves a half file under its digest.
        partial = target.with_name(f"{file.sha256}.{uuid.uuid4().hex}.part")
        try:
            self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            partial.touch(mode=0o600)
            with partial.open("wb") as out:
                out.write(file.data)
                out.flush()
                os.fsync(out.fileno())
            partial.replace(target)
        except OSError as error:
            partial.unlink(missing_ok=True)
            raise StoreUnavailableError(
                f"{self._folder}: a file could not be kept ({error.strerror}): "
                "free some space or set OPPORTUNITY_DATA_DIR to another folder."
            ) from error

    def load(self, source: SourceFile) -> InputFile:  # noqa: D102 - documented in FileKeeper
        try:
            file = InputFile(source.name, (self._folder / source.sha256).read_bytes())
        except OSError:
            raise FileMissingError(source.name) from None
        if file.sha256 != source.sha256:
            raise FileMissingError(source.name)
        return file
