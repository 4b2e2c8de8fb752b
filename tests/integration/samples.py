# SPDX-License-Identifier: Apache-2.0
"""Small images written by hand: `tiny` for tests that need just any image, `tricky` with everything that the merge rule
and the tree have to get right. Each is made once a run."""

import functools
import os
import random
import struct
import subprocess
import tarfile

import harness
import images
from layers import LayerTar

FILE_CAPABILITY = struct.pack("<5I", 0x02000001, 1 << 13, 0, 0, 0)  # cap_net_raw=ep, revision 2
NOBODY_MAY_READ_ACL = struct.pack("<I", 2) + b"".join(
    struct.pack("<HHI", tag, permissions, identity)
    for tag, permissions, identity in ((1, 6, 0xFFFFFFFF), (2, 4, harness.NOBODY), (4, 0, 0xFFFFFFFF),
                                       (16, 4, 0xFFFFFFFF), (32, 0, 0xFFFFFFFF)))
RANDOM = random.Random(1).randbytes(300_000)
COMPOSED, DECOMPOSED = "caf\u00e9", "cafe\u0301"
NOT_UTF8 = b"latin1-\xe9\xff"


def layer_path(name):
    folder = harness.Session.path("layers")
    folder.mkdir(exist_ok=True)
    return folder / f"{name}.tar"


@functools.cache
def tiny():
    """Two layers, six files, one whiteout."""
    with LayerTar(layer_path("tiny-1")) as one:
        one.directory("etc").file("etc/hostname", b"first\n").file("etc/removed", b"gone\n")
        one.directory("bin").file("bin/tool", b"#!/bin/sh\nexit 0\n", mode=0o755).symlink("bin/link", "tool")
        one.directory("data").file("data/random", RANDOM).file("data/empty")
    with LayerTar(layer_path("tiny-2")) as two:
        two.file("etc/hostname", b"second\n", mode=0o640, uid=7, gid=8).whiteout("etc/removed").file("etc/added", b"new\n")
    return images.Image.of([one.path, two.path], title="tiny")


@functools.cache
def tiny_other():
    """Shares its lowest layer with `tiny`."""
    with LayerTar(layer_path("tiny-3")) as three:
        three.file("etc/other", b"other\n").directory("srv")
    return images.Image.of([tiny().layers[0], three.path], title="other")


@functools.cache
def for_platform(architecture, variant=None):
    """A one-layer image that tells in /platform which platform it is for."""
    name = architecture + (f"-{variant}" if variant else "")
    with LayerTar(layer_path(f"platform-{name}")) as layer:
        layer.file("platform", f"{name}\n".encode())
    return images.Image.of([layer.path], architecture, variant, title=name)


@functools.cache
def tricky():
    """Seven layers; `umoci unpack` is the judge of what they make together. It gives directories that no layer carries
    the time of extraction, so every directory is carried here; test_merge.py has the others."""
    makers = (entries_of_every_kind, odd_names, things_to_replace, replacements, whiteouts, links_across_layers)
    paths = []
    for make in makers:
        with LayerTar(layer_path(f"tricky-{make.__name__}")) as layer:
            make(layer)
        paths.append(layer.path)
    return images.Image.of([*paths, sparse_layer()], title="tricky")


@functools.cache
def tricky_layout():
    """`tricky` as an OCI layout."""
    return images.oci_layout(harness.Session.path("tricky"), tricky()).directory


