# SPDX-License-Identifier: Apache-2.0
"""Whatever is wrong with what lamina is given: one clear sentence, exit 1, the store exactly as before, nothing mounted."""

import json
import os
import random
import subprocess

import images
import samples
from harness import NOBODY, Lamina, LaminaTestCase, listing
from layers import LayerTar


class BadSources(LaminaTestCase):
    def source(self, name, data=b""):
        path = self.work / name
        path.write_bytes(data)
        return path

    def test_missing_source(self):
        for scheme in ("docker-archive", "oci", "oci-archive", "rootfs"):
            with self.subTest(scheme):
                self.assert_fails("import", f"{scheme}:{self.work}/no-such", says=("no-such", "no such file|not exist|not found"))
        self.assert_fails("import", f"{self.work}/no-such", says="no-such")

    def test_not_an_image(self):
        noise = random.Random(3).randbytes(100_000)
        for data in (b"", b"hello\n", noise, b"\0" * 10240):
            path = self.source("not-an-image", data)
            for scheme in ("docker-archive:", "oci-archive:", "rootfs:", ""):
                if data.startswith(b"\0") and scheme in ("rootfs:", ""):
                    continue  # which is a tar without entries
                with self.subTest(scheme=scheme, size=len(data)):
                    self.assert_fails("import", f"{scheme}{path}", says="not-an-image")
        self.assert_fails("import", f"oci:{self.folder('empty')}", says="empty")
        self.assert_fails("import", f"oci:{self.work}/not-an-image", says="not-an-image")

    def test_a_tar_that_is_no_image(self):
        with LayerTar(self.work / "plain.tar") as tar:
            tar.file("some/file", b"x")
        for scheme in ("docker-archive", "oci-archive"):
            self.assert_fails("import", f"{scheme}:{self.work}/plain.tar", says="plain.tar")

    def test_truncated_archives(self):
        makers = {"docker-archive": lambda path: images.docker_archive(path, samples.tiny(), "x:1"),
                  "oci-archive": lambda path: images.oci_archive(path, samples.tiny())}
        for scheme, make in makers.items():
            whole = make(self.work / f"{scheme}.tar").read_bytes()
            for part in (300, 5000, len(whole) // 2, len(whole) - 20_000):
                with self.subTest(scheme=scheme, part=part):
                    path = self.source("truncated.tar", whole[:part])
                    self.assert_fails("import", f"{scheme}:{path}", says="truncated.tar")

    def test_no_such_tag_or_name_in_the_source(self):
        layout = images.OciLayout(self.work / "layout")
        layout.tag(layout.put_image(samples.tiny()), "one").tag(layout.put_image(samples.tiny_other()), "two")
        self.assert_fails("import", f"oci:{self.work}/layout:three", says=("three", "one", "two"))
        path = images.docker_archive(self.work / "a.tar", samples.tiny(), "inside:1")
        self.assert_fails("import", f"docker-archive:{path}:other:2", says=("other:2", "inside:1"))

    def test_bad_names(self):
        images.oci_layout(self.work / "layout", samples.tiny())
        for name in ("UPPER:1", "a:b:c", "-x/:y", "name:", "a//b", "../escape", "sp ace", "x" * 300):
            with self.subTest(name):
                done = self.lamina.run("import", f"oci:{self.work}/layout", "--", name, expect=None)
                self.assertIn(done.returncode, (1, 2), done)
                self.assertEqual(self.lamina.image_ids(), [])

    def test_source_that_may_not_be_read(self):
        path = images.docker_archive(self.work / "private.tar", samples.tiny(), "x:1")
        path.chmod(0o600)
        home = self.folder("home")
        os.chown(home, NOBODY, NOBODY)
        user = Lamina(home / "store", user=NOBODY)
        user.run("images")
        self.assert_fails("import", f"docker-archive:{path}", lamina=user, says=("private.tar", "permission"))


class BadImages(LaminaTestCase):
    """One thing wrong in an OCI layout that is right otherwise."""

    def spoiled(self, change=lambda manifest: None, image=None, **how):
        folder = self.work / f"layout-{len(list(self.work.iterdir()))}"
        layout = images.OciLayout(folder)
        layout.tag(layout.put_image(image or samples.tiny(), change=change, **how), "latest")
        return layout

    def assert_import_fails(self, layout, *says):
        source = f"oci:{layout.directory}"
        self.assert_fails("import", source, "bad", says=says)
        archive = images.archive_of(layout.directory, self.work / "bad.tar")
        self.assert_fails("import", f"oci-archive:{archive}", "bad", says=says)
        self.assertEqual(self.lamina.json("images", "--json"), [])

    def test_layer_with_another_content(self):
        layout = self.spoiled()
        path = layout.blob_path(layout.manifest()["layers"][1]["digest"])
        data = bytearray(path.read_bytes())
        data[len(data) // 2] ^= 1
        path.write_bytes(data)
        self.assert_import_fails(layout, "digest|checksum|corrupt|damaged|mismatch|inflat|decompress", "layer 2")

    def test_manifest_and_config_with_another_content(self):
        for which in ("manifest", "config"):
            with self.subTest(which):
                layout = self.spoiled()
                digest = layout.entries[0]["digest"] if which == "manifest" else layout.manifest()["config"]["digest"]
                path = layout.blob_path(digest)
                path.write_bytes(path.read_bytes().replace(b"linux", b"linus") if which == "config"
                                 else path.read_bytes().replace(b"schemaVersion", b"schemaversion"))
                self.assert_import_fails(layout, "digest", path.name[:12])

    def test_wrong_size(self):
        for which in ("layers", "config"):
            for by in (1, -1, 1 << 40):
                with self.subTest(which=which, by=by):
                    def change(manifest):
                        descriptor = manifest["config"] if which == "config" else manifest["layers"][0]
                        descriptor["size"] += by
                    self.assert_import_fails(self.spoiled(change), "size|bytes|longer|shorter")

    def test_wrong_diff_id(self):
        image = images.Image.of(samples.tiny().layers)
        image.diff_ids[1] = image.diff_ids[1][:-4] + "0000"
        for compression in ("none", "gzip", "zstd"):
            with self.subTest(compression):
                self.assert_import_fails(self.spoiled(image=image, compression=compression), "diff.?id", image.diff_ids[1][7:19])
        path = images.docker_archive(self.work / "docker.tar", image, "x:1")
        self.assert_fails("import", f"docker-archive:{path}", says=("diff.?id", image.diff_ids[1][7:19]))

    def test_missing_blobs(self):
        for which in ("manifest", "config", "layer"):
            with self.subTest(which):
                layout = self.spoiled()
                manifest = layout.manifest()
                digest = {"manifest": layout.entries[0]["digest"], "config": manifest["config"]["digest"],
                          "layer": manifest["layers"][1]["digest"]}[which]
                layout.blob_path(digest).unlink()
                self.assert_import_fails(layout, "missing|no such|not found|not there|does not|no blob", digest[7:19])

    def test_layer_count_and_diff_ids(self):
        for change in (lambda manifest: manifest["layers"].pop(), lambda manifest: manifest["layers"].append(manifest["layers"][0])):
            self.assert_import_fails(self.spoiled(change), r"layers?", "diff.?id", r"\b2\b", r"\b(1|3)\b")

    def test_unknown_media_types(self):
        unknown = "application/x-unknown+thing"
        self.assert_import_fails(self.spoiled(lambda manifest: manifest["layers"][0].update(mediaType=unknown)),
                                 "unknown (media )?type", r"application/x-unknown\+thing")
        layout = self.spoiled()
        layout.entries[0]["mediaType"] = unknown
        layout.write_index()
        self.assert_import_fails(layout, "unknown (media )?type|no image")  # an index may list what we need not know

    def test_encrypted_layer(self):
        encrypted = images.OCI_LAYER + "+gzip+encrypted"
        self.assert_import_fails(self.spoiled(lambda manifest: manifest["layers"][0].update(mediaType=encrypted)),
                                 "unknown (media )?type", "encrypted")

    def test_no_image_for_the_platform(self):
        layout = images.OciLayout(self.work / "layout")
        described = [dict(layout.put_image(image), platform=image.platform())
                     for image in (samples.for_platform("s390x"), samples.for_platform("arm", "v7"))]
        layout.tag(layout.put_index(described), "latest")
        self.assert_import_fails(layout, f"linux/{images.HOST_ARCHITECTURE}", "linux/s390x", "linux/arm/v7")
        self.assert_fails("import", f"oci:{layout.directory}", "--platform", "linux/riscv64", says=("linux/riscv64", "linux/s390x"))

    def test_broken_json(self):
        spoilers = (b"", b"{", b"[]", b"null", b'"text"', b'{"schemaVersion": 2}', b'{"manifests": 7}', b"\xff\xfe{}",
                    b'{"manifests": [{}]}', b"[" * 200_000)
        for data in spoilers:
            with self.subTest(data[:20]):
                layout = self.spoiled()
                (layout.directory / "index.json").write_bytes(data)
                self.assert_import_fails(layout)

    def test_broken_manifests_and_configs(self):
        def without(key):
            return lambda manifest: manifest.pop(key)

        changes = {"no config": without("config"), "no layers": without("layers"),
                   "digest of no kind": lambda manifest: manifest["config"].update(digest="sha256:../../../../etc/passwd"),
                   "unknown hash": lambda manifest: manifest["layers"][0].update(digest="md5:" + "0" * 32),
                   "size is text": lambda manifest: manifest["layers"][0].update(size="12"),
                   "size below zero": lambda manifest: manifest["layers"][0].update(size=-5),
                   "layers is text": lambda manifest: manifest.update(layers="none")}
        for name, change in changes.items():
            with self.subTest(name):
                self.assert_import_fails(self.spoiled(change))
        for name, value in (("rootfs", None), ("rootfs", {"type": "layers", "diff_ids": "x"}), ("history", 5), ("config", [])):
            with self.subTest(name, value=value):
                image = images.Image.of(samples.tiny().layers)
                image.config[name] = value
                if name == "rootfs":
                    self.assert_import_fails(self.spoiled(image=image))
                else:  # does not keep anybody from the files
                    done = self.lamina.run("import", f"oci:{self.spoiled(image=image).directory}", expect=None)
                    self.assertIn(done.returncode, (0, 1), done.stderr)
                    self.lamina = Lamina(self.work / f"store-{name}")

    def test_truncated_layers_with_right_digests(self):
        """The blob is as the manifest says; the stream inside ends too early."""
        for compression in ("gzip", "zstd", "none"):
            with self.subTest(compression):
                layout = images.OciLayout(self.work / compression)
                data = images.compress(samples.tiny().layers[0].read_bytes(), compression)
                layer = layout.put(data[:len(data) // 2], images.MEDIA_TYPES["oci"][compression])
                layout.tag(layout.put_image(samples.tiny(), compression,
                                            change=lambda manifest: manifest["layers"].__setitem__(0, layer)), "latest")
                self.assert_import_fails(layout)

    def test_deep_nesting_of_indexes(self):
        layout = images.OciLayout(self.work / "layout")
        descriptor = layout.put_image(samples.tiny())
        for _ in range(3000):
            descriptor = layout.put_index([descriptor])
        layout.tag(descriptor, "latest")
        done = self.lamina.run("import", f"oci:{layout.directory}", expect=None)
        self.assertIn(done.returncode, (0, 1), done.stderr)


class HostileLayers(LaminaTestCase):
    """Names of an archive reach nothing outside the store, and nothing inside it but what they should."""

    def import_layer(self, fill):
        path = self.work / "hostile.tar"
        with LayerTar(path) as layer:
            fill(layer)
        images.oci_layout(self.work / f"layout-{len(list(self.work.iterdir()))}", image := images.Image.of([path]))
        folder = max(self.work.glob("layout-*"), key=lambda found: found.stat().st_mtime_ns)
        self.lamina.run("images")
        outside = listing(self.work, without=("store",))
        done = self.lamina.run("import", f"oci:{folder}", "hostile", expect=None)
        self.assertEqual(listing(self.work, without=("store",)), outside, "something was written outside the store")
        if done.returncode != 0:
            self.assert_one_sentence(done)
            return None
        self.lamina.run("check")
        self.assertEqual(self.lamina.image_ids(), [image.id])
        return image

    def test_names_that_lead_out(self):
        target = self.work / "precious"
        target.write_text("untouched\n")
        up = "../" * 30
        cases = {
            "dotdot": lambda layer: layer.file(f"{up}{str(target)[1:]}", b"evil"),
            "dotdot inside": lambda layer: layer.directory("a").file(f"a/../../{up}evil", b"evil"),
            "absolute": lambda layer: layer.file(str(target), b"evil"),
            "through an absolute symlink": lambda layer: layer.symlink("out", str(self.work)).file("out/precious", b"evil"),
            "through a relative symlink": lambda layer: layer.symlink("out", f"{up}{str(self.work)[1:]}").file("out/new", b"x"),
            "hard link to the host": lambda layer: layer.hardlink("link", str(target)),
            "hard link up": lambda layer: layer.hardlink("link", f"{up}{str(target)[1:]}"),
            "whiteout up": lambda layer: layer.file(f"{up}{str(self.work)[1:]}/.wh.precious"),
            "whiteout of dotdot": lambda layer: layer.file("dir/.wh..."),
            "whiteout of dot": lambda layer: layer.file("dir/.wh.."),
            "whiteout of nothing": lambda layer: layer.file("dir/.wh."),
            "opaque up": lambda layer: layer.file("../../.wh..wh..opq"),
            "name is dotdot": lambda layer: layer.directory(".."),
            "empty name": lambda layer: layer.file("", b"x"),
            "NUL in a name": lambda layer: layer.file("a\0b", b"x"),
            "name too long": lambda layer: layer.file("n" * 256, b"x"),
            "slashes only": lambda layer: layer.file("///", b"x"),
        }
        for name, fill in cases.items():
            with self.subTest(name):
                self.lamina = Lamina(self.work / "store" / name.replace(" ", "-"))
                (self.work / "store").mkdir(exist_ok=True)
                self.import_layer(fill)
                self.assertEqual(target.read_text(), "untouched\n")

    def test_symlinks_of_an_image_stay_in_the_image(self):
        self.import_layer(lambda layer: layer.symlink("up", "../" * 30 + "etc/hostname").symlink("absolute", "/etc/hostname")
                          .directory("etc").file("etc/hostname", b"of the image\n").symlink("loop", "loop"))
        for name in ("up", "absolute"):
            self.assertEqual(self.lamina.run("cat", f"hostile:/{name}").stdout, "of the image\n")
        self.assert_fails("cat", "hostile:/loop", says="loop|symbolic")

    def test_odd_orders_and_kinds(self):
        cases = {
            "link to nothing": lambda layer: layer.hardlink("link", "no/such"),
            "link to itself": lambda layer: layer.hardlink("link", "link"),
            "link to a directory": lambda layer: layer.directory("dir").hardlink("link", "dir"),
            "link before its target": lambda layer: layer.hardlink("link", "file").file("file", b"x"),
            "file as a parent": lambda layer: layer.file("file", b"x").file("file/below", b"x"),
            "unknown type of entry": lambda layer: layer.add(b"Z", "strange"),
            "root is a file": lambda layer: layer.file(".", b"x"),
            "root is whited out": lambda layer: layer.file(".wh..", b""),
            "mode with more bits": lambda layer: layer.file("file", b"x", mode=0o100644),
        }
        for name, fill in cases.items():
            with self.subTest(name):
                self.lamina = Lamina(self.work / "store" / name.replace(" ", "-"))
                (self.work / "store").mkdir(exist_ok=True)
                if self.import_layer(fill):
                    with self.mounted("hostile") as mountpoint:
                        subprocess.run(["find", mountpoint, "-printf", ""], check=True)

    def test_docker_archive_that_points_outside(self):
        secret = self.work / "secret.tar"
        secret.write_bytes(samples.tiny().layers[0].read_bytes())
        for layer in (str(secret), "../" * 30 + str(secret)[1:], "link.tar", "loop.tar", "missing.tar"):
            with self.subTest(layer):
                image = images.Image.of([secret])
                archive = self.work / "evil.tar"
                listed = json.dumps([{"Config": "config.json", "RepoTags": ["evil:1"], "Layers": [layer]}]).encode()
                with LayerTar(archive) as tar:
                    tar.file("config.json", image.config_bytes).symlink("link.tar", str(secret)).symlink("loop.tar", "loop.tar")
                    tar.file("manifest.json", listed)
                self.assert_fails("import", f"docker-archive:{archive}", says="evil.tar")

    def test_oci_layout_whose_blobs_are_symlinks_out(self):
        """Reading follows no symlink out of the layout; what it verifies is the digest either way."""
        layout = images.oci_layout(self.work / "layout", samples.tiny())
        digest = layout.manifest()["layers"][0]["digest"]
        os.rename(layout.blob_path(digest), self.work / "elsewhere")
        layout.blob_path(digest).symlink_to(self.work / "elsewhere")
        done = self.lamina.run("import", f"oci:{layout.directory}", expect=None)
        self.assertIn(done.returncode, (0, 1), done.stderr)


class FullDisk(LaminaTestCase):
    def test_full_disk(self):
        disk = self.folder("disk")
        subprocess.run(["mount", "-t", "tmpfs", "-o", "size=3m", "tmpfs", disk], check=True)
        self.lamina = Lamina(disk / "store")
        with LayerTar(self.work / "large.tar") as layer:
            for number in range(16):
                layer.file(f"file-{number}", random.Random(number).randbytes(1 << 20))
        path = images.docker_archive(self.work / "large-image.tar", images.Image.of([self.work / "large.tar"]), "large:1")
        self.assert_fails("import", f"docker-archive:{path}", says="no space")
        self.lamina.run("check")
        images.oci_layout(self.work / "tiny", samples.tiny())
        self.assertEqual(self.lamina.import_image(f"oci:{self.work}/tiny", "tiny"), samples.tiny().id)
        self.assertEqual(self.lamina.run("cat", "tiny:/etc/hostname").stdout, "second\n")


class BadStores(LaminaTestCase):
    def test_store_of_somebody_else(self):
        images.oci_layout(self.work / "tiny", samples.tiny())
        self.lamina.import_image(f"oci:{self.work}/tiny", "tiny")
        user = Lamina(self.lamina.store, user=NOBODY)
        for command in (["images"], ["inspect", "tiny"], ["import", f"oci:{self.work}/tiny"], ["ls", "tiny:/"], ["rmi", "tiny"]):
            with self.subTest(command[0]):
                done = user.run(*command, expect=None)
                self.assert_one_sentence(done, "permission", str(self.lamina.store).lower())

    def test_unknown_version(self):
        self.lamina.run("images")
        version = self.lamina.store / "version"
        known = version.read_text()
        for content in ("999\n", "", "not a number\n"):
            version.write_text(content)
            with self.subTest(content):
                before = listing(self.lamina.store)
                for command in (["images"], ["check"], ["import", "oci:/nowhere"]):
                    self.assert_one_sentence(self.lamina.run(*command, expect=None), "version", str(self.lamina.store).lower())
                self.assertEqual(listing(self.lamina.store), before)
        version.write_text(known)

    def test_store_is_no_store(self):
        self.check_expected = None
        (self.work / "file").write_text("x")
        self.assert_one_sentence(Lamina(self.work / "file").run("images", expect=None), "file")
        self.assert_one_sentence(Lamina(self.work / "file/below").run("images", expect=None), "file")
        full = self.folder("somebodys-files")
        (full / "thesis.txt").write_text("x")
        self.assert_one_sentence(Lamina(full).run("images", expect=None), "somebodys-files", "not (a|an)|empty")
        self.assertEqual(os.listdir(full), ["thesis.txt"])

    def test_unknown_image_suggests_near_names(self):
        images.oci_layout(self.work / "tiny", samples.tiny())
        self.lamina.import_image(f"oci:{self.work}/tiny", "debian:bookworm")
        self.lamina.run("tag", "debian:bookworm", "host.example/team/tool:1.0")
        folder = self.folder("mnt")
        for wrong, near in (("debain:bookworm", "debian:bookworm"), ("debian", "debian:bookworm"),
                            ("host.example/team/tol:1.0", "host.example/team/tool:1.0")):
            for command in (["inspect", wrong], ["history", wrong], ["rmi", wrong], ["tag", wrong, "x"], ["ls", f"{wrong}:/"],
                            ["cat", f"{wrong}:/etc/hostname"], ["mount", "--ro", wrong, folder]):
                with self.subTest(command[0], wrong=wrong):
                    self.assert_fails(*command, says=(wrong, near))
        self.assert_fails("inspect", "quite-different", says="quite-different")
        self.assert_fails("inspect", "sha256:" + "0" * 64, says="0000")
