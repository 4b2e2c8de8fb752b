# SPDX-License-Identifier: Apache-2.0
"""A mount shows exactly what `umoci unpack` makes of the same image, entry by entry."""

import os
import subprocess
import sys
import threading

import compare_trees
import images
import packages
import samples
from harness import NOBODY, Lamina, LaminaTestCase, Session, SharedStoreTestCase
from layers import LayerTar

DATA_MODES = ("data=cache", "data=passthrough")


class EqualToUmoci(LaminaTestCase):
    def assert_mount_equals_umoci(self, layout):
        expected = packages.unpacked(layout)
        self.lamina.import_image(f"oci:{layout}:latest", "image")
        for mode in DATA_MODES:
            with self.subTest(mode), self.mounted("image", "-o", mode) as mountpoint:
                self.assert_same_tree(expected, mountpoint)

    def test_buildah_image(self):
        self.assert_mount_equals_umoci(packages.packaged() / "gzip")

    def test_umoci_image(self):
        self.assert_mount_equals_umoci(packages.by_umoci())

    def test_tricky_image(self):
        self.assert_mount_equals_umoci(samples.tricky_layout())

    def test_tiny_image(self):
        images.oci_layout(self.work / "tiny", samples.tiny())
        self.assert_mount_equals_umoci(self.work / "tiny")

    def test_gnu_tar_format(self):
        images.oci_layout(self.work / "gnu", samples.gnu_format())
        self.assert_mount_equals_umoci(self.work / "gnu")


class Debian(SharedStoreTestCase):
    """A whole Debian, with a second layer that changes it."""

    @classmethod
    def fill(cls, lamina):
        second = samples.layer_path("debian-2")
        with LayerTar(second) as layer:
            layer.whiteout("usr/share/doc").whiteout("var/cache/debconf").file("etc/hostname", b"changed\n")
            layer.opaque("usr/share/locale").directory("srv/new").symlink("var/lib", "../srv/new")
            layer.hardlink("usr/bin/bash-linked", "usr/bin/bash").directory("usr/bin", mtime="1600000000.5")
        cls.layout = Session.path("debian")
        images.oci_layout(cls.layout, images.Image.of([packages.debian_tar(), second], title="debian"))
        cls.expected = packages.unpacked(cls.layout)
        lamina.import_image(f"oci:{cls.layout}:latest", "debian")

    def test_equals_umoci(self):
        with self.mounted("debian") as mountpoint:
            self.assert_same_tree(self.expected, mountpoint)

    def test_programs_run_by_chroot(self):
        with self.mounted("debian", "-o", "dev") as mountpoint:
            shown = packages.tool("chroot", mountpoint, "/bin/bash", "-c", "cat /etc/hostname; perl -e 'print 6*7'; id -un")
            self.assertEqual(shown, "changed\n42root")
            found = packages.tool("chroot", mountpoint, "find", "/usr", "-name", "bash*")
            self.assertIn("/usr/bin/bash-linked", found.splitlines())

    def test_tar_of_the_mount_is_complete(self):
        with self.mounted("debian") as mountpoint:
            packages.tool("sh", "-c", f"tar --xattrs --xattrs-include='*' --format=pax -cf {self.work}/all.tar -C {mountpoint} .")
        again = Lamina(self.work / "again-store")
        again.import_image(f"rootfs:{self.work}/all.tar", "again")
        with self.mounted("again", lamina=again) as mountpoint:
            self.assert_same_tree(self.expected, mountpoint)

    def test_concurrent_readers_see_the_same(self):
        for mode in DATA_MODES:
            with self.subTest(mode), self.mounted("debian", "-o", mode) as mountpoint:
                compare = [sys.executable, compare_trees.__file__, self.expected / "usr/bin", mountpoint / "usr/bin"]
                readers = [subprocess.Popen(compare, stdout=subprocess.PIPE, stderr=subprocess.STDOUT) for _ in range(4)]
                readers += [subprocess.Popen(["find", mountpoint, "-printf", ""], stdout=subprocess.PIPE,
                                             stderr=subprocess.STDOUT) for _ in range(4)]
                for reader in readers:
                    self.assertEqual((reader.communicate()[0], reader.returncode), (b"", 0))


