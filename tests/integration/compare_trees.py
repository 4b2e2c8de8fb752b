#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Compares two directory trees entry by entry and says in which ways they differ.

    compare_trees.py [--mount] EXPECTED ACTUAL

Compared are type, mode, owner, size, mtime in nanoseconds, link target, xattrs, number of links, which names are one
inode, device numbers, and the content. Names are bytes. A directory's size and number of links belong to the file system
that holds it and are not compared; `--mount` checks instead that ACTUAL, as a mount of lamina, keeps the rules of a file
system: nlink of a directory is 2 + its subdirectories, d_ino = st_ino, every name of an inode is there.

Exit code: 0 the same, 1 different, 2 wrong usage.
"""

import argparse
import dataclasses
import errno
import hashlib
import os
import stat
import sys

# Put on by the machine that extracts, not by the image.
FOREIGN_XATTRS = {"security.selinux"}
KINDS = {stat.S_IFREG: "file", stat.S_IFDIR: "directory", stat.S_IFLNK: "symlink", stat.S_IFCHR: "character device",
         stat.S_IFBLK: "block device", stat.S_IFIFO: "fifo", stat.S_IFSOCK: "socket"}


@dataclasses.dataclass
class Entry:
    """What one name shows. A field that means nothing for this kind of entry is None."""

    kind: str
    mode: int
    uid: int
    gid: int
    mtime_ns: int
    xattrs: dict
    size: int | None = None
    nlink: int | None = None
    target: bytes | None = None
    rdev: tuple | None = None
    content: str | None = None
    inode: tuple = dataclasses.field(default=(), compare=False)
    subdirectories: int = dataclasses.field(default=0, compare=False)
    directory_nlink: int | None = dataclasses.field(default=None, compare=False)
    d_ino: int | None = dataclasses.field(default=None, compare=False)


def sha256_of(path):
    with open(path, "rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def xattrs_of(path):
    try:
        names = set(os.listxattr(path, follow_symlinks=False)) - FOREIGN_XATTRS
    except OSError as error:
        if error.errno != errno.EOPNOTSUPP:
            raise
        names = ()  # a file system without xattrs: an image that has none may be shown so
    return {name: os.getxattr(path, name, follow_symlinks=False) for name in sorted(names)}


def read_entry(path, d_ino=None, contents=True):
    status = os.lstat(path)
    entry = Entry(kind=KINDS[stat.S_IFMT(status.st_mode)], mode=stat.S_IMODE(status.st_mode), uid=status.st_uid,
                  gid=status.st_gid, mtime_ns=status.st_mtime_ns, xattrs=xattrs_of(path), d_ino=d_ino,
                  inode=(status.st_dev, status.st_ino))
    if entry.kind == "directory":
        entry.directory_nlink = status.st_nlink
        return entry
    entry.nlink = status.st_nlink
    if entry.kind == "file":
        entry.size = status.st_size
        entry.content = sha256_of(path) if contents else None
    elif entry.kind == "symlink":
        entry.size = status.st_size
        entry.target = os.readlink(path)
    elif "device" in entry.kind:
        entry.rdev = (os.major(status.st_rdev), os.minor(status.st_rdev))
    return entry


def read_directory(tree, directory, parent, name, contents):
    """Reads what is in parent/name, and further down, into `tree`. No path is longer than what a call takes, since
    each directory is reached from the one above it."""
    descriptor = os.open(name, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW, dir_fd=parent)
    try:
        with os.scandir(descriptor) as found:
            items = [(os.fsencode(item.name), item.inode()) for item in found]
        for item, d_ino in items:
            path = item if directory == b"." else directory + b"/" + item
            tree[path] = read_entry(b"/proc/self/fd/%d/%s" % (descriptor, item), d_ino, contents)
            if tree[path].kind == "directory":
                tree[directory].subdirectories += 1
                read_directory(tree, path, descriptor, item, contents)
    finally:
        os.close(descriptor)


def read_tree(root, contents=True):
    """All entries below `root` by their path as bytes; `root` itself is b'.'."""
    tree = {b".": read_entry(root, contents=contents)}
    read_directory(tree, b".", None, os.path.realpath(root), contents)
    return tree


def link_groups(tree):
    """For each name of an inode that has several: the set of all its names."""
    by_inode = {}
    for path, entry in tree.items():
        if entry.kind != "directory":
            by_inode.setdefault(entry.inode, set()).add(path)
    return {path: names for names in by_inode.values() if len(names) > 1 for path in names}


def show(value):
    if isinstance(value, (set, frozenset)):
        return "{" + ", ".join(sorted(show(item) for item in value)) + "}"
    return ascii(os.fsdecode(value)) if isinstance(value, bytes) else str(value)


def entry_differences(path, expected, actual):
    for field in dataclasses.fields(Entry):
        if not field.compare:
            continue
        wanted, got = getattr(expected, field.name), getattr(actual, field.name)
        if field.name == "mode":
            wanted, got = oct(wanted), oct(got)
        if wanted != got:
            yield f"{show(path)}: {field.name} is {show(got)}, expected {show(wanted)}"


def tree_differences(expected, actual):
    for path in sorted(expected.keys() - actual.keys()):
        yield f"{show(path)}: missing"
    for path in sorted(actual.keys() - expected.keys()):
        yield f"{show(path)}: should not be there"
    both = sorted(expected.keys() & actual.keys())
    for path in both:
        yield from entry_differences(path, expected[path], actual[path])
    wanted, got = link_groups(expected), link_groups(actual)
    for path in both:
        if wanted.get(path) != got.get(path):
            yield f"{show(path)}: links are {show(got.get(path))}, expected {show(wanted.get(path))}"


def file_system_violations(tree):
    """Rules that hold in any file system seen whole, whatever is in it."""
    groups = link_groups(tree)
    for path, entry in sorted(tree.items()):
        if path != b"." and entry.d_ino != entry.inode[1]:
            yield f"{show(path)}: d_ino is {entry.d_ino}, st_ino is {entry.inode[1]}"
        if entry.kind == "directory" and entry.directory_nlink != 2 + entry.subdirectories:
            yield f"{show(path)}: nlink is {entry.directory_nlink}, expected {2 + entry.subdirectories}"
        names = len(groups.get(path, {path}))
        if entry.nlink is not None and entry.nlink != names:
            yield f"{show(path)}: nlink is {entry.nlink}, but {names} names lead to it"


def compare(expected_root, actual_root, is_mount=False):
    """The list of differences, in words; empty if there is none."""
    actual = read_tree(actual_root)
    found = list(tree_differences(read_tree(expected_root), actual))
    return found + (list(file_system_violations(actual)) if is_mount else [])


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--mount", action="store_true", help="ACTUAL is a mount of lamina: check its inodes too")
    parser.add_argument("expected")
    parser.add_argument("actual")
    options = parser.parse_args()
    found = compare(options.expected, options.actual, options.mount)
    for line in found:
        print(line)
    sys.exit(1 if found else 0)


if __name__ == "__main__":
    main()
