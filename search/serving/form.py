"""A form of files as browsers and curl send it (RFC 7578), read from memory into memory."""

from __future__ import annotations

from dataclasses import dataclass, field

from python_multipart.exceptions import FormParserError
from python_multipart.multipart import MultipartParser, parse_options_header

from search.serving.refused import Refused


@dataclass
class Part:
    """A part of a form: the ``name`` of its field, the ``filename`` (None: it is no file), its ``data``."""

    name: str = ""
    filename: str | None = None
    data: bytearray = field(default_factory=bytearray)


class Form:
    """Gathers the parts of one form.

    Args:
        boundary: that stands between them.
        most: parts; the next one is kept, too, so that it shows, and those behind it are refused.
    """

    def __init__(self, boundary: bytes, most: int) -> None:
        self.parts: list[Part] = []
        self.complete = False
        self._most = most
        self._header = self._value = b""
        callbacks = {
            "on_part_begin": self._begin,
            "on_part_data": self._data,
            "on_header_field": self._header_name,
            "on_header_value": self._header_value,
            "on_header_end": self._header_end,
            "on_end": self._end,
        }
        self.parser = MultipartParser(boundary, callbacks)  # type: ignore[arg-type]

    def _begin(self) -> None:
        if len(self.parts) > self._most:
            raise Refused(422, f"At most {self._most} images in a request are expected, but got more.")
        self.parts.append(Part())

    def _data(self, data: bytes, start: int, end: int) -> None:
        self.parts[-1].data += data[start:end]

    def _header_name(self, data: bytes, start: int, end: int) -> None:
        self._header += data[start:end]

    def _header_value(self, data: bytes, start: int, end: int) -> None:
        self._value += data[start:end]

    def _header_end(self) -> None:
        if self._header.lower() == b"content-disposition":
            _, options = parse_options_header(self._value)
            part = self.parts[-1]
            part.name = options.get(b"name", b"").decode("utf-8", "replace")
            if b"filename" in options:
                part.filename = options[b"filename"].decode("utf-8", "replace")
        self._header = self._value = b""

    def _end(self) -> None:
        self.complete = True


def parts_of(body: bytes, content_type: str, most: int) -> list[Part]:
    """Return the parts of a form, in their order.

    Args:
        body: of the request.
        content_type: its header, with the boundary.
        most: parts; of more, one more than these is returned, or they are refused.

    Raises:
        Refused: the form is damaged, or has far more parts.
    """
    _, options = parse_options_header(content_type)
    try:
        form = Form(options.get(b"boundary", b""), most)
        form.parser.write(body)
        form.parser.finalize()
    except (FormParserError, ValueError) as error:
        raise Refused(400, f"The form cannot be read: {str(error).splitlines()[0]}") from error
    if not form.complete:
        raise Refused(400, "The form cannot be read: it ends before its last boundary.")
    return form.parts
