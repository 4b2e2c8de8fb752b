# SPDX-License-Identifier: Apache-2.0
"""One thing in the place of another, between layers and within one; directories that a layer only implies."""

from .case import UP, Case
from .expected import DIRECTORY, IMPLIED, device, directory, fifo, file, linked, symlink
from .raw_tar import CHARACTER, FIFO, Tar

OVER = "image-spec, layer.md, Changeset over existing files"
BOTH_DIRECTORIES = f"{OVER}: of two directories only the attributes change"
EXTRACTED = "image-spec, layer.md, Applying Changesets: extracted as a tar is; in tar the last entry of a name wins"
PARENTS = "containerd, applyNaive: mkparent leaves what is there and makes the rest 0755"
THROUGH = "containerd, applyNaive: fs.RootPath resolves the parent within the image; umoci: SecureJoin"
BREAKOUTS = "containerd, tar_test.go, TestBreakouts"


def kinds():
    return (Tar().file("file", b"old", mode=0o4755, uid=1, pax={"SCHILY.xattr.user.old": "1"})
            .directory("directory", 0o700).file("directory/inside", b"old").symlink("symlink", "directory")
            .entry("device", CHARACTER, major=1, minor=3).entry("fifo", FIFO))


def with_a_link():
    """lib leads to usr/lib."""
    return (Tar().directory("usr").directory("usr/lib", 0o711, uid=7).file("usr/lib/below", b"below")
            .symlink("lib", "usr/lib"))


USR = {"usr": DIRECTORY, "usr/lib": directory(0o711, uid=7), "usr/lib/below": file(b"below")}
LIB = {**USR, "lib": symlink("usr/lib")}

LAYER_OVER_LAYER = [
    Case("file_over_everything", OVER,
         [kinds(), Tar().file("file", b"1").file("directory", b"2").file("symlink", b"3").file("device", b"4")
          .file("fifo", b"5", pax={"SCHILY.xattr.user.new": "1"})],
         {"file": file(b"1"), "directory": file(b"2"), "symlink": file(b"3"), "device": file(b"4"),
          "fifo": file(b"5", xattrs={"user.new": b"1"})}),
    Case("directory_over_everything", OVER,
         [kinds(), Tar().directory("file", 0o701).directory("directory", 0o702).directory("symlink", 0o703)
          .directory("device", 0o704).directory("fifo", 0o705)],
         {"file": directory(0o701), "directory": directory(0o702), "directory/inside": file(b"old"),
          "symlink": directory(0o703), "device": directory(0o704), "fifo": directory(0o705)}),
    Case("symlink_over_everything", OVER,
         [kinds(), Tar().symlink("file", "1").symlink("directory", "2").symlink("symlink", "3").symlink("device", "4")
          .symlink("fifo", "5")],
         {"file": symlink("1"), "directory": symlink("2"), "symlink": symlink("3"), "device": symlink("4"),
          "fifo": symlink("5")}),
    Case("device_and_fifo_over_others", OVER,
         [kinds(), Tar().entry("directory", CHARACTER, major=5, minor=1).entry("symlink", FIFO).entry("file", FIFO)],
         {"directory": device("character", 5, 1), "symlink": fifo(), "file": fifo(),
          "device": device("character", 1, 3),
          "fifo": fifo()}),
    Case("directory_takes_all_metadata", BOTH_DIRECTORIES,
         [Tar().directory("d", 0o2775, uid=1, gid=2, mtime=5, pax={"SCHILY.xattr.user.old": "1"}).file("d/x"),
          Tar().directory("d", 0o1700, uid=3, gid=4, mtime=6, pax={"SCHILY.xattr.user.new": "1"})],
         {"d": directory(0o1700, uid=3, gid=4, mtime=6, xattrs={"user.new": b"1"}), "d/x": file()}),
    Case("directory_over_a_symlink_to_a_directory", f"{OVER}; {BREAKOUTS}, DirectoryOverrideSymlink",
         [with_a_link(), Tar().directory("lib", 0o700).file("lib/above", b"above")],
         {**USR, "lib": directory(0o700), "lib/above": file(b"above")}),
    Case("directory_after_its_content_over_a_symlink",
         f"{OVER}; the order of entries decides nothing, as with whiteouts",
         [with_a_link(), Tar().file("lib/above", b"above").directory("lib", 0o700)],
         {**USR, "lib": directory(0o700), "lib/above": file(b"above")}),
    Case("file_replaced_by_a_directory_and_back", OVER,
         [Tar().file("x", b"1"), Tar().directory("x").file("x/y", b"2"), Tar().file("x", b"3"), Tar().directory("x")],
         {"x": DIRECTORY}),
]

