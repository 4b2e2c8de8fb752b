# SPDX-License-Identifier: Apache-2.0
"""Sparse files in GNU tar's four ways of writing them, and maps that cannot be."""

from .case import Case
from .expected import file
from .raw_tar import BLOCK, GNU, Tar, field, padded

OLD = "GNU tar manual, Old GNU Format: typeflag S"
PAX = "GNU tar manual, PAX Format, Version"
ONE, TWO = b"1" * 700, b"2" * 512
SIZE = 1 << 20
CONTENT = ONE.rjust(4096 + 700, b"\0").ljust(100_000, b"\0") + TWO
CONTENT = CONTENT.ljust(SIZE, b"\0")
MAP = [(4096, 700), (100_000, 512)]


def numbers(sparse_map):
    return b"".join(field(offset, 12) + field(size, 12) for offset, size in sparse_map)


def old_gnu(tar, name, sparse_map, data, real_size):
    """Four pieces in the header, 21 in each block that follows it."""
    first, rest = sparse_map[:4], sparse_map[4:]
    tail = bytes(41) + numbers(first).ljust(96, b"\0") + (b"\1" if rest else b"\0") + field(real_size, 12)
    tar.entry(name, b"S", size=len(data), magic=GNU, tail=tail)
    while rest:
        piece, rest = rest[:21], rest[21:]
        tar.raw((numbers(piece).ljust(504, b"\0") + (b"\1" if rest else b"\0")).ljust(BLOCK, b"\0"))
    return tar.raw(padded(data))


def pax_0_0(tar, name, sparse_map, data, real_size):
    records = [("GNU.sparse.size", str(real_size)), ("GNU.sparse.numblocks", str(len(sparse_map)))]
    for offset, size in sparse_map:
        records += [("GNU.sparse.offset", str(offset)), ("GNU.sparse.numbytes", str(size))]
    return tar.entry(name, content=data, pax=records)


def pax_0_1(tar, name, sparse_map, data, real_size):
    listed = ",".join(f"{offset},{size}" for offset, size in sparse_map)
    return tar.entry("GNUSparseFile.0/x", content=data, pax={"GNU.sparse.size": str(real_size), "GNU.sparse.name": name,
                                                             "GNU.sparse.numblocks": str(len(sparse_map)),
                                                             "GNU.sparse.map": listed})


def pax_1_0(tar, name, sparse_map, data, real_size):
    listed = padded(b"".join(b"%d\n" % number for number in (len(sparse_map),
                                                             *(part for piece in sparse_map for part in piece))))
    return tar.entry("GNUSparseFile.0/x", content=listed + data,
                     pax={"GNU.sparse.major": "1", "GNU.sparse.minor": "0", "GNU.sparse.name": name,
                          "GNU.sparse.realsize": str(real_size)})


FORMATS = {"old_gnu": (old_gnu, OLD), "pax_0_0": (pax_0_0, f"{PAX} 0.0"), "pax_0_1": (pax_0_1, f"{PAX} 0.1"),
           "pax_1_0": (pax_1_0, f"{PAX} 1.0")}


def many_pieces(write):
    """60 pieces of 10 bytes: more than fit into a header, and into one block after it."""
    sparse_map = [(1000 * number, 10) for number in range(60)]
    return write(Tar(), "many", sparse_map, b"m" * 600, 60_000).file("after", b"after")


MANY = (b"m" * 10).ljust(1000, b"\0") * 60


def with_holes(write):
    """Holes before, between and behind; a hole at the end only; nothing but a hole; no hole."""
    tar = write(Tar(), "holes", MAP, ONE + TWO, SIZE)
    write(tar, "end", [(0, 700), (SIZE, 0)], ONE, SIZE)
    write(tar, "all", [(SIZE, 0)], b"", SIZE)
    return write(tar, "none", [(0, 512)], TWO, 512).file("after", b"after")


HOLES = {"holes": file(CONTENT), "end": file(ONE.ljust(SIZE, b"\0")), "all": file(b"\0" * SIZE), "none": file(TWO),
         "after": file(b"after")}


def cases_of(key):
    write, rule = FORMATS[key]
    broken = {"overlapping": [(0, 600), (512, 100)], "backwards": [(4096, 512), (0, 188)],
              "beyond_the_end": [(0, 512), (900, 188)]}
    return [Case(f"sparse_{key}", rule, [with_holes(write)], HOLES),
            Case(f"sparse_{key}_of_many_pieces", rule, [many_pieces(write)],
                 {"many": file(MANY), "after": file(b"after")}),
            *(Case(f"sparse_{key}_{what}", f"{rule}: pieces are in order and within the file",
                   [write(Tar(), "file", sparse_map, b"x" * 700, 1000)], refusal=("layer 1", "sparse"))
              for what, sparse_map in broken.items())]


CASES = [case for key in FORMATS for case in cases_of(key)] + [
    Case("sparse_file_over_a_file", OLD,
         [Tar().file("file", b"below"), pax_1_0(Tar(), "file", MAP, ONE + TWO, SIZE)],
         {"file": file(CONTENT)}),
]
