"""The OpenAPI description as readers and generators of clients want it: tags, names, problems."""

from typing import Any

from fastapi import FastAPI
from fastapi.routing import APIRoute

TAGS = {
    "Analysis": (
        "Reading customers' files.",
        ("opportunities/analyze", "inspect", "uploads", "prices"),
    ),
    "Opportunities": ("The pipeline, one opportunity or many.", ("opportunities", "duplicates")),
    "Sessions": (
        "Analyses: one customer's files and what was found in them.",
        ("sessions", "comparisons"),
    ),
    "Figures": (
        "Totals, analytics, and how everything stood at a moment.",
        ("totals", "analytics", "pipeline"),
    ),
    "Exports": ("Files for people and for other systems.", ("exports", "imports")),
    "Templates": ("Plays: the built-in ones and users' own.", ("templates",)),
    "Administration": ("For operators: usage, verification, store migration.", ("admin",)),
    "Health": ("For load balancers.", ("healthz", "readyz")),
}
"""Tags in the order of the page: what each is about, and where its paths begin below /api/."""


def operation_id(route: APIRoute) -> str:
    """Return the name of a route's function in camel case: `listOpportunities`."""
    first, *rest = route.name.split("_")
    return first + "".join(part.capitalize() for part in rest)


def tag_of(path: str) -> str:
    """Return the tag of a path.

    Raises:
        LookupError: No tag has it: give the new path a place in `TAGS`.
    """
    fitting = {
        start: tag
        for tag, (_, starts) in TAGS.items()
        for start in starts
        if path.startswith(f"/api/{start}")
    }
    if not fitting:
        raise LookupError(f"{path} has no tag: give it one in api/description.py.")
    return fitting[max(fitting, key=len)]


def describe(app: FastAPI) -> None:
    """Make an application describe itself with tags, and problems as they are sent."""
    plain = app.openapi

    def openapi() -> dict[str, Any]:
        if app.openapi_schema is None:
            app.openapi_schema = _completed(plain())
        return app.openapi_schema

    app.openapi = openapi  # type: ignore[method-assign] # as FastAPI's own guide has it


def _completed(document: dict[str, Any]) -> dict[str, Any]:
    document["tags"] = [{"name": tag, "description": text} for tag, (text, _) in TAGS.items()]
    for path, operations in document["paths"].items():
        for operation in operations.values():
            operation["tags"] = [tag_of(path)]
            problem = operation["responses"]["default"]["content"]
            problem["application/problem+json"] = problem.pop("application/json")
    return document
