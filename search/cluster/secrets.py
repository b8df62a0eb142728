"""Passwords and keys that stand in a cluster file, which Ray copies to every machine and git to everyone."""

from __future__ import annotations

import re
from collections.abc import Iterator

from search.cluster.places import mistake_at, texts
from search.plan.document import Node
from search.plan.mistake import Mistake

SHAPES = {
    "an access key of AWS": re.compile(r"\b(?:AKIA|ASIA)[0-9A-Z]{16}\b"),
    "a private key": re.compile(r"-----BEGIN [A-Z ]*PRIVATE KEY-----"),
    "a token of GitHub": re.compile(r"\b(?:gh[pousr]_[0-9A-Za-z]{20,}|github_pat_\w{20,})"),
    "a token of Hugging Face": re.compile(r"\bhf_[0-9A-Za-z]{20,}"),
    "a password in an address": re.compile(r"\w://[^/\s:@$]+:[^/\s:@$]+@"),
    "a secret": re.compile(
        r"(?i)\b\w*(?:secret|password|passwd|token|api_key)\w*\s*=\s*['\"]?[^\s'\"$;]{6,}"
    ),
}
"""What a secret looks like; `$NAME` behind an equals sign is none."""

KEYS = re.compile(r"(?i)secret|password|passwd|token|aws_access_key_id")
"""Keys whose text is a secret, but for those of AWS's own vocabulary."""

HARMLESS = ("HttpTokens", "ClientToken")


def secret_mistakes(document: Node) -> Iterator[Mistake]:
    """Yield texts that look like secrets; the text itself is not repeated."""
    for path, text in texts(document.plain()):
        kinds = [kind for kind, shape in SHAPES.items() if shape.search(text)]
        if not kinds and KEYS.search(str(path[-1])) and path[-1] not in HARMLESS:
            kinds = ["a secret"]
        if kinds:
            expected = "none in this file: log in with AWS's or the service's own tools on the laptop"
            yield mistake_at(document, path, kinds[0], expected)
