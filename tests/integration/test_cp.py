# SPDX-License-Identifier: Apache-2.0
"""`lamina cp`: what is copied is what the image holds, it lands where docker's cp would put it, and nothing half done or
outside the destination is left."""

import io
import os
import signal
import stat
import subprocess
import tarfile
import time

import compare_trees
import harness
import images
import packages
import samples
from harness import LaminaTestCase, end_process, run_on_terminal, wait_for
from layers import LayerTar


class CopyTestCase(LaminaTestCase):
    def setUp(self):
        super().setUp()
        images.oci_layout(self.work / "tiny", samples.tiny())
        self.lamina.import_image(f"oci:{self.work}/tiny", "tiny")
        self.out = self.folder("out")

    def cp(self, *arguments, **more):
        return self.lamina.run("cp", *arguments, **more)

    def names(self, directory=None):
        return sorted(os.listdir(directory or self.out))


class WhatIsCopied(CopyTestCase):
    def test_everything_with_archive(self):
        """As umoci unpacks it: kinds, modes, owners, times, attributes, links, odd names."""
        self.lamina.import_image(f"oci:{samples.tricky_layout()}", "tricky")
        self.cp("-a", "tricky:/", self.out / "tree")
        differences = compare_trees.compare(packages.unpacked(samples.tricky_layout()), self.out / "tree")
        self.assertFalse(differences, "\n".join(differences[:40]))
        self.assertLess((self.out / "tree/sparse/large").stat().st_blocks, 4096, "holes stay holes")

    def test_the_caller_owns_it_by_default(self):
        self.lamina.import_image(f"oci:{samples.tricky_layout()}", "tricky")
        self.cp("tricky:/kinds", self.out)
        kinds = self.out / "kinds"
        for path in (kinds, kinds / "file", kinds / "symlink", kinds / "closed"):
            self.assertEqual((path.lstat().st_uid, path.lstat().st_gid), (0, 0), path)
        self.assertEqual((kinds / "file").stat().st_mtime_ns, 1_700_000_000_123_456_789)
        self.assertEqual((kinds / "symlink").lstat().st_mtime_ns, 1_500_000_000_987_654_321)
        self.assertEqual(kinds.stat().st_mtime_ns, 1_600_000_000_000_000_001)
        self.assertEqual(stat.S_IMODE((kinds / "closed").stat().st_mode), 0o700)
        self.assertEqual(os.listxattr(kinds / "xattrs"), [])
        self.assertTrue(stat.S_ISFIFO((kinds / "fifo").stat().st_mode))

    def test_links_are_kept_within_the_copy_only(self):
        with LayerTar(self.work / "links.tar") as layer:
            layer.file("a/one", b"x").hardlink("a/two", "a/one").directory("b").hardlink("b/three", "a/one")
        self.lamina.import_image(f"rootfs:{self.work}/links.tar", "links")
        self.cp("links:/", self.out / "all")
        self.assertEqual((self.out / "all/a/one").stat().st_nlink, 3)
        self.cp("links:/a", self.out)
        self.assertEqual((self.out / "a/two").stat().st_nlink, 2)
        self.cp("links:/b/three", self.out)
        self.assertEqual((self.out / "three").stat().st_nlink, 1)
        self.cp("links:/.", self.out)
        self.assertEqual((self.out / "b/three").stat().st_ino, (self.out / "a/one").stat().st_ino)

    def test_symlinks(self):
        self.cp("tiny:/bin/link", self.out)
        self.assertEqual(os.readlink(self.out / "link"), "tool")
        self.cp("-L", "tiny:/bin/link", self.out / "followed")
        self.assertEqual((self.out / "followed").read_text(), "#!/bin/sh\nexit 0\n")
        with LayerTar(self.work / "dirs.tar") as layer:
            layer.file("real/file", b"x").symlink("alias", "real")
        self.lamina.import_image(f"rootfs:{self.work}/dirs.tar", "dirs")
        self.cp("dirs:/alias", self.out)
        self.assertTrue((self.out / "alias").is_symlink())
        os.unlink(self.out / "alias")
        self.cp("dirs:/alias/", self.out)
        self.assertEqual(self.names(self.out / "alias"), ["file"])

    def test_nothing_is_left_behind(self):
        before = self.stored_bytes()
        self.cp("-a", "tiny:/", self.out / "tree")
        self.assertEqual(self.stored_bytes(), before)
        left = [name for _, _, files in os.walk(self.out) for name in files if name.startswith(".lamina")]
        self.assertEqual((left, self.lamina.staging()), ([], []))


