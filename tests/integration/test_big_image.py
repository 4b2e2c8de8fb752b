# SPDX-License-Identifier: Apache-2.0
"""The large Debian image of the benchmarks (LAMINA_BIG_IMAGE=DIR, made by `tools/bench/make-image DIR`): every form has
one ID, the mount equals `umoci unpack`, and real programs work in it."""

import os
import pathlib
import subprocess

import packages
from harness import Lamina, SharedStoreTestCase

FORMS = ("docker-archive:{}/image.docker.tar", "oci:{}/image.oci", "oci-archive:{}/image.oci.tar", "oci:{}/image.zstd.oci")


class BigImage(SharedStoreTestCase):
    @classmethod
    def fill(cls, lamina):
        cls.source = pathlib.Path(os.environ["LAMINA_BIG_IMAGE"])
        cls.identity = lamina.import_image(f"oci:{cls.source}/image.oci", "big")
        cls.expected = packages.unpacked(cls.source / "image.oci")

    def test_every_form_has_the_same_id(self):
        self.assertEqual(self.identity, packages.config_digest(self.source / "image.oci"))
        for form in FORMS:
            with self.subTest(form):
                fresh = Lamina(self.work / "fresh")
                self.assertEqual(fresh.import_image(form.format(self.source)), self.identity)
                packages.tool("rm", "-r", fresh.store)

    def test_equals_umoci_in_every_entry(self):
        for mode in ("data=cache", "data=passthrough"):
            with self.subTest(mode), self.mounted("big", "-o", mode) as mountpoint:
                self.assert_same_tree(self.expected, mountpoint)

    def test_programs_work(self):
        for mode in ("data=cache", "data=passthrough"):
            with self.subTest(mode), self.mounted("big", "-o", f"dev,{mode}") as root:
                shown = packages.tool("chroot", root, "/usr/bin/python3", "-c", "import numpy; print(numpy.arange(5).sum())")
                self.assertEqual(shown, "10")
                assembly = subprocess.run(["chroot", root, "gcc", "-O2", "-x", "c", "-S", "-o", "-", "-"], capture_output=True,
                                          input=b'#include <stdio.h>\nint main(void) { puts("hello"); return 0; }\n', check=True)
                self.assertIn(b"main:", assembly.stdout)
                self.assertIn("git version", packages.tool("chroot", root, "git", "--version"))
                self.assertIn("nginx", subprocess.run(["chroot", root, "nginx", "-v"], capture_output=True, text=True,
                                                      check=True).stderr)

    def test_a_program_compiled_in_it_runs(self):
        """The mount is read-only, so gcc writes into a tmpfs on the image's /tmp."""
        with self.mounted("big", "-o", "dev") as root:
            packages.tool("mount", "-t", "tmpfs", "tmpfs", root / "tmp")
            try:
                (root / "tmp/hello.c").write_text('#include <stdio.h>\nint main(void) { puts("hello"); return 0; }\n')
                packages.tool("chroot", root, "gcc", "-o", "/tmp/hello", "/tmp/hello.c")
                self.assertEqual(packages.tool("chroot", root, "/tmp/hello"), "hello")
            finally:
                packages.tool("umount", root / "tmp")

    def test_find_and_tar(self):
        with self.mounted("big") as root:
            count = "find . -printf '%y %m %U %G %T@ %l %p\\0' | sort -z | sha256sum"
            self.assertEqual(packages.tool("sh", "-c", count, cwd=root), packages.tool("sh", "-c", count, cwd=self.expected))
            archive = "tar --sort=name --xattrs --xattrs-include='*' --format=posix --pax-option=delete=atime,delete=ctime -cf - . "
            archive += "| sha256sum"
            self.assertEqual(packages.tool("sh", "-c", archive, cwd=root), packages.tool("sh", "-c", archive, cwd=self.expected))
