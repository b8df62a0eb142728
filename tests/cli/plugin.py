"""A user's own network in a file beside the YAML that names it."""

from __future__ import annotations

from pathlib import Path

NETWORK = '''\
"""A network of a user's own."""

from torch import Tensor, nn

from search.training.architectures.registry import architectures


class Mine(nn.Module):
    def __init__(self, pixels: int, classes: int) -> None:
        super().__init__()
        self.layer = nn.Linear(pixels, classes)

    def forward(self, images: Tensor) -> Tensor:
        {forward}


@architectures.register("mine")
def mine(shape: tuple[int, int, int], classes: int) -> nn.Module:
    """Build one dense layer."""
    return Mine(shape[0] * shape[1] * shape[2], classes)
'''

SPACE = """\
name: mine
data: {{name: digits, validation: 0.2}}
budget: {{trials: {trials}, epochs: 3}}
scheduler: {{name: {scheduler}}}
plugins: [my_model.py]
start:
  - {{learning_rate: 0.01}}
space:
  architecture: mine
  batch_size: 64
  optimizer: adam
  learning_rate: {learning_rate}
"""


def write_space(
    folder: Path,
    *,
    trials: int,
    scheduler: str = "asha",
    learning_rate: str = "{low: 1e-3, high: 0.1, log: true}",
    forward: str = "return self.layer(images.flatten(1))",
) -> str:
    """Write the network and a space that names it; return the space's path."""
    (folder / "my_model.py").write_text(NETWORK.format(forward=forward), encoding="utf-8")
    path = folder / "mine.yaml"
    path.write_text(
        SPACE.format(trials=trials, scheduler=scheduler, learning_rate=learning_rate), encoding="utf-8"
    )
    return str(path)
