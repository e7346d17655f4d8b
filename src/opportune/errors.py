"""Every error that opportune raises on purpose. Anything else is a bug.

OpportuneError
├── ConfigurationError              a setting is missing or makes no sense
├── InvalidInputError               a value a caller gave is not acceptable (also ValueError)
├── DocumentError                   a customer's file cannot be used; names the file and the place
│   ├── UnsupportedDocumentError    not a kind of file that we read
│   └── MalformedDocumentError      the right kind, but broken or beyond the limits
├── AccessError                     a caller of the server may not do this
│   ├── NotAuthenticatedError       no token or key, or one that is not valid
│   ├── ForbiddenError              the caller's role does not allow it
│   ├── TooManyRequestsError        asked too often; says when to ask again
│   └── LoginUnavailableError       nobody can be identified now; repeating it later is safe
├── RewordingError                  a language model could not be used; nothing was changed
├── PriceListError                  AWS gave no price that can be believed; nothing was written
├── StoreError
│   ├── NotFoundError               (also LookupError)
│   │   ├── OpportunityNotFoundError
│   │   ├── SessionNotFoundError
│   │   ├── ApiKeyNotFoundError
│   │   ├── TemplateNotFoundError
│   │   ├── FileMissingError        the bytes of a customer's file are not kept here
│   │   ├── PriceBookMissingError   no price book of this version is here
│   │   └── UploadNotFoundError     unknown, not complete, used or too old
│   ├── VersionConflictError        somebody else changed it first
│   ├── TooLargeError               over what every store can hold (also ValueError)
│   └── StoreUnavailableError       may or may not have happened; repeating it is safe
└── MigrationError                  of a store migration
    ├── WrongStageError
    └── NotVerifiedError

A few exceptions are not here: signals inside one package that are caught there.
"""

from collections.abc import Iterable


class OpportuneError(Exception):
    """The root: `except OpportuneError` catches what a user can do something about."""


class ConfigurationError(OpportuneError):
    """A setting is missing or makes no sense; the message names the setting."""


class InvalidInputError(OpportuneError, ValueError):
    """A value that a caller gave is not acceptable; the message names it."""


class DocumentError(OpportuneError):
    """A customer's file cannot be used.

    Args:
        file: The name of the file, as the user knows it.
        problem: What is wrong, and what to do about it, as one sentence.
        place: Sheet and cell, CSV row or PDF page; empty if the whole file is meant.
    """

    def __init__(self, file: str, problem: str, *, place: str = "") -> None:
        super().__init__(f"{file}{f', {place}' if place else ''}: {problem}")
        self.file = file
        self.problem = problem
        self.place = place


class UnsupportedDocumentError(DocumentError):
    """The file is not of a kind that we read, or not of the kind that was asked for."""


class MalformedDocumentError(DocumentError):
    """The file is of a kind that we read, but broken, locked or beyond the limits."""


class AccessError(OpportuneError):
    """A caller of the server may not do what was asked; nothing was done."""


class NotAuthenticatedError(AccessError):
    """Nobody knows who calls.

    Args:
        problem: What is wrong with the token or key, and what to do, as one sentence.
        is_missing: There was none at all.
    """

    def __init__(self, problem: str, *, is_missing: bool = False) -> None:
        super().__init__(problem)
        self.is_missing = is_missing


class ForbiddenError(AccessError):
    """The caller is known, but has no role that allows this."""


class TooManyRequestsError(AccessError):
    """The caller asks too often.

    Args:
        retry_after_s: Seconds to wait before trying again.
    """

    def __init__(self, *, retry_after_s: int) -> None:
        super().__init__(f"Too many requests: wait {retry_after_s} s, then repeat.")
        self.retry_after_s = retry_after_s


class LoginUnavailableError(AccessError):
    """What identifies callers cannot be read now, so nobody is let in by it.

    Args:
        problem: What was tried and what came back.
        retry_after_s: Seconds to wait before trying again.
    """

    def __init__(self, problem: str, *, retry_after_s: int = 5) -> None:
        super().__init__(problem)
        self.retry_after_s = retry_after_s


class RewordingError(OpportuneError):
    """A language model could not be used, or its answer could not; the rules' own words stay."""


class PriceListError(OpportuneError):
    """The Price List API did not give a price that can be believed; nothing was written."""


class StoreError(OpportuneError):
    """A store could not do what was asked."""


class NotFoundError(StoreError, LookupError):
    """Nothing is stored under this id, or it was deleted, or it has expired."""

    what = "Record"

    def __init__(self, key: str) -> None:
        super().__init__(f"{self.what} {key!r} does not exist, was deleted or has expired.")
        self.key = key


class OpportunityNotFoundError(NotFoundError):
    """No such opportunity, or no such version of it."""

    what = "Opportunity"


class SessionNotFoundError(NotFoundError):
    """No such session."""

    what = "Session"


class ApiKeyNotFoundError(NotFoundError):
    """No such API key."""

    what = "API key"


class TemplateNotFoundError(NotFoundError):
    """No such template, or no such version of it."""

    what = "Template"


class FileMissingError(NotFoundError):
    """The bytes of a session's file are not kept here."""

    what = "File"


class PriceBookMissingError(NotFoundError):
    """No book of this version is here.

    Args:
        version: The one that is wanted.
        known: Versions that are here.
        folder: Of the data folder: where the user can put one.
    """

    what = "Price book"

    def __init__(self, version: str, known: Iterable[str], *, folder: str) -> None:
        Exception.__init__(
            self,
            f"Price book {version!r} is not here (known: {', '.join(known)}): put its file into "
            f"the folder {folder!r} of OPPORTUNITY_DATA_DIR, or analyse the files again.",
        )
        self.key = version


class UploadNotFoundError(NotFoundError):
    """Nothing can be used under the id of this upload."""

    what = "Upload"

    def __init__(self, key: str) -> None:
        Exception.__init__(
            self,
            f"Upload {key[:64]!r} is unknown, not complete, used already or older than an hour: "
            "ask for a new one (POST /api/uploads) and send the file again.",
        )
        self.key = key


class VersionConflictError(StoreError):
    """Somebody else changed it first.

    Args:
        key: Id of the opportunity, session or template.
        expected: The version that the caller had read.
        actual: The version that is stored now.
    """

    def __init__(self, key: str, *, expected: int, actual: int) -> None:
        super().__init__(
            f"{key!r} is at version {actual} now, not {expected}: read it again, then repeat."
        )
        self.key = key
        self.expected = expected
        self.actual = actual


class TooLargeError(StoreError, ValueError):
    """The record is larger than every store can hold; the message names its largest field."""


class StoreUnavailableError(StoreError):
    """The store did not answer. A write may or may not have happened; repeating it is safe.

    Args:
        problem: What was tried and what came back.
        retry_after_s: Seconds to wait before trying again.
    """

    def __init__(self, problem: str, *, retry_after_s: int = 1) -> None:
        super().__init__(problem)
        self.retry_after_s = retry_after_s


class MigrationError(OpportuneError):
    """A store migration could not take the step that was asked."""


class WrongStageError(MigrationError):
    """The step does not follow from the present stage."""


class NotVerifiedError(MigrationError):
    """The step needs a clean verification first."""
