# SPDX-License-Identifier: Apache-2.0
"""Whiteouts, opaque directories, and what AUFS left in archives."""

from .case import Case
from .expected import DIRECTORY, IMPLIED, directory, file, linked, symlink
from .raw_tar import BLOCK_DEVICE, CHARACTER, DIRECTORY as DIRECTORY_TYPE, FIFO, HARDLINK, SYMLINK, Tar

WHITEOUTS = "image-spec, layer.md, Whiteouts"
OPAQUE = "image-spec, layer.md, Opaque Whiteout"
LOWER_ONLY = "image-spec, layer.md, Whiteouts: they apply to lower layers only, in whatever order"
CONTAINERD = "containerd, pkg/archive/tar.go, applyNaive"
BY_NAME = "containerd, applyNaive, and umoci, UnpackEntry: a whiteout is known by its name"
AUFS = "docker, pkg/archive/diff.go, UnpackLayer, and containerd 1.x: AUFS metadata"

CLOSED = {"mode": 0o750, "uid": 3, "gid": 4, "mtime": 1_400_000_000}


def below():
    """a/ with a file and a directory with a file in it."""
    return Tar().directory("a", **CLOSED).file("a/one", b"1").directory("a/sub").file("a/sub/two", b"2")


A = {"a": directory(**CLOSED), "a/one": file(b"1"), "a/sub": DIRECTORY, "a/sub/two": file(b"2")}

REMOVING = [
    Case("whiteout_of_a_file", WHITEOUTS, [below(), Tar().file("a/.wh.one")],
         {"a": directory(**CLOSED), "a/sub": DIRECTORY, "a/sub/two": file(b"2")}),
    Case("whiteout_of_a_directory", WHITEOUTS, [below(), Tar().file(".wh.a")], {}),
    Case("whiteout_of_a_symlink", "containerd, tar_test.go, WhiteoutSymlink",
         [below().symlink("link", "a"), Tar().file(".wh.link")], A),
    Case("whiteout_of_what_is_not_there", "umoci, ociWhiteout; containerd: os.RemoveAll minds no absence",
         [below(), Tar().file(".wh.none").file("a/.wh.none").file("a/sub/.wh.one")], A),
    Case("whiteout_in_a_directory_that_is_not_there", f"{CONTAINERD}: mkparent comes before the whiteout",
         [below(), Tar().file("no/such/.wh.name")], {**A, "no": IMPLIED, "no/such": IMPLIED}),
    Case("whiteout_in_the_lowest_layer", WHITEOUTS, [Tar().file(".wh.x").file("y", b"y")], {"y": file(b"y")}),
    Case("whiteout_twice", WHITEOUTS, [below(), Tar().file("a/.wh.sub").file("a/.wh.sub")],
         {"a": directory(**CLOSED), "a/one": file(b"1")}),
    Case("whiteouts_of_many_layers", WHITEOUTS,
         [below(), Tar().file(".wh.a"), Tar().file(".wh.a"), Tar().file("a", b"file"), Tar().file(".wh.a"),
          Tar().file("a/new", b"new")],
         {"a": IMPLIED, "a/new": file(b"new")}),
    Case("whiteout_of_one_link_leaves_the_others", "unlink(2), to which layer.md refers",
         [Tar().file("x", b"x").hardlink("y", "x").hardlink("z", "x"), Tar().file(".wh.x")],
         linked(file(b"x"), "y", "z")),
    Case("whiteout_through_a_symlink_below", "containerd, tar_test.go, WhiteoutSymlinkPath",
         [below().symlink("link", "/a"), Tar().file("link/.wh.one")],
         {"a": directory(**CLOSED), "a/sub": DIRECTORY, "a/sub/two": file(b"2"), "link": symlink("/a")}),
    Case("whiteout_through_a_dangling_symlink", "containerd, tar_test.go, WhiteoutDeadSymlinkParent",
         [below().symlink("link", "/none"), Tar().file("link/.wh.a")],
         {**A, "link": symlink("/none"), "none": IMPLIED}),
]