def entries_of_every_kind(layer):
    layer.directory("kinds", mtime="1600000000.000000001")
    layer.file("kinds/file", b"content\n", uid=1000, gid=1001, mtime="1700000000.123456789")
    layer.file("kinds/empty").file("kinds/no-mode", b"x", mode=0)
    layer.file("kinds/setuid", b"#!/bin/sh\n", mode=0o4755).file("kinds/setgid", b"#!/bin/sh\n", mode=0o2755)
    layer.directory("kinds/sticky", mode=0o1777).directory("kinds/closed", mode=0o700, uid=12, gid=34)
    layer.file("kinds/capable", b"\x7fELF", mode=0o755, xattrs={"security.capability": FILE_CAPABILITY})
    layer.file("kinds/large-owner", b"x", uid=2_000_000_000, gid=4_000_000_000)
    layer.file("kinds/long-ago", b"x", mtime="0").file("kinds/before-1970", b"x", mtime="-86400")
    layer.file("kinds/just-before-1970", b"x", mtime="-1.5").file("kinds/after-2038", b"x", mtime="4000000000.5")
    layer.symlink("kinds/symlink", "file", mtime="1500000000.987654321", uid=5, gid=6)
    layer.symlink("kinds/dangling", "/no/such/place").symlink("kinds/long-target", "x/" * 1000 + "end")
    layer.character_device("kinds/null", 1, 3, mode=0o666).block_device("kinds/disk", 8, 17, mode=0o660, gid=6)
    layer.character_device("kinds/large-minor", 250, 70000).fifo("kinds/fifo", mode=0o600, mtime="1600000000.5")
    layer.file("kinds/xattrs", b"x", xattrs={"user.text": b"value", "user.binary": b"\x00\xff\x00\n=",
                                             "trusted.lamina": b"for root", "user.long": b"v" * 3000})
    layer.directory("kinds/xattr-directory", xattrs={"user.on": b"directory"})
    layer.file("kinds/acl", b"for root and nobody\n", mode=0o640, xattrs={"system.posix_acl_access": NOBODY_MAY_READ_ACL})
    layer.file("kinds/random", RANDOM)
    layer.file("kinds/one-page", RANDOM[:4096]).file("kinds/page-and-a-byte", RANDOM[:4097])
    layer.directory("many")
    for number in range(3000):  # more than one answer to READDIR holds
        layer.file(f"many/{number:04}-{'n' * (number % 60)}", b"%d" % (number % 10))


def odd_names(layer):
    layer.directory("names")
    for name in (NOT_UTF8, b"new\nline", b"tab\tquote\"back\\slash", b" spaces ", b"-dash", b"...", b"*?[glob]",
                 b"control\x01\x7f", b"wh.not-a-whiteout", b"%s%n", b"n" * 255, "\U0001f600".encode()):
        layer.file(b"names/" + name, name)
    layer.file(f"names/{COMPOSED}", b"NFC").file(f"names/{DECOMPOSED}", b"NFD")
    layer.symlink(b"names/link-\xfe", NOT_UTF8)
    layer.directory(b"names/dir-\xfd").file(b"names/dir-\xfd/\xfc", b"in it")
    deep = "names"
    for level in range(12):
        deep += f"/{level:02}" + "d" * 200
        layer.directory(deep)
    layer.file(f"{deep}/bottom", b"deep\n")
    layer.file("./names/with-dot-slash", b"x").file("/names/absolute", b"x")


def things_to_replace(layer):
    layer.directory("over")
    for name in ("opaque", "opaque-late", "opaque-empty", "whited-then-new", "kept"):
        layer.directory(f"over/{name}", mode=0o750, uid=3, mtime="1400000000.25")
        layer.file(f"over/{name}/below", b"below\n").directory(f"over/{name}/sub").file(f"over/{name}/sub/below", b"below\n")
    layer.directory("over", mode=0o711, mtime="1450000000")
    layer.file("over/file-to-directory", b"x").file("over/file-to-symlink", b"x").file("over/file-to-file", b"old" * 1000)
    layer.directory("over/directory-to-file").file("over/directory-to-file/inside", b"x")
    layer.directory("over/directory-to-symlink").file("over/directory-to-symlink/inside", b"x")
    layer.symlink("over/symlink-to-file", "file-to-file").symlink("over/symlink-to-directory", "kept")
    layer.fifo("over/fifo-to-file").character_device("over/device-to-directory", 1, 5)
    layer.file("over/mode-only", b"same content\n").directory("over/directory-mode", mode=0o755)
    layer.file("over/directory-mode/stays", b"stays\n")
    layer.file("over/xattrs-go", b"x", xattrs={"user.a": b"1", "user.b": b"2"})
    layer.file("over/deleted", b"x").directory("over/deleted-directory").file("over/deleted-directory/x", b"x")
    layer.file("over/deleted-and-back", b"old").symlink("over/deleted-symlink", "kept")
    layer.file("over/linked-1", b"linked\n").hardlink("over/linked-2", "over/linked-1")
    layer.hardlink("over/linked-3", "over/linked-2")


