"""Runs commands, and tells what they took: wall time, processor time, memory."""

import os
import platform
import re
import shutil
import statistics
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path

PROJECT = Path(__file__).resolve().parents[2]
CORES = os.cpu_count()
MIB = 1 << 20
BEGAN = time.monotonic()
# Who takes longer for one run, in seconds, has no further one.
PATIENCE = 60


class Failure(Exception):
    """Somebody who did not do the work."""


@dataclass(frozen=True)
class Run:
    """What one run took: seconds, and the bytes of its largest process."""

    wall: float
    cpu: float
    memory: int


class Runs(list):
    """The runs of one contestant, of which the medians count."""

    def median(self, figure):
        return statistics.median(getattr(run, figure) for run in self)

    @property
    def wall(self):
        return self.median("wall")

    @property
    def cpu(self):
        return self.median("cpu")

    @property
    def memory(self):
        return self.median("memory")

    @property
    def range(self):
        walls = [run.wall for run in self]
        return min(walls), max(walls)


def measure(command, here):
    """Runs a shell script, or a list of arguments, in a directory.

    Dirty pages are written out before. Processor time is that of the process and its children, user
    and system; memory is at least this script's own, which a child has for a moment before it
    becomes another program.
    """
    arguments = ["sh", "-ec", command] if isinstance(command, str) else command
    os.sync()
    with open(here / "log", "w+b") as log:
        start = time.monotonic()
        child = subprocess.Popen(
            arguments, cwd=here, stdin=subprocess.DEVNULL, stdout=log, stderr=log
        )
        _, status, usage = os.wait4(child.pid, 0)
        wall = time.monotonic() - start
        child.returncode = os.waitstatus_to_exitcode(status)
        if child.returncode != 0:
            log.seek(0)
            tail = log.read().decode(errors="replace").splitlines()[-20:]
            raise Failure("\n".join([f"exit status {child.returncode}", *tail]))
    return Run(wall, usage.ru_utime + usage.ru_stime, usage.ru_maxrss * 1024)


def output(command, here):
    """Returns what a shell script prints; its time does not count."""
    done = subprocess.run(
        ["sh", "-ec", command], cwd=here, stdin=subprocess.DEVNULL, capture_output=True, check=False
    )
    if done.returncode != 0:
        raise Failure(done.stderr.decode(errors="replace"))
    return done.stdout.decode().strip()


def in_turns(contestants, count, act):
    """Lets all contestants act in turn (A B C, A B C, …), so that a busy machine is busy for all.

    `act(contestant, turn)` returns a `Run`. Returns each one's `Runs` by name, or a text that says
    why it failed, after which it has no more turns; nor has who is too slow.
    """
    results = {contestant.name: Runs() for contestant in contestants}
    for turn in range(count):
        for contestant in contestants:
            runs = results[contestant.name]
            if isinstance(runs, str) or (runs and runs[-1].wall > PATIENCE):
                continue
            progress(f"  run {turn + 1} of {count}: {contestant.name}")
            try:
                runs.append(act(contestant, turn))
            except Failure as failure:
                results[contestant.name] = str(failure)
                progress(f"{contestant.name} failed: {failure}")
    return results


def progress(text):
    """Tells on stderr what goes on, and since when."""
    print(f"{time.monotonic() - BEGAN:5.0f} s  {text}", file=sys.stderr, flush=True)


def machine(work):
    """Returns in a line what all this ran on."""
    try:
        facts = Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
        model = next(line.split(":", 1)[1].strip() for line in facts if "model name" in line)
    except (OSError, StopIteration):
        model = platform.machine()
    kind = output("df --output=fstype . | tail -n 1", work)
    load = ", ".join(f"{figure:.1f}" for figure in os.getloadavg())
    return (
        f"{CORES} cores ({model}), Linux {platform.release()}, files on {kind}, "
        f"load {load} at the start"
    )


def versions(program):
    """Returns what the contestants are."""

    def version(name, option, command=None):
        try:
            told = subprocess.run(
                [command or name, option],
                stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False
            ).stdout
        except OSError:
            return f"{name}: not installed"
        number = re.search(r"\d+\.[\w.+~-]+", told)
        return f"{name} {number[0] if number else '?'}"

    commit = output("git describe --always --dirty", PROJECT)
    told = [
        f"{version('repoman', 'version', str(program))} ({commit})",
        version("aptly", "version"),
        version("reprepro", "--version"),
        version("apt-ftparchive", "--version"),
    ]
    # It has no option that tells its version.
    return [*told, f"deb-s3: {'installed' if shutil.which('deb-s3') else 'not installed'}"]
