# SPDX-License-Identifier: Apache-2.0
"""Corners of the merge rule where `umoci unpack` is no judge: what it leaves to the time of extraction, or follows
through a symlink. Each test states what the rule says."""

import compare_trees
import images
import samples
from harness import LaminaTestCase
from layers import LayerTar


class MergeRule(LaminaTestCase):
    def tree_of(self, *fillers):
        """The tree of a mount of layers that the functions fill, lowest first."""
        paths = []
        for number, fill in enumerate(fillers):
            path = self.work / f"layer-{number}.tar"
            with LayerTar(path) as layer:
                fill(layer)
            paths.append(path)
        images.oci_layout(self.work / "layout", images.Image.of(paths))
        self.lamina.import_image(f"oci:{self.work}/layout", "image")
        with self.mounted("image") as mountpoint:
            tree = compare_trees.read_tree(mountpoint)
        self.assertEqual(list(compare_trees.file_system_violations(tree)), [])
        return tree

    def names(self, tree):
        return {name.decode() for name in tree}

    def test_directories_that_no_layer_carries(self):
        tree = self.tree_of(lambda layer: layer.file("a/b/c/file", uid=5))
        for name in (b".", b"a", b"a/b", b"a/b/c"):
            entry = tree[name]
            self.assertEqual((entry.kind, entry.mode, entry.uid, entry.gid), ("directory", 0o755, 0, 0), name)

    def test_implied_directory_keeps_what_the_layer_below_says(self):
        xattrs = {"user.of": b"the layer below"}
        tree = self.tree_of(lambda layer: layer.directory("a", 0o2710, uid=3, gid=4, mtime="1400000000.5", xattrs=xattrs),
                            lambda layer: layer.file("a/file"))
        entry = tree[b"a"]
        self.assertEqual((entry.mode, entry.uid, entry.gid, entry.mtime_ns, entry.xattrs),
                         (0o2710, 3, 4, 1_400_000_000_500_000_000, xattrs))

    def test_carried_directory_loses_the_xattrs_of_the_layer_below(self):
        tree = self.tree_of(lambda layer: layer.directory("a", xattrs={"user.of": b"below"}),
                            lambda layer: layer.directory("a", xattrs={"user.new": b"above"}))
        self.assertEqual(tree[b"a"].xattrs, {"user.new": b"above"})

    def test_late_opaque_spares_what_its_own_layer_has(self):
        def below(layer):
            layer.directory("dir").directory("dir/sub").file("dir/sub/below").file("dir/below")

        def above(layer):
            layer.directory("dir").directory("dir/sub", mode=0o700).file("dir/sub/above").opaque("dir")

        tree = self.tree_of(below, above)
        self.assertEqual(self.names(tree), {".", "dir", "dir/sub", "dir/sub/above"})
        self.assertEqual((tree[b"dir/sub"].mode, tree[b"dir/sub"].mtime_ns), (0o700, 1_700_000_000 * 10**9))

    def test_late_whiteout_spares_what_its_own_layer_has(self):
        def below(layer):
            layer.file("file", b"below").directory("dir").file("dir/below")

        def above(layer):
            layer.file("file", b"above").whiteout("file").directory("dir").file("dir/above").whiteout("dir")

        tree = self.tree_of(below, above)
        self.assertEqual(self.names(tree), {".", "file", "dir", "dir/above"})
        self.assertEqual(tree[b"file"].size, 5)

    def test_opaque_root(self):
        tree = self.tree_of(lambda layer: layer.file("below").directory("dir").file("dir/below"),
                            lambda layer: layer.opaque(".").file("above"))
        self.assertEqual(self.names(tree), {".", "above"})

    def test_file_below_a_symlink_of_a_lower_layer_goes_where_it_leads(self):
        """As umoci and containerd have it: so a package's lib/x arrives in usr/lib of a Debian with merged /usr."""
        def below(layer):
            layer.directory("usr").directory("usr/lib").file("usr/lib/below").symlink("lib", "usr/lib")
            layer.symlink("absolute", "/usr/lib").symlink("up", "../../../usr/lib")

        def above(layer):
            layer.file("lib/above").file("absolute/second").file("up/third").directory("lib/sub").file("lib/sub/x")

        tree = self.tree_of(below, above)
        for link in (b"lib", b"absolute", b"up"):
            self.assertEqual(tree[link].kind, "symlink")
        inside = {name.removeprefix("usr/lib/") for name in self.names(tree) if name.startswith("usr/lib/")}
        self.assertEqual(inside, {"below", "above", "second", "third", "sub", "sub/x"})

    def test_carried_directory_hides_a_symlink_of_a_lower_layer(self):
        tree = self.tree_of(lambda layer: layer.directory("real").file("real/below").symlink("link", "real"),
                            lambda layer: layer.directory("link").file("link/above"))
        self.assertEqual(self.names(tree), {".", "real", "real/below", "link", "link/above"})

    def test_whiteout_of_one_name_leaves_the_other_links(self):
        tree = self.tree_of(lambda layer: layer.file("one", b"x").hardlink("two", "one").hardlink("three", "one"),
                            lambda layer: layer.whiteout("one"),
                            lambda layer: layer.hardlink("four", "two").file("two", b"y"))
        self.assertEqual(compare_trees.link_groups(tree)[b"four"], {b"three", b"four"})
        self.assertEqual((tree[b"three"].nlink, tree[b"two"].nlink), (2, 1))

    def test_whiteouts_of_whiteouts_and_reborn_names(self):
        tree = self.tree_of(lambda layer: layer.file("a", b"1").directory("d").file("d/1"),
                            lambda layer: layer.whiteout("a").whiteout("d"),
                            lambda layer: layer.whiteout("a").directory("d").file("d/3"),
                            lambda layer: layer.file("a", b"four"))
        self.assertEqual(self.names(tree), {".", "a", "d", "d/3"})
        self.assertEqual(tree[b"a"].size, 4)

    def test_whiteout_character_device_is_a_device(self):
        """A 0/0 device marks deletions on disk, in overlayfs; in an image's tar it is a device like any other."""
        tree = self.tree_of(lambda layer: layer.file("a"), lambda layer: layer.character_device("b", 0, 0))
        self.assertEqual((tree[b"b"].kind, tree[b"b"].rdev), ("character device", (0, 0)))

    def test_layer_order_with_127_layers(self):
        def fill(number):
            return lambda layer: layer.file("top", b"%d" % number).file(f"only-{number}").whiteout(f"only-{number - 3}")

        tree = self.tree_of(*(fill(number) for number in range(127)))
        self.assertEqual(self.names(tree), {".", "top", "only-124", "only-125", "only-126"})
        self.assertEqual(tree[b"top"].size, 3)

    def test_image_of_no_layers_and_of_an_empty_layer(self):
        self.assertEqual(self.names(self.tree_of(lambda layer: None)), {"."})
        images.oci_layout(self.work / "none", images.Image.of([]))
        self.lamina.import_image(f"oci:{self.work}/none", "none")
        with self.mounted("none") as mountpoint:
            self.assertEqual(list(mountpoint.iterdir()), [])

    def test_one_layer_twice_in_one_image(self):
        tiny = samples.tiny()
        images.oci_layout(self.work / "twice", images.Image.of([tiny.layers[0], tiny.layers[1], tiny.layers[0]]))
        self.lamina.import_image(f"oci:{self.work}/twice", "twice")
        with self.mounted("twice") as mountpoint:
            self.assertEqual((mountpoint / "etc/hostname").read_text(), "first\n")
            self.assertEqual(sorted(path.name for path in (mountpoint / "etc").iterdir()), ["added", "hostname", "removed"])
