# SPDX-License-Identifier: Apache-2.0
"""Imports and removals that are killed, run out of space, or lose the machine's power, at each named point of the code
and on disks of every size: the store is whole afterwards, the next command sweeps, and the next import works."""

import collections
import contextlib
import fcntl
import os
import pathlib
import re
import signal
import struct
import subprocess

import images
import layers
import samples
from harness import Lamina, LaminaTestCase, end_process, listing, wait_for

SOURCES = pathlib.Path(__file__).resolve().parents[2] / "src"
EXT4_IOC_SHUTDOWN = 0x8004587D  # _IOR('X', 125, __u32)
WITHOUT_LOG = struct.pack("I", 2)  # EXT4_GOING_FLAGS_NOLOGFLUSH: what is not on disk now is lost
REMOVALS = ("remove.", "sweep.")


def fault_points():
    """The points that the code names, those of imports and those of removals."""
    found = set()
    for path in SOURCES.rglob("*.cpp"):
        found.update(re.findall(r'fault_point\("([^"]+)"\)', path.read_text(encoding="utf-8")))
    removals = {name for name in found if name.startswith(REMOVALS)}
    return sorted(found - removals), sorted(removals)


def fault(name, action, passing=1):
    return {"LAMINA_FAULT": f"{name}:{action}:{passing}"}


def large_layer(name):
    """A layer with a file that is too large to be gathered in memory, and with small ones."""
    with layers.LayerTar(samples.layer_path(name)) as layer:
        layer.directory("large").file("large/file", samples.RANDOM * 8).file("large/small", name.encode())
    return layer.path


class FaultTestCase(LaminaTestCase):
    def setUp(self):
        super().setUp()
        self.other = images.Image.of([samples.tiny().layers[0], samples.tiny_other().layers[1], large_layer("faults")],
                                     title="faults")
        images.oci_layout(self.work / "tiny", samples.tiny(), "tiny")
        images.oci_layout(self.work / "other", self.other, "other")
        self.use(self.lamina)

    def use(self, lamina):
        lamina.import_image(f"oci:{self.work}/tiny", "tiny")
        self.before = listing(lamina.store)

    def assert_whole(self, lamina):
        """The other image is there with all it needs, or nothing of it is."""
        lamina.run("check")
        self.assertEqual(lamina.staging(), [], "the next command sweeps")
        ids = lamina.image_ids()
        self.assertIn(samples.tiny().id, ids)
        if self.other.id in ids:
            with self.mounted(self.other.id, lamina=lamina) as root:
                self.assertEqual((root / "large/file").read_bytes(), samples.RANDOM * 8)
        else:
            self.assertEqual(listing(lamina.store), self.before)

    def assert_recovers(self, lamina):
        self.assert_whole(lamina)
        self.assertEqual(lamina.import_image(f"oci:{self.work}/other", "other"), self.other.id)
        self.assert_whole(lamina)
        lamina.run("rmi", "other")
        self.assert_whole(lamina)


class Faults(FaultTestCase):
    def test_import_killed_at_each_point(self):
        for point in fault_points()[0]:
            with self.subTest(point=point):
                done = self.lamina.run("import", f"oci:{self.work}/other", "other", env=fault(point, "kill"), expect=None)
                self.assertEqual(done.returncode, -signal.SIGKILL, "the import did not come by")
                self.assert_recovers(self.lamina)

    def test_import_out_of_space_at_each_point(self):
        for point in fault_points()[0]:
            with self.subTest(point=point):
                done = self.lamina.run("import", f"oci:{self.work}/other", "other", env=fault(point, "ENOSPC"),
                                       expect=None)
                self.assert_one_sentence(done, "no space left on device")
                self.assert_recovers(self.lamina)

    def test_removal_killed_at_each_point(self):
        for point in fault_points()[1]:
            with self.subTest(point=point):
                self.lamina.import_image(f"oci:{self.work}/other", "other")
                done = self.lamina.run("rmi", "other", env=fault(point, "kill"), expect=None)
                self.assertEqual(done.returncode, -signal.SIGKILL, "the removal did not come by")
                self.assert_recovers(self.lamina)

    def test_imports_at_once_do_each_layer_once(self):
        sources = [f"oci:{self.work}/other"] * 3
        images.oci_layout(self.work / "third", images.Image.of([large_layer("third"), self.other.layers[2]]), "third")
        sources += [f"oci:{self.work}/third"] * 2
        processes = [self.lamina.start("import", source, f"at-once:{number}") for number, source in enumerate(sources)]
        summaries = []
        for process in processes:
            out, errors = process.communicate(timeout=60)
            self.assertEqual(process.returncode, 0, errors)
            summaries.append(os.fsdecode(out))
        new = [int(re.search(r"layers (\d+) new", summary)[1]) for summary in summaries]
        self.assertEqual(sum(new), 3, summaries)

    def test_an_import_that_waited_for_one_that_died_does_the_work(self):
        first = self.lamina.start("import", f"oci:{self.work}/other", "first",
                                  env={**os.environ, **fault("import.layer", "stop")})
        wait_for(lambda: is_stopped(first.pid), "the first import has a layer")
        second = self.lamina.start("import", f"oci:{self.work}/other", "second")
        with self.assertRaises(subprocess.TimeoutExpired):
            second.wait(timeout=0.5)
        end_process(first)
        out, errors = second.communicate(timeout=60)
        self.assertEqual(second.returncode, 0, errors)
        self.assertIn("layers 2 new", os.fsdecode(out))
        self.assert_whole(self.lamina)


