"""Files of orders: handing one in, and what became of it."""

from __future__ import annotations

from datetime import datetime
from typing import Any, ClassVar

from django.conf import settings
from django.http import StreamingHttpResponse
from drf_spectacular.utils import extend_schema
from rest_framework.parsers import MultiPartParser
from rest_framework.request import Request
from rest_framework.response import Response

from apps.accounts.caller import Caller
from apps.api.v1 import visibility
from apps.api.v1.base import Shape, View
from apps.channels.errors import ChannelNotFound, UploadTooLarge
from apps.channels.models import UploadJob
from apps.channels.services.uploading import count_outcomes, error_file, receive_upload
from apps.core.api.schema import described
from apps.core.errors import InvalidInput, NotFound

# Around the file: the boundary, the part's headers, the channel's code.
_ENVELOPE_BYTES = 64 * 1024
_FORM: dict[str, Any] = {
    "type": "object",
    "properties": {
        "channel": {"type": "string", "description": "code of a channel that takes files"},
        "file": {"type": "string", "format": "binary"},
    },
    "required": ["channel", "file"],
}


class UploadOut(Shape):
    """A file on its way in. ``total``, ``done`` and ``counts`` count orders; ``refused``: nothing of it was read."""

    id: str
    channel: str
    file_name: str
    state: str
    total: int
    done: int
    counts: dict[str, int]
    errors: int
    created_at: datetime
    finished_at: datetime | None


def upload(row: UploadJob) -> UploadOut:
    """Needs the channel at hand."""
    return UploadOut(
        id=row.public_id,
        channel=row.channel.code,
        file_name=row.file_name,
        state=row.state,
        total=row.total,
        done=row.done,
        counts=count_outcomes(row),
        errors=sum(len(one["errors"]) for one in row.results),
        created_at=row.created_at,
        finished_at=row.finished_at,
    )


class Uploads(View):
    scopes: ClassVar[dict[str, str]] = {"POST": "orders:write"}
    parser_classes = (MultiPartParser,)

    @extend_schema(
        operation_id="upload_orders",
        summary="Hand in a CSV file of orders.",
        description="Answered as soon as the file is kept; the upload at `Location` says what became of its orders.",
        request={"multipart/form-data": _FORM},
        responses={202: UploadOut},
    )
    def post(self, request: Request) -> Response:
        caller = self.caller(request)
        channel, name, body = _parts(request)
        if not caller.may_channel(channel):
            visibility.note_foreign(caller, "Channel", channel)
            raise ChannelNotFound(channel=channel)
        row = receive_upload(channel, file_name=name, body=body, actor=caller.actor)
        return Response(upload(row), status=202, headers={"Location": f"/api/v1/uploads/{row.public_id}"})


def _parts(request: Request) -> tuple[str, str, bytes]:
    """The channel's code, the file's name and bytes. Raises InvalidInput, UploadTooLarge."""
    limit = settings.CSV_UPLOAD_MAX_BYTES
    if int(request.META.get("CONTENT_LENGTH") or 0) > limit + _ENVELOPE_BYTES:
        raise UploadTooLarge(limit=limit)
    given: Any = request.data
    channel, file = given.get("channel"), request.FILES.get("file")
    missing = [
        {"pointer": f"/{name}", "detail": "is required", "code": "missing"}
        for name, there in (("channel", isinstance(channel, str) and channel), ("file", file))
        if not there
    ]
    if missing or file is None or not isinstance(channel, str):
        raise InvalidInput(errors=missing)
    return channel.replace("\x00", ""), file.name or "", file.read()


class OneUpload(View):
    scopes: ClassVar[dict[str, str]] = {"GET": "orders:write"}

    @described("get_upload", responses={200: UploadOut})
    def get(self, request: Request, upload_ref: str) -> Response:
        """How far a file is, and how its orders ended."""
        return Response(upload(_find(self.caller(request), upload_ref)))


class UploadErrors(View):
    scopes: ClassVar[dict[str, str]] = {"GET": "orders:write"}

    @extend_schema(
        operation_id="get_upload_errors",
        summary="What was wrong with a file, row by row, as CSV.",
        responses={(200, "text/csv"): str},
    )
    def get(self, request: Request, upload_ref: str) -> StreamingHttpResponse:
        row = _find(self.caller(request), upload_ref)
        response = StreamingHttpResponse(error_file(row), content_type="text/csv; charset=utf-8")
        response["Content-Disposition"] = f'attachment; filename="{row.public_id}-errors.csv"'
        return response


def _find(caller: Caller, ref: str) -> UploadJob:
    """Raises NotFound."""
    row = visibility.find_job(caller, ref)
    if row.kind != "csv":
        raise NotFound(what="upload")
    return row
