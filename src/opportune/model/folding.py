"""Text as search compares it."""

import re
import unicodedata
from functools import lru_cache

_BEYOND_ASCII = re.compile(r"[^\x00-\x7f]+")


def folded(text: str) -> str:
    """Return the text as search compares it: no case, no accents: `Migración` = `migracion`."""
    if text.isascii():  # most text: nothing to decompose
        return text.lower()
    # Each character folds by itself, so the few beyond ASCII are looked at apart: bytes know no
    # other letters.
    lower = text.encode("utf-8", "surrogatepass").lower().decode("utf-8", "surrogatepass")
    return _BEYOND_ASCII.sub(lambda run: _folded_run(run[0]), lower)


@lru_cache(maxsize=4096)
def _folded_run(text: str) -> str:
    decomposed = unicodedata.normalize("NFKD", text.casefold())
    return "".join(c for c in decomposed if not unicodedata.combining(c))
