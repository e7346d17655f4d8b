"""The page at /api/docs: Swagger UI from an installed package, so that it works without a network.

The page's scripts are files of our own origin, as the content security policy asks. Its policy
differs from that of the other answers in what Swagger UI cannot do without: styles that it sets
itself, and icons inside its style sheet.
"""

from functools import cache
from importlib.resources import files

from fastapi import HTTPException
from fastapi.responses import Response

from opportune.api.shared import api_router

router = api_router("/api/docs")

POLICY = (
    "default-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; "
    "frame-ancestors 'none'; base-uri 'none'"
)
PAGE = """<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>opportune: HTTP API</title>
<link rel="icon" href="docs/favicon.png">
<link rel="stylesheet" href="docs/swagger-ui.css">
</head>
<body>
<noscript>This page needs JavaScript. The same description: <a href="openapi.json">openapi.json</a>.
</noscript>
<div id="api"></div>
<script src="docs/swagger-ui-bundle.js"></script>
<script src="docs/start.js"></script>
</body>
</html>
"""
START = """SwaggerUIBundle({
  url: "openapi.json",
  dom_id: "#api",
  deepLinking: true,
  docExpansion: "list",
  persistAuthorization: false,
  tryItOutEnabled: true,
});
"""
MEDIA_TYPES = {
    "favicon.png": "image/png",
    "swagger-ui.css": "text/css",
    "swagger-ui-bundle.js": "text/javascript",
}


@cache
def _asset(name: str) -> bytes:
    return files("fastapi_offline").joinpath("static", name).read_bytes()


@router.get("", include_in_schema=False)
def docs_page() -> Response:
    """Show every route, and let the reader try it."""
    return Response(PAGE, media_type="text/html", headers={"content-security-policy": POLICY})


@router.get("/start.js", include_in_schema=False)
def docs_start() -> Response:
    """Return the script that starts Swagger UI on our description."""
    return Response(START, media_type="text/javascript")


@router.get("/{name}", include_in_schema=False)
def docs_asset(name: str) -> Response:
    """Return a file of Swagger UI."""
    if name not in MEDIA_TYPES:
        raise HTTPException(404, "There is no such file: the page is /api/docs.")
    return Response(_asset(name), media_type=MEDIA_TYPES[name])
