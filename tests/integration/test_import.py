# SPDX-License-Identifier: Apache-2.0
"""Every form of an image imports, to one and the same image ID; names, platforms and shared layers come out right."""

import json
import os
import re
import shutil
import tarfile

import images
import packages
import samples
from harness import NOBODY, Lamina, LaminaTestCase


class Forms(LaminaTestCase):
    def import_fresh(self, source, *more):
        """Imports into a store of its own, so that nothing comes from an import before."""
        lamina = Lamina(self.work / f"store-{len(list(self.work.iterdir()))}")
        identity = lamina.import_image(source, *more)
        self.assertEqual(lamina.image_ids(), [identity])
        lamina.run("check")
        return lamina, identity

    def test_buildah_image_in_all_of_skopeos_forms(self):
        folder = packages.packaged()
        wanted = packages.config_digest(folder / "gzip")
        for form in packages.FORMS:
            with self.subTest(form):
                lamina, identity = self.import_fresh(form.format(folder), "packaged:latest")
                self.assertEqual(identity, wanted)
                self.assertEqual(len(lamina.inspect("packaged")["RootFS"]["Layers"]), 4)

    def test_umoci_image(self):
        layout = packages.by_umoci()
        self.assertEqual(self.import_fresh(f"oci:{layout}:latest")[1], packages.config_digest(layout))

    def test_compressions_and_dialects(self):
        image = samples.tiny()
        for compression in ("none", "gzip", "zstd"):
            for dialect in ("oci", "docker"):
                with self.subTest(compression=compression, dialect=dialect):
                    folder = self.work / f"{compression}-{dialect}"
                    images.oci_layout(folder, image, compression=compression, dialect=dialect)
                    self.assertEqual(self.import_fresh(f"oci:{folder}")[1], image.id)
                    archive = images.archive_of(folder, self.work / f"{compression}-{dialect}.tar")
                    self.assertEqual(self.import_fresh(f"oci-archive:{archive}:latest")[1], image.id)

    def test_docker_archives_of_three_ages(self):
        image = samples.tiny()
        image_with_repeated_layer = images.Image.of([*image.layers, image.layers[0]], title="repeated")
        for style in ("flat", "symlinks", "modern"):
            for sample in (image, image_with_repeated_layer):
                with self.subTest(style=style, layers=len(sample.layers)):
                    path = images.docker_archive(self.work / "a.tar", sample, "sample:1", style=style)
                    lamina, identity = self.import_fresh(f"docker-archive:{path}")
                    self.assertEqual(identity, sample.id)
                    self.assertEqual(lamina.inspect("sample:1")["RootFS"]["Layers"], sample.diff_ids)
                    self.assertEqual(self.import_fresh(path)[1], sample.id)

    def test_v1_archive_without_a_manifest(self):
        """The oldest form has no config, so the image ID is made here; layers and names are as ever."""
        image = samples.tiny()
        path = images.docker_archive(self.work / "v1.tar", image, "old/sample:1.0", style="v1")
        lamina, identity = self.import_fresh(f"docker-archive:{path}")
        about = lamina.inspect("old/sample:1.0")
        self.assertEqual(about["RootFS"]["Layers"], image.diff_ids)
        self.assertEqual(about["Id"], identity)
        self.assertEqual(lamina.run("cat", "old/sample:1.0:/etc/hostname").stdout, "second\n")
        self.assertEqual(self.import_fresh(path)[1], identity, "made the same way each time")

    def test_bare_path_is_recognised_by_content(self):
        image = samples.tiny()
        images.oci_layout(self.work / "layout", image)
        archive = images.oci_archive(self.work / "misleading-name.docker", image)
        for path in (self.work / "layout", archive):
            with self.subTest(path.name):
                self.assertEqual(self.import_fresh(path)[1], image.id)

    def test_relative_path(self):
        image = samples.tiny()
        images.docker_archive(self.work / "rel.tar", image, "rel:1")
        before = os.getcwd()
        os.chdir(self.work)
        self.addCleanup(os.chdir, before)
        self.assertEqual(self.import_fresh("docker-archive:rel.tar")[1], image.id)
        self.assertEqual(self.import_fresh("./rel.tar")[1], image.id)

    def test_gzip_of_several_members_and_zstd_of_several_frames(self):
        """pigz and containers' chunked zstd write such streams."""
        image = samples.tiny()
        for kind in ("gzip", "zstd"):
            with self.subTest(kind):
                layout = images.OciLayout(self.work / kind)
                media_type = images.MEDIA_TYPES["oci"][kind]

                def split(manifest):
                    for number, layer in enumerate(image.layers):
                        data = layer.read_bytes()
                        pieces = [images.compress(data[at:at + 5000], kind) for at in range(0, len(data), 5000)]
                        manifest["layers"][number] = layout.put(b"".join(pieces), media_type)

                layout.tag(layout.put_image(image, kind, change=split), "latest")
                self.assertEqual(self.import_fresh(f"oci:{self.work}/{kind}")[1], image.id)