SAME_LAYER = [
    Case("whiteout_before_a_file_of_the_name", LOWER_ONLY, [below(), Tar().file(".wh.a").file("a", b"new")],
         {"a": file(b"new")}),
    Case("whiteout_after_a_file_of_the_name", LOWER_ONLY, [below(), Tar().file("a", b"new").file(".wh.a")],
         {"a": file(b"new")}),
    Case("directory_removed_and_made_again", LOWER_ONLY,
         [below(), Tar().file(".wh.a").directory("a", 0o700).file("a/new", b"new")],
         {"a": directory(0o700), "a/new": file(b"new")}),
    Case("directory_made_again_and_removed", LOWER_ONLY,
         [below(), Tar().directory("a", 0o700).file("a/new", b"new").file(".wh.a")],
         {"a": directory(0o700), "a/new": file(b"new")}),
    Case("directory_removed_and_implied_again", f"{LOWER_ONLY}; nothing is left whose metadata it could take",
         [below(), Tar().file(".wh.a").file("a/new", b"new")], {"a": IMPLIED, "a/new": file(b"new")}),
    Case("directory_implied_and_removed", f"{LOWER_ONLY}; nothing is left whose metadata it could take",
         [below(), Tar().file("a/sub/new", b"new").file(".wh.a")],
         {"a": IMPLIED, "a/sub": IMPLIED, "a/sub/new": file(b"new")}),
    Case("whiteout_inside_a_directory_made_again", LOWER_ONLY,
         [below(), Tar().file(".wh.a").directory("a").file("a/.wh.one").directory("a/sub")],
         {"a": DIRECTORY, "a/sub": DIRECTORY}),
    Case("symlink_removed_and_directory_of_its_name", LOWER_ONLY,
         [below().symlink("link", "a"), Tar().file(".wh.link").file("link/new", b"new")],
         {**A, "link": IMPLIED, "link/new": file(b"new")}),
]

OPAQUE_NEW = {"a": directory(0o700), "a/new": file(b"new"), "a/sub": directory(0o711)}


def remade():
    return Tar().directory("a", 0o700)


OPAQUE_CASES = [
    Case("opaque_first", OPAQUE,
         [below(), remade().file("a/.wh..wh..opq").file("a/new", b"new").directory("a/sub", 0o711)],
         OPAQUE_NEW),
    Case("opaque_between", OPAQUE,
         [below(), remade().file("a/new", b"new").file("a/.wh..wh..opq").directory("a/sub", 0o711)],
         OPAQUE_NEW),
    Case("opaque_last", f"{OPAQUE}; Whiteouts, the second example",
         [below(), remade().file("a/new", b"new").directory("a/sub", 0o711).file("a/.wh..wh..opq")], OPAQUE_NEW),
    Case("opaque_before_its_directory", OPAQUE,
         [below(), Tar().file("a/.wh..wh..opq").directory("a", 0o700)], {"a": directory(0o700)}),
    Case("opaque_of_an_implied_directory", f"{OPAQUE}; the directory itself stays as the layer below has it",
         [below(), Tar().file("a/.wh..wh..opq").file("a/new", b"new")],
         {"a": directory(**CLOSED), "a/new": file(b"new")}),
    Case("opaque_inside", OPAQUE, [below(), Tar().file("a/sub/.wh..wh..opq")],
         {"a": directory(**CLOSED), "a/one": file(b"1"), "a/sub": DIRECTORY}),
    Case("opaque_above_an_implied_directory", f"{OPAQUE}: all descendants; what is implied in it is new",
         [below(), Tar().file("a/sub/new", b"new").file("a/.wh..wh..opq")],
         {"a": directory(**CLOSED), "a/sub": IMPLIED, "a/sub/new": file(b"new")}),
    Case("opaque_root", OPAQUE, [below(), Tar().file("new", b"new").file(".wh..wh..opq")], {"new": file(b"new")}),
    Case("opaque_of_what_is_not_there", f"{CONTAINERD}: mkparent comes before the whiteout",
         [below(), Tar().file("none/.wh..wh..opq")], {**A, "none": IMPLIED}),
    Case("opaque_through_a_symlink_below", "containerd, applyNaive: fs.RootPath resolves the parent",
         [below().symlink("link", "a"), Tar().file("link/.wh..wh..opq").file("link/new", b"new")],
         {"a": directory(**CLOSED), "a/new": file(b"new"), "link": symlink("a")}),
    Case("opaque_does_not_reach_layers_above", OPAQUE,
         [below(), Tar().file("a/.wh..wh..opq"), Tar().file("a/late", b"late")],
         {"a": directory(**CLOSED), "a/late": file(b"late")}),
    Case("opaque_and_whiteouts", OPAQUE,
         [below(), Tar().file("a/.wh.one").file("a/.wh..wh..opq").file("a/.wh.sub").file("a/one", b"new")],
         {"a": directory(**CLOSED), "a/one": file(b"new")}),
]

