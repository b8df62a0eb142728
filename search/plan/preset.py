"""A group of settings that begins from a preset: its word is the value of the group's own name.

augmentation: cifar                                      the preset alone
augmentation: {preset: cifar, crop: {low: 2, high: 6}}   with another crop: augmentation and augmentation.crop
augmentation: [none, cifar, {crop: 4}]                   a choice between presets and groups
"""

from __future__ import annotations

from search.plan.document import Node
from search.plan.trial_config import Value
from search.plan.vocabulary import CUSTOM

PRESET = "preset"
"""The key of a group that names where it begins."""


def preset_of(group: Node) -> Node:
    """Return where the word of a choice stands: a plain value is its own, a group's stands at `preset`.

    Args:
        group: one item of a list of presets and groups.
    """
    if isinstance(group.content, dict):
        return group.content.get(PRESET, Node(CUSTOM, group.place))
    return group


def settings_of_group(group: Node) -> dict[str, Node]:
    """Return what a group says beside its preset; nothing for a plain value."""
    content = group.content if isinstance(group.content, dict) else {}
    return {key: node for key, node in content.items() if key != PRESET}


def condition(name: str, word: Value, group: Node) -> Node:
    """Return the condition of what stands in a group: that the group was chosen."""
    return Node({name: Node(word, group.place)}, group.place)