class Names(LaminaTestCase):
    def repo_tags(self, image):
        return sorted(self.lamina.inspect(image)["RepoTags"])

    def test_several_images_in_one_archive(self):
        one, two = samples.tiny(), samples.tiny_other()
        for style in ("flat", "symlinks", "modern"):
            with self.subTest(style):
                self.lamina = Lamina(self.work / f"store-{style}")
                archive = images.DockerArchive(self.work / "folder", style)
                path = archive.add(one, "one:1", "uno:1").add(two, "two:2").write(self.work / f"{style}.tar")
                self.assertEqual(self.lamina.import_image(f"docker-archive:{path}:two:2"), two.id)
                self.assertEqual(self.lamina.image_ids(), [two.id])
                self.assertEqual(self.lamina.import_image(f"docker-archive:{path}:one:1"), one.id)
                self.assertEqual(self.lamina.inspect("one:1")["Id"], one.id)
                everything = Lamina(self.work / f"all-{style}")
                summary = everything.run("import", f"docker-archive:{path}").stdout
                self.assertEqual(len(summary.splitlines()), 2, "one line for each image")
                self.assertEqual(everything.image_ids(), sorted([one.id, two.id]))
                self.assertEqual(everything.inspect("uno:1")["Id"], one.id)

    def test_given_name_wins_over_the_archives(self):
        path = images.docker_archive(self.work / "a.tar", samples.tiny(), "inside:1")
        self.lamina.import_image(f"docker-archive:{path}", "given:2")
        self.assertEqual(self.lamina.inspect("given:2")["Id"], samples.tiny().id)
        self.assertIn("given:2", " ".join(self.repo_tags("given:2")))
        self.assertNotIn("inside", " ".join(self.repo_tags("given:2")))

    def test_names_from_the_archive_and_default_tag(self):
        path = images.docker_archive(self.work / "a.tar", samples.tiny(), "first:1", "host.example:5000/deep/second:2")
        self.lamina.import_image(f"docker-archive:{path}")
        for name in ("first:1", "docker.io/library/first:1", "host.example:5000/deep/second:2", samples.tiny().id,
                     samples.tiny().id[7:19]):
            self.assertEqual(self.lamina.inspect(name)["Id"], samples.tiny().id, name)
        self.lamina.import_image(f"docker-archive:{path}", "no-tag")
        self.assertEqual(self.lamina.inspect("no-tag:latest")["Id"], samples.tiny().id)

    def test_image_without_any_name(self):
        path = images.docker_archive(self.work / "a.tar", samples.tiny())
        identity = self.lamina.import_image(f"docker-archive:{path}")
        self.assertEqual(self.lamina.inspect(identity)["RepoTags"], [])
        self.assertRegex(self.lamina.run("images").stdout, r"<none>\s+<none>")

    def test_a_tag_moves_to_the_image_imported_last(self):
        for number, image in enumerate((samples.tiny(), samples.tiny_other())):
            images.oci_layout(self.work / str(number), image)
            self.lamina.import_image(f"oci:{self.work}/{number}", "moving")
        self.assertEqual(self.lamina.inspect("moving")["Id"], samples.tiny_other().id)
        self.assertEqual(self.lamina.inspect(samples.tiny().id)["RepoTags"], [])

    def test_tag_of_an_oci_layout(self):
        layout = images.OciLayout(self.work / "layout")
        layout.tag(layout.put_image(samples.tiny()), "one").tag(layout.put_image(samples.tiny_other()), "two")
        self.assertEqual(self.lamina.import_image(f"oci:{self.work}/layout:two", "x"), samples.tiny_other().id)
        self.assertEqual(self.lamina.import_image(f"oci:{self.work}/layout:one", "x"), samples.tiny().id)

    def test_name_with_manifest_digest(self):
        layout = images.oci_layout(self.work / "layout", samples.tiny())
        self.lamina.import_image(f"oci:{self.work}/layout", "named:1")
        digest = layout.entries[0]["digest"]
        self.assertEqual(self.lamina.inspect(f"named@{digest}")["Id"], samples.tiny().id)


