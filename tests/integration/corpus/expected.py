# SPDX-License-Identifier: Apache-2.0
"""The words in which the expected trees are written down. What is not said is what raw_tar writes by default."""

import dataclasses
import hashlib

from compare_trees import Entry

from .raw_tar import MTIME, encoded

NS = 10**9


def entry(kind, mode, *, uid=0, gid=0, mtime=MTIME, ns=0, xattrs=None, **more):
    return Entry(kind=kind, mode=mode, uid=uid, gid=gid, mtime_ns=mtime * NS + ns, xattrs=xattrs or {}, **more)


def directory(mode=0o755, **more):
    return entry("directory", mode, **more)


def file(content=b"", mode=0o644, **more):
    return entry("file", mode, size=len(content), nlink=1, content=hashlib.sha256(content).hexdigest(), **more)


def symlink(target, **more):
    target = encoded(target)
    return entry("symlink", 0o777, size=len(target), nlink=1, target=target, **more)


def device(kind, major, minor, mode=0o644, **more):
    return entry(f"{kind} device", mode, nlink=1, rdev=(major, minor), **more)


def fifo(mode=0o644, **more):
    return entry("fifo", mode, nlink=1, **more)


DIRECTORY = directory()
IMPLIED = directory(mtime=0)  # of a directory that no layer carries: root's, 0755, and of no time


def linked(one, *names):
    """Several names of one inode."""
    return {name: dataclasses.replace(one, nlink=len(names), inode=names) for name in names}


def tree_of(entries):
    """The tree as compare_trees reads it."""
    entries = {b".": IMPLIED, **{encoded(name): one for name, one in entries.items()}}
    return {name: dataclasses.replace(one, inode=one.inode or (name,)) for name, one in entries.items()}
