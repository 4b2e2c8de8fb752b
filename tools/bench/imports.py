# SPDX-License-Identifier: Apache-2.0
"""Imports of the same image by lamina and by others, in turns, each into an empty place on the same disk."""

import collections
import dataclasses
import gzip
import hashlib
import io
import json
import os
import pathlib
import shutil
import subprocess
import tarfile
import time

from systems import run

UMOCI, SKOPEO_GZIP, SKOPEO_ZSTD, PODMAN = "umoci unpack, gzip", "skopeo copy, gzip", "skopeo copy, zstd", "podman load"
GZIP, ZSTD, DOCKER = "lamina import, gzip", "lamina import, zstd", "lamina import, docker-archive"
SHARING = "lamina import, four layers shared and a small one new"
# What each is compared with, and the ratio the project wants.
GOALS = {GZIP: ((UMOCI, 0.33), (SKOPEO_GZIP, 0.3)), ZSTD: ((SKOPEO_ZSTD, 0.3),), DOCKER: ((PODMAN, 0.25),),
         SHARING: ((GZIP, 0.1),)}


@dataclasses.dataclass
class Sample:
    seconds: float
    processor: float  # seconds of all cores
    memory: int  # bytes, the largest process's peak


def measured(command):
    """Runs a command and says what it took; its output is shown only if it fails."""
    start = time.perf_counter()
    with subprocess.Popen([os.fspath(word) for word in command], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                          stderr=subprocess.STDOUT) as process:
        output = process.stdout.read()
        _, status, usage = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        raise RuntimeError(f"{' '.join(map(str, command))} exited {process.returncode}: {os.fsdecode(output)}")
    return Sample(time.perf_counter() - start, usage.ru_utime + usage.ru_stime, usage.ru_maxrss * 1024)


def make_sharing_image(layout, target):
    """An OCI layout whose image has the layers of `layout`'s but the last, and a small new one."""
    shutil.rmtree(target, ignore_errors=True)
    blobs = target / "blobs/sha256"
    blobs.mkdir(parents=True)

    def get(descriptor):
        return json.loads((layout / "blobs" / descriptor["digest"].replace(":", "/")).read_bytes())

    def put(data, descriptor):
        digest = hashlib.sha256(data).hexdigest()
        (blobs / digest).write_bytes(data)
        descriptor.update(digest=f"sha256:{digest}", size=len(data))

    tar = io.BytesIO()
    with tarfile.open(fileobj=tar, mode="w") as archive:
        archive.addfile(tarfile.TarInfo("etc"), None)
        member = tarfile.TarInfo("etc/new")
        member.size = 4
        archive.addfile(member, io.BytesIO(b"new\n"))
    index = json.loads((layout / "index.json").read_bytes())
    manifest = get(index["manifests"][0])
    config = get(manifest["config"])
    config["rootfs"]["diff_ids"][-1] = "sha256:" + hashlib.sha256(tar.getvalue()).hexdigest()
    put(gzip.compress(tar.getvalue()), manifest["layers"][-1])
    put(json.dumps(config).encode(), manifest["config"])
    put(json.dumps(manifest).encode(), index["manifests"][0])
    for layer in manifest["layers"][:-1]:
        name = layer["digest"].removeprefix("sha256:")
        shutil.copy(layout / "blobs/sha256" / name, blobs / name)
    (target / "index.json").write_text(json.dumps(index))
    shutil.copy(layout / "oci-layout", target)
    return target


def contestants(lamina, image, disk, sharing):
    """name → (command, whether its place is empty before)."""
    target = disk / "imported"
    containers = f"containers-storage:[overlay@{target}/root+{target}/run]localhost/bench:latest"
    podman = ["podman", "--root", target / "root", "--runroot", target / "run", "--storage-driver", "overlay"]
    store = [lamina, "--store", target, "import"]
    found = {
        UMOCI: (["umoci", "unpack", "--image", f"{image}/image.oci:latest", target], True),
        SKOPEO_GZIP: (["skopeo", "copy", f"oci:{image}/image.oci", containers], True),
        SKOPEO_ZSTD: (["skopeo", "copy", f"oci:{image}/image.zstd.oci", containers], True),
        PODMAN: ([*podman, "load", "-i", f"{image}/image.docker.tar"], True),
        DOCKER: ([*store, f"docker-archive:{image}/image.docker.tar"], True),
        ZSTD: ([*store, f"oci:{image}/image.zstd.oci"], True),
        GZIP: ([*store, f"oci:{image}/image.oci"], True),
        SHARING: ([*store, f"oci:{sharing}"], False),  # into the store that the one before left
    }
    return {name: value for name, value in found.items() if shutil.which(value[0][0])}


def empty(target):
    for path in sorted(pathlib.Path("/proc/self/mountinfo").read_text(encoding="utf-8").splitlines(), reverse=True):
        if path.split()[4].startswith(f"{target}/"):
            run("umount", path.split()[4])
    shutil.rmtree(target, ignore_errors=True)


def measure(lamina, image, disk, rounds, progress):
    """name → its samples."""
    target = disk / "imported"
    compared = contestants(lamina, image, disk, make_sharing_image(image / "image.oci", disk / "sharing.oci"))
    samples = collections.defaultdict(list)
    for number in range(rounds):
        for name, (command, is_into_nothing) in compared.items():
            progress(f"round {number + 1} of {rounds}: {name}")
            if is_into_nothing:
                empty(target)
            subprocess.run(["sync"], check=True)
            samples[name].append(measured(command))
    empty(target)
    return samples
