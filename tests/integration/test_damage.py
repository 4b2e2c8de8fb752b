# SPDX-License-Identifier: Apache-2.0
"""A store whose files were damaged: `check` finds it and says where, what is whole stays readable, nothing crashes."""

import random
import subprocess

import images
import packages
import samples
from harness import LaminaTestCase, is_alive

RANDOM_DIGEST = images.digest_of(samples.RANDOM)[7:]


class Damaged(LaminaTestCase):
    def setUp(self):
        super().setUp()
        images.oci_layout(self.work / "tiny", samples.tiny())
        self.lamina.import_image(f"oci:{self.work}/tiny", "tiny")

    def object_of(self, content_digest):
        return next(path for path in (self.lamina.store / "objects").rglob("*")
                    if path.is_file() and (path.parent.name + path.name).endswith(content_digest[2:]))

    def change(self, path, data):
        path.chmod(0o600)
        path.write_bytes(data)

    def assert_check_reports(self, *words):
        self.store_is_damaged()
        done = self.lamina.run("check", expect=1)
        for word in words:
            self.assertIn(word, done.stdout + done.stderr)
        self.lamina.run("check", "--json", expect=1)

    def test_check_of_a_whole_store(self):
        done = self.lamina.run("check")
        self.assertEqual(done.stderr, "")

    def test_changed_object(self):
        path = self.object_of(RANDOM_DIGEST)
        data = bytearray(samples.RANDOM)
        data[1000] ^= 1
        self.change(path, data)
        self.assert_check_reports(RANDOM_DIGEST[:12])

    def test_truncated_object_gives_an_error_and_no_crash(self):
        for mode in ("data=cache", "data=passthrough"):
            with self.subTest(mode):
                self.change(self.object_of(RANDOM_DIGEST), samples.RANDOM[:5000])
                with self.mounted("tiny", "-o", mode) as mountpoint:
                    with self.assertRaises(OSError):
                        (mountpoint / "data/random").read_bytes()
                    self.assertEqual((mountpoint / "etc/hostname").read_text(), "second\n")
                    self.assertTrue(is_alive(self.lamina.daemon_pid(mountpoint)))
        self.assert_check_reports(RANDOM_DIGEST[:12])
        done = self.lamina.run("cat", "tiny:/data/random", expect=None)
        self.assert_one_sentence(done, RANDOM_DIGEST[:12])

    def test_missing_object(self):
        self.object_of(RANDOM_DIGEST).unlink()
        for mode in ("data=cache", "data=passthrough"):
            with self.subTest(mode), self.mounted("tiny", "-o", mode) as mountpoint:
                with self.assertRaises(OSError):
                    (mountpoint / "data/random").read_bytes()
                self.assertEqual((mountpoint / "data/random").stat().st_size, len(samples.RANDOM))
                self.assertEqual((mountpoint / "etc/hostname").read_text(), "second\n")
        self.assert_check_reports(RANDOM_DIGEST[:12])
        self.assert_one_sentence(self.lamina.run("cat", "tiny:/data/random", expect=None), RANDOM_DIGEST[:12])

    def stored_trees(self):
        return [path for folder in ("trees", "layers") for path in sorted((self.lamina.store / folder).rglob("*"))
                if path.is_file() and (folder == "trees" or path.name == "tree")]

    def test_damaged_trees_are_reported(self):
        self.assertGreaterEqual(len(self.stored_trees()), 3)
        for path in self.stored_trees():
            whole = path.read_bytes()
            middle = len(whole) // 2
            for name, data in (("empty", b""), ("half", whole[:middle]), ("longer", whole + b"\0"), ("zeros", bytes(len(whole))),
                               ("one bit", whole[:middle] + bytes([whole[middle] ^ 1]) + whole[middle + 1:])):
                with self.subTest(path.relative_to(self.lamina.store), damage=name):
                    self.change(path, data)
                    done = self.lamina.run("check", expect=1)
                    self.assertRegex(done.stdout + done.stderr, "(?i)tree")
            self.change(path, whole)
        self.lamina.run("check")

    def test_useless_tree_does_not_mount(self):
        folder = self.folder("mnt")
        for path in self.stored_trees():
            self.change(path, path.read_bytes()[:100])
        self.store_is_damaged()
        for command in (["mount", "--ro", "tiny", folder], ["ls", "tiny:/"], ["cat", "tiny:/etc/hostname"]):
            with self.subTest(command[0]):
                self.assert_fails(*command, says="tree")

    def test_no_damage_of_a_tree_crashes_a_reader(self):
        """Random bytes of the merged tree changed: an error or other names, never a signal."""
        path = next(path for path in self.stored_trees() if "trees" in path.parts)
        whole = path.read_bytes()
        path.chmod(0o600)
        seed = random.randrange(1 << 32)
        chance = random.Random(seed)
        for _ in range(80):
            data = bytearray(whole)
            for _ in range(chance.choice((1, 1, 4, 32))):
                data[chance.randrange(len(data))] = chance.choice((0, 1, 0x7F, 0xFF, chance.randrange(256)))
            path.write_bytes(data)
            for command in (["ls", "-l", "tiny:/etc"], ["cat", "tiny:/bin/link"]):
                done = self.lamina.run(*command, expect=None, timeout=20)
                self.assertIn(done.returncode, (0, 1), f"seed {seed}: {command}: {done.stderr}")
        self.change(path, whole)

    def test_no_damage_of_a_tree_crashes_a_mount(self):
        path = next(path for path in self.stored_trees() if "trees" in path.parts)
        whole = path.read_bytes()
        path.chmod(0o600)
        folder = self.folder("mnt")
        seed = random.randrange(1 << 32)
        chance = random.Random(seed)
        mounted = 0
        for _ in range(12):
            data = bytearray(whole)
            for _ in range(chance.choice((1, 2, 8))):  # beyond the header, so that most of them mount
                data[chance.randrange(len(data) // 10, len(data))] = chance.randrange(256)
            path.write_bytes(data)
            if self.lamina.run("mount", "--ro", "tiny", folder, expect=None).returncode == 0:
                mounted += 1
                pid = self.lamina.daemon_pid(folder)
                subprocess.run(["timeout", "3", "tar", "-cf", self.work / "out.tar", "-C", folder, "."], capture_output=True,
                               check=False)
                self.assertTrue(is_alive(pid), f"seed {seed}: the daemon died")
                self.lamina.run("umount", folder)
        self.change(path, whole)

    def test_damaged_records_and_blobs(self):
        places = [path for folder in ("images", "blobs") for path in sorted((self.lamina.store / folder).rglob("*"))
                  if path.is_file() and not path.is_symlink()]
        self.assertGreaterEqual(len(places), 3)
        for path in places:
            whole = path.read_bytes()
            for data in (b"", whole[:len(whole) // 2], b"[" * 100_000, b"\xff" * 40):
                with self.subTest(path.relative_to(self.lamina.store), data=data[:10]):
                    self.change(path, data)
                    self.lamina.run("check", expect=1)
                    for command in (["images"], ["inspect", "tiny"], ["history", "tiny"], ["ls", "tiny:/"]):
                        done = self.lamina.run(*command, expect=None)
                        self.assertIn(done.returncode, (0, 1), (command, done.stderr))
                        if done.returncode:
                            self.assert_one_sentence(done)
            self.change(path, whole)
        self.lamina.run("check")

    def test_foreign_files_in_the_store_do_no_harm(self):
        for folder in ("objects", "blobs", "layers", "trees", "images", "mounts", "tmp"):
            if (self.lamina.store / folder).is_dir():
                (self.lamina.store / folder / "README.from-an-admin").write_text("hands off\n")
        self.check_expected = None
        for command in (["images"], ["check"], ["mounts"], ["ls", "tiny:/"]):
            self.assertIn(self.lamina.run(*command, expect=None).returncode, (0, 1))
        self.assertEqual(packages.tool("cat", self.lamina.store / "images/README.from-an-admin"), "hands off")
