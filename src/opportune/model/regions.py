"""How numbers, money and dates are written in a region; a choice apart from the language."""

from dataclasses import dataclass
from decimal import Decimal

from opportune.errors import InvalidInputError
from opportune.model.words import number


@dataclass(frozen=True, slots=True)
class Region:
    """One way of writing. Money carries the code USD, as a dollar sign means many currencies."""

    name: str
    """`es-CO`: as people and programs name it."""
    marks: str
    """The language whose marks set thousands and decimals apart."""
    is_code_first: bool
    """`USD 1.234,50`, not `1.234,50 USD`."""
    date_format: str
    """Of a spreadsheet."""
    paper: str

    def number(self, value: Decimal | float, *, decimals: int = 0) -> str:
        """Write a number: 1,234.5 or 1.234,5."""
        return number(value, self.marks, decimals=decimals)

    def money(self, amount: Decimal, *, decimals: int = 0) -> str:
        """Write US dollars: `USD 1,234.50`, `USD 1.234,50` or `1.234,50 USD`."""
        text = self.number(amount, decimals=decimals)
        return f"USD {text}" if self.is_code_first else f"{text} USD"

    @property
    def money_format(self) -> str:
        """Of a spreadsheet, which has its reader's own marks."""
        return "[$USD] #,##0.00" if self.is_code_first else "#,##0.00 [$USD]"


REGIONS = {
    region.name: region
    for region in (
        Region("en-US", "en", is_code_first=True, date_format="mm/dd/yyyy", paper="us-letter"),
        Region("es-MX", "en", is_code_first=True, date_format="dd/mm/yyyy", paper="us-letter"),
        Region("es-CO", "es", is_code_first=True, date_format="dd/mm/yyyy", paper="us-letter"),
        Region("es-ES", "es", is_code_first=False, date_format="dd/mm/yyyy", paper="a4"),
        Region("pt-BR", "pt", is_code_first=True, date_format="dd/mm/yyyy", paper="a4"),
    )
}
USUAL = {"en": "en-US", "es": "es-CO", "pt": "pt-BR"}
"""Of each language: the one whose marks the texts of opportunities have."""


def region_named(name: str, language: str) -> Region:
    """Return a region; "" = the usual one of the language.

    Raises:
        InvalidInputError: There is no such region.
    """
    try:
        return REGIONS[name or USUAL[language]]
    except KeyError:
        raise InvalidInputError(
            f"{name!r} is not a region: use one of {', '.join(REGIONS)}."
        ) from None
