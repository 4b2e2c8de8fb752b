# SPDX-License-Identifier: Apache-2.0
"""An import that is interrupted leaves nothing but staging; the next command sweeps that, and the next import works.
Two imports at once get along."""

import signal
import time

import images
import packages
import samples
from harness import LaminaTestCase, Session, end_process, listing, wait_for


class Interrupted(LaminaTestCase):
    @classmethod
    def setUpClass(cls):
        cls.image = images.Image.of([samples.tiny().layers[0], packages.debian_tar()], title="interrupted")
        cls.archive = Session.path("interrupted.tar")
        if not cls.archive.exists():
            images.docker_archive(cls.archive, cls.image, "debian:1")

    def setUp(self):
        super().setUp()
        images.oci_layout(self.work / "tiny", samples.tiny())
        self.lamina.import_image(f"oci:{self.work}/tiny", "tiny")

    def interrupt(self, how, delay):
        """Starts the import, lets it work for `delay` seconds from its first staging on, and ends it."""
        process = self.lamina.start("import", f"docker-archive:{self.archive}")
        try:
            wait_for(lambda: self.lamina.staging() or process.poll() is not None, "the import stages something")
            time.sleep(delay)
            was_running = process.poll() is None
        finally:
            code, _, errors = end_process(process, how)
        return was_running, code, errors

    def assert_only_staging_is_left(self, how, may_leave_staging):
        before = listing(self.lamina.store)
        interrupted = 0
        for delay in (0, 0.03, 0.1, 0.2):
            with self.subTest(delay=delay):
                was_running, code, errors = self.interrupt(how, delay)
                if not was_running:
                    continue  # a quick machine: the import was done
                interrupted += 1
                self.assertNotEqual(code, 0)
                self.assertEqual(listing(self.lamina.store), before, "more than staging was left")
                if not may_leave_staging:
                    self.assertEqual(self.lamina.staging(), [], errors)
                self.lamina.run("images")
                self.assertEqual(self.lamina.staging(), [], "the next command sweeps")
                self.lamina.run("check")
                self.assertEqual(self.lamina.image_ids(), [samples.tiny().id])
        self.assertGreater(interrupted, 0, "no import ran long enough to be interrupted")
        self.assertEqual(self.lamina.import_image(f"docker-archive:{self.archive}"), self.image.id)
        self.assertEqual(self.lamina.staging(), [])

    def test_sigkill(self):
        self.assert_only_staging_is_left(signal.SIGKILL, may_leave_staging=True)

    def test_sigint(self):
        self.assert_only_staging_is_left(signal.SIGINT, may_leave_staging=False)

    def test_sigterm(self):
        self.assert_only_staging_is_left(signal.SIGTERM, may_leave_staging=False)

    def test_sweeping_spares_a_running_import(self):
        process = self.lamina.start("import", f"docker-archive:{self.archive}")
        try:
            while process.poll() is None:
                self.lamina.run("images")
        finally:
            code, out, errors = end_process(process)
        self.assertEqual(code, 0, errors)
        self.assertIn(self.image.id, out)

    def test_imports_at_once(self):
        """The same image and one that shares a layer with it, all at the same time."""
        images.oci_layout(self.work / "other", samples.tiny_other())
        sources = [f"docker-archive:{self.archive}"] * 2 + [f"oci:{self.work}/other", f"oci:{self.work}/tiny"]
        processes = [self.lamina.start("import", source, f"at-once:{number}") for number, source in enumerate(sources)]
        for process in processes:
            _, errors = process.communicate(timeout=60)
            self.assertEqual(process.returncode, 0, errors)
        self.assertEqual(self.lamina.image_ids(), sorted({self.image.id, samples.tiny().id, samples.tiny_other().id}))
        self.assertEqual(self.lamina.staging(), [])
        self.assert_objects_true_to_name()
