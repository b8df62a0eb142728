"""AWS for hosts of namespaces: moto keeps the account, and a host has power while its machine runs.

Only ever inside the hosts' network: outside, Ray would try SSH to the public addresses that moto invents.
"""

from __future__ import annotations

import json
import subprocess
import threading
import time
from contextlib import suppress
from pathlib import Path
from typing import Any

from ruamel.yaml import YAML

from tests.cluster.aws_server import PORT, REGION
from tests.cluster.hosts import LAPTOP, REPOSITORY, SHARED, Hosts, kill
from tests.cluster.notice_server import ADDRESS

AWS = "h1"
"""The host that stands for AWS."""

MACHINES = {"head": "h2", "l4": "h3", "a10g": "h4", "t4": "h5"}
"""Which host is the machine of which node type in `cluster.yaml`: one each."""

NETWORK = "172.31.80."
"""In the last subnet of moto's default network, which is the one that Ray takes first."""

ENVIRONMENT = {
    "AWS_ENDPOINT_URL": f"http://{NETWORK}1:{PORT}",
    "AWS_ACCESS_KEY_ID": "testing",
    "AWS_SECRET_ACCESS_KEY": "testing",
    "AWS_DEFAULT_REGION": REGION,
    "MOTO_IAM_LOAD_MANAGED_POLICIES": "true",  # Ray attaches AWS's own policies to the head's role
}

IMAGE = "/aws/service/ami-amazon-linux-latest/al2023-ami-kernel-default-x86_64"
"""The one image that moto publishes."""

ON = ("pending", "running")
NOTICE = "notice"
"""The file in a machine's home that holds what AWS tells it."""

PREPARE = f"""
import boto3, pathlib
from search.cluster.fill import fill
print(fill(pathlib.Path("cluster.yaml"), "{NETWORK}0/24", image="{IMAGE}"))
key = pathlib.Path("/root/.ssh/authorized_keys").read_bytes()
boto3.client("ec2").import_key_pair(KeyName="laptop", PublicKeyMaterial=key)
iam = boto3.client("iam")
iam.create_instance_profile(InstanceProfileName="head")
iam.create_role(RoleName="head", AssumeRolePolicyDocument="{{}}")
iam.add_role_to_instance_profile(InstanceProfileName="head", RoleName="head")
"""

TERMINATE = """
import boto3, sys
client = boto3.client("ec2")
address = {"Name": "private-ip-address", "Values": [sys.argv[1]]}
running = {"Name": "instance-state-name", "Values": ["running"]}
found = client.describe_instances(Filters=[address, running])["Reservations"]
client.terminate_instances(InstanceIds=[one["InstanceId"] for each in found for one in each["Instances"]])
"""


class Cloud:
    """The account, on hosts that are up with `NETWORK` and `ENVIRONMENT`; a context manager.

    Args:
        hosts: `h1` stands for AWS, the others for machines, of which those of `workers` are used.
        workers: node types of `cluster.yaml`.
    """

    def __init__(self, hosts: Hosts, *, workers: tuple[str, ...]) -> None:
        self.hosts = hosts
        self.workers = workers
        self.log: list[str] = []
        self._processes: list[subprocess.Popen[str]] = []
        self._over = threading.Event()
        self._watch = threading.Thread(target=self._power, name="cloud")

    def __enter__(self) -> Cloud:
        for name in (MACHINES["head"], *(MACHINES[kind] for kind in self.workers)):
            self.hosts.power_off(name)
        self._serve(AWS, "aws_server", str(SHARED / "aws.json"))
        wait = f"until curl -s http://127.0.0.1:{PORT} > /dev/null; do sleep 0.1; done"
        self.hosts.run(AWS, ["bash", "-c", wait])
        self._watch.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._over.set()
        if self._watch.ident:
            self._watch.join()
        for process in self._processes:
            kill(process)
            process.wait()

    def states(self) -> dict[str, str]:
        """Return where each machine that was ever launched stands, by its host."""
        path = self.hosts.shared / "aws.json"
        by_address = json.loads(path.read_text(encoding="utf-8")) if path.exists() else {}
        names = {self.hosts.address(name): name for name in self.hosts.names}
        return {names[address]: state for address, state in by_address.items()}

    def write_file(self) -> Path:
        """Write the laptop's cluster.yaml: the repository's, filled in, with small machines at known addresses."""
        path = self.hosts.home(LAPTOP) / "cluster.yaml"
        path.write_text((REPOSITORY / "cluster.yaml").read_text(encoding="utf-8"), encoding="utf-8")
        self.hosts.run(LAPTOP, ["python", "-c", PREPARE])
        config = self._on_hosts(YAML(typ="safe").load(path.read_text(encoding="utf-8")))
        with path.open("w", encoding="utf-8") as file:
            YAML(typ="safe").dump(config, file)
        return path

    def terminate(self, name: str) -> None:
        """Let AWS take a host's machine."""
        self.hosts.run(LAPTOP, ["python", "-c", TERMINATE, self.hosts.address(name)])

    def give_notice(self, name: str) -> None:
        """Tell a host that its machine will be taken back in two minutes, as AWS does."""
        said = {
            "action": "terminate",
            "time": time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(time.time() + 120)),
        }
        (self.hosts.home(name) / NOTICE).write_text(json.dumps(said), encoding="utf-8")

    def _serve(self, name: str, module: str, *arguments: str) -> None:
        """Start a server of ours on a host; its log lies in the host's home."""
        log = f"exec python -m tests.cluster.{module} {' '.join(arguments)} > ~/{module}.log 2>&1"
        self._processes.append(self.hosts.popen(name, ["bash", "-c", log], output=subprocess.DEVNULL))

    def _boot(self, name: str) -> None:
        """Switch a machine on, with what AWS tells a machine about itself."""
        (self.hosts.home(name) / NOTICE).unlink(missing_ok=True)
        self.hosts.power_on(name)
        self.hosts.run(name, ["ip", "addr", "replace", f"{ADDRESS}/32", "dev", "lo"])
        self._serve(name, "notice_server", f"/root/{NOTICE}")

    def _on_hosts(self, config: dict[str, Any]) -> dict[str, Any]:
        """Change what differs here: addresses, our key, nothing to install, CPUs in place of GPUs."""
        kinds = config["available_node_types"]
        config["available_node_types"] = {kind: kinds[kind] for kind in ("head", *self.workers)}
        for kind, each in config["available_node_types"].items():
            each["node_config"] |= {
                "PrivateIpAddress": self.hosts.address(MACHINES[kind]),
                "KeyName": "laptop",
            }
            if kind != "head":
                each |= {"max_workers": 1}
        kinds["head"]["node_config"]["IamInstanceProfile"] = {"Name": "head"}
        config["provider"]["use_internal_ips"] = True
        config["auth"] = {"ssh_user": "root", "ssh_private_key": "~/.ssh/id_ed25519"}
        config |= {"file_mounts": {}, "setup_commands": []}
        for key in ("head_start_ray_commands", "worker_start_ray_commands"):
            stop, start = config[key]
            config[key] = [stop, start + " --memory=2000000000 --object-store-memory=100000000"]
        return config

    def _power(self) -> None:
        """Give each host power while its machine runs, and take it afterwards."""
        on: set[str] = set()
        while not self._over.wait(0.1):
            with suppress(json.JSONDecodeError):
                want = {name for name, state in self.states().items() if state in ON}
                for name in want - on:
                    self.log.append(f"{name} on")
                    self._boot(name)
                for name in on - want:
                    self.log.append(f"{name} off")
                    self.hosts.power_off(name)
                on = want