class WhereItLands(CopyTestCase):
    def test_file(self):
        self.cp("tiny:/etc/added", self.out)
        self.cp("tiny:/etc/added", f"{self.out}/")
        self.cp("tiny:/etc/added", self.out / "new-name")
        self.cp("tiny:/etc/added", "relative", cwd=self.out)
        self.cp("tiny:/etc/../etc/./added", self.out / "again")
        self.assertEqual(self.names(), ["added", "again", "new-name", "relative"])
        self.assertEqual({(self.out / name).read_text() for name in self.names()}, {"new\n"})

    def test_directory(self):
        self.cp("tiny:/etc", self.out)
        self.assertEqual(self.names(), ["etc"])
        self.cp("tiny:/etc", self.out / "new")
        self.cp("tiny:/etc/", f"{self.out}/slash/")
        self.cp("tiny:/etc/.", self.out / "dot")
        for name in ("etc", "new", "slash", "dot"):
            self.assertEqual(self.names(self.out / name), ["added", "hostname"], name)
        self.cp("tiny:/etc", self.out / "new")
        self.assertEqual(self.names(self.out / "new"), ["added", "etc", "hostname"])

    def test_contents(self):
        for source in ("tiny:/etc/.", "tiny:/etc/./", "tiny:/bin/../etc/."):
            target = self.folder(f"contents{len(source)}")
            self.cp(source, target)
            self.assertEqual(self.names(target), ["added", "hostname"])
        mode = self.out.stat().st_mode
        self.cp("tiny:/", self.out)
        self.assertEqual(self.names(), ["bin", "data", "etc"])
        self.assertEqual(self.out.stat().st_mode, mode, "a directory that was there stays as it is")
        self.cp("tiny:/etc/..", self.folder("root"))
        self.assertEqual(self.names(self.work / "root"), ["bin", "data", "etc"])

    def test_existing_file_is_replaced_whole(self):
        old = self.out / "old"
        old.write_text("a much longer text than the new one\n")
        held = old.open()
        self.cp("tiny:/etc/added", old)
        self.assertEqual(old.read_text(), "new\n")
        self.assertEqual(held.read(), "a much longer text than the new one\n")
        held.close()
        (self.out / "link").symlink_to("old")
        self.cp("tiny:/etc/hostname", self.out / "link")
        self.assertEqual((os.readlink(self.out / "link"), old.read_text()), ("old", "second\n"))

    def test_merging(self):
        (self.out / "etc").mkdir()
        (self.out / "etc/hostname").symlink_to("/etc/passwd")
        (self.out / "etc/kept").write_text("kept")
        self.cp("tiny:/etc", self.out)
        self.assertEqual(self.names(self.out / "etc"), ["added", "hostname", "kept"])
        self.assertFalse((self.out / "etc/hostname").is_symlink())

    def test_no_link_below_the_destination_is_followed(self):
        victim = self.folder("victim")
        (self.out / "etc").symlink_to(victim)
        self.assert_fails("cp", "tiny:/etc", self.out, says=("etc", "no directory"))
        self.assert_fails("cp", "tiny:/", self.out, says="no directory")
        self.assertEqual(self.names(victim), [])

    def test_what_does_not_fit(self):
        (self.out / "file").write_text("kept")
        (self.out / "dir/added").mkdir(parents=True)
        (self.out / "dangling").symlink_to("nowhere")
        os.mkfifo(self.out / "fifo")
        for source, target, says in (("tiny:/etc", "file", ("file", "directory")),
                                     ("tiny:/etc/added", "dir", ("added", "is a directory")),
                                     ("tiny:/etc/added", "missing/", "missing.*not exist"),
                                     ("tiny:/etc/added", "missing/name", "missing.*no such"),
                                     ("tiny:/etc", "missing/name", "missing.*no such"),
                                     ("tiny:/etc/added", "dangling", "leads nowhere"),
                                     ("tiny:/etc/added", "fifo", "neither a file nor a directory"),
                                     ("tiny:/etc/missing", "x", "/etc/missing: no such file"),
                                     ("tiny:/etc/added/", "x", "not a directory"),
                                     ("tiny:/etc/added/.", "x", "not a directory"),
                                     ("nothing:/etc", "x", "no image 'nothing'")):
            with self.subTest(source, target=target):
                self.assert_fails("cp", source, f"{self.out}/{target}", says=says)
        self.assertEqual(self.names(), ["dangling", "dir", "fifo", "file"])
        self.assertEqual((self.out / "file").read_text(), "kept")

    def test_wrong_usage(self):
        for arguments in (["tiny:/etc"], ["tiny", str(self.out)], ["tiny:etc", str(self.out)], [str(self.out), "tiny:/x"]):
            with self.subTest(arguments):
                self.cp(*arguments, expect=2)


