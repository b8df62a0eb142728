"""More image files as strangers send them, beside those of `tests.hostile_images`."""

from __future__ import annotations

from tests.hostile_images import bomb, encoded, noise, readable, unreadable

ODD = {
    **{name: data for name, (data, _) in readable().items()},
    "turned jpeg": encoded(noise("RGB"), "JPEG"),
    "cmyk jpeg": encoded(noise("CMYK"), "JPEG"),
    "palette": encoded(noise("RGB").convert("P"), "PNG"),
    "bmp": encoded(noise("RGB"), "BMP"),
    "webp": encoded(noise("RGB"), "WEBP"),
    "one pixel": encoded(noise("RGB", (1, 1)), "PNG"),
    "very wide": encoded(noise("RGB", (5000, 1)), "PNG"),
}
"""Odd, but images."""

BAD = {
    **unreadable(),
    "zip": b"PK\x03\x04" + b"\0" * 100,
    "svg": b'<svg xmlns="http://www.w3.org/2000/svg"><script>1</script></svg>',
    "header alone": encoded(noise("RGB"), "PNG")[:33],
    "bomb beyond 32 bits": bomb(2**31 - 1, 2**31 - 1),
    "a pixel too many": bomb(1001, 1000),
    "no pixels behind the header": bomb(900, 900),
}
"""What no image can be made of, or a larger one than the server of these tests allows."""
