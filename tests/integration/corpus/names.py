# SPDX-License-Identifier: Apache-2.0
"""Names: how they are spelled, how long they are, and the ways to write one that does not fit into a header."""

from .case import Case
from .expected import DIRECTORY, IMPLIED, directory, file, linked, symlink
from .raw_tar import DIRECTORY as DIRECTORY_TYPE, GNU, HARDLINK, SYMLINK, V7, Tar, pax_record

CLEAN = "containerd, applyNaive: filepath.Clean"
PAX = "pax(1), pax Extended Header"
GNU_LONG = "GNU tar manual, Basic Tar Format: typeflags L and K"
USTAR_NAME = "pax(1), ustar Interchange Format: prefix and name"
BYTES = "path_resolution(7): names are bytes, without slash and NUL"

LONG = "d" * 120 + "/" + "f" * 120
LONG_TREE = {"d" * 120: IMPLIED, LONG: file(b"long")}


def many_names():
    tar = Tar().directory("many")
    for number in range(20_000):
        tar.file(f"many/{number:05}")
    return tar


SPELLING = [
    Case("dot_slash_names", CLEAN,
         [Tar().entry("./", DIRECTORY_TYPE, mode=0o711).directory("./a").file("./a/./x", b"x")],
         {".": directory(0o711), "a": DIRECTORY, "a/x": file(b"x")}),
    Case("absolute_names", CLEAN, [Tar().directory("/a").file("/a/x", b"x").hardlink("/a/y", "/a/x").file("//b")],
         {"a": DIRECTORY, "b": file(), **linked(file(b"x"), "a/x", "a/y")}),
    Case("doubled_slashes", CLEAN, [Tar().directory("a//b").file("a///b//x", b"x")],
         {"a": IMPLIED, "a/b": DIRECTORY, "a/b/x": file(b"x")}),
    Case("trailing_slashes", CLEAN,
         [Tar().entry("a", DIRECTORY_TYPE).entry("b//", DIRECTORY_TYPE).entry("link/", SYMLINK, target="a")
          .file("f").entry("hard/", HARDLINK, target="f")],
         {"a": directory(0o644), "b": directory(0o644), "link": symlink("a"), **linked(file(), "f", "hard")}),
    Case("dot_dot_inside", CLEAN,
         [Tar().directory("a").file("a/../b", b"b").file("a/c/../d", b"d").file("x/y/../../e")],
         {"a": DIRECTORY, "b": file(b"b"), "a/d": file(b"d"), "e": file()}),
    Case("dot_dot_at_the_root", f"{CLEAN}, then fs.RootPath: the root is above itself, as for chroot(2)",
         [Tar().file("../a", b"a").directory("b").file("/../../b/../b/x", b"x").file("b/../../../c")],
         {"a": file(b"a"), "b": DIRECTORY, "b/x": file(b"x"), "c": file()}),
    Case("old_directory_by_its_slash", "pax(1), ustar typeflag: '\\0' is V7's; GNU tar: then a slash means a directory",
         [Tar().entry("d/", b"\0", mode=0o755, magic=V7).entry("d/x", b"\0", b"x", magic=V7)],
         {"d": DIRECTORY, "d/x": file(b"x")}),
    Case("names_of_odd_bytes", BYTES,
         [Tar().file(b"\xe9\xff").file(b"new\nline").file(b" ").file(b"\x01\x7f").file("*?[x]\\").file("...")
          .file("-rf")
          .file("caf\u00e9").file("cafe\u0301").directory(b"\xff").file(b"\xff/\xfe", b"in")],
         {name: file() for name in (b"\xe9\xff", b"new\nline", b" ", b"\x01\x7f", "*?[x]\\", "...", "-rf", "caf\u00e9",
                                    "cafe\u0301")} | {b"\xff": DIRECTORY, b"\xff/\xfe": file(b"in")}),
    Case("name_of_255_bytes", "limits.h, NAME_MAX", [Tar().entry("x", content=b"x", pax={"path": "n" * 255})],
         {"n" * 255: file(b"x")}),
    Case("twenty_thousand_names", "POSIX sets no limit to a directory",
         [many_names(), Tar().file("many/.wh.00000").file("many/10000", b"new")],
         {"many": DIRECTORY, "many/10000": file(b"new"),
          **{f"many/{number:05}": file() for number in range(1, 20_000) if number != 10_000}}),
    Case("symlink_targets_as_they_are", "symlink(2): a target is any text",
         [Tar().symlink("a", "..//./x/").symlink("b", "/").symlink("c", ".").symlink("d", b"\xff\xfe")
          .symlink("e", ".wh.x")
          .entry("f", SYMLINK, mode=0o777, pax={"linkpath": "t" * 4095})],
         {"a": symlink("..//./x/"), "b": symlink("/"), "c": symlink("."), "d": symlink(b"\xff\xfe"),
          "e": symlink(".wh.x"),
          "f": symlink("t" * 4095)}),
]

