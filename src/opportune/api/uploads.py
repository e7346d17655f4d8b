"""Routes for files that are too large for one request, and how other routes take them."""

from typing import Annotated, Any

from fastapi import Depends, Request, UploadFile

from opportune.api.shared import api_router
from opportune.errors import InvalidInputError
from opportune.model.file import InputFile
from opportune.model.records import Model, Text
from opportune.settings import Settings
from opportune.stores.files.uploads import (
    FolderUploads,
    MemoryUploads,
    UploadAnswer,
    Uploads,
    plain_name,
)

PREFIX = "/api/uploads"

router = api_router(PREFIX)

_BYTES: dict[str, Any] = {
    "requestBody": {
        "required": True,
        "content": {"application/octet-stream": {"schema": {"type": "string", "format": "binary"}}},
    },
}


class UploadRequest(Model):
    """A file that is to be sent."""

    name: Text
    size_bytes: int
    content_type: Text = ""
    """For the sender's own records: what a file is, is decided by its content."""


def open_uploads(settings: Settings) -> Uploads:
    """Return what takes files in, by the settings."""
    if settings.upload_bucket:
        from opportune.stores.files.s3 import S3Uploads

        return S3Uploads.from_settings(settings)
    max_bytes = settings.max_file_mb * 1_000_000
    if settings.storage_type == "memory":
        return MemoryUploads(max_bytes=max_bytes)
    return FolderUploads(settings.data_dir / "uploads", max_bytes=max_bytes)


def _uploads(request: Request) -> Uploads:
    uploads: Uploads = request.app.state.uploads
    return uploads


async def _body(request: Request) -> bytes:
    return await request.body()


UploadsOf = Annotated[Uploads, Depends(_uploads)]


@router.post("", status_code=201)
def begin_upload(uploads: UploadsOf, upload: UploadRequest) -> UploadAnswer:
    """Announce a file that is too large for one request, and learn where to send it."""
    return uploads.begin(upload.name, upload.size_bytes)


@router.put("/{upload_id}", status_code=204, openapi_extra=_BYTES)
def send_upload(uploads: UploadsOf, upload_id: str, body: Annotated[bytes, Depends(_body)]) -> None:
    """Send a file that was announced, where no bucket takes it."""
    uploads.receive(upload_id, body)


def sent(upload: UploadFile, expected: str = "") -> InputFile:
    """Return a file of a form."""
    return InputFile(plain_name(upload.filename or "upload"), upload.file.read(), expected)


def either(
    uploads: Uploads,
    field: str,
    file: UploadFile | None,
    upload_id: str,
    expected: str = "",
) -> list[InputFile]:
    """Return the file that a form has or names, or none.

    Args:
        uploads: Where named ones are.
        field: Of both fields: `mpa` of `mpaFile` and `mpaUpload`.
        file: The one.
        upload_id: The other; empty if not given.
        expected: As in InputFile.

    Raises:
        InvalidInputError: Both are given.
        UploadNotFoundError: Nothing was sent under this id.
    """
    if file and upload_id:
        raise InvalidInputError(f"{field}File and {field}Upload are both given: give one of them.")
    if file:
        return [sent(file, expected)]
    return [uploads.load(upload_id, expected)] if upload_id else []
