"""Environments: which servers the files say are not production."""

import re

from opportune.model.assessment import Server
from opportune.model.folding import folded

_DEVELOPMENT_OR_TEST = re.compile(
    r"^(?:dev|devel|develop|development|desarrollo|desenvolvimento|test|testing|tst|prueba|pruebas"
    r"|teste|testes|qa|quality|uat|sit|homologacao|homolog|hml|sandbox|lab)$"
)
_NON_PRODUCTION = re.compile(
    r"^(?:non[ _-]?prod(?:uction)?|no[ _-]?prod(?:uccion|uctivo)?|nao[ _-]?prod(?:ucao)?)$"
)


def is_development_or_test(server: Server) -> bool:
    """Tell whether the files call a server's environment development or test, by any name.

    Stand-by (`DR`), staging and pre-production may have to run at any hour and do not count.
    """
    return all(_DEVELOPMENT_OR_TEST.match(part) for part in _parts(server))


def is_non_production(server: Server) -> bool:
    """Tell whether they call it development, test or, saying no more, non-production."""
    return all(
        _DEVELOPMENT_OR_TEST.match(part) or _NON_PRODUCTION.match(part) for part in _parts(server)
    )


def _parts(server: Server) -> list[str]:
    """Return `["dev", "test"]` of `Dev/Test`; blank is one part that is neither."""
    return re.split(r"\s*[/,;|&+]\s*", folded(server.environment).strip())