class AsArchive(CopyTestCase):
    def members(self, source):
        done = subprocess.run(self.lamina.command("cp", source, "-"), capture_output=True, check=True)
        with tarfile.open(fileobj=io.BytesIO(done.stdout)) as tar:
            return {member.name: member for member in tar}, done.stdout

    def test_names(self):
        for source, wanted in (("tiny:/etc", ["etc", "etc/added", "etc/hostname"]), ("tiny:/etc/hostname", ["hostname"]),
                               ("tiny:/etc/.", [".", "added", "hostname"]), ("tiny:/bin/link", ["link"])):
            self.assertEqual(sorted(self.members(source)[0]), wanted, source)

    def test_owners_and_everything_else(self):
        members, _ = self.members("tiny:/etc/hostname")
        self.assertEqual((members["hostname"].uid, members["hostname"].gid, members["hostname"].mode), (7, 8, 0o640))
        self.lamina.import_image(f"oci:{samples.tricky_layout()}", "tricky")
        _, archive = self.members("tricky:/")
        tree = self.folder("tree")
        subprocess.run(["tar", "--xattrs", "--xattrs-include=*", "--numeric-owner", "-xpf", "-", "-C", tree], input=archive,
                       stderr=subprocess.DEVNULL, check=True)
        differences = compare_trees.compare(packages.unpacked(samples.tricky_layout()), tree)
        self.assertFalse(differences, "\n".join(differences[:40]))

    def test_not_to_a_terminal(self):
        code, shown = run_on_terminal(self.lamina.command("cp", "tiny:/etc", "-"))
        self.assertEqual(code, 2, shown)
        self.assertIn("terminal", shown)


class Failures(CopyTestCase):
    def object_of(self, path):
        entry = next(entry for entry in self.lamina.json("ls", "--json", path) if "digest" in entry)
        digest = entry["digest"].partition(":")[2]
        return self.lamina.store / "objects" / digest[:2] / digest

    def test_damaged_object(self):
        self.store_is_damaged()
        (self.out / "hostname").write_text("old")
        stored = self.object_of("tiny:/etc/hostname")
        os.truncate(stored, 3)
        self.assert_fails("cp", "tiny:/etc/hostname", self.out, says=("tiny:/etc/hostname", "3 bytes instead of 7"))
        stored.unlink()
        self.assert_fails("cp", "tiny:/etc", self.out, says=("tiny:/etc/hostname", "missing"))
        self.assert_fails("cp", "tiny:/etc/hostname", "-", says=("tiny:/etc/hostname", "missing"))
        self.assertEqual((self.out / "hostname").read_text(), "old")
        self.assertEqual(self.names(self.out / "etc"), ["added"])

    def test_ordinary_user(self):
        """What he may not keep is an error when he asks for it, and his own otherwise."""
        self.lamina.import_image(f"oci:{samples.tricky_layout()}", "tricky")
        home = self.folder("home")
        os.chown(home, harness.NOBODY, harness.NOBODY)
        user = harness.Lamina(home / "store", user=harness.NOBODY)
        user.import_image(f"oci:{samples.tricky_layout()}", "tricky")
        user.run("cp", "tricky:/kinds/setuid", home)
        copied = (home / "setuid").stat()
        self.assertEqual((copied.st_uid, stat.S_IMODE(copied.st_mode)), (harness.NOBODY, 0o755))
        for arguments, says in ((["-a", "tricky:/kinds/file"], ("tricky:/kinds/file", "owner", "not permitted")),
                                (["tricky:/kinds/null"], ("tricky:/kinds/null", "special file", "not permitted"))):
            with self.subTest(arguments):
                self.assert_one_sentence(user.run("cp", *arguments, home, expect=None), *says)
        self.assertEqual(self.names(home), ["setuid", "store"])

    def test_interrupted(self):
        """The file that was being copied is the old one, and its temporary file is gone."""
        source = self.folder("source")
        with (source / "large").open("wb") as file:
            for _ in range(400):
                file.write(os.urandom(1 << 10) * 1024)
        self.lamina.import_image(f"rootfs:{source}", "large")
        (self.out / "large").write_text("old")
        process = self.lamina.start("cp", "large:/large", self.out)
        try:
            wait_for(lambda: len(self.names()) > 1 or process.poll() is not None, "the copy has begun")
        finally:
            code, _, errors = end_process(process, signal.SIGINT)
        self.assertEqual(code, 130, errors)
        self.assertEqual(self.names(), ["large"])
        self.assertEqual((self.out / "large").read_text(), "old")

    def test_full_disk(self):
        small = self.folder("small")
        subprocess.run(["mount", "-t", "tmpfs", "-o", "size=64k", "tmpfs", small], check=True)
        self.assert_fails("cp", "tiny:/data/random", small, says=("tiny:/data/random", "no space"))
        self.assertEqual(self.names(small), [])

    def test_removed_while_it_is_copied(self):
        """`rmi` beside a copy leaves the content for later."""
        reader = self.lamina.start("cp", "tiny:/", "-")  # blocks: nobody reads the pipe
        try:
            wait_for(lambda: os.listdir(f"/proc/{reader.pid}/fd"), "it runs")
            time.sleep(0.3)
            self.assertIn("prune", self.lamina.run("rmi", "tiny").stderr)
            archive, errors = reader.communicate(timeout=30)
        finally:
            end_process(reader)
        self.assertEqual(reader.returncode, 0, errors)
        with tarfile.open(fileobj=io.BytesIO(archive)) as tar:
            self.assertEqual(tar.extractfile("data/random").read(), samples.RANDOM)
