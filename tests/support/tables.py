"""Tables as loops: one test goes through all of its rows and then reports every one that failed.

with every() as row:
    for path in PAGES:
        with row(path.name):
            assert path.exists()
"""

import traceback
from collections.abc import Iterator
from contextlib import contextmanager


class Rows:
    """The rows of a table that were tried, and what was wrong with those that failed."""

    def __init__(self) -> None:
        self.tried = 0
        self.failures: list[str] = []

    @contextmanager
    def __call__(self, *name: object) -> Iterator[None]:
        """Try one row; a failure is kept, and the loop goes on."""
        self.tried += 1
        try:
            yield
        except Exception as error:  # noqa: BLE001 - reported by `every`
            frame = traceback.extract_tb(error.__traceback__)[-1]
            shown = "".join(traceback.format_exception_only(error)).strip()
            named = " ".join(map(str, name))
            self.failures.append(f"{named}: {frame.filename}:{frame.lineno}: {shown}")


@contextmanager
def every() -> Iterator[Rows]:
    """Give what tries rows.

    Raises:
        AssertionError: Rows have failed, and all are named; or there was no row at all.
    """
    rows = Rows()
    yield rows
    assert rows.tried, "the table is empty"
    if rows.failures:
        count = f"{len(rows.failures)} of {rows.tried} rows failed"
        raise AssertionError("\n".join([count, *rows.failures]))