DUPLICATES = [
    Case("duplicate_file", EXTRACTED, [Tar().file("x", b"first", mode=0o600, uid=1).file("x", b"last")],
         {"x": file(b"last")}),
    Case("duplicate_directory_keeps_its_children", f"{EXTRACTED}; {BOTH_DIRECTORIES}",
         [Tar().directory("d", 0o700, uid=1).file("d/x", b"x").directory("d", 0o711)],
         {"d": directory(0o711), "d/x": file(b"x")}),
    Case("duplicate_of_other_kinds", EXTRACTED,
         [Tar().file("a").symlink("a", "b").symlink("b", "a").file("b", b"b").file("c").entry("c", FIFO)],
         {"a": symlink("b"), "b": file(b"b"), "c": fifo()}),
    Case("file_does_not_go_through_an_earlier_symlink", f"{EXTRACTED}; {OVER}",
         [Tar().file("target", b"old").symlink("link", "target").file("link", b"new")],
         {"target": file(b"old"), "link": file(b"new")}),
    Case("duplicate_file_that_had_links", f"{EXTRACTED}; {OVER}: unlink, not overwrite",
         [Tar().file("x", b"old").hardlink("y", "x").file("x", b"new")], {"x": file(b"new"), "y": file(b"old")}),
    Case("directory_then_file_then_directory", EXTRACTED,
         [Tar().directory("d").file("d/below"), Tar().directory("d").file("d/x").file("d", b"f").directory("d")
          .file("d/y")],
         {"d": DIRECTORY, "d/y": file()}),
    Case("names_spelled_differently_are_one", f"{EXTRACTED}; containerd: filepath.Clean",
         [Tar().file("d/x", b"1").file("./d/x", b"2").file("/d//x", b"3").file("d/../d/x", b"4")],
         {"d": IMPLIED, "d/x": file(b"4")}),
]

IMPLIED_CASES = [
    Case("implied_directories", PARENTS, [Tar().file("a/b/c", b"c")],
         {"a": IMPLIED, "a/b": IMPLIED, "a/b/c": file(b"c")}),
    Case("implied_directory_of_a_layer_below", PARENTS,
         [Tar().directory("a", 0o2710, uid=3, gid=4, mtime=7, pax={"SCHILY.xattr.user.x": "1"}), Tar().file("a/b/c"),
          Tar().file("a/d")],
         {"a": directory(0o2710, uid=3, gid=4, mtime=7, xattrs={"user.x": b"1"}), "a/b": IMPLIED, "a/b/c": file(),
          "a/d": file()}),
    Case("implied_directory_that_comes_later", BOTH_DIRECTORIES,
         [Tar().file("a/x").directory("a", 0o700, uid=1)], {"a": directory(0o700, uid=1), "a/x": file()}),
    Case("implied_directory_carried_by_a_later_layer", BOTH_DIRECTORIES,
         [Tar().file("a/x"), Tar().directory("a", 0o700), Tar().file("a/y")],
         {"a": directory(0o700), "a/x": file(), "a/y": file()}),
    Case("root_with_metadata", BOTH_DIRECTORIES,
         [Tar().entry("./", b"5", mode=0o751, uid=1).file("x"), Tar().file("y"), Tar()
          .entry("/", b"5", mode=0o700, gid=2),
          Tar().entry(".", b"5", mode=0o710, mtime=9, pax={"SCHILY.xattr.user.root": "1"}), Tar().file("z")],
         {".": directory(0o710, mtime=9, xattrs={"user.root": b"1"}), "x": file(), "y": file(), "z": file()}),
    Case("file_in_the_place_of_a_parent", "containerd over overlayfs: the layer's directory stands above the file",
         [Tar().file("a", b"old"), Tar().file("a/x", b"x")], {"a": IMPLIED, "a/x": file(b"x")}),
]

