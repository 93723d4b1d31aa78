"""A Slurm of one node on the loopback address, with two GPUs that are none; taken down by the ids of its processes.

Needs root and Debian's munge, slurmctld, slurmd and slurm-client. Nothing of a Slurm that is there already is touched:
where /etc/slurm/slurm.conf exists or a daemon runs, ClusterError.
"""

import contextlib
import os
import re
import shutil
import signal
import socket
import subprocess
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import psutil

PACKAGES = ("munge", "slurmctld", "slurmd", "slurm-client")
PROGRAMS = ("munged", "slurmctld", "slurmd", "sbatch", "squeue", "scancel")
PLACE = Path("/etc/slurm")  # the plugin strips SLURM_CONF from what it starts, so the configuration must be here
CONF = """\
ClusterName=unetlibtest
SlurmctldHost={host}(127.0.0.1)
SlurmUser=root
SlurmdUser=root
AuthType=auth/munge
CommunicationParameters=NoCtldInAddrAny,NoInAddrAny
StateSaveLocation={folder}/state
SlurmdSpoolDir={folder}/spool
SlurmctldPidFile={folder}/slurmctld.pid
SlurmdPidFile={folder}/slurmd.pid
SlurmctldLogFile={folder}/slurmctld.log
SlurmdLogFile={folder}/slurmd.log
ProctrackType=proctrack/linuxproc
TaskPlugin=task/none
SelectType=select/cons_tres
SelectTypeParameters=CR_Core_Memory
JobAcctGatherType=jobacct_gather/linux
JobAcctGatherFrequency=2
JobAcctGatherParams=OverMemoryKill
MinJobAge=3600
KillWait=5
ReturnToService=2
SchedulerParameters=sched_min_interval=0,bf_interval=5
GresTypes=gpu
{node} NodeAddr=127.0.0.1 Gres=gpu:fake:2
PartitionName=cpu Nodes={host} Default=YES State=UP
PartitionName=gpu Nodes={host} State=UP
"""
GRES = "Name=gpu Type=fake File=/dev/null\nName=gpu Type=fake File=/dev/zero\n"  # a count alone drains the node


class ClusterError(RuntimeError):
    """A Slurm that cannot be started here, and why."""


def obtain() -> None:
    """Installs what is missing by apt-get; ClusterError where it cannot be had."""
    if os.getuid() != 0:
        raise ClusterError("a test cluster needs root: Slurm starts jobs as any user")
    if all(map(shutil.which, PROGRAMS)):
        return
    if not shutil.which("apt-get"):
        raise ClusterError(f"{', '.join(PACKAGES)} are missing and there is no apt-get to install them with")
    quiet = {"env": os.environ | {"DEBIAN_FRONTEND": "noninteractive"}, "capture_output": True, "text": True}
    subprocess.run(["apt-get", "update", "-qq"], **quiet)
    done = subprocess.run(["apt-get", "install", "-y", "-qq", "--no-install-recommends", *PACKAGES], **quiet)
    if done.returncode or not all(map(shutil.which, PROGRAMS)):
        raise ClusterError(f"apt-get cannot install {', '.join(PACKAGES)}: {done.stderr.strip()[-300:]}")


@dataclass
class Cluster:
    """The daemons of one cluster, by name."""

    folder: Path
    daemons: dict[str, psutil.Process] = field(default_factory=dict)

    def start(self, name: str, *command: str, user: str | None = None) -> None:
        with (self.folder / f"{name}.out").open("ab") as stream:
            process = subprocess.Popen(command, stdout=stream, stderr=stream, process_group=0, user=user, group=user)
        self.daemons[name] = psutil.Process(process.pid)

    def start_slurmd(self) -> None:
        self.start("slurmd", "slurmd", "-D")
        self.wait_until_idle()

    def kill(self, name: str, number: int = signal.SIGKILL) -> None:
        """Ends a daemon of ours (psutil checks that the id is still that process)."""
        process = self.daemons.pop(name)
        with contextlib.suppress(psutil.NoSuchProcess):
            process.send_signal(number)
        with contextlib.suppress(psutil.NoSuchProcess, psutil.TimeoutExpired):
            process.wait(20)
        with contextlib.suppress(psutil.NoSuchProcess):
            process.kill()
            process.wait(20)

    def wait_until_idle(self, seconds: float = 120) -> None:
        deadline = time.monotonic() + seconds
        while time.monotonic() < deadline:
            states = asked("sinfo", "--noheader", "--Node", "--format=%t").split()
            if states and all(state in ("idle", "mix", "alloc") for state in states):
                return
            time.sleep(0.5)
        raise ClusterError(f"the node is {states} after {seconds} s:\n{self.logs()}")

    def cancel(self, seconds: float = 60) -> None:
        """Ends all jobs; they are gone afterwards, or `seconds` have passed."""
        asked("scancel", "--user=root")
        deadline = time.monotonic() + seconds
        while asked("squeue", "--noheader").strip() and time.monotonic() < deadline:
            time.sleep(0.5)

    def started(self) -> str:
        """When the slurmd that the controller knows began."""
        return "".join(re.findall(r"SlurmdStartTime=(\S+)", asked("scontrol", "show", "node")))

    def logs(self) -> str:
        return "\n".join(path.read_text(errors="replace")[-1500:] for path in sorted(self.folder.glob("slurm*.*")))


def asked(*command: str) -> str:
    """What a Slurm command prints; nothing where it fails."""
    return subprocess.run(command, capture_output=True, text=True, timeout=120).stdout


@contextlib.contextmanager
def cluster(folder: Path) -> Iterator[Cluster]:
    """A running cluster; its jobs, daemons and configuration are gone afterwards."""
    names = {process.name() for process in psutil.process_iter()}
    running = sorted(names & {"slurmctld", "slurmd"})
    conf = PLACE / "slurm.conf"
    left_by_us = conf.exists() and conf.read_text().startswith(CONF.splitlines()[0])  # by a test that was killed
    if running or (conf.exists() and not left_by_us):
        raise ClusterError(f"a Slurm is there already ({', '.join(running) or conf}); it is left alone")
    host = socket.gethostname().split(".")[0]
    found = re.search(r"^NodeName=\S+ .*?RealMemory=\d+", asked("slurmd", "-C"), re.M)
    if not found:
        raise ClusterError("slurmd -C does not describe this machine")
    for path in (folder / "state", folder / "spool", PLACE):
        path.mkdir(parents=True, exist_ok=True)
    ours = Cluster(folder)
    try:
        node = re.sub(r"NodeName=\S+", f"NodeName={host}", found[0])
        conf.write_text(CONF.format(host=host, folder=folder, node=node))
        (PLACE / "gres.conf").write_text(GRES)
        if "munged" not in names:  # only says who asks: one that runs already will do
            Path("/run/munge").mkdir(exist_ok=True)
            shutil.chown("/run/munge", "munge", "munge")
            ours.start("munged", "munged", "--foreground", user="munge")
            time.sleep(1)
        ours.start("slurmctld", "slurmctld", "-D")
        ours.start_slurmd()
        yield ours
    finally:
        if "slurmctld" in ours.daemons:
            ours.cancel()
        for name in ("slurmd", "slurmctld", "munged"):
            if name in ours.daemons:
                ours.kill(name, signal.SIGTERM)
        for name in ("slurm.conf", "gres.conf"):
            (PLACE / name).unlink(missing_ok=True)
