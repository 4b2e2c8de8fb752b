# SPDX-License-Identifier: Apache-2.0
"""The file systems that are compared: each shows the same image at a mount point, from the same disk."""

import contextlib
import json
import os
import pathlib
import shutil
import subprocess
import time


def run(*command, **more):
    """Runs a command; its output is shown only if it fails."""
    done = subprocess.run([os.fspath(word) for word in command], capture_output=True, check=False, **more)
    if done.returncode:
        raise RuntimeError(f"{' '.join(map(str, command))} exited {done.returncode}: {os.fsdecode(done.stderr)}")
    return os.fsdecode(done.stdout)


def timed(*command, **more):
    start = time.perf_counter()
    run(*command, **more)
    return time.perf_counter() - start


def extract_layers(layout, target):
    """One directory per layer, whiteouts in overlayfs's form; the lowest first. Done once for a work directory."""
    complete = target / "complete"
    index = json.loads((layout / "index.json").read_bytes())
    manifest = json.loads((layout / "blobs" / index["manifests"][0]["digest"].replace(":", "/")).read_bytes())
    folders = [target / str(number) for number in range(len(manifest["layers"]))]
    if complete.exists() and complete.read_text() == manifest["config"]["digest"]:
        return folders
    shutil.rmtree(target, ignore_errors=True)
    for folder, layer in zip(folders, manifest["layers"]):
        folder.mkdir(parents=True)
        blob = layout / "blobs" / layer["digest"].replace(":", "/")
        run("tar", "--xattrs", "--xattrs-include=*", "--numeric-owner", "-xpzf", blob, "-C", folder)
        convert_whiteouts(folder)
    complete.write_text(manifest["config"]["digest"])
    return folders


def convert_whiteouts(folder):
    for place, _, files in os.walk(folder):
        marks = [name for name in files if name.startswith(".wh.")]
        times = os.stat(place)
        for mark in marks:
            os.unlink(os.path.join(place, mark))
            if mark == ".wh..wh..opq":
                os.setxattr(place, "trusted.overlay.opaque", b"y")
            else:
                os.mknod(os.path.join(place, mark.removeprefix(".wh.")), 0o20000, os.makedev(0, 0))
        if marks:
            os.utime(place, ns=(times.st_atime_ns, times.st_mtime_ns))


@contextlib.contextmanager
def scratch_disk(work):
    """An ext4 in a file, to import into: on a disk mounted with `discard`, taking away the last import can take longer
    than the import, and goes on while the next one is timed. Direct I/O, so that the kernel does not keep and copy
    everything twice, as it does for other loop devices."""
    image, place = work / "scratch.ext4", work / "scratch"
    place.mkdir(exist_ok=True)
    with image.open("wb") as file:
        file.truncate(16 << 30)  # sparse: takes what is used
    run("mkfs.ext4", "-q", "-F", "-E", "lazy_itable_init=0,lazy_journal_init=0,nodiscard", image)
    device = run("losetup", "--find", "--show", "--direct-io=on", image).strip()
    try:
        run("mount", device, place)
        yield place
    finally:
        run("umount", place)
        run("losetup", "--detach", device)
        image.unlink()


class System:
    """One way to mount the image. `mount` returns the seconds until it was ready."""

    def __init__(self, name, work):
        self.name = name
        self.mountpoint = work / "mnt" / name.replace(" ", "-").replace("=", "-")
        self.mountpoint.mkdir(parents=True, exist_ok=True)

    def command(self):
        raise NotImplementedError

    def mount(self, **environment):
        return timed(*self.command(), env={**os.environ, **environment})

    def unmount(self):
        run("umount", self.mountpoint)
        while self.daemon():  # so that it costs the next one no processor time
            time.sleep(0.01)

    def daemon(self):
        """The process that serves the mount, if there is one; found by the mount point in its command line."""
        wanted = os.fsencode(self.mountpoint)
        for process in pathlib.Path("/proc").glob("[0-9]*"):
            try:
                if wanted in (process / "cmdline").read_bytes().split(b"\0"):
                    return int(process.name)
            except OSError:
                continue
        return None

    def private_memory(self):
        """Bytes that only the daemon's process has; None where the kernel serves."""
        pid = self.daemon()
        if not pid:
            return None
        with open(f"/proc/{pid}/smaps_rollup", encoding="ascii") as file:
            return sum(int(line.split()[1]) for line in file if line.startswith("Private_")) * 1024


class Overlayfs(System):
    def __init__(self, work, layers):
        super().__init__("overlayfs", work)
        self.layers = layers

    def lowerdir(self):
        return "lowerdir=" + ":".join(str(layer) for layer in reversed(self.layers))

    def command(self):
        return ["mount", "-t", "overlay", "-o", f"ro,{self.lowerdir()}", "overlay", self.mountpoint]


class FuseOverlayfs(Overlayfs):
    def __init__(self, work, layers):
        super().__init__(work, layers)
        System.__init__(self, "fuse-overlayfs", work)

    def command(self):
        return ["fuse-overlayfs", "-o", f"ro,{self.lowerdir()}", self.mountpoint]


class Lamina(System):
    def __init__(self, work, binary, store, image, mode):
        super().__init__(f"lamina {mode}", work)
        self.binary, self.store, self.image, self.mode = binary, store, image, mode

    def command(self):
        return [self.binary, "--store", self.store, "mount", "--ro", "-o", f"dev,data={self.mode}", self.image, self.mountpoint]

    def daemon(self):
        listed = json.loads(run(self.binary, "--store", self.store, "mounts", "--json"))
        return next((mount["pid"] for mount in listed if mount["mountpoint"] == str(self.mountpoint)), None)

    def unmount(self):
        run(self.binary, "--store", self.store, "umount", self.mountpoint)
        while self.daemon():
            time.sleep(0.01)