class Platforms(LaminaTestCase):
    def layout(self, nested):
        samples_by_platform = [samples.for_platform(images.HOST_ARCHITECTURE), samples.for_platform("s390x"),
                               samples.for_platform("arm", "v6"), samples.for_platform("arm", "v7")]
        layout = images.OciLayout(self.work / f"layout-{nested}")
        described = [dict(layout.put_image(image), platform=image.platform()) for image in samples_by_platform]
        index = layout.put_index(described)
        for _ in range(nested):
            index = layout.put_index([index])
        layout.tag(index, "latest")
        return layout

    def test_index_chooses_the_platform(self):
        wanted = {None: images.HOST_ARCHITECTURE, "linux/s390x": "s390x", "linux/arm/v6": "arm-v6", "linux/arm/v7": "arm-v7"}
        for nested in (0, 2):
            layout = self.layout(nested)
            for platform, name in wanted.items():
                with self.subTest(nested=nested, platform=platform):
                    choice = ["--platform", platform] if platform else []
                    identity = self.lamina.import_image(f"oci:{layout.directory}:latest", "multi", *choice)
                    self.assertEqual(identity, samples.for_platform(*name.split("-")).id)
                    self.assertEqual(self.lamina.run("cat", "multi:/platform").stdout, f"{name}\n")

    def test_platform_directly_in_index_json(self):
        layout = images.OciLayout(self.work / "layout")
        for image in (samples.for_platform("s390x"), samples.for_platform(images.HOST_ARCHITECTURE)):
            layout.tag(layout.put_image(image), "latest", image)
        identity = self.lamina.import_image(f"oci:{layout.directory}:latest")
        self.assertEqual(identity, samples.for_platform(images.HOST_ARCHITECTURE).id)

    def test_docker_manifest_list(self):
        layout = images.OciLayout(self.work / "layout")
        described = [dict(layout.put_image(image, dialect="docker"), platform=image.platform())
                     for image in (samples.for_platform("s390x"), samples.for_platform(images.HOST_ARCHITECTURE))]
        media_type = "application/vnd.docker.distribution.manifest.list.v2+json"
        listed = {"schemaVersion": 2, "mediaType": media_type, "manifests": described}
        layout.tag(layout.put(json.dumps(listed).encode(), media_type), "latest")
        self.assertEqual(self.lamina.import_image(f"oci:{layout.directory}", "--platform", "linux/s390x"),
                         samples.for_platform("s390x").id)


