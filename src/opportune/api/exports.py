"""Routes that hand out opportunities as a file, and take such a file in."""

import unicodedata
from typing import Annotated, Any
from urllib.parse import quote

from fastapi import Depends, File, Query, Request, Response, UploadFile

from opportune.api.filters import Filters
from opportune.api.shared import api_router
from opportune.export import MEDIA_TYPES, Format
from opportune.model.filters import Order
from opportune.model.records import LANGUAGES
from opportune.model.regions import REGIONS
from opportune.pipeline.transfer import Choice, Exports, ImportAnswer

router = api_router()

FILES: dict[int | str, dict[str, Any]] = {
    200: {
        "description": "The file",
        "content": {
            media.partition(";")[0]: {"schema": {"type": "string", "format": "binary"}}
            for media in MEDIA_TYPES.values()
        },
    },
}


def _exports(request: Request) -> Exports:
    exports: Exports = request.app.state.service.exports
    return exports


def _choice(  # noqa: PLR0913 - the fields of the query
    filters: Filters,
    *,
    format_: Annotated[Format, Query(alias="format")],
    order: Order = Order.NEWEST,
    language: Annotated[str, Query(pattern=f"^({'|'.join(LANGUAGES)})$")] = "en",
    region: Annotated[str, Query(pattern=f"^({'|'.join(REGIONS)})?$")] = "",
    separator: Annotated[str, Query(alias="sep", pattern="^[,;]$")] = ",",
) -> Choice:
    return Choice(
        format=format_,
        filters=filters,
        order=order,
        language=language,
        region=region,
        separator=separator,
    )


ExportsOf = Annotated[Exports, Depends(_exports)]
ChoiceOf = Annotated[Choice, Depends(_choice)]


@router.get("/exports", response_class=Response, responses=FILES)
def export_opportunities(exports: ExportsOf, choice: ChoiceOf) -> Response:
    """Return all opportunities that the filters let through, in order, as a file."""
    return _answer(exports, choice)


@router.post("/exports", response_class=Response, responses=FILES)
def export_by_template(
    exports: ExportsOf, choice: ChoiceOf, template: Annotated[UploadFile, File()]
) -> Response:
    """Return the same as DOCX, filled into a template of one's own. Nothing is kept of it."""
    from dataclasses import replace

    from opportune.export.docx_template import UserTemplate

    own = UserTemplate(template.filename or "template.docx", template.file.read())
    return _answer(exports, replace(choice, template=own))


@router.post("/imports")
def import_records(exports: ExportsOf, file: Annotated[UploadFile, File()]) -> ImportAnswer:
    """Take in a JSON Lines export exactly as it was; twice is the same as once."""
    return exports.take_in(file.filename or "upload", file.file.read())


def _answer(exports: Exports, choice: Choice) -> Response:
    file = exports.made(choice)
    headers = {"Content-Disposition": disposition(file.name)}
    return Response(file.data, media_type=file.media_type, headers=headers)


def disposition(name: str) -> str:
    """Return a header that gives a file its name, with one in ASCII for old programs (RFC 6266)."""
    plain = unicodedata.normalize("NFKD", name).encode("ascii", "ignore").decode()
    return f"attachment; filename=\"{plain}\"; filename*=UTF-8''{quote(name, safe='')}"
