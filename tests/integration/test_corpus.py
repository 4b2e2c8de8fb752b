# SPDX-License-Identifier: Apache-2.0
"""The corpus of odd images: each is imported, mounted and compared with the tree that its case says, or refused as it
says; and nothing of it appears outside the store."""

import contextlib
import os
import pathlib
import subprocess

import compare_trees
import corpus
from corpus.case import CANARY
from corpus.expected import tree_of
from harness import LaminaTestCase, Session, listing

# Where the hostile cases try to put their canary, besides the directories that a test watches.
REACHED_BY_CLIMBING = [pathlib.Path(folder, CANARY) for folder in ("/", "/tmp", "/etc")]


class Corpus(LaminaTestCase):
    """In memory, where it costs nothing to sync a file: most of the time would go there."""

    @classmethod
    def setUpClass(cls):
        cls.disk = Session.path("corpus")
        cls.disk.mkdir()
        subprocess.run(["mount", "-t", "tmpfs", "-o", "mode=755", "tmpfs", cls.disk], check=True)

    @classmethod
    def tearDownClass(cls):
        subprocess.run(["umount", cls.disk], check=True)

    @contextlib.contextmanager
    def nothing_outside_the_store(self):
        """Home and working directory are in the watched directory, next to the store."""
        home = self.folder("home")
        before, old_directory, environment = listing(self.work, without=("store",)), os.getcwd(), dict(os.environ)
        os.chdir(home)
        os.environ.update(HOME=str(home), TMPDIR=str(home), XDG_DATA_HOME=str(home))
        try:
            yield
        finally:
            os.chdir(old_directory)
            os.environ.clear()
            os.environ.update(environment)
        self.assertEqual(listing(self.work, without=("store",)), before, "something was written outside the store")
        self.assertEqual([path for path in REACHED_BY_CLIMBING if path.exists()], [])
        self.assertEqual(list(self.lamina.store.rglob(f"*{CANARY}*")), [], "a name of the image is a name in the store")

    def run_case(self, case):
        command = ["import", case.write(self.folder("image")), "image", *case.arguments]
        with self.nothing_outside_the_store():
            if case.refusal:
                self.assert_fails(*command, says=case.refusal)
            else:
                self.lamina.run(*command)
        if case.tree is not None:
            self.assert_mount_shows(tree_of(case.tree))

    def assert_mount_shows(self, expected):
        with self.mounted("image") as mountpoint:
            tree = compare_trees.read_tree(mountpoint)
        differences = [*compare_trees.tree_differences(expected, tree), *compare_trees.file_system_violations(tree)]
        self.assertFalse(differences, "\n" + "\n".join(differences[:40]))


def add_tests():
    for case in corpus.CASES:
        name = f"test_{case.name}"
        if hasattr(Corpus, name) or (case.tree is None) == (case.refusal is None):
            raise AssertionError(f"the case {case.name} is there twice, or does not say what is expected")
        setattr(Corpus, name, lambda self, case=case: self.run_case(case))


add_tests()