class Details(LaminaTestCase):
    """What the comparison of trees does not reach."""

    def setUp(self):
        super().setUp()
        self.lamina.import_image(f"oci:{samples.tricky_layout()}", "tricky")

    def test_holes_and_offsets(self):
        expected = packages.unpacked(samples.tricky_layout()) / "sparse/large"
        for mode in DATA_MODES:
            with self.subTest(mode), self.mounted("tricky", "-o", mode) as mountpoint, \
                    open(mountpoint / "sparse/large", "rb") as ours, open(expected, "rb") as theirs:
                for offset in (0, 4095, 9_999_999, 10_004_095, 50_000_000, (1 << 26) - 1, 1 << 26, 1 << 40):
                    self.assertEqual(os.pread(ours.fileno(), 8192, offset), os.pread(theirs.fileno(), 8192, offset), offset)
                self.assertEqual(os.lseek(ours.fileno(), 0, os.SEEK_DATA), 0)
                self.assertEqual(os.lseek(ours.fileno(), 0, os.SEEK_END), 1 << 26)
                with self.assertRaises(OSError):
                    os.lseek(ours.fileno(), 1 << 26, os.SEEK_DATA)

    def test_acl_lets_its_user_read(self):
        with self.mounted("tricky", "-o", "suid") as mountpoint:
            read = ["setpriv", f"--reuid={NOBODY}", f"--regid={NOBODY}", "--clear-groups", "cat", mountpoint / "kinds/acl"]
            self.assertEqual(packages.tool(*read), "for root and nobody")
            os_errors = subprocess.run([*read[:-1], mountpoint / "kinds/no-mode"], capture_output=True, check=False)
            self.assertEqual(os_errors.returncode, 1, "default_permissions: a file without mode is for root only")

    def test_readdir_can_go_on_from_any_entry(self):
        with self.mounted("tricky") as mountpoint:
            expected = sorted(os.listdir(packages.unpacked(samples.tricky_layout()) / "many"))
            for _ in range(2):  # from the daemon, then from the kernel's cache
                self.assertEqual(sorted(os.listdir(mountpoint / "many")), expected)
            with os.scandir(mountpoint / "many") as first, os.scandir(mountpoint / "many") as second:
                names = [[], []]
                for one, two in zip(first, second):
                    names[0].append(one.name)
                    names[1].append(two.name)
            self.assertEqual(sorted(names[0]), expected)
            self.assertEqual(names[0], names[1])

    def test_threads_of_one_process(self):
        with self.mounted("tricky") as mountpoint:
            wanted, results = compare_trees.sha256_of(mountpoint / "kinds/random"), []

            def read(turn):
                for number in range(turn, 3000, 8):
                    os.lstat(mountpoint / f"many/{number:04}-{'n' * (number % 60)}") if number != 7 else None
                results.append(compare_trees.sha256_of(mountpoint / "kinds/random"))

            threads = [threading.Thread(target=read, args=(turn,)) for turn in range(8)]
            for thread in threads:
                thread.start()
            for thread in threads:
                thread.join()
            self.assertEqual(results, [wanted] * 8)

    def test_names_that_are_not_there(self):
        with self.mounted("tricky") as mountpoint:
            raw = os.fsencode(mountpoint)
            for name in (b"nothing", b"over/deleted", b"many/nothing", b"x" * 255, b"kinds/file\xff"):
                for _ in range(2):
                    self.assertFalse(os.path.lexists(raw + b"/" + name), name)
            with self.assertRaises(NotADirectoryError):
                os.stat(raw + b"/kinds/file/below")
            with self.assertRaises(OSError):
                os.stat(raw + b"/" + b"x" * 256)

    def test_inode_numbers_survive_a_remount(self):
        numbers = []
        for _ in range(2):
            with self.mounted("tricky") as mountpoint:
                tree = compare_trees.read_tree(mountpoint, contents=False)
                numbers.append({path: entry.inode[1] for path, entry in tree.items()})
        self.assertEqual(numbers[0], numbers[1])
        self.assertEqual(numbers[0][b"."], 1)

    def test_statfs_and_missing_xattrs(self):
        with self.mounted("tricky") as mountpoint:
            shown = os.statvfs(mountpoint)
            self.assertEqual(shown.f_namemax, 255)
            self.assertGreater(shown.f_files, 3000)
            self.assertGreater(shown.f_blocks * shown.f_frsize, 1 << 20)
            self.assertEqual(os.listxattr(mountpoint / "kinds/file"), [])
            with self.assertRaises(OSError):
                os.getxattr(mountpoint / "kinds/file", "user.none")
            with self.assertRaises(OSError):
                os.getxattr(mountpoint / "kinds/xattrs", "user.none")

    def test_setuid_and_capability_files_can_be_executed(self):
        self.lamina.import_image(f"oci:{packages.packaged()}/gzip:latest", "packaged")
        who = ["setpriv", f"--reuid={NOBODY}", f"--regid={NOBODY}", "--clear-groups"]
        with self.mounted("packaged", "-o", "suid") as mountpoint:
            self.assertIn("euid=0", packages.tool(*who, mountpoint / "bin/setuid-id"))
        with self.mounted("packaged") as mountpoint:
            self.assertNotIn("euid=0", packages.tool(*who, mountpoint / "bin/setuid-id"))
