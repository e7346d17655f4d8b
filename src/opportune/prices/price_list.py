"""The AWS Price List Query API: public prices of services, asked for with AWS credentials.

The only file beside stores/dynamodb that imports botocore. botocore signs, finds credentials and
repeats what was throttled; what comes back is believed only in the one form that we know.
"""

import json
from collections.abc import Iterator, Mapping
from decimal import Decimal, InvalidOperation
from typing import Any

import botocore.session
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError, NoCredentialsError

from opportune.errors import ConfigurationError, PriceListError
from opportune.prices.queries import Query

HOME = "us-east-1"
"""Where the API answers for all regions."""
TRIES = 6
PAGE = 100
MOST_PAGES = 20
"""A question of ours has one product; one with thousands is another question than we meant."""

_ACCESS = frozenset(
    {
        "AccessDeniedException",
        "ExpiredTokenException",
        "InvalidSignatureException",
        "UnrecognizedClientException",
    },
)


class PriceList:
    """Asks for on-demand prices in one region.

    Args:
        region: Of the prices, `eu-west-1`.
        endpoint: Empty = that of AWS.
    """

    def __init__(self, region: str, *, endpoint: str = "") -> None:
        self._region = region
        session = botocore.session.get_session()
        try:
            if session.get_credentials() is None:
                raise _without_credentials()
            self._client: Any = session.create_client(
                "pricing",
                region_name=HOME,
                endpoint_url=endpoint or None,
                config=Config(
                    connect_timeout=5,
                    read_timeout=30,
                    retries={"mode": "standard", "total_max_attempts": TRIES},
                ),
            )
        except (BotoCoreError, ValueError) as error:
            raise ConfigurationError(
                f"AWS_ENDPOINT_URL_PRICING or AWS settings: {error}"
            ) from error

    def on_demand(self, query: Query) -> Decimal | None:
        """Return the price in US dollars for one unit; None if the region has no such product.

        Raises:
            PriceListError: The answer cannot be believed, or there is none.
            ConfigurationError: No credentials, or they may not ask.
        """
        found: set[Decimal] = set()
        for text in self._products(query):
            try:
                product = json.loads(text)
                usage = str(product["product"]["attributes"]["usagetype"])
                if usage == query.usage or usage.endswith(f"-{query.usage}"):
                    found.add(_price(product, query))
            except (ValueError, LookupError, TypeError, AttributeError, InvalidOperation) as error:
                raise PriceListError(
                    f"The Price List API gave {query.name} in an unknown form "
                    f"({type(error).__name__}: {error})."
                ) from error
        if len(found) > 1:
            prices = ", ".join(map(str, sorted(found)))
            raise PriceListError(
                f"The Price List API gave several prices for {query.name}: {prices}."
            )
        return found.pop() if found else None

    def _products(self, query: Query) -> Iterator[str]:
        attributes = {**query.attributes, "regionCode": self._region}
        request: dict[str, Any] = {
            "ServiceCode": query.service,
            "FormatVersion": "aws_v1",
            "MaxResults": PAGE,
            "Filters": [
                {"Type": "TERM_MATCH", "Field": field, "Value": value}
                for field, value in attributes.items()
            ],
        }
        for _ in range(MOST_PAGES):
            answer = self._ask(request, query.name)
            yield from answer.get("PriceList", [])
            token = answer.get("NextToken")
            if not token:
                return
            request["NextToken"] = token
        raise PriceListError(f"The Price List API did not come to an end with {query.name}.")

    def _ask(self, request: Mapping[str, Any], name: str) -> Mapping[str, Any]:
        try:
            answer: Mapping[str, Any] = self._client.get_products(**request)
        except ClientError as error:
            code = error.response.get("Error", {}).get("Code", "")
            if code in _ACCESS:
                raise ConfigurationError(
                    f"The Price List API refuses these AWS credentials ({code}): "
                    "they need pricing:GetProducts."
                ) from error
            raise PriceListError(
                f"The Price List API did not answer for {name} ({code}): try again later."
            ) from error
        except NoCredentialsError as error:
            raise _without_credentials() from error
        except BotoCoreError as error:
            raise PriceListError(
                f"The Price List API did not answer for {name}: {error}"
            ) from error
        return answer


def _price(product: Mapping[str, Any], query: Query) -> Decimal:
    """Return the one on-demand price of a product.

    Raises:
        PriceListError: There is none, several, in another unit, or not above zero.
        LookupError, TypeError, ValueError, InvalidOperation: It is in another form.
    """
    rates = [
        rate
        for term in product["terms"].get("OnDemand", {}).values()
        for rate in term["priceDimensions"].values()
    ]
    if len(rates) != 1:
        raise PriceListError(
            f"The Price List API gave {len(rates)} on-demand rates for {query.name}, not one."
        )
    (rate,) = rates
    if rate["unit"] != query.unit:
        raise PriceListError(
            f"The Price List API gave {query.name} by {rate['unit']!r}, not by {query.unit!r}."
        )
    amount = Decimal(rate["pricePerUnit"]["USD"])
    if not amount.is_finite() or amount <= 0:
        raise PriceListError(f"The Price List API gave {amount} as the price of {query.name}.")
    return amount


def _without_credentials() -> ConfigurationError:
    return ConfigurationError(
        "Prices are refreshed with AWS credentials, and none were found: set AWS_PROFILE, or "
        "AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY (permission pricing:GetProducts)."
    )
