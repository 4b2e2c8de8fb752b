# SPDX-License-Identifier: Apache-2.0
"""Small inputs that ask for much: bytes, entries, holes, JSON. Each is refused promptly, in one sentence, in little
memory, and leaves nothing behind."""

import os
import time

import images
import samples
from corpus import raw_tar
from corpus.sparse import old_gnu
from harness import PROMPTLY, LaminaTestCase

MEMORY = 400 << 20  # bytes that may be mapped to write to them, the stacks of nine threads among them


class Bombs(LaminaTestCase):
    def layer(self, tar, name="bomb"):
        path = self.work / f"{name}.tar"
        path.write_bytes(tar.bytes())
        return path

    def layout(self, *layers, change=lambda image: None):
        image = images.Image.of(layers, title="bomb")
        change(image)
        return images.oci_layout(self.work / "layout", image)

    def assert_refused(self, *arguments, says):
        start = time.monotonic()
        self.assert_fails("import", *arguments, says=says)
        self.assertLess(time.monotonic() - start, PROMPTLY)

    def setUp(self):
        super().setUp()
        self.lamina.prefix = ["prlimit", f"--data={MEMORY}"]

    def test_a_layer_that_unpacks_to_much(self):
        self.layout(self.layer(raw_tar.Tar().file("zeros", bytes(64 << 20))))
        self.assert_refused(f"oci:{self.work}/layout", "--max-size", "10MB", says=["layer 1 of", "--max-size"])

    def test_an_archive_that_unpacks_to_much(self):
        tar = raw_tar.Tar().file("zeros", bytes(64 << 20)).bytes()
        for kind in ("gzip", "zstd"):
            path = self.work / f"bomb.{kind}"
            path.write_bytes(images.compress(tar, kind))
            for prefix in ("", "rootfs:", "docker-archive:", "oci-archive:"):
                with self.subTest(kind=kind, prefix=prefix):
                    self.assert_refused(f"{prefix}{path}", "--max-size", "10MB", says=[f"bomb.{kind}", "--max-size"])

    def test_a_file_of_nothing_but_holes(self):
        self.layout(self.layer(old_gnu(raw_tar.Tar(), "holes", [], b"", raw_tar.base256(1 << 62, 12))))
        self.assert_refused(f"oci:{self.work}/layout", says=["layer 1 of", "holes", "--max-size"])

    def test_many_entries(self):
        tar = raw_tar.Tar()
        for number in range(5000):
            tar.file(f"file{number}")
        self.layout(self.layer(tar))
        self.assert_refused(f"oci:{self.work}/layout", "--max-entries", "4000", says=["layer 1 of", "--max-entries"])

    def test_few_entries_that_imply_many_directories(self):
        tar = raw_tar.Tar()
        for number in range(10):
            tar.file("x", pax={"path": "/".join([str(number)] * 1500)})
        self.layout(self.layer(tar))
        self.assert_refused(f"oci:{self.work}/layout", "--max-entries", "4000", says=["layer 1 of", "--max-entries"])

    def test_one_layer_many_times(self):
        self.layout(*[self.layer(raw_tar.Tar())] * 1001)
        self.assert_refused(f"oci:{self.work}/layout", says="1001 layers")

    def test_documents(self):
        self.layout(samples.tiny().layers[0])
        for what, text, says in (("long", b" " * (5 << 20), "index.json .*4194304 bytes"),
                                 ("deep", b"[" * (3 << 20), "nested"),
                                 ("broad", b"[" + b"[]," * (1 << 20) + b"0]", "index.json")):
            with self.subTest(what):
                (self.work / "layout/index.json").write_bytes(text)
                self.assert_refused(f"oci:{self.work}/layout", says=says)

    def test_a_config_with_many_diff_ids(self):
        def many(image):
            image.config["rootfs"]["diff_ids"] *= 50_000
        self.layout(samples.tiny().layers[0], change=many)
        self.assertLess(os.path.getsize(max((self.work / "layout/blobs/sha256").iterdir(), key=os.path.getsize)), 4 << 20)
        self.assert_refused(f"oci:{self.work}/layout", says="1 layers, but its config lists 50000 diff_ids")
