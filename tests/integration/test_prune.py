# SPDX-License-Identifier: Apache-2.0
"""`lamina prune`, and `rmi` beside others: what goes, what stays, who waits for whom; and everything at once."""

import contextlib
import fcntl
import random
import re
import subprocess
import threading
import time

import images
import samples
from harness import PROMPTLY, LaminaTestCase, run_on_terminal


class RemovalTestCase(LaminaTestCase):
    def setUp(self):
        super().setUp()
        for name, image in (("tiny", samples.tiny()), ("other", samples.tiny_other())):
            images.oci_layout(self.work / name, image)
            self.lamina.import_image(f"oci:{self.work}/{name}", name)

    @contextlib.contextmanager
    def store_in_use(self):
        """As by a running import."""
        with open(self.lamina.store / "lock", "rb") as lock:
            fcntl.flock(lock, fcntl.LOCK_SH)
            yield

    def stored(self, folder):
        return {path.name for path in (self.lamina.store / folder).rglob("*") if path.is_file()}

    def untag(self, image, name="moved"):
        """Takes the only name of an image away, as a newer image of that name does."""
        self.lamina.run("tag", image, name)
        keeper = next(other for other in ("tiny", "other") if other != image)
        self.lamina.run("rmi", image)
        self.lamina.run("tag", keeper, name)


class Prune(RemovalTestCase):
    def test_images_without_a_name_go(self):
        self.untag("tiny")
        done = self.lamina.run("prune")
        self.assertIn(f"Deleted: {samples.tiny().id}\n", done.stdout)
        self.assertRegex(done.stdout.splitlines()[-1], r"^Total reclaimed space: \d[\d.]* ?[kM]?B$")
        self.assertEqual(self.lamina.image_ids(), [samples.tiny_other().id])
        self.assertEqual(self.lamina.run("prune").stdout, "Total reclaimed space: 0B\n")
        self.assertEqual(len(self.stored("trees")), 1)

    def test_what_is_needed_stays(self):
        before = self.stored_bytes()
        self.assertEqual(self.lamina.run("prune").stdout, "Total reclaimed space: 0B\n")
        self.assertEqual(self.stored_bytes(), before)

    def test_dry_run_says_what_prune_does(self):
        self.untag("tiny")
        before = self.stored_bytes()
        planned = self.lamina.json("prune", "--dry-run", "--json")
        self.assertEqual((planned["dry_run"], planned["images"]), (True, [{"id": samples.tiny().id, "names": []}]))
        self.assertEqual(planned["layers"], [samples.tiny().diff_ids[1]], "the other layer is shared")
        self.assertEqual(planned["objects"], 2)
        shown = self.lamina.run("prune", "-n").stdout
        for line in (f"Would delete: {samples.tiny().id}\n", f"Would delete layer: {samples.tiny().diff_ids[1]}\n",
                     "Would delete objects: 2\n", "Total reclaimable space: "):
            self.assertIn(line, shown)
        self.assertEqual(self.stored_bytes(), before)
        done = self.lamina.json("prune", "--json")
        self.assertEqual(done, {**planned, "dry_run": False})
        gone = sum(len(content) for content in (b"second\n", b"new\n"))
        self.assertGreater(done["bytes"], gone)

    def test_all(self):
        self.assertEqual(self.lamina.run("prune", "--all", expect=2).stdout, "", "there is nobody to ask")
        self.assertEqual(len(self.lamina.image_ids()), 2)
        self.assertIn("Would untag: tiny:latest", self.lamina.run("prune", "-a", "-n").stdout)
        folder = self.folder("mnt")
        self.lamina.run("mount", "--ro", "other", folder)
        shown = self.lamina.run("prune", "-a", "-f").stdout
        self.assertIn("Untagged: tiny:latest\n", shown)
        self.assertEqual(self.lamina.image_ids(), [samples.tiny_other().id], "a mounted image stays")
        self.assertEqual((folder / "data/random").read_bytes(), samples.RANDOM)
        self.lamina.run("umount", folder)
        self.lamina.run("prune", "-af")
        self.assertEqual(self.lamina.image_ids(), [])
        self.assertEqual(self.stored("objects") | self.stored("layers") | self.stored("trees") | self.stored("blobs"), set())

    def test_all_asks_on_a_terminal(self):
        for answer, left in (("n\n", 2), ("\n", 2), ("y\n", 0)):
            with self.subTest(answer):
                code, shown = run_on_terminal(self.lamina.command("prune", "--all"), typed=answer)
                self.assertIn("[y/N]", shown)
                self.assertEqual((code, len(self.lamina.image_ids())), (1 if left else 0, left), shown)

    def test_staging_of_killed_commands_goes(self):
        (self.lamina.store / "tmp/999999-0").mkdir()
        (self.lamina.store / "tmp/999999-0/text").write_text("x")
        self.lamina.run("prune")
        self.assertEqual(self.lamina.staging(), [])

    def test_waits_for_an_import_and_says_so(self):
        self.untag("tiny")
        with self.store_in_use():
            process = self.lamina.start("prune")
            self.assertRegex(process.stderr.readline().decode(), "^lamina: waiting for")
            self.assertIsNone(process.poll())
            self.assertEqual(len(self.lamina.image_ids()), 2)
        out, errors = process.communicate(timeout=PROMPTLY)
        self.assertEqual((process.returncode, errors), (0, b""))
        self.assertIn(samples.tiny().id.encode(), out)


