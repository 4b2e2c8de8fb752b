# SPDX-License-Identifier: Apache-2.0
"""Owners, sizes and times that do not fit into octal digits, and those below zero."""

from .case import Case
from .expected import directory, file, symlink
from .raw_tar import GNU, Tar, base256

BASE256 = "GNU tar manual, Extensions: numbers in base 256"
PAX_IDS = "pax(1), pax Extended Header: uid, gid"
PAX_TIMES = "pax(1), pax Extended Header File Times"
MTIME = "image-spec, layer.md, File Attributes: the modification time"


CASES = [
    Case("owner_at_the_limit_of_octal", "pax(1), ustar: seven octal digits",
         [Tar().file("a", uid=0o7777777, gid=0o7777777)],
         {"a": file(uid=2097151, gid=2097151)}),
    Case("owner_above_2_21_in_base_256", BASE256,
         [Tar().file("a", uid=base256(2097152, 8), gid=base256(4294967294, 8), magic=GNU)
          .directory("d", uid=base256(3_000_000_000, 8))],
         {"a": file(uid=2097152, gid=4294967294), "d": directory(uid=3_000_000_000)}),
    Case("owner_above_2_21_in_pax", PAX_IDS, [Tar().entry("a", pax={"uid": "2097152", "gid": "4294967294"})],
         {"a": file(uid=2097152, gid=4294967294)}),
    Case("owner_beyond_32_bits", "chown(2): owners have 32 bits", [Tar().entry("a", pax={"uid": "4294967296"})],
         refusal=(": a cannot be read", "owner")),
    Case("owner_below_zero", "chown(2): owners are unsigned", [Tar().entry("a", uid=base256(-5, 8), magic=GNU)],
         refusal=(": a cannot be read", "owner")),
    Case("size_in_base_256", BASE256,
         [Tar().entry("a", content=b"x" * 600, size=base256(600, 12), magic=GNU).file("b")],
         {"a": file(b"x" * 600), "b": file()}),
    Case("size_that_the_archive_does_not_have", "tar(5): the content follows the header",
         [Tar().entry("a", content=b"x", size=base256(1 << 33, 12), magic=GNU)],
         refusal=("layer 1", "truncated")),
    Case("size_below_zero", "tar(5): sizes are unsigned",
         [Tar().entry("a", size=base256(-512, 12), magic=GNU).file("b")],
         refusal=("layer 1", "negative")),
    Case("time_zero", MTIME, [Tar().file("a", mtime=0).directory("d", mtime=0).symlink("s", "a", mtime=0)
                              .entry("p", pax={"mtime": "0"})],
         {"a": file(mtime=0), "d": directory(mtime=0), "s": symlink("a", mtime=0), "p": file(mtime=0)}),
    Case("times_below_zero", f"{PAX_TIMES}; {BASE256}",
         [Tar().entry("a", pax={"mtime": "-1"}).entry("b", pax={"mtime": "-86400"})
          .file("c", mtime=base256(-3, 12), magic=GNU)
          .entry("d", pax={"mtime": "-1.5"}).entry("e", pax={"mtime": "-2.000000001"})
          .entry("f", pax={"mtime": "-0.5"})],
         {"a": file(mtime=-1), "b": file(mtime=-86400), "c": file(mtime=-3), "d": file(mtime=-2, ns=500_000_000),
          "e": file(mtime=-3, ns=999_999_999), "f": file(mtime=-1, ns=500_000_000)}),
    Case("nanoseconds", PAX_TIMES,
         [Tar().entry("a", pax={"mtime": "1700000000.123456789"}).directory("d", pax={"mtime": "1600000000.000000001"})
          .symlink("s", "a", pax={"mtime": "1500000000.9"}).entry("p", pax={"mtime": "5."})
          .entry("q", pax={"mtime": "6.120"})],
         {"a": file(ns=123_456_789), "d": directory(mtime=1_600_000_000, ns=1),
          "s": symlink("a", mtime=1_500_000_000, ns=900_000_000),
          "p": file(mtime=5), "q": file(mtime=6, ns=120_000_000)}),
    Case("more_digits_than_nanoseconds", f"{PAX_TIMES}: what cannot be kept is cut off",
         [Tar().entry("a", pax={"mtime": "7.1234567899"}), Tar().entry("b", pax={"mtime": "8.000000000999"})],
         {"a": file(mtime=7, ns=123_456_789), "b": file(mtime=8)}),
    Case("times_after_2038", f"{PAX_TIMES}; {BASE256}",
         [Tar().file("a", mtime=2_147_483_648).file("b", mtime=0o77777777777).entry("c", pax={"mtime": "4294967296.5"})
          .file("d", mtime=base256(10_000_000_000, 12), magic=GNU)],
         {"a": file(mtime=2_147_483_648), "b": file(mtime=8_589_934_591),
          "c": file(mtime=4_294_967_296, ns=500_000_000),
          "d": file(mtime=10_000_000_000)}),
    Case("time_of_pax_before_the_headers", PAX_TIMES, [Tar().entry("a", mtime=5, pax={"mtime": "6.5"})],
         {"a": file(mtime=6, ns=500_000_000)}),
]
