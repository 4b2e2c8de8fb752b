# SPDX-License-Identifier: Apache-2.0
"""Writes tar archives byte by byte: each field of each header, right or wrong, as the case at hand wants it."""

BLOCK = 512
END = b"\0" * (2 * BLOCK)
MTIME = 1_700_000_000
USTAR, GNU, V7 = b"ustar\x0000", b"ustar  \0", b"\0" * 8
FILE, HARDLINK, SYMLINK, CHARACTER, BLOCK_DEVICE, DIRECTORY, FIFO = (b"%d" % number for number in range(7))


def encoded(name):
    return name if isinstance(name, bytes) else name.encode()


def base256(number, width):
    """GNU tar's form of a number that octal digits do not hold: two's complement, first bit set."""
    return ((number & ((1 << (8 * width - 1)) - 1)) | 1 << (8 * width - 1)).to_bytes(width) if number >= 0 else \
        (number & ((1 << 8 * width) - 1)).to_bytes(width)


def field(value, width):
    """A field of a header: bytes are taken as they stand, numbers are written in octal."""
    data = value if isinstance(value, bytes) else b"%0*o\0" % (width - 1, value)
    if len(data) > width:
        raise ValueError(f"{value!r} does not fit into {width} bytes")
    return data.ljust(width, b"\0")


def checksum(block):
    return sum(block[:148]) + 8 * ord(" ") + sum(block[156:])


def header(name, kind=FILE, *, mode=0o644, uid=0, gid=0, size=0, mtime=MTIME, target=b"", magic=USTAR, uname=b"",
           gname=b"", major=0, minor=0, tail=b"", checksum_of=checksum):
    """One block. `tail` are the bytes from 345 on: ustar's prefix of the name, or GNU's sparse map."""
    fields = ((encoded(name), 100), (mode, 8), (uid, 8), (gid, 8), (size, 12), (mtime, 12), (b" " * 8, 8), (kind, 1),
              (encoded(target), 100), (magic, 8), (uname, 32), (gname, 32), (major, 8), (minor, 8), (tail, 167))
    block = b"".join(field(value, width) for value, width in fields)
    return block[:148] + b"%06o\0 " % checksum_of(block) + block[156:]


def padded(data):
    return data + b"\0" * (-len(data) % BLOCK)


def pax_record(key, value):
    rest = b" " + encoded(key) + b"=" + encoded(value) + b"\n"
    length = len(rest)
    while len(b"%d" % length) + len(rest) != length:
        length = len(b"%d" % length) + len(rest)
    return b"%d" % length + rest


def pax_records(pairs):
    return b"".join(pax_record(key, value) for key, value in (pairs.items() if isinstance(pairs, dict) else pairs))


class Tar:
    """An archive that grows by one entry at a time. `end` closes it: two empty blocks, or what a case wants there."""

    def __init__(self, end=END):
        self.blocks, self.end = [], end

    def bytes(self):
        return b"".join(self.blocks) + self.end

    def raw(self, data):
        self.blocks.append(data)
        return self

    def entry(self, name, kind=FILE, content=b"", *, pax=None, **fields):
        """A header and its content. `pax`: key → value of an extended header before it, or (key, value) pairs."""
        if pax:
            self.extended(pax_records(pax))
        return self.raw(header(name, kind, **{"size": len(content), **fields}) + padded(content))

    def extended(self, records, kind=b"x"):
        return self.raw(header("PaxHeaders/x", kind, size=len(records)) + padded(records))

    def long(self, kind, text):
        """GNU tar's long name (L) or long link target (K) of the entry that follows."""
        data = encoded(text) + b"\0"
        return self.raw(header("././@LongLink", kind, size=len(data), magic=GNU) + padded(data))

    def file(self, name, content=b"", **more):
        return self.entry(name, FILE, content, **more)

    def directory(self, name, mode=0o755, **more):
        return self.entry(encoded(name) + b"/", DIRECTORY, mode=mode, **more)

    def symlink(self, name, target, **more):
        return self.entry(name, SYMLINK, target=target, mode=0o777, **more)

    def hardlink(self, name, target, **more):
        return self.entry(name, HARDLINK, target=target, **more)