def replacements(layer):
    layer.directory("over/file-to-directory").file("over/file-to-directory/new", b"new\n")
    layer.symlink("over/file-to-symlink", "kept").file("over/file-to-file", b"new")
    layer.file("over/directory-to-file", b"now a file\n").symlink("over/directory-to-symlink", "kept")
    layer.file("over/symlink-to-file", b"now a file\n")
    layer.directory("over/symlink-to-directory", mode=0o700).file("over/symlink-to-directory/new", b"new\n")
    layer.file("over/fifo-to-file", b"now a file\n").directory("over/device-to-directory")
    layer.file("over/mode-only", b"same content\n", mode=0o400, uid=9)
    layer.directory("over/directory-mode", mode=0o2700, uid=1, gid=2, mtime="1660000000.000000002")
    layer.file("over/xattrs-go", b"x", xattrs={"user.b": b"3"})
    layer.file("over/kept/added", b"its directory is not in this layer\n")
    # The later entry of a name is the one that counts.
    layer.file("over/twice", b"first").file("over/twice", b"second", mode=0o600)
    layer.directory("over/twice-directory").file("over/twice-directory/x", b"x").directory("over/twice-directory", mode=0o500)
    layer.file("over/twice-file-directory", b"x").directory("over/twice-file-directory")
    layer.file("over/target", b"old").hardlink("over/keeps-old", "over/target").file("over/target", b"new")


def whiteouts(layer):
    layer.opaque("over/opaque").file("over/opaque/new", b"new\n")
    layer.directory("over/opaque-late", mode=0o700).file("over/opaque-late/new", b"new\n")
    layer.directory("over/opaque-late/new-sub").opaque("over/opaque-late")
    layer.directory("over/opaque-empty").opaque("over/opaque-empty")
    layer.whiteout("over/whited-then-new").directory("over/whited-then-new").file("over/whited-then-new/new", b"new\n")
    layer.whiteout("over/deleted").whiteout("over/deleted-directory").whiteout("over/deleted-symlink")
    layer.whiteout("over/deleted-and-back").file("over/deleted-and-back", b"back\n")
    layer.whiteout("over/linked-2").whiteout("over/never-was")
    layer.whiteout("many/0007-nnnnnnn")


def links_across_layers(layer):
    layer.hardlink("across/to-lower", "over/linked-3").hardlink("across/to-kind", "kinds/file")
    layer.directory("across", mtime="1650000000")  # after what is in it
    layer.hardlink("across/to-capable", "kinds/capable").hardlink("across/to-null", "kinds/null")
    layer.hardlink("across/to-symlink", "kinds/symlink").hardlink("across/to-fifo", "kinds/fifo")
    layer.hardlink("across/./to-dotted", "./kinds/random")
    layer.file("across/here", b"here\n").hardlink("across/to-here", "across/here")
    layer.hardlink("over/mode-only", "kinds/empty")
    layer.directory(".", mode=0o751, uid=11, mtime="1630000000.000000003")


def sparse_layer():
    """Files with holes, in GNU tar's own way of writing them."""
    folder, path = harness.Session.path("sparse"), layer_path("tricky-sparse")
    (folder / "sparse").mkdir(parents=True)
    for name, size, islands in (("large", 1 << 26, (0, 10_000_000, 50_000_000)), ("all-hole", 1 << 24, ()),
                                ("hole-at-end", 1 << 20, (0,)), ("hole-at-start", 1 << 20, ((1 << 20) - 4096,))):
        with (folder / "sparse" / name).open("wb") as file:
            file.truncate(size)
            for offset in islands:
                file.seek(offset)
                file.write(RANDOM[:4096])
    for item in (folder, folder / "sparse", *(folder / "sparse").iterdir()):
        os.utime(item, ns=(1_700_000_000_000_000_007,) * 2)
    subprocess.run(["tar", "--sparse", "--format=pax", "--pax-option=delete=atime,delete=ctime", "-cf", path,
                    "-C", folder, "sparse"], check=True)
    return path


@functools.cache
def gnu_format():
    """One layer in GNU tar's format: long names and owners in its own extensions, raw bytes, whole seconds."""
    with LayerTar(layer_path("gnu"), tarfile.GNU_FORMAT) as layer:
        for level in range(41):
            layer.directory("gnu/" + "long/" * level)
        layer.file("gnu/" + "long/" * 40 + "name", b"x").symlink("gnu/link", "t" * 300)
        layer.file(b"gnu/" + NOT_UTF8, b"x", uid=3_000_000, gid=4_000_000)
        layer.hardlink("gnu/" + "h" * 200, "gnu/" + "long/" * 40 + "name")
    return images.Image.of([layer.path], title="gnu")
