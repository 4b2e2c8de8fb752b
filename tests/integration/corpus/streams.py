# SPDX-License-Identifier: Apache-2.0
"""How archives end, how layers are compressed, how many there are, and the forms in which an image comes."""

import bz2
import gzip
import lzma
import struct
import subprocess

import images

from .case import Case, as_docker_archive, as_layout
from .expected import DIRECTORY, directory, file, linked
from .raw_tar import BLOCK, END, Tar

ENDS = "pax(1), ustar: two blocks of zeros end an archive; GNU tar and Go take less"
EMPTY = "image-spec, layer.md: a changeset may be empty"
GZIP = "RFC 1952, 2.2: a file is a series of members"
ZSTD = "RFC 8878, 3: a file is a series of frames, some to be skipped"
BY_CONTENT = "docker and containerd: DecompressStream goes by the first bytes"
LAYERS = "image-spec, manifest.md, layers; config.md, rootfs"
INDEX = "image-spec, image-index.md, manifests"


def content(end=END):
    return Tar(end=end).directory("d").file("d/x", b"x" * 700)


TREE = {"d": DIRECTORY, "d/x": file(b"x" * 700)}


def zstd(data):
    return subprocess.run(["zstd", "-1", "-q", "-c"], input=data, stdout=subprocess.PIPE, check=True).stdout


def pieces(pack, size=300):
    """Each piece packed by itself, with an empty one among them."""
    return lambda data: pack(b"") + b"".join(pack(data[at:at + size]) for at in range(0, len(data), size))


def skippable(data):
    return b"\x5a\x2a\x4d\x18" + struct.pack("<I", len(data)) + data


def gzip_with_name(data):
    whole = gzip.compress(data, mtime=5)
    return whole[:3] + b"\x08" + whole[4:10] + b"layer.tar\0" + whole[10:]


def hundreds_of_layers():
    """Layer n: its own file, the file of all, and a whiteout of what the layer before it had."""
    return [Tar().file("all", b"%d" % number).file(f"{number}").file(f".wh.{number - 1}") for number in range(200)]


ARCHIVE_ENDS = [
    Case("no_end", ENDS, [content(b"")], TREE),
    Case("one_empty_block", ENDS, [content(bytes(BLOCK))], TREE),
    Case("no_padding_after_the_last_file", "umoci 0.4 wrote such layers", [content(b"").bytes()[:-300]], TREE),
    Case("long_end", "GNU tar: records of 20 blocks", [content(bytes(40 * BLOCK))], TREE),
    Case("garbage_after_the_end", "tar(5): what follows the end is not read; it is part of the DiffID all the same",
         [content(END + b"garbage" * 100_000)], TREE),
    Case("archive_after_the_end", "tar(5): what follows the end is not read",
         [content(END + Tar().file("hidden").bytes())], TREE),
    Case("truncated_content", ENDS, [content().bytes()[:1400]], refusal=("layer 1", "truncated")),
    Case("truncated_header", ENDS, [content().bytes()[:700]], refusal=("layer 1", "truncated")),
    Case("truncated_upper_layer", ENDS, [content(), content().bytes()[:1400]], refusal=("layer 2", "truncated")),
    Case("layer_of_no_bytes", EMPTY, [content(), b""], TREE),
    Case("layer_of_two_empty_blocks", EMPTY, [END, content(), END], TREE),
    Case("layer_of_twenty_empty_blocks", EMPTY, [content(), bytes(20 * BLOCK)], TREE),
    Case("layer_that_is_no_archive", LAYERS, [b"no archive\n" * 200], refusal=("layer 1", "cannot be read")),
]

