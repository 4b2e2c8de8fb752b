# SPDX-License-Identifier: Apache-2.0
"""`lamina import -`: an archive comes through a pipe or a redirection, in every form, as it would from a file."""

import os
import shutil
import subprocess
import tarfile

import images
import samples
from harness import Lamina, LaminaTestCase, run_on_terminal


class StandardInput(LaminaTestCase):
    def import_piped(self, path, *arguments, lamina=None, **more):
        with subprocess.Popen(["cat", path], stdout=subprocess.PIPE) as cat:
            return (lamina or self.lamina).run("import", "-q", *(arguments or ["-"]), stdin=cat.stdout, **more)

    def import_redirected(self, path, *arguments, lamina=None, **more):
        with open(path, "rb") as file:
            return (lamina or self.lamina).run("import", "-q", *(arguments or ["-"]), stdin=file, **more)

    def assert_imports(self, identity, path, *arguments):
        for how in (self.import_piped, self.import_redirected):
            with self.subTest(how.__name__, path=path.name, arguments=arguments):
                lamina = Lamina(self.work / "fresh")
                self.assertEqual(how(path, *arguments, lamina=lamina).stdout.strip(), identity)
                self.assertEqual(lamina.image_ids(), [identity])
                self.assertEqual(lamina.staging(), [])
                lamina.run("check")
                shutil.rmtree(lamina.store)

    def test_docker_archives_of_all_ages(self):
        for style in ("flat", "symlinks", "modern"):
            path = images.docker_archive(self.work / f"{style}.tar", samples.tiny(), "inside:1", style=style)
            self.assert_imports(samples.tiny().id, path)
        path = images.docker_archive(self.work / "v1.tar", samples.tiny(), "old:1", style="v1")
        wanted = self.lamina.run("import", "-q", path).stdout.strip()
        self.assert_imports(wanted, path)

    def test_compressed_as_a_whole(self):
        path = images.docker_archive(self.work / "plain.tar", samples.tiny(), "inside:1")
        for tool in ("gzip", "zstd", "xz", "bzip2"):
            packed = self.work / f"packed.{tool}"
            with packed.open("wb") as file:
                subprocess.run([tool, "-c", path], stdout=file, stderr=subprocess.DEVNULL, check=True)
            self.assert_imports(samples.tiny().id, packed)
            self.assert_imports(samples.tiny().id, packed, "docker-archive:-")
            self.assertEqual(Lamina(self.work / tool).import_image(packed), samples.tiny().id)

    def test_oci_archive(self):
        path = images.oci_archive(self.work / "oci.tar", samples.tiny())
        self.assert_imports(samples.tiny().id, path)
        self.assert_imports(samples.tiny().id, path, "oci-archive:-:latest", "named:1")

    def test_names(self):
        archive = images.DockerArchive(self.work / "folder")
        path = archive.add(samples.tiny(), "one:1").add(samples.tiny_other(), "two:2").write(self.work / "two.tar")
        self.import_piped(path, "docker-archive:-:two:2")
        self.assertEqual(self.lamina.inspect("two:2")["Id"], samples.tiny_other().id)
        self.assertEqual(self.lamina.image_ids(), [samples.tiny_other().id])
        self.import_piped(path)
        self.assertEqual(self.lamina.inspect("one:1")["Id"], samples.tiny().id)
        self.import_piped(path, "docker-archive:-:one:1", "given:3")
        self.assertEqual(self.lamina.inspect("given:3")["Id"], samples.tiny().id)

    def test_root_file_system(self):
        with tarfile.open(self.work / "root.tar.gz", "w:gz") as tar:
            tar.add(__file__, "file")
        for arguments in (["-", "bare"], ["rootfs:-", "prefixed"]):
            self.import_piped(self.work / "root.tar.gz", *arguments)
            self.assertIn("StandardInput", self.lamina.run("cat", f"{arguments[1]}:/file").stdout)

    def test_what_was_read_before_is_not_read_again(self):
        path = images.docker_archive(self.work / "a.tar", samples.tiny(), "inside:1")
        both = self.work / "both"
        both.write_bytes(b"#" * 1000 + path.read_bytes())
        with both.open("rb") as file:
            os.lseek(file.fileno(), 1000, os.SEEK_SET)
            self.assertEqual(self.lamina.run("import", "-q", "-", stdin=file).stdout.strip(), samples.tiny().id)

    def test_progress_summary_and_silence(self):
        path = images.docker_archive(self.work / "a.tar", samples.tiny(), "inside:1")
        with path.open("rb") as file:
            done = self.lamina.run("import", "-", stdin=file)
        self.assertRegex(done.stdout, r"^imported docker\.io/library/inside:1 \(sha256:.* layers 2 new")
        self.assertEqual(done.stderr, "")

    def test_damaged(self):
        path = images.docker_archive(self.work / "whole.tar", samples.tiny(), "inside:1")
        whole = path.read_bytes()
        for name, data, says in (("cut", whole[:len(whole) // 2], "standard input.*trunc"),
                                 ("cut-gzip", images.compress(whole, "gzip")[:-5000], "standard input"),
                                 ("text", b"hello, world\n" * 1000, "standard input"), ("empty", b"", "empty")):
            damaged = self.work / name
            damaged.write_bytes(data)
            for how in (self.import_piped, self.import_redirected):
                with self.subTest(how.__name__, name=name):
                    self.assert_one_sentence(how(damaged, expect=None), says)
                    self.assertEqual((self.lamina.image_ids(), self.lamina.staging()), ([], []))

    def test_not_from_a_terminal(self):
        for source in ("-", "docker-archive:-", "oci-archive:-:tag", "rootfs:-"):
            code, shown = run_on_terminal(self.lamina.command("import", source))
            self.assertEqual(code, 2, shown)
            self.assertIn("standard input is a terminal", shown)

    def test_a_file_of_that_name_is_named_by_its_path(self):
        images.docker_archive(self.work / "-", samples.tiny(), "inside:1")
        self.assertEqual(self.lamina.run("import", "-q", "./-", cwd=self.work).stdout.strip(), samples.tiny().id)
