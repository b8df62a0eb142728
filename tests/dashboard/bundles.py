"""Exported bundles made by hand, for tests of what is shown of them."""

from __future__ import annotations

import json
import struct
import zlib
from pathlib import Path
from typing import Any

from search.runs.layout import RunLayout
from search.winner.bundle import Bundle, write_checksums

FORMATS: list[dict[str, Any]] = [
    {
        "name": "safetensors",
        "files": ["model.safetensors"],
        "bytes": 7,
        "difference": 0.0004,
        "tolerance": 0.001,
        "agree": 288,
        "images": 288,
        "accuracy": 0.97,
        "latency_1": 0.002,
        "latency_32": 0.03,
    },
    {"name": "onnx_int8", "difference": 0.02, "tolerance": 0.5, "agree": 280, "images": 288, "loss": 0.01},
]

VERIFICATION = {"format": 2, "images": 288, "split_images": 1000, "machine": "a processor"}

CARD = """\
---
license: other
---
# A model

| a | b |
|---|---|
| 1 | <script>alert(1)</script> |

![Learning curves](curves.png) and ![x](https://evil.example/x.png)

```python
text = "![not a picture](curves.png)"
```

![by reference][evil]

[evil]: https://evil.example/y.png
"""


def picture(width: int = 2, height: int = 1) -> bytes:
    """Return a black PNG."""

    def chunk(kind: bytes, content: bytes) -> bytes:
        return (
            struct.pack(">I", len(content)) + kind + content + struct.pack(">I", zlib.crc32(kind + content))
        )

    header = struct.pack(">IIBBBBB", width, height, 8, 0, 0, 0, 0)
    lines = zlib.compress((b"\0" + b"\0" * width) * height)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", lines) + chunk(b"IEND", b"")


def make_bundle(layout: RunLayout, name: str = "trial-7") -> Path:
    """Make a bundle of two formats with a card; return its folder."""
    folder = layout.winner / name
    folder.mkdir(parents=True)
    made = Bundle(folder)
    made.weights.write_bytes(b"weights")
    made.card.write_text(CARD, encoding="utf-8")
    made.curves.write_bytes(picture())
    made.verification.write_text(json.dumps({**VERIFICATION, "formats": FORMATS}))
    write_checksums(made)
    return folder
