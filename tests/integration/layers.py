# SPDX-License-Identifier: Apache-2.0
"""Writes the tar of one image layer by hand, entry by entry, in ways that no image tool would produce on request:
nanosecond times, whiteouts anywhere, names of any bytes, links into layers below, the same name twice."""

import io
import tarfile

DEFAULT_MTIME = "1700000000"


class LayerTar:
    """One layer being written. Names are bytes or text, without a leading slash; `mtime` is text: seconds, with any
    number of decimals."""

    def __init__(self, path, tar_format=tarfile.PAX_FORMAT):
        self.path = path
        self.tar = tarfile.open(path, "w", format=tar_format, encoding="utf-8", errors="surrogateescape")

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.tar.close()

    def add(self, kind, name, *, mode=0o644, uid=0, gid=0, mtime=DEFAULT_MTIME, xattrs=None, target=None, rdev=(0, 0),
            content=b""):
        info = tarfile.TarInfo(text(name))
        info.type, info.mode, info.uid, info.gid = kind, mode, uid, gid
        info.size = len(content)
        info.linkname = text(target) if target is not None else ""
        info.devmajor, info.devminor = rdev
        if "." in mtime or mtime.startswith("-"):
            info.pax_headers["mtime"] = mtime
        else:
            info.mtime = int(mtime)
        for key, value in (xattrs or {}).items():
            info.pax_headers[f"SCHILY.xattr.{key}"] = text(value)
        self.tar.addfile(info, io.BytesIO(content))
        return self

    def file(self, name, content=b"", **more):
        return self.add(tarfile.REGTYPE, name, content=content, **more)

    def directory(self, name, mode=0o755, **more):
        return self.add(tarfile.DIRTYPE, text(name) + "/", mode=mode, **more)

    def symlink(self, name, target, **more):
        return self.add(tarfile.SYMTYPE, name, target=target, mode=0o777, **more)

    def hardlink(self, name, target, **more):
        return self.add(tarfile.LNKTYPE, name, target=target, **more)

    def character_device(self, name, major, minor, **more):
        return self.add(tarfile.CHRTYPE, name, rdev=(major, minor), **more)

    def block_device(self, name, major, minor, **more):
        return self.add(tarfile.BLKTYPE, name, rdev=(major, minor), **more)

    def fifo(self, name, **more):
        return self.add(tarfile.FIFOTYPE, name, **more)

    def whiteout(self, name):
        directory, _, last = text(name).rpartition("/")
        return self.file((directory + "/" if directory else "") + ".wh." + last)

    def opaque(self, directory):
        return self.file(text(directory) + "/.wh..wh..opq")


def text(name):
    """Bytes as the str that tarfile turns back into the same bytes."""
    return name.decode("utf-8", "surrogateescape") if isinstance(name, bytes) else name
