# SPDX-License-Identifier: Apache-2.0
"""The judge itself is tested: it must see each difference, and nothing where there is none."""

import os
import pathlib
import shutil
import subprocess
import sys
import tempfile
import unittest

import compare_trees
import harness


def set_mtime(path, ns=1_700_000_000_000_000_001):
    os.utime(path, ns=(ns, ns), follow_symlinks=False)


class CompareTrees(unittest.TestCase):
    def setUp(self):
        self.work = pathlib.Path(tempfile.mkdtemp(prefix="compare-", dir=harness.Session.path()))
        self.addCleanup(shutil.rmtree, self.work)
        self.one, self.two = self.work / "one", self.work / "two"
        for root in (self.one, self.two):
            self.make(root)

    def make(self, root):
        (root / "dir/sub").mkdir(parents=True)
        (root / "file").write_bytes(b"content")
        os.setxattr(root / "file", "user.x", b"1")
        os.link(root / "file", root / "dir/link")
        (root / "other").write_bytes(b"content")
        (root / "symlink").symlink_to("file")
        os.mknod(root / "device", 0o20600, os.makedev(1, 3))
        (pathlib.Path(os.fsdecode(os.fsencode(root) + b"/raw-\xff"))).write_bytes(b"")
        for folder, _, files in os.walk(root, topdown=False):
            for path in [os.path.join(folder, name) for name in files] + [folder]:
                set_mtime(path)

    def assert_difference(self, *words):
        found = compare_trees.compare(self.one, self.two)
        self.assertTrue(found, "no difference was seen")
        for word in words:
            self.assertIn(word, "\n".join(found))

    def test_equal_trees_are_equal(self):
        self.assertEqual(compare_trees.compare(self.one, self.two, is_mount=True), [])

    def test_sees_missing_and_added_names(self):
        (self.two / "other").unlink()
        (self.two / "added").touch()
        self.assert_difference("'other': missing", "'added': should not be there")

    def test_sees_content_of_equal_size(self):
        (self.two / "other").write_bytes(b"CONTENT")
        set_mtime(self.two / "other")
        self.assert_difference("'other': content")

    def test_sees_one_nanosecond(self):
        set_mtime(self.two / "other", 1_700_000_000_000_000_002)
        self.assert_difference("'other': mtime_ns")

    def test_sees_mode_and_owner(self):
        (self.two / "other").chmod(0o4644)
        os.chown(self.two / "dir", 1, 2)
        self.assert_difference("'other': mode is 0o4644", "'dir': uid is 1", "'dir': gid is 2")

    def test_sees_xattrs(self):
        os.setxattr(self.two / "file", "user.x", b"2")
        os.setxattr(self.two / "dir", "user.new", b"")
        self.assert_difference("'file': xattrs", "'dir': xattrs")

    def test_sees_a_broken_link_group(self):
        (self.two / "dir/link").unlink()
        shutil.copy2(self.two / "file", self.two / "dir/link")
        set_mtime(self.two / "dir")
        self.assert_difference("'file': nlink is 1", "'dir/link': links")

    def test_sees_links_between_other_names(self):
        os.unlink(self.two / "dir/link")
        os.link(self.two / "other", self.two / "dir/link")
        self.assert_difference("'dir/link': links are {'dir/link', 'other'}, expected {'dir/link', 'file'}")

    def test_sees_targets_types_and_devices(self):
        (self.two / "symlink").unlink()
        (self.two / "symlink").symlink_to("fila")
        (self.two / "device").unlink()
        os.mknod(self.two / "device", 0o20600, os.makedev(1, 5))
        (self.two / "other").unlink()
        (self.two / "other").mkdir()
        self.assert_difference("'symlink': target", "'device': rdev", "'other': kind is directory")

    def test_sees_names_as_bytes(self):
        raw = os.fsencode(self.two)
        os.rename(raw + b"/raw-\xff", raw + b"/raw-\xfe")
        self.assert_difference("'raw-\\udcff': missing", "'raw-\\udcfe': should not be there")

    def test_a_hidden_link_violates_the_rules_of_a_mount(self):
        os.link(self.two / "other", self.work / "outside")
        found = list(compare_trees.file_system_violations(compare_trees.read_tree(self.two)))
        self.assertEqual(found, ["'other': nlink is 2, but 1 names lead to it"])

    def test_as_a_command(self):
        command = [sys.executable, compare_trees.__file__, self.one, self.two]
        self.assertEqual(subprocess.run(command, capture_output=True, check=False).returncode, 0)
        (self.two / "other").unlink()
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        self.assertEqual(done.returncode, 1)
        self.assertIn("'other': missing", done.stdout)
