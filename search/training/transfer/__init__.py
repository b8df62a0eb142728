"""Transfer learning: a network begins with weights that were trained on other images.

What is published, and where its files are looked for (`published`, `weights_file`), how the network is given them
(`pretrained`, `entrance`, `loading`, `head`), and how it is trained from there (`blocks`, `freezing`).
"""

from search.training.transfer.pretrained import Pretrained
from search.training.transfer.settings import TRANSFER, Transfer, transfer_settings

__all__ = ["TRANSFER", "Pretrained", "Transfer", "transfer_settings"]