THROUGH_SYMLINKS = [
    Case("entry_through_a_symlink_below", THROUGH,
         [with_a_link(), Tar().file("lib/above", b"above").directory("lib/d", 0o700).file("lib/d/x")],
         {**LIB, "usr/lib/above": file(b"above"), "usr/lib/d": directory(0o700), "usr/lib/d/x": file()}),
    Case("entry_through_a_symlink_of_its_layer", f"{THROUGH}; {BREAKOUTS}, SymlinkAbsolute",
         [with_a_link().file("lib/above", b"above").symlink("root", "/").file("root/usr/lib/below", b"new")],
         {**LIB, "usr/lib/above": file(b"above"), "usr/lib/below": file(b"new"), "root": symlink("/")}),
    Case("entry_through_absolute_and_climbing_symlinks", f"{THROUGH}; {BREAKOUTS}, SymlinkUpAndOut",
         [with_a_link().symlink("abs", "/usr/lib").symlink("up", UP + "usr/lib")
          .symlink("dots", "/usr/../usr/./lib/"),
          Tar().file("abs/1").file("up/2").file("dots/3")],
         {**LIB, "abs": symlink("/usr/lib"), "up": symlink(UP + "usr/lib"), "dots": symlink("/usr/../usr/./lib/"),
          "usr/lib/1": file(), "usr/lib/2": file(), "usr/lib/3": file()}),
    Case("entry_through_a_chain_of_symlinks", f"{BREAKOUTS}, SymlinkMultipleRelative",
         [with_a_link().symlink("one", "two").symlink("two", "./usr/../lib"), Tar().file("one/x")],
         {**LIB, "one": symlink("two"), "two": symlink("./usr/../lib"), "usr/lib/x": file()}),
    Case("entry_through_symlinks_inside_symlinks", THROUGH,
         [with_a_link().symlink("usr/lib/deep", "../../lib/d").directory("usr/lib/d"), Tar().file("lib/deep/x")],
         {**LIB, "usr/lib/deep": symlink("../../lib/d"), "usr/lib/d": DIRECTORY, "usr/lib/d/x": file()}),
    Case("entry_through_a_dangling_symlink_below", f"{THROUGH}; mkparent makes what is not there",
         [Tar().symlink("lib", "usr/lib"), Tar().file("lib/x", b"x")],
         {"lib": symlink("usr/lib"), "usr": IMPLIED, "usr/lib": IMPLIED, "usr/lib/x": file(b"x")}),
    Case("entry_through_a_symlink_to_a_directory_of_its_own_layer", f"{THROUGH}; mkparent makes what is not there",
         [Tar().symlink("lib", "usr/lib"), Tar().directory("usr", 0o700).directory("usr/lib", 0o710)
          .file("lib/x", b"x")],
         {"lib": symlink("usr/lib"), "usr": directory(0o700), "usr/lib": directory(0o710), "usr/lib/x": file(b"x")}),
    Case("entry_through_a_dangling_symlink_of_its_layer", f"{THROUGH}; mkparent makes what is not there",
         [Tar().symlink("lib", "usr/lib").file("lib/x", b"x")],
         {"lib": symlink("usr/lib"), "usr": IMPLIED, "usr/lib": IMPLIED, "usr/lib/x": file(b"x")}),
    Case("file_and_hard_link_through_a_symlink_below", THROUGH,
         [with_a_link(), Tar().file("lib/x", b"x").hardlink("y", "lib/x").hardlink("lib/z", "usr/lib/below")],
         {"usr": DIRECTORY, "usr/lib": directory(0o711, uid=7), "lib": symlink("usr/lib"),
          **linked(file(b"x"), "usr/lib/x", "y"), **linked(file(b"below"), "usr/lib/below", "usr/lib/z")}),
    Case("symlink_replaced_in_its_own_layer", f"{OVER}; then it leads nowhere any more",
         [with_a_link(), Tar().symlink("lib", "opt").file("lib/x", b"x")],
         {**USR, "lib": symlink("opt"), "opt": IMPLIED, "opt/x": file(b"x")}),
]

CASES = LAYER_OVER_LAYER + DUPLICATES + IMPLIED_CASES + THROUGH_SYMLINKS
