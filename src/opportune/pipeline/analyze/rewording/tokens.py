"""Names, hosts, addresses and people become tokens before a text leaves, and come back after.

The table of names never leaves this process. If anything that looks like a name is left, the text
is not sent: closed when in doubt.
"""

import re
import unicodedata
from collections.abc import Iterable, Iterator

from opportune.documents.inventory.tables import column_letters
from opportune.errors import RewordingError
from opportune.model.assessment import Assessment

SHORT = 4
"""Letters and digits: a shorter name is looked for as a word of its own only."""
QUOTED = 12
"""Characters from which a customer's own words are treated as a name when a text quotes them."""

_ADDRESSES = re.compile(
    r"""
      [\w.+-]+@[\w-]+(?:\.[\w-]+)+                       # e-mail
    | arn:[\w:/*.+=,@-]+                                 # ARN
    | \b(?:[0-9a-f]{2}[:-]){5}[0-9a-f]{2}\b              # MAC
    | \b\d{1,3}(?:\.\d{1,3}){3}(?:/\d{1,2})?\b           # IPv4
    | (?<![\w:])(?:[0-9a-f]{0,4}:){2,7}[0-9a-f]{0,4}(?![\w:])  # IPv6
    | \b\d{12}\b                                         # AWS account
    | \b(?:i|vol|vpc|subnet|sg|ami)-[0-9a-f]{8,17}\b     # AWS resource
    | \+\d[\d ().-]{6,}\d                                # telephone
    | \b[a-z0-9-]+(?:\.[a-z0-9-]+)*                      # host with its domain
      \.(?:com|net|org|local|lan|corp|internal|intra|io|es|br|pt|mx|ar|cl|co|pe)\b
    | https?://\S+
    | \\\\[\w.$-]+(?:\\[\w.$-]+)*                        # UNC path
    """,
    re.IGNORECASE | re.VERBOSE,
)
_TOKEN = re.compile(r"\[\[([A-Z]{2,4})\]\]")
_WORD = re.compile(r"[^\W_]+")


def secrets_of(assessment: Assessment, customers: Iterable[str]) -> frozenset[str]:
    """Return every name that an assessment holds: customers, machines, databases, applications.

    A plain number does not count as a name: ids that count would hide every figure of a text.
    """
    names = (name.strip() for name in _names(assessment, customers))
    return frozenset(name for name in names if any(c.isalpha() for c in name) or "." in name)


def _names(assessment: Assessment, customers: Iterable[str]) -> Iterator[str]:
    yield from customers
    for server in assessment.servers:
        yield from (server.id, server.hostname, server.ip_address, server.host, server.cluster)
    for database in assessment.databases:
        yield from (database.id, database.name, database.instance)
    for application in assessment.applications:
        yield from (application.id, application.name, application.business_unit)
    for file in assessment.files:
        yield file.name
    texts = [r.comment for r in assessment.ratings]
    texts += [text for a in assessment.answers for text in (a.answer, a.comment)]
    yield from (words for words in texts if len(words) >= QUOTED)


class Pseudonyms:
    """One token for each name, the same in every text of an analysis.

    Args:
        secrets: Names, in any spelling.
    """

    def __init__(self, secrets: Iterable[str]) -> None:
        # Long names first: `web01.corp` is one name, not `web01` and a rest.
        known = sorted({s for s in secrets if _bare(s)}, key=lambda s: (-len(s), s))
        self._words = {_bare(name) for name in known if len(_bare(name)) < SHORT}
        self._parts = {_bare(name) for name in known if len(_bare(name)) >= SHORT}
        self._of_name: dict[str, str] = {}
        self._shown: dict[str, str] = {}
        self._known = {name.casefold() for name in known}
        self._pattern = _any_of(known)

    def hidden(self, text: str) -> str:
        """Return the text with tokens for names."""
        if _TOKEN.search(text):
            raise RewordingError("The text holds what looks like one of our tokens.")
        text = _ADDRESSES.sub(lambda match: self._token(match[0]), text)
        if self._pattern is None:
            return text
        return self._pattern.sub(lambda match: self._token(match[0]), text)

    def check(self, text: str) -> None:
        """Refuse a text in which any name is left, however it is spelled.

        Raises:
            RewordingError: One is; the message does not repeat it.
        """
        bare_text = _TOKEN.sub(" ", text)
        if _ADDRESSES.search(bare_text):
            raise RewordingError("An address would have left with the text: it was not sent.")
        words = [_bare(word) for word in _WORD.findall(bare_text)]
        together = "".join(words)
        is_left = any(word in self._words for word in words) or any(
            name in together and self._stands_in(name, words) for name in self._parts
        )
        if is_left:
            raise RewordingError("A name would have left with the text: it was not sent.")

    def shown(self, text: str) -> str:
        """Return the text with the names back in place.

        Raises:
            RewordingError: It holds a token that was never given.
        """

        def name(match: re.Match[str]) -> str:
            if match[1] not in self._shown:
                raise RewordingError("The answer names somebody whom the text did not.")
            return self._shown[match[1]]

        return _TOKEN.sub(name, text)

    def _token(self, name: str) -> str:
        key = self._of_name.get(name)
        if key is None:
            # AA, AB, ...: no digits, so that no token looks like a figure.
            key = column_letters(26 + len(self._of_name))
            self._of_name[name] = key
            self._shown[key] = name
        return f"[[{key}]]"

    @staticmethod
    def _stands_in(name: str, words: list[str]) -> bool:
        """Tell whether a name begins and ends where words do: `erp01` in `ERP-01` only."""
        starts: set[int] = set()
        ends: set[int] = set()
        position = 0
        for word in words:
            starts.add(position)
            position += len(word)
            ends.add(position)
        together = "".join(words)
        at = together.find(name)
        while at >= 0:
            if at in starts and at + len(name) in ends:
                return True
            at = together.find(name, at + 1)
        return False


def _any_of(names: list[str]) -> re.Pattern[str] | None:
    if not names:
        return None
    options = "|".join(re.escape(name) for name in names)
    return re.compile(rf"(?<!\w)(?:{options})(?!\w)", re.IGNORECASE)


def _bare(text: str) -> str:
    """Return letters and digits only, without case, accents, width and invisible characters."""
    decomposed = unicodedata.normalize("NFKD", text).casefold()
    return "".join(c for c in unicodedata.normalize("NFKD", decomposed) if c.isalnum())
