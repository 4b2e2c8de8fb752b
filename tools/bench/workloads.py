# SPDX-License-Identifier: Apache-2.0
"""What is measured on each mounted file system, and what the project wants of it."""

import dataclasses
import pathlib
import subprocess
import typing

from systems import run, timed

LARGE_FILE = "srv/data/large.txt"


def drop_caches():
    subprocess.run(["sync"], check=True)
    pathlib.Path("/proc/sys/vm/drop_caches").write_text("3")


@dataclasses.dataclass(frozen=True)
class Workload:
    """`measure(mountpoint)` gives seconds. A cold one starts with empty caches, a warm one after a run not counted.
    `goal` is the highest ratio to overlayfs wanted, `goal_mode` the data mode it is for (None: any)."""

    name: str
    cold: bool
    measure: typing.Callable
    goal: float | None = None
    goal_mode: str | None = None

    def prepare(self, mountpoint):
        if self.cold:
            drop_caches()
        else:
            self.measure(mountpoint)


class Workloads:
    """The workloads, with the probe and the list of files they need."""

    def __init__(self, work):
        self.probe, self.list = work / "probe", work / "files.list"
        source = pathlib.Path(__file__).with_name("probe.c")
        run("cc", "-O2", "-Wall", "-Wextra", "-o", self.probe, source)

    def list_files(self, mountpoint):
        found = run("find", ".", "-type", "f", "!", "-name", "*\n*", cwd=mountpoint)
        self.list.write_text("".join(sorted(found.splitlines(keepends=True))))
        return found.count("\n")

    def probe_seconds(self, mountpoint, *arguments):
        return float(run(self.probe, *arguments, cwd=mountpoint))

    def find(self, mountpoint):
        return timed("find", ".", "-printf", r"%p %y %m %U %G %s %n %i %T@ %l\n", cwd=mountpoint)

    def ls(self, mountpoint):
        return timed("ls", "-lR", ".", cwd=mountpoint)

    def tar(self, mountpoint):
        # tar reads no file if it writes to /dev/null itself.
        return timed("sh", "-c", "tar --one-file-system -cf - . | cat >/dev/null", cwd=mountpoint)

    def open_read_close(self, mountpoint):
        return self.probe_seconds(mountpoint, "files", self.list)

    def missing(self, mountpoint):
        return self.probe_seconds(mountpoint / "usr/bin", "missing", "20000")

    def sequential(self, mountpoint):
        return self.probe_seconds(mountpoint, "sequential", LARGE_FILE)

    def numpy(self, mountpoint):
        return timed("chroot", mountpoint, "/usr/bin/python3", "-c", "import numpy")

    def all(self):
        return [
            Workload("find -printf, cold", True, self.find, 0.7),
            Workload("find -printf, warm", False, self.find, 1.0),
            Workload("ls -lR, warm", False, self.ls),
            Workload("20,000 missing names", True, self.missing),
            Workload("open, read 4 KiB, close: all files, warm", False, self.open_read_close, 1.3, "cache"),
            Workload("tar of everything, cold", True, self.tar, 1.0),
            Workload("tar of everything, warm", False, self.tar, 1.1),
            Workload("sequential read of a large file, cold", True, self.sequential),
            Workload("sequential read of a large file, warm", False, self.sequential, 1.1, "passthrough"),
            Workload("chroot python3 import numpy, cold", True, self.numpy),
            Workload("chroot python3 import numpy, warm", False, self.numpy),
        ]
