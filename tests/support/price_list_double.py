"""An AWS Price List Query API on loopback: GetProducts with filters, pages and refusals."""

import json
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from decimal import Decimal
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from opportune.prices.queries import LICENCES, LICENSED_TYPES, PRODUCTS, Query, instance

REFUSED = 400
PAGE = 2
"""Products of a page, whatever is asked for: answers must be put together."""

Body = dict[str, Any]


def product(query: Query, region: str, price: str, *, prefix: str = "") -> Body:
    """Return a product as AWS has it, with one on-demand rate and a reserved one."""
    attributes = {k: v for k, v in query.attributes.items() if k != "productFamily"}
    attributes |= {"regionCode": region, "usagetype": prefix + query.usage}
    rate = {
        "unit": query.unit,
        "beginRange": "0",
        "endRange": "Inf",
        "description": f"${price} per unit",
        "pricePerUnit": {"USD": price},
    }
    return {
        "product": {
            "productFamily": query.attributes["productFamily"],
            "attributes": attributes,
            "sku": f"SKU{abs(hash((query.name, prefix))):x}",
        },
        "serviceCode": query.service,
        "terms": {
            "OnDemand": {"T.1": {"priceDimensions": {"T.1.1": rate}, "termAttributes": {}}},
            "Reserved": {"T.2": {"priceDimensions": {"T.2.1": rate | {"unit": "Quantity"}}}},
        },
        "version": "20261101000000",
        "publicationDate": "2026-11-01T00:00:00Z",
    }


@dataclass
class PriceListDouble:
    """What the double answers with. `plan` sees each request's number, from 1, and may answer."""

    products: list[Body] = field(default_factory=list)
    plan: Callable[[int, Body], tuple[int, Body] | None] = lambda number, body: None
    requests: list[Body] = field(default_factory=list)
    targets: list[str] = field(default_factory=list)
    url: str = ""

    def answer(self, body: Body) -> tuple[int, Body]:
        self.requests.append(body)
        planned = self.plan(len(self.requests), body)
        if planned:
            return planned
        found = [json.dumps(p) for p in self.products if _fits(p, body)]
        start = int(body.get("NextToken", "0"))
        page: Body = {"FormatVersion": "aws_v1", "PriceList": found[start : start + PAGE]}
        if start + PAGE < len(found):
            page["NextToken"] = str(start + PAGE)
        return 200, page


def _fits(candidate: Body, body: Body) -> bool:
    known = candidate["product"]
    facts = known["attributes"] | {"productFamily": known["productFamily"]}
    return candidate["serviceCode"] == body["ServiceCode"] and all(
        f["Type"] == "TERM_MATCH" and facts.get(f["Field"]) == f["Value"] for f in body["Filters"]
    )


def refusal(code: str) -> tuple[int, Body]:
    """Return an error as the API gives it."""
    return REFUSED, {"__type": code, "message": "no"}


@contextmanager
def running(double: PriceListDouble) -> Iterator[PriceListDouble]:
    """Serve a double on loopback."""

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            double.targets.append(self.headers["X-Amz-Target"])
            size = int(self.headers["Content-Length"])
            status, answer = double.answer(json.loads(self.rfile.read(size)))
            data = json.dumps(answer).encode() if "raw" not in answer else answer["raw"]
            self.send_response(status)
            self.send_header("Content-Type", "application/x-amz-json-1.1")
            self.send_header("Content-Length", str(len(data)))
            self.end_headers()
            self.wfile.write(data)

        def log_message(self, *_: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    double.url = f"http://127.0.0.1:{server.server_port}"
    try:
        yield double
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def catalogue(
    region: str, hourly: Mapping[str, Decimal], vcpu_licence: Mapping[str, Decimal]
) -> list[Body]:
    """Return what a region offers: these instance types, licences on them, disks and databases.

    Args:
        region: Its code; other regions than us-east-1 have a prefix in their usage types.
        hourly: Linux price of each instance type.
        vcpu_licence: What each of LICENCES adds per vCPU and hour.
    """
    prefix = "" if region == "us-east-1" else "EUW1-"
    found = [product(instance(t), region, f"{price}", prefix=prefix) for t, price in hourly.items()]
    for name, (system, software) in LICENCES.items():
        for type_ in LICENSED_TYPES:
            price = hourly[type_] + 4 * vcpu_licence[name]
            query = instance(type_, system, software)
            found.append(product(query, region, f"{price}", prefix=prefix))
    # Beside what is asked for: the same disks on Outposts, which are something else.
    for name in ("gp3-gb-month", "snapshot-gb-month", "st1-gb-month"):
        other = product(PRODUCTS[name], region, "9.99", prefix=prefix)
        other["product"]["attributes"]["usagetype"] += "-outposts"
        found.append(other)
        found.append(product(PRODUCTS[name], region, "0.0900000000", prefix=prefix))
    return found
