"""Where the head of a cluster is: what the file says for one's own machines, what the provider says for a cloud's."""

from __future__ import annotations

import subprocess
import sys
import threading
from collections.abc import Mapping
from typing import Any

from search.cluster.config import ClusterFile
from search.cluster.errors import ClusterError

ASK_RAY = "import sys; from ray.autoscaler.sdk import get_head_node_ip; print(get_head_node_ip(sys.argv[1]))"


def address_of_head(file: ClusterFile, completed: Mapping[str, Any], *, patience: float) -> str | None:
    """Return the address of the head by which this machine reaches it; None: it is not up.

    Args:
        file: of the cluster.
        completed: the same as Ray completed it, see `search.cluster.remembered`.
        patience: seconds that the provider may take.

    Raises:
        ClusterError: the provider cannot be asked, or the file of one's own machines does not say.
    """
    provider = completed["provider"]
    if file.kind == "local":
        if address := provider.get("external_head_ip") or provider.get("head_ip"):
            return str(address)
        raise ClusterError(f"{file.path}: provider.head_ip is expected of a local cluster, but it is missing")
    if file.kind == "aws":
        return _in_time(lambda: _ask_aws(file, provider), patience)
    return _ask_ray(file, patience)


def _ask_aws(file: ClusterFile, provider: Mapping[str, Any]) -> str | None:
    """Ask EC2 for the running instance that Ray has tagged as this cluster's head (`ray/autoscaler/tags.py`)."""
    try:
        # Only whoever runs on AWS has it, and it takes half a second.
        import boto3  # noqa: PLC0415
    except ImportError as error:
        raise ClusterError(
            f"{file.path}: the provider is aws, but boto3 is not installed: pip install 'winnow-search[cluster]'"
        ) from error
    client = boto3.client(
        "ec2", region_name=provider.get("region"), **(provider.get("aws_credentials") or {})
    )
    wanted = {
        "tag:ray-cluster-name": file.name,
        "tag:ray-node-type": "head",
        "instance-state-name": "running",
    }
    answer = client.describe_instances(Filters=[{"Name": name, "Values": [v]} for name, v in wanted.items()])
    for group in answer["Reservations"]:
        for instance in group["Instances"]:
            key = "PrivateIpAddress" if provider.get("use_internal_ips") else "PublicIpAddress"
            found: str | None = instance.get(key)
            return found
    return None


def _ask_ray(file: ClusterFile, patience: float) -> str | None:
    """Let Ray ask any other provider, in a process of its own that may be ended."""
    try:
        ran = subprocess.run(
            [sys.executable, "-c", ASK_RAY, str(file.path)],
            capture_output=True,
            text=True,
            check=False,
            timeout=patience,
        )
    except subprocess.TimeoutExpired:
        return None
    return ran.stdout.strip().splitlines()[-1] if ran.returncode == 0 and ran.stdout.strip() else None


def _in_time(ask: Any, patience: float) -> str | None:
    """Return the answer; None where it takes longer: the thread is left behind, and ends with the process."""
    answers: list[str | None] = []
    errors: list[BaseException] = []

    def work() -> None:
        try:
            answers.append(ask())
        except Exception as error:
            errors.append(error)

    thread = threading.Thread(target=work, daemon=True, name="ask-provider")
    thread.start()
    thread.join(patience)
    if errors:
        if isinstance(errors[0], ClusterError):
            raise errors[0]
        reason = " ".join(str(errors[0]).split())
        raise ClusterError(f"the provider cannot be asked for the head: {reason}") from errors[0]
    return answers[0] if answers else None
