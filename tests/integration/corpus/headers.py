# SPDX-License-Identifier: Apache-2.0
"""Headers of every age: magic, checksums, types, modes, PAX records, extended attributes."""

import base64
import struct

from .case import Case
from .expected import DIRECTORY, device, directory, file, linked, symlink
from .raw_tar import (BLOCK_DEVICE, CHARACTER, DIRECTORY as DIRECTORY_TYPE, GNU, HARDLINK, SYMLINK, V7, Tar, base256,
                      header, pax_records)

USTAR = "pax(1), ustar Interchange Format"
PAX = "pax(1), pax Extended Header"
GNU_TAR = "GNU tar manual, Basic Tar Format"
XATTRS = "image-spec, layer.md, File Attributes; star(1): SCHILY.xattr"
CAPABILITY = struct.pack("<5I", 0x02000001, 1 << 13, 0, 0, 0)  # cap_net_raw=ep, revision 2


def signed_checksum(block):
    """What old tars on machines with signed characters wrote."""
    return sum(byte - 256 if byte > 127 else byte for byte in block[:148] + b" " * 8 + block[156:]) & 0o777777


HEADERS = [
    Case("v7_headers", "tar(5): the old format has no magic",
         [Tar().entry("d/", DIRECTORY_TYPE, magic=V7, mode=0o755).entry("d/x", b"\0", b"x", magic=V7)
          .entry("d/y", HARDLINK, target="d/x", magic=V7).entry("s", SYMLINK, target="d", mode=0o777, magic=V7)],
         {"d": DIRECTORY, "s": symlink("d"), **linked(file(b"x"), "d/x", "d/y")}),
    Case("gnu_headers", GNU_TAR,
         [Tar().entry("d/", DIRECTORY_TYPE, mode=0o755, magic=GNU)
          .entry("d/x", content=b"x", magic=GNU, uname=b"nobody", tail=b"0" * 24)],
         {"d": DIRECTORY, "d/x": file(b"x")}),
    Case("formats_mixed", USTAR,
         [Tar().entry("a", magic=V7).entry("b", magic=GNU).entry("c").entry("d", pax={"uid": "7"})
          .entry("e", magic=V7)],
         {"a": file(), "b": file(), "c": file(), "d": file(uid=7), "e": file()}),
    Case("numbers_padded_in_every_way", f"{USTAR}: leading zeros or spaces, ended by spaces or NULs",
         [Tar().entry("a", mode=b"   600 \0", uid=b"     7\0\0", gid=b"10      ", mtime=b"14524523600 ",
                      size=b"          1 ", content=b"x")
          .entry("b", mode=b"000600 \0", uid=b"0000007", gid=b"\0", mtime=b"00000000005\0", size=b"00000000001",
                 content=b"x")],
         {"a": file(b"x", 0o600, uid=7, gid=8, mtime=0o14524523600), "b": file(b"x", 0o600, uid=7, mtime=5)}),
    Case("signed_checksum", f"{GNU_TAR}: readers accept the sum of signed bytes too",
         [Tar().raw(header(b"\xff\xfe", mode=0o600, checksum_of=signed_checksum))], {b"\xff\xfe": file(mode=0o600)}),
    Case("wrong_checksum", f"{USTAR}: chksum", [Tar().file("a").raw(header("b", checksum_of=lambda block: 1))],
         refusal=("layer 1", "cannot be read")),
    Case("contiguous_file", f"{USTAR}: typeflag 7 is a regular file where nothing better is known",
         [Tar().entry("a", b"7", b"content").file("b")], {"a": file(b"content"), "b": file()}),
    Case("unknown_type", f"{USTAR}: other typeflags are to be taken for regular files",
         [Tar().entry("a", b"Z", b"content").file("b")], {"a": file(b"content"), "b": file()}),
    Case("modes", USTAR,
         [Tar().file("a", mode=0o4755).file("b", mode=0o2711).directory("c", 0o1777).file("d", mode=0)
          .file("e", mode=0o100640)
          .entry("s", SYMLINK, target="a", mode=0)],
         {"a": file(mode=0o4755), "b": file(mode=0o2711), "c": directory(0o1777), "d": file(mode=0),
          "e": file(mode=0o640),
          "s": symlink("a")}),
    Case("owners_are_numbers", "image-spec, layer.md, File Attributes: names are secondary to uid and gid",
         [Tar().file("a", uname=b"root", gname=b"root", uid=7, gid=8)
          .entry("b", uname=b"daemon", gname=b"nobody", pax={"uname": "mail", "gname": "no-such-group"})],
         {"a": file(uid=7, gid=8), "b": file()}),
    Case("devices", f"{USTAR}: devmajor, devminor; makedev(3)",
         [Tar().entry("null", CHARACTER, mode=0o666, major=1, minor=3)
          .entry("disk", BLOCK_DEVICE, mode=0o660, gid=6, major=8, minor=17)
          .entry("zero", CHARACTER).entry("large", CHARACTER, major=250, minor=0o777777)
          .entry("gnu", BLOCK_DEVICE, magic=GNU, major=base256(4095, 8), minor=base256(1048575, 8))],
         {"null": device("character", 1, 3, 0o666), "disk": device("block", 8, 17, 0o660, gid=6),
          "zero": device("character", 0, 0),
          "large": device("character", 250, 0o777777), "gnu": device("block", 4095, 1048575)}),
]