COMPRESSED = [
    Case("gzip_of_several_members", GZIP, [content()], TREE,
         deliver=as_layout(pieces(gzip.compress), images.OCI_LAYER + "+gzip")),
    Case("gzip_with_a_name", "RFC 1952, 2.3.1: FNAME", [content()], TREE,
         deliver=as_layout(gzip_with_name, images.OCI_LAYER + "+gzip")),
    Case("gzip_of_no_bytes", EMPTY, [content(), b""], TREE,
         deliver=as_layout(gzip.compress, images.OCI_LAYER + "+gzip")),
    Case("zstd_of_several_frames", ZSTD, [content()], TREE,
         deliver=as_layout(pieces(zstd), images.OCI_LAYER + "+zstd")),
    Case("zstd_with_frames_to_skip", ZSTD, [content()], TREE,
         deliver=as_layout(lambda data: skippable(b"") + zstd(data) + skippable(b"s" * 999),
                           images.OCI_LAYER + "+zstd")),
    Case("xz", BY_CONTENT, [content()], TREE, deliver=as_layout(lzma.compress)),
    Case("xz_of_several_streams", "xz file format, 2: streams may follow each other", [content()], TREE,
         deliver=as_layout(pieces(lzma.compress))),
    Case("bzip2", BY_CONTENT, [content()], TREE, deliver=as_layout(bz2.compress)),
    Case("bzip2_of_several_streams", "bzip2(1): files may be concatenated", [content()], TREE,
         deliver=as_layout(pieces(bz2.compress))),
    Case("compression_is_not_what_the_media_type_says", BY_CONTENT, [content()], TREE,
         deliver=as_layout(zstd, images.OCI_LAYER + "+gzip")),
    Case("truncated_gzip", "RFC 1952", [content()],
         deliver=as_layout(lambda data: gzip.compress(data)[:-9], images.OCI_LAYER + "+gzip"),
         refusal=("layer 1", "gzip.*truncated")),
    Case("nondistributable_layer",
         "image-spec, layer.md, Non-Distributable Layers: as other layers, where they are there", [content()], TREE,
         deliver=as_layout(gzip.compress, "application/vnd.oci.image.layer.nondistributable.v1.tar+gzip")),
]

STACKS = [
    Case("two_hundred_layers", LAYERS, hundreds_of_layers(), {"all": file(b"199"), "199": file()}),
    Case("one_layer_twice", LAYERS, [content(), Tar().file(".wh.d"), content()], TREE),
    Case("one_layer_twice_in_a_row", LAYERS, [content(), content()], TREE),
    Case("no_layers", "image-spec, config.md, rootfs: diff_ids may be an empty list", [], {}),
    Case("layers_of_one_content", LAYERS,
         [Tar().file("a", b"same"), Tar().file("b", b"same"), Tar().hardlink("c", "a")],
         {"b": file(b"same"), **linked(file(b"same"), "a", "c")}),
]


def for_platforms(nesting):
    """An index of images for this machine and s390x, in so many other indexes."""
    def deliver(case, directory):
        layout = images.OciLayout(directory / "layout")
        described = []
        for architecture, data in zip((images.HOST_ARCHITECTURE, "s390x"), case.archives()):
            path = directory / f"{architecture}.tar"
            path.write_bytes(data)
            image = images.Image.of([path], architecture)
            described.append(dict(layout.put_image(image), platform=image.platform()))
        index = layout.put_index(described)
        for _ in range(nesting):
            index = layout.put_index([index])
        layout.tag(index, "latest")
        return f"oci:{layout.directory}:latest"
    return deliver


PLATFORMS = [Tar().file("here"), Tar().file("s390x")]

FORMS = [
    Case("index", INDEX, PLATFORMS, {"here": file()}, deliver=for_platforms(0)),
    Case("nested_index", f"{INDEX}: an index may list indexes", PLATFORMS, {"here": file()}, deliver=for_platforms(3)),
    Case("nested_index_for_another_platform", INDEX, PLATFORMS, {"s390x": file()}, deliver=for_platforms(2),
         arguments=("--platform", "linux/s390x")),
    Case("index_without_the_platform", INDEX, PLATFORMS, deliver=for_platforms(1),
         arguments=("--platform", "linux/riscv64"),
         refusal=("layout", "linux/riscv64.*linux/s390x")),
    Case("oci_archive", "skopeo, containers-transports(5)", [content()], TREE, deliver=as_layout(source="oci-archive")),
    *(Case(f"docker_archive_{style}", "docker save", [content(), Tar().directory("d", 0o700), content()], TREE,
           deliver=as_docker_archive(style)) for style in ("flat", "symlinks", "modern")),
    Case("docker_archive_of_odd_layers", "docker save",
         [content(b""), b"", Tar().file("d/.wh.x").hardlink("d/y", "d/x")],
         {"d": directory(), "d/y": file(b"x" * 700)}, deliver=as_docker_archive()),
]

CASES = ARCHIVE_ENDS + COMPRESSED + STACKS + FORMS
