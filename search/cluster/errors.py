"""What can go wrong between a laptop and a cluster; each message is one sentence that says where and what to do."""

from __future__ import annotations


class ClusterError(Exception):
    """Something about a cluster that the user can mend."""


class LinkLost(ClusterError):  # noqa: N818 (says what is the case)
    """The machine at the other end of SSH does not answer, or not any more; later it may."""