class RemovingBesideOthers(RemovalTestCase):
    def test_rmi_does_not_wait_for_an_import(self):
        """A mount may just have looked the image up, so that the record stays for the sweep."""
        self.lamina.run("tag", "tiny", "tiny:second")
        before = self.stored("objects")
        with self.store_in_use():
            self.assertEqual(self.lamina.run("rmi", "tiny").stderr, "", "it has another name")
            done = self.lamina.run("rmi", "tiny:second")
            self.assertEqual(done.stdout, "Untagged: tiny:second\n")
            self.assertRegex(done.stderr, f"^lamina: .*{samples.tiny().id[7:19]}.*lamina prune.*\n$")
            self.assertIn("lamina prune", self.lamina.run("rmi", samples.tiny().id).stderr)
        self.assertEqual(self.lamina.inspect(samples.tiny().id)["RepoTags"], [])
        self.assertEqual(self.stored("objects"), before)
        self.lamina.run("prune")
        self.assertEqual(self.lamina.image_ids(), [samples.tiny_other().id])
        self.assertLess(self.stored("objects"), before)

    def test_a_mounted_image_is_refused_all_the_same(self):
        folder = self.folder("mnt")
        self.lamina.run("mount", "--ro", "tiny", folder)
        with self.store_in_use():
            self.assert_fails("rmi", "tiny", says=("is mounted on", str(folder).lower()))
        self.assert_fails("rmi", "tiny", says="is mounted on")


class EverythingAtOnce(RemovalTestCase):
    """Imports, mounts, removals and sweeps in parallel: each succeeds or says which of the others was first; what a
    mount shows is whole; and afterwards the store is sound."""

    SECONDS = 6
    HONEST = re.compile(r"no image '|is mounted on")

    def attempt(self, *arguments):
        done = self.lamina.run(*arguments, expect=None, timeout=60)
        if done.returncode and not self.HONEST.search(done.stderr):
            self.surprises.append(f"{' '.join(map(str, arguments))}: exit {done.returncode}: {done.stderr}")
        return done.returncode == 0

    def mount_and_read(self, name, mountpoint):
        if not self.attempt("mount", "--ro", name, mountpoint):
            return
        # By a program: a file that is open here would be open in what the other threads start, too.
        shown = subprocess.run(["cat", mountpoint / "data/random"], capture_output=True, check=False)
        if shown.stdout != samples.RANDOM:
            self.surprises.append(f"{name} is mounted and cannot be read whole: {shown.stderr}")
        self.lamina.run("umount", mountpoint)
        self.counts["mounts"] = self.counts.get("mounts", 0) + 1

    def repeat(self, work):
        deadline = time.monotonic() + self.SECONDS
        while time.monotonic() < deadline and not self.surprises:
            try:
                work()
            except Exception as error:  # an unhandled one would end this thread without a trace
                self.surprises.append(repr(error))

    def test_hammer(self):
        self.surprises, self.counts = [], {}
        choose = random.Random(1).choice
        names = ("tiny", "other")
        works = [lambda name=name: self.attempt("import", f"oci:{self.work}/{name}", name) for name in names]
        works += [lambda name=name, folder=self.folder(f"mnt-{name}"): self.mount_and_read(name, folder) for name in names]
        works += [lambda: self.attempt("rmi", choose(names)), lambda: self.attempt("prune", "-af"),
                  lambda: self.attempt("images"), lambda: self.attempt("tag", choose(names), "tagged")]
        threads = [threading.Thread(target=self.repeat, args=(work,)) for work in works]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        self.assertEqual(self.surprises, [])
        self.assertGreater(self.counts.get("mounts", 0), 0, "nothing was ever mounted")
        self.lamina.run("check")
        self.assertEqual(self.lamina.staging(), [])
        self.assertEqual(self.lamina.mounts(), [])
        self.lamina.run("prune", "-af")
        self.assertEqual(self.stored("objects"), set())