def is_stopped(pid):
    return pathlib.Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] == "T"


@contextlib.contextmanager
def loop_device(path):
    """A device of its own for a file with a file system, so that one can be mounted again and again."""
    device = subprocess.run(["losetup", "--find", "--show", path], check=True, capture_output=True, text=True)
    try:
        yield device.stdout.strip()
    finally:
        subprocess.run(["losetup", "--detach", device.stdout.strip()], check=True)


class PowerCut(FaultTestCase):
    """The store lies on a disk of its own, an ext4 that is shut down without its log while the import stands still."""

    def setUp(self):
        super().setUp()
        self.disk = self.folder("disk")
        image = self.work / "disk.ext4"
        with image.open("wb") as file:
            file.truncate(64 << 20)
        subprocess.run(["mkfs.ext4", "-q", "-F", "-E", "nodiscard", image], check=True)
        self.device = self.enterContext(loop_device(image))
        self.mount()
        self.addCleanup(subprocess.run, ["umount", "--lazy", self.disk], check=False, stderr=subprocess.DEVNULL)
        self.on_disk = Lamina(self.disk / "store")
        self.use(self.on_disk)

    def mount(self):
        subprocess.run(["mount", "-o", "noatime", self.device, self.disk], check=True)

    def cut_power(self, command, point, passing):
        process = self.on_disk.start(*command, env={**os.environ, **fault(point, "stop", passing)})
        try:
            wait_for(lambda: process.poll() is not None or is_stopped(process.pid), f"{point} is reached")
            self.assertIsNone(process.poll(), "the command did not come by")
            root = os.open(self.disk, os.O_RDONLY)
            fcntl.ioctl(root, EXT4_IOC_SHUTDOWN, WITHOUT_LOG)
            os.close(root)
        finally:
            end_process(process)
        subprocess.run(["umount", self.disk], check=True)
        self.mount()

    def test_import_loses_power_at_each_point(self):
        for point in fault_points()[0]:
            for passing in (1, 2) if point.endswith(("object", "blob")) and "large" not in point else (1,):
                with self.subTest(point=point, passing=passing):
                    self.cut_power(["import", f"oci:{self.work}/other", "other"], point, passing)
                    self.assert_recovers(self.on_disk)

    def test_removal_loses_power_at_each_point(self):
        for point in fault_points()[1]:
            with self.subTest(point=point):
                self.on_disk.import_image(f"oci:{self.work}/other", "other")
                self.cut_power(["rmi", "other"], point, 1)
                self.assert_recovers(self.on_disk)


class FullDisk(LaminaTestCase):
    def test_on_disks_of_every_size(self):
        """From one that takes the first image to one that takes both."""
        images.oci_layout(self.work / "tiny", samples.tiny(), "tiny")
        other = images.Image.of([samples.tiny().layers[0], large_layer("full-disk")], title="full")
        images.oci_layout(self.work / "other", other, "other")
        outcomes = collections.Counter()
        disk = self.folder("disk")
        for size in range(1600, 4800, 128):
            subprocess.run(["mount", "-t", "tmpfs", "-o", f"size={size}k", "tmpfs", disk], check=True)
            try:
                outcomes[self.import_both(Lamina(disk / "store"))] += 1
            finally:
                subprocess.run(["umount", disk], check=True)
        self.assertGreater(outcomes["second refused"], 5, outcomes)
        self.assertGreater(outcomes["both"], 5, outcomes)

    def import_both(self, lamina):
        if lamina.run("import", f"oci:{self.work}/tiny", "tiny", expect=None).returncode != 0:
            return "none"
        before = listing(lamina.store)
        done = lamina.run("import", f"oci:{self.work}/other", "other", expect=None)
        if done.returncode == 0:
            lamina.run("check")
            return "both"
        self.assert_one_sentence(done, "no space left on device")
        lamina.run("check")
        self.assertEqual(listing(lamina.store), before)
        self.assertEqual(lamina.staging(), [])
        return "second refused"
