"""How a bundle is used, as programs that one can copy: with Winnow, and with ONNX Runtime or torch alone."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass

from search.winner.description import Description


@dataclass(frozen=True)
class Usage:
    """A program: what it needs, in words, and its text."""

    needs: str
    code: str


WINNOW = Usage(
    "With Winnow (`pip install winnow-search`), which decodes any image file as in training",
    """\
import search

model = search.load(".")
print(model.predict(["image.png"])[0].label)
""",
)

ONNX = """\
import json
import numpy as np, onnxruntime
from PIL import Image, ImageOps

about = json.load(open("config.json"))
{decode}
logits = onnxruntime.InferenceSession("model.onnx").run(None, {{"images": x}})[0]
print(about["classes"][logits.argmax()])
"""

TORCH = """\
import json
import numpy as np, torch
from PIL import Image, ImageOps

about = json.load(open("config.json"))
{decode}
logits = torch.export.load("model.pt2").module()(torch.from_numpy(x))
print(about["classes"][logits.argmax()])
"""

DECODE = """\
channels, height, width = about["shape"]
image = ImageOps.exif_transpose(Image.open("image.png")).convert("{mode}")
image = ImageOps.fit(image, (width, height), Image.Resampling.BILINEAR)
{pixels}"""

PIXELS = {
    "outside": """\
x = (np.asarray(image).reshape(1, height, width, channels) / 255 - about["mean"]) / about["std"]
x = x.transpose(0, 3, 1, 2).astype(np.float32)""",
    "inside": """\
x = np.asarray(image).reshape(1, height, width, channels).transpose(0, 3, 1, 2).copy()""",
}


def usages(description: Description, formats: Collection[str]) -> list[Usage]:
    """Return a program for each way in which a bundle can be used.

    Each is run in the bundle's folder, classifies the file ``image.png`` and prints its class.

    Args:
        description: of the bundle.
        formats: that it holds.
    """
    mode = "L" if description.shape[0] == 1 else "RGB"
    decode = DECODE.format(mode=mode, pixels=PIXELS[description.preprocess])
    found = [WINNOW]
    if "onnx" in formats:
        found.append(
            Usage("With ONNX Runtime alone (`pip install onnxruntime pillow`)", ONNX.format(decode=decode))
        )
    if "torch_export" in formats:
        found.append(Usage("With torch alone (`pip install torch pillow`)", TORCH.format(decode=decode)))
    return found