LONG_NAMES = [
    Case("ustar_name_of_100_bytes", f"{USTAR_NAME}: no NUL follows",
         [Tar().file("n" * 100, b"x").symlink("l", "t" * 100)],
         {"n" * 100: file(b"x"), "l": symlink("t" * 100)}),
    Case("ustar_prefix", USTAR_NAME,
         [Tar().entry("n" * 100, content=b"x", tail=b"p" * 155).entry("y", tail=b"a/b").directory("d", tail=b"a")],
         {"p" * 155: IMPLIED, "p" * 155 + "/" + "n" * 100: file(b"x"), "a": IMPLIED, "a/b": IMPLIED, "a/b/y": file(),
          "a/d": DIRECTORY}),
    Case("gnu_long_names", GNU_LONG,
         [Tar().long(b"L", LONG).entry(LONG[:100], content=b"long", magic=GNU)
          .long(b"K", "t" * 600).entry("s", SYMLINK, mode=0o777, target="t" * 100, magic=GNU)
          .long(b"K", LONG).long(b"L", "h" * 101).entry("h" * 100, HARDLINK, target=LONG[:100], magic=GNU)
          .file("after")],
         {"d" * 120: IMPLIED, "s": symlink("t" * 600), "after": file(), **linked(file(b"long"), LONG, "h" * 101)}),
    Case("gnu_long_directory", GNU_LONG,
         [Tar().long(b"L", "d" * 120 + "/").entry("d" * 100, DIRECTORY_TYPE, mode=0o700, magic=GNU)],
         {"d" * 120: directory(0o700)}),
    Case("pax_long_names", f"{PAX}: path, linkpath",
         [Tar().entry("short", content=b"long", pax={"path": LONG})
          .entry("short", SYMLINK, mode=0o777, pax={"path": "s", "linkpath": "t" * 600})
          .entry("hard", HARDLINK, pax={"linkpath": LONG}).file("short")],
         {"d" * 120: IMPLIED, "s": symlink("t" * 600), "short": file(), **linked(file(b"long"), LONG, "hard")}),
    Case("pax_names_of_odd_bytes", f"{PAX}: hdrcharset=BINARY; Go's archive/tar takes bytes as they are in any case",
         [Tar().entry("x", pax={"path": b"\xe9\n="}).entry("x", pax=[("hdrcharset", "BINARY"), ("path", b"\xff\x01")])
          .entry("x", SYMLINK, mode=0o777, pax={"path": "cafe\u0301", "linkpath": b"\xfe"})],
         {b"\xe9\n=": file(), b"\xff\x01": file(), "cafe\u0301": symlink(b"\xfe")}),
    Case("gnu_long_name_and_pax_path", "Go's archive/tar and libarchive: the long name wins",
         [Tar().long(b"L", LONG).extended(pax_record("path", "pax")).entry("short", content=b"long")], LONG_TREE),
    Case("pax_names_alone", f"{PAX}; Go's archive/tar leaves the header's name empty when no byte of it is ASCII",
         [Tar().entry("", content=b"x", pax={"path": "\u65e5\u672c"})
          .entry("", SYMLINK, mode=0o777, pax={"path": "\u8a9e", "linkpath": "\u65e5\u672c"})
          .entry("hard", HARDLINK, pax={"linkpath": "\u65e5\u672c"})
          .entry("", DIRECTORY_TYPE, mode=0o755, pax={"path": "\u732b/"})],
         {"\u8a9e": symlink("\u65e5\u672c"), "\u732b": DIRECTORY, **linked(file(b"x"), "\u65e5\u672c", "hard")}),
    Case("pax_names_of_tag_characters", BYTES, [Tar().entry("x", pax={"path": "x\U000e0041\U000e007f"})],
         {"x\U000e0041\U000e007f": file()}),
    Case("pax_record_given_twice", f"{PAX}: the last one counts",
         [Tar().entry("x", content=b"long", pax=[("path", "first"), ("path", LONG)])], LONG_TREE),
    Case("deep_path", "limits.h, PATH_MAX: what one call can name",
         [Tar().entry("x", content=b"x", pax={"path": "/".join(["d" * 200] * 20) + "/x"})],
         {**{"/".join(["d" * 200] * depth): IMPLIED for depth in range(1, 21)},
          "/".join(["d" * 200] * 20) + "/x": file(b"x")}),
]

CASES = SPELLING + LONG_NAMES
