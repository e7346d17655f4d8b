"""Money: US dollars as decimals, rounded in one way."""

from decimal import ROUND_HALF_UP, Decimal

CENT = Decimal("0.01")
NOTHING = Decimal("0.00")


def cents(amount: Decimal) -> Decimal:
    """Round half up to the cent: the one rounding of an analysis, done on leaves only."""
    return amount.quantize(CENT, ROUND_HALF_UP)