class Sharing(LaminaTestCase):
    def summary(self, source, *more):
        done = self.lamina.run("import", source, *more)
        self.assertEqual(len(done.stdout.splitlines()), 1, "one summary line")
        self.assertEqual(done.stderr, "", "no progress bar unless on a terminal")
        found = re.search(r"layers (\d+) new, (\d+) shared; .* read; objects (\d+) new[^,]*, (\d+) shared; [\d.]+ s", done.stdout)
        self.assertTrue(found, done.stdout)
        return tuple(map(int, found.groups()))

    def test_summary_counts_layers_and_objects(self):
        images.oci_layout(self.work / "one", samples.tiny())
        images.oci_layout(self.work / "two", samples.tiny_other(), compression="zstd")
        self.assertEqual(self.summary(f"oci:{self.work}/one")[:2], (2, 0))
        before = self.stored_bytes()
        self.assertEqual(self.summary(f"oci:{self.work}/two")[:2], (1, 1))
        after = self.stored_bytes()
        changed = [path for path in before if path.startswith(("objects/", "layers/")) and path.endswith("tree")
                   and after[path] != before[path]]
        self.assertEqual(changed, [], "a shared layer is not stored again")
        self.assertEqual(self.summary(f"oci:{self.work}/two")[:2], (0, 2))

    def test_a_known_layer_is_not_read(self):
        """Its blob may even be gone: only new layers are asked for."""
        images.oci_layout(self.work / "one", samples.tiny())
        self.lamina.import_image(f"oci:{self.work}/one")
        layout = images.oci_layout(self.work / "two", samples.tiny_other())
        layout.blob_path(layout.manifest()["layers"][0]["digest"]).unlink()
        self.assertEqual(self.lamina.import_image(f"oci:{self.work}/two"), samples.tiny_other().id)

    def test_equal_files_are_stored_once(self):
        self.lamina.import_image(f"oci:{samples.tricky_layout()}")
        self.assert_objects_true_to_name()
        self.assertLess(len(list((self.lamina.store / "objects").glob("*/*"))), 100, "3,000 files have ten contents")

    def test_quiet_import(self):
        images.oci_layout(self.work / "one", samples.tiny())
        done = self.lamina.run("import", "-q", f"oci:{self.work}/one")
        self.assertEqual((done.stdout.strip(), done.stderr), (samples.tiny().id, ""))


class RootFileSystems(LaminaTestCase):
    def test_directory_and_tar_become_one_layer(self):
        tree = packages.unpacked(packages.by_umoci())
        tar = self.work / "rootfs.tar"
        packages.tool("tar", "--xattrs", "--xattrs-include=*", "--format=pax", "--numeric-owner", "-cf", tar, "-C", tree, ".")
        for source, name in ((tree, "from-directory"), (tar, "from-tar")):
            with self.subTest(name):
                self.lamina.import_image(f"rootfs:{source}", name)
                self.assertEqual(len(self.lamina.inspect(name)["RootFS"]["Layers"]), 1)
                with self.mounted(name) as mountpoint:
                    self.assert_same_tree(tree, mountpoint)

    def test_directory_with_everything(self):
        tree = packages.unpacked(samples.tricky_layout())
        self.lamina.import_image(f"rootfs:{tree}", "everything")
        with self.mounted("everything") as mountpoint:
            self.assert_same_tree(tree, mountpoint)

    def test_compressed_tar(self):
        with tarfile.open(self.work / "rootfs.tar.gz", "w:gz") as tar:
            tar.add(__file__, "file")
        self.lamina.import_image(f"rootfs:{self.work}/rootfs.tar.gz", "compressed")
        self.assertIn("Compressed", self.lamina.run("cat", "compressed:/file").stdout.title())


class OrdinaryUser(LaminaTestCase):
    def test_imports_owners_and_devices_without_privilege(self):
        """Owners, devices and capabilities live in the tree: the store of an ordinary user holds the same."""
        home = self.folder("home")
        os.chown(home, NOBODY, NOBODY)
        user = Lamina(home / "store", user=NOBODY)
        self.assertEqual(user.import_image(f"oci:{samples.tricky_layout()}", "tricky"), samples.tricky().id)
        user.run("check")
        self.lamina.import_image(f"oci:{samples.tricky_layout()}", "tricky")
        for folder in ("trees", "objects"):
            theirs, ours = (sorted(path.relative_to(store / folder) for path in (store / folder).rglob("*"))
                            for store in (user.store, self.lamina.store))
            self.assertEqual(theirs, ours, folder)
        shutil.rmtree(home)