PAX_CASES = [
    Case("pax_for_one_entry_only", PAX,
         [Tar().entry("a", pax={"uid": "7", "mtime": "5", "SCHILY.xattr.user.x": "1"}).file("b")],
         {"a": file(uid=7, mtime=5, xattrs={"user.x": b"1"}), "b": file()}),
    Case("pax_unknown_records", f"{PAX}: vendors' keywords",
         [Tar().entry("a", content=b"x",
                      pax={"comment": "c" * 2000, "VENDOR.key": b"\xff\0", "atime": "1.5", "ctime": "2.5",
                                             "LIBARCHIVE.creationtime": "3"})], {"a": file(b"x")}),
    Case("pax_size", f"{PAX}: size stands for the header's",
         [Tar().entry("a", content=b"x" * 700, size=0, pax={"size": "700"}).file("b")],
         {"a": file(b"x" * 700), "b": file()}),
    Case("pax_global_header", "containerd, createTarFile: global headers are ignored",
         [Tar().extended(pax_records({"uid": "7", "comment": "git"}), b"g").file("a").file("b")],
         {"a": file(), "b": file()}),
    Case("pax_of_many_records", PAX,
         [Tar().entry("a", pax={**{f"SCHILY.xattr.user.{number:03}": f"{number}" for number in range(100)},
                                "gid": "5"})],
         {"a": file(gid=5, xattrs={f"user.{number:03}": b"%d" % number for number in range(100)})}),
    Case("pax_wrong_length", f"{PAX}: a record begins with its length",
         [Tar().extended(b"99 path=a\n").file("x")], refusal=("layer 1", "cannot be read")),
    Case("pax_without_a_length", f"{PAX}: a record begins with its length",
         [Tar().extended(b"path=a\n").file("x")], refusal=("layer 1", "cannot be read")),
    Case("pax_negative_size", f"{PAX}: size is unsigned", [Tar().entry("x", pax={"size": "-1"})],
         refusal=("layer 1", "cannot be read")),
]

XATTR_CASES = [
    Case("binary_xattrs", XATTRS,
         [Tar().entry("a", pax={"SCHILY.xattr.user.b": b"\0\xff\n=\0", "SCHILY.xattr.user.e": "",
                                "SCHILY.xattr.user.l": b"v" * 3000,
                                "SCHILY.xattr.security.capability": CAPABILITY})],
         {"a": file(xattrs={"user.b": b"\0\xff\n=\0", "user.e": b"", "user.l": b"v" * 3000,
                            "security.capability": CAPABILITY})}),
    Case("xattrs_of_all_kinds", XATTRS,
         [Tar().directory("d", pax={"SCHILY.xattr.user.x": "1"}).symlink("s", "d", pax={"SCHILY.xattr.trusted.x": "2"})
          .entry("c", CHARACTER, pax={"SCHILY.xattr.trusted.x": "3"})],
         {"d": directory(xattrs={"user.x": b"1"}), "s": symlink("d", xattrs={"trusted.x": b"2"}),
          "c": device("character", 0, 0, xattrs={"trusted.x": b"3"})}),
    Case("xattr_names", XATTRS,
         [Tar().entry("a", pax={"SCHILY.xattr.user.a b": "1", "SCHILY.xattr.user.100%": "2",
                                "SCHILY.xattr.user." + "n" * 250: "3"})],
         {"a": file(xattrs={"user.a b": b"1", "user.100%": b"2", "user." + "n" * 250: b"3"})}),
    Case("xattr_given_twice", f"{PAX}: the last one counts",
         [Tar().entry("a", pax=[("SCHILY.xattr.user.x", "first"), ("SCHILY.xattr.user.x", "last")])],
         {"a": file(xattrs={"user.x": b"last"})}),
    Case("xattrs_as_libarchive_writes_them", "tar(5): LIBARCHIVE.xattr, name in percent signs, value in base 64",
         [Tar().entry("a", pax={"LIBARCHIVE.xattr.user.a%20b": base64.b64encode(b"\0value").rstrip(b"=")})],
         {"a": file(xattrs={"user.a b": b"\0value"})}),
    Case("xattrs_of_a_file_with_links", XATTRS, [Tar().entry("a", pax={"SCHILY.xattr.user.x": "1"}).hardlink("b", "a")],
         linked(file(xattrs={"user.x": b"1"}), "a", "b")),
]

CASES = HEADERS + PAX_CASES + XATTR_CASES