OTHER_TYPES = [
    Case("whiteouts_as_other_types", BY_NAME,
         [Tar().file("1").file("2").file("3").file("4").file("5").file("6").file("kept"),
          Tar().directory(".wh.1").entry(".wh.2", SYMLINK, target="kept").entry(".wh.3", HARDLINK, target="no/such")
          .entry(".wh.4", CHARACTER).entry(".wh.5", BLOCK_DEVICE, major=8).entry(".wh.6", FIFO)],
         {"kept": file()}),
    Case("opaque_as_a_directory", BY_NAME, [below(), Tar().directory("a/.wh..wh..opq")], {"a": directory(**CLOSED)}),
    Case("opaque_as_a_symlink", BY_NAME, [below(), Tar().symlink("a/.wh..wh..opq", "one")], {"a": directory(**CLOSED)}),
    Case("whiteout_with_content", BY_NAME, [below(), Tar().file("a/.wh.one", b"c" * 5000).file("a/new", b"new")],
         {"a": directory(**CLOSED), "a/new": file(b"new"), "a/sub": DIRECTORY, "a/sub/two": file(b"2")}),
    Case("names_that_are_no_whiteouts", WHITEOUTS,
         [Tar().file("x").file("y"), Tar().file(".wh").file("wh.x").file(".WH.y").file("..wh.x").file("x.wh.y")],
         {name: file() for name in ("x", "y", ".wh", "wh.x", ".WH.y", "..wh.x", "x.wh.y")}),
    Case("path_through_a_whiteout", "image-spec, layer.md, Whiteouts: no file or directory can have such a name",
         [below(), Tar().file(".wh.a/file", b"x")], refusal=(r"'\.wh\.a/file'", "whiteout")),
    Case("device_0_0_is_no_whiteout", "image-spec, layer.md: whiteouts are names; 0/0 devices are overlayfs's own",
         [below(), Tar().entry(".wh.none", CHARACTER).file("a/new", b"new")], {**A, "a/new": file(b"new")}),
]

AUFS_CASES = [
    Case("aufs_metadata", AUFS,
         [Tar().file("x", b"x"),
          Tar().file(".wh..wh.aufs").directory(".wh..wh.orph").file(".wh..wh.orph/1", b"1").directory(".wh..wh.plnk")
          .file(".wh..wh.plnk/2.3", b"23").entry(".wh..wh.x", DIRECTORY_TYPE)],
         {"x": file(b"x")}),
    Case("aufs_metadata_in_a_directory", "docker: such a name below the root hides '.wh.NAME', which cannot be there",
         [below(), Tar().file("a/.wh..wh.one").directory("a/.wh..wh.sub")], A),
    Case("hard_links_to_aufs_pseudo_links", f"{AUFS}, .wh..wh.plnk",
         [Tar().directory(".wh..wh.plnk", 0o700).file(".wh..wh.plnk/12.34", b"content", mode=0o755, uid=5)
          .hardlink("one", ".wh..wh.plnk/12.34").directory("d").hardlink("d/two", "/.wh..wh.plnk/12.34")],
         {"d": DIRECTORY, **linked(file(b"content", 0o755, uid=5), "one", "d/two")}),
    Case("hard_link_to_a_pseudo_link_of_another_layer", "docker: pseudo-links are their own layer's",
         [Tar().file(".wh..wh.plnk/1", b"1"), Tar().hardlink("link", ".wh..wh.plnk/1")],
         refusal=("'link'", r"'\.wh\.\.wh\.plnk/1'")),
]

CASES = REMOVING + SAME_LAYER + OPAQUE_CASES + OTHER_TYPES + AUFS_CASES
