# SPDX-License-Identifier: Apache-2.0
"""Hard links: within a layer, into layers below, and to what does not stay."""

from .case import CANARY, UP, Case
from .expected import DIRECTORY, device, directory, fifo, file, linked, symlink
from .raw_tar import CHARACTER, FIFO, HARDLINK, Tar

LINKS = "image-spec, layer.md, Hardlinks; link(2)"
LOWER = "image-spec, layer.md, Hardlinks: the link's file may be outside the layer; containerd links what is unpacked"
UNLINK = "image-spec, layer.md, Changeset over existing files: unlink and make anew, which leaves other links alone"
IN_ROOT = "containerd, hardlinkRootPath: the target is resolved within the image"
BREAKOUTS = "containerd, tar_test.go, TestBreakouts"


def passwd():
    return Tar().directory("etc", 0o770).file("etc/passwd", b"inside")


def thousand_links():
    tar = Tar().file("0000", b"x")
    for number in range(1, 1000):
        tar.hardlink(f"{number:04}", "0000")
    return tar


LINKED_PASSWD = {"etc": directory(0o770), **linked(file(b"inside"), "etc/passwd", "link")}

CASES = [
    Case("chain_of_links", LINKS, [Tar().file("a", b"x").hardlink("b", "a").hardlink("c", "b").hardlink("d", "c")],
         linked(file(b"x"), "a", "b", "c", "d")),
    Case("link_into_a_lower_layer", LOWER, [passwd(), Tar().hardlink("link", "etc/passwd")], LINKED_PASSWD),
    Case("chain_of_links_over_layers", LOWER,
         [Tar().file("a", b"x"), Tar().hardlink("b", "a"), Tar().file("other"), Tar().hardlink("c", "b")
          .hardlink("d", "c")],
         {"other": file(), **linked(file(b"x"), "a", "b", "c", "d")}),
    Case("later_layer_replaces_the_target", UNLINK,
         [Tar().file("a", b"old"), Tar().hardlink("b", "a"), Tar().file("a", b"new")],
         {"a": file(b"new"), "b": file(b"old")}),
    Case("later_layer_replaces_one_of_three", UNLINK,
         [Tar().file("a", b"old").hardlink("b", "a").hardlink("c", "a"), Tar().file("b", b"new")],
         {"b": file(b"new"), **linked(file(b"old"), "a", "c")}),
    Case("later_layer_removes_the_target", UNLINK,
         [Tar().directory("d").file("d/a", b"old"), Tar().hardlink("b", "d/a"), Tar().file(".wh.d")],
         {"b": file(b"old")}),
    Case("target_replaced_after_the_link", UNLINK,
         [Tar().file("a", b"old"), Tar().hardlink("b", "a").file("a", b"new")], {"a": file(b"new"), "b": file(b"old")}),
    Case("target_replaced_before_the_link", UNLINK,
         [Tar().file("a", b"old"), Tar().file("a", b"new").hardlink("b", "a")], linked(file(b"new"), "a", "b")),
    Case("target_removed_after_the_link", LOWER, [Tar().file("a", b"old"), Tar().hardlink("b", "a").file(".wh.a")],
         {"b": file(b"old")}),
    Case("target_removed_before_the_link", f"{LOWER}; the order of entries decides nothing, as with whiteouts",
         [Tar().file("a", b"old"), Tar().file(".wh.a").hardlink("b", "a")], {"b": file(b"old")}),
    Case("target_in_a_directory_made_opaque", f"{LOWER}; the order of entries decides nothing, as with whiteouts",
         [Tar().directory("d").file("d/a", b"old"), Tar().file("d/.wh..wh..opq").hardlink("d/b", "d/a")],
         {"d": DIRECTORY, "d/b": file(b"old")}),
    Case("link_over_other_things", LINKS,
         [Tar().file("a", b"x").file("file").directory("d").file("d/y").symlink("s", "a"),
          Tar().hardlink("file", "a").hardlink("d", "a").hardlink("s", "a")],
         linked(file(b"x"), "a", "file", "d", "s")),
    Case("link_over_a_link_to_the_same", LINKS, [Tar().file("a", b"x").hardlink("b", "a"), Tar().hardlink("b", "a")],
         linked(file(b"x"), "a", "b")),
    Case("links_to_other_kinds", "image-spec, layer.md, Hardlinks: possible with all types except directories",
         [Tar().symlink("s", "nowhere").entry("f", FIFO).entry("c", CHARACTER, major=1, minor=3),
          Tar().hardlink("s2", "s").hardlink("f2", "f").hardlink("c2", "c")],
         {**linked(symlink("nowhere"), "s", "s2"), **linked(fifo(), "f", "f2"),
          **linked(device("character", 1, 3), "c", "c2")}),
    Case("link_to_a_symlink_is_not_followed", "containerd, hardlinkRootPath: the last component is taken as it is",
         [Tar().file("a", b"x").symlink("s", "a").hardlink("t", "s")],
         {"a": file(b"x"), **linked(symlink("a"), "s", "t")}),
    Case("link_through_a_symlinked_directory", f"{BREAKOUTS}, HardlinkAbsolute",
         [passwd().symlink("local", "/etc").hardlink("link", "local/passwd")],
         {**LINKED_PASSWD, "local": symlink("/etc")}),
    Case("link_through_a_symlinked_directory_below", f"{BREAKOUTS}, HardlinkRelative",
         [passwd().symlink("local", "../../etc"), Tar().hardlink("link", "/local/passwd")],
         {**LINKED_PASSWD, "local": symlink("../../etc")}),
    Case("link_targets_spelled_differently", IN_ROOT,
         [Tar().file("d/a", b"x").hardlink("1", "./d/a").hardlink("2", "/d/a").hardlink("3", "d//a")
          .hardlink("4", "d/../d/a"),
          Tar().hardlink("5", "./d/a").hardlink("6", "/d//a")],
         {"d": directory(mtime=0), **linked(file(b"x"), "d/a", "1", "2", "3", "4", "5", "6")}),
    Case("link_target_that_climbs_stays_in_the_image", f"{BREAKOUTS}, HardlinkDirectRelative",
         [passwd(), Tar().hardlink("link", "../../../../../etc/passwd")], LINKED_PASSWD),
    Case("link_with_content", "pax(1), ustar typeflag 1: a link may carry content; it is the file's own",
         [Tar().file("a", b"content").entry("b", HARDLINK, b"content", target="a", pax={"size": "7"})
          .file("c", b"next")],
         {**linked(file(b"content"), "a", "b"), "c": file(b"next")}),
    Case("link_that_states_a_size", "GNU tar and Go's archive/tar: a link has no content, whatever its header says",
         [Tar().file("a", b"content").entry("b", HARDLINK, target="a", size=7).file("c", b"next")],
         {**linked(file(b"content"), "a", "b"), "c": file(b"next")}),
    Case("link_with_other_metadata", "umoci, UnpackEntry, and GNU tar: a link has no metadata of its own",
         [Tar().file("a", b"x", mode=0o640, uid=5).hardlink("b", "a", mode=0o777, uid=9, mtime=5)],
         linked(file(b"x", 0o640, uid=5), "a", "b")),
    Case("thousand_links", LINKS,
         [thousand_links()],
         linked(file(b"x"), *(f"{number:04}" for number in range(1000)))),
    Case("link_to_nothing", "link(2), ENOENT", [passwd(), Tar().hardlink("link", "etc/shadow")],
         refusal=("'link'", "'etc/shadow'.*neither")),
    Case("link_to_itself", "link(2), ENOENT", [Tar().hardlink("link", "link")], refusal=("'link'", "neither")),
    Case("link_before_its_target", "link(2), ENOENT; umoci: such archives are not valid",
         [Tar().hardlink("link", "file").file("file")], refusal=("'link'", "'file'.*neither")),
    Case("link_to_a_directory", "image-spec, layer.md, Hardlinks: not possible with directories",
         [passwd().hardlink("link", "etc")], refusal=("'link'", "directory")),
    Case("link_to_a_directory_below", "image-spec, layer.md, Hardlinks: not possible with directories",
         [passwd(), Tar().hardlink("link", "etc")], refusal=("'link'", "directory")),
    Case("link_to_what_was_removed", "image-spec, layer.md, Whiteouts",
         [passwd(), Tar().file("etc/.wh.passwd"), Tar().hardlink("link", "etc/passwd")],
         refusal=("'link'", "'etc/passwd'.*neither")),
    Case("link_out_of_the_image", IN_ROOT, [Tar().hardlink("link", UP + f"tmp/{CANARY}")],
         refusal=("'link'", f"'tmp/{CANARY}'")),
]
