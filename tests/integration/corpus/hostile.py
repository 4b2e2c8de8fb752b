# SPDX-License-Identifier: Apache-2.0
"""Images made to do harm: names that climb out, digests that are paths, names no file system can have."""

import json

import images

from .case import CANARY, UP, Case, as_layout
from .expected import IMPLIED, file, symlink
from .raw_tar import HARDLINK, SYMLINK, Tar

IN_ROOT = "containerd, applyNaive: filepath.Clean, then fs.RootPath: the root is above itself, as for chroot(2)"
BREAKOUTS = "containerd, tar_test.go, TestBreakouts"
ROOT = "umoci, UnpackEntry: the type of the root is not changed"
DIGEST = "image-spec, descriptor.md, Digests: sha256 is 64 digits of hex"
NAMES = "limits.h, NAME_MAX"
NULS = "Go's archive/tar, validPAXRecord: no NUL in path and linkpath"

CLIMBING = [
    Case("name_that_climbs", IN_ROOT, [Tar().file(f"{UP}tmp/{CANARY}", b"evil").file(f"../{CANARY}", b"evil")],
         {"tmp": IMPLIED, f"tmp/{CANARY}": file(b"evil"), CANARY: file(b"evil")}),
    Case("absolute_name", IN_ROOT, [Tar().file(f"/tmp/{CANARY}", b"evil")],
         {"tmp": IMPLIED, f"tmp/{CANARY}": file(b"evil")}),
    Case("through_an_absolute_symlink", f"{BREAKOUTS}, SymlinkAbsolute",
         [Tar().symlink("out", "/tmp").file(f"out/{CANARY}", b"evil"), Tar().file(f"out/{CANARY}", b"again")],
         {"out": symlink("/tmp"), "tmp": IMPLIED, f"tmp/{CANARY}": file(b"again")}),
    Case("through_a_climbing_symlink", f"{BREAKOUTS}, SymlinkUpAndOut",
         [Tar().symlink("out", f"{UP}tmp"), Tar().file(f"out/{CANARY}", b"evil")],
         {"out": symlink(f"{UP}tmp"), "tmp": IMPLIED, f"tmp/{CANARY}": file(b"evil")}),
    Case("symlink_that_leads_to_the_root", IN_ROOT,
         [Tar().symlink("up", "../..").file(f"up/{CANARY}"), Tar().file("up/x")],
         {"up": symlink("../.."), CANARY: file(), "x": file()}),
    Case("whiteout_that_climbs", IN_ROOT,
         [Tar().file("tmp/x").file("y"), Tar().file(f"{UP}tmp/.wh.x").file("../.wh.y")],
         {"tmp": IMPLIED}),
    Case("opaque_that_climbs", IN_ROOT, [Tar().file("x"), Tar().file("../../.wh..wh..opq").file("y")], {"y": file()}),
    Case("symlinks_are_not_followed", "symlink(7)", [Tar().symlink("passwd", "/etc/passwd").symlink("d", "/proc/self")],
         {"passwd": symlink("/etc/passwd"), "d": symlink("/proc/self")}),
    Case("symlink_loop_of_its_layer", "path_resolution(7): ELOOP",
         [Tar().symlink("a", "b").symlink("b", "a").file("a/x")],
         refusal=("'a/x'", "symbolic links")),
    Case("symlink_loop_below", "containerd over overlayfs: the layer's directory stands above the link",
         [Tar().symlink("a", "b").symlink("b", "a"), Tar().file("a/x")],
         {"a": IMPLIED, "a/x": file(), "b": symlink("a")}),
]

ODD_NAMES = [
    Case("whiteout_of_nothing", f"{BREAKOUTS}, WhiteoutParent", [Tar().directory("etc").file("etc/.wh.")],
         refusal=(r"'etc/\.wh\.'", "whiteout")),
    Case("whiteout_of_dot", f"{BREAKOUTS}, WhiteoutCurrentDirectory", [Tar().directory("etc").file("etc/.wh..")],
         refusal=(r"'etc/\.wh\.\.'", "whiteout")),
    Case("whiteout_of_dot_dot", f"{BREAKOUTS}, WhiteoutRootParent", [Tar().directory("etc"), Tar().file(".wh...")],
         refusal=(r"'\.wh\.\.\.'", "whiteout")),
    Case("root_as_a_file", ROOT, [Tar().file(".", b"x")], refusal=(r"'\.'", "root")),
    Case("root_as_a_symlink", ROOT, [Tar().symlink("a/..", "/tmp")], refusal=(r"'a/\.\.'", "root")),
    Case("root_as_a_hard_link", ROOT, [Tar().file("x").entry("/", HARDLINK, target="x")], refusal=("'/'", "root")),
    Case("name_of_256_bytes", NAMES, [Tar().entry("x", pax={"path": "d/" + "n" * 256})],
         refusal=("'d/nnn", "255 bytes")),
    Case("directory_of_256_bytes", NAMES, [Tar().entry("x", pax={"path": "n" * 256 + "/x"})],
         refusal=("'nnn", "255 bytes")),
    Case("link_target_of_256_bytes", NAMES, [Tar().entry("link", HARDLINK, pax={"linkpath": "n" * 256})],
         refusal=("'link'", "255 bytes")),
    Case("whiteout_of_a_name_of_256_bytes", NAMES, [Tar().entry("x", pax={"path": ".wh." + "n" * 256})],
         refusal=(r"'\.wh\.nnn", "255 bytes")),
    Case("path_beyond_4096_bytes", "limits.h, PATH_MAX limits what one call can name, not what a tree can hold",
         [Tar().entry("x", content=b"deep", pax={"path": "/".join(["d" * 250] * 20) + "/x"})],
         {**{"/".join(["d" * 250] * depth): IMPLIED for depth in range(1, 21)},
          "/".join(["d" * 250] * 20) + "/x": file(b"deep")}),
    Case("symlink_target_beyond_4095_bytes", "symlink(2), ENAMETOOLONG",
         [Tar().entry("s", SYMLINK, pax={"linkpath": "t" * 4096})],
         refusal=("'s'", "4095")),
    Case("symlink_to_nothing", "symlink(2), ENOENT", [Tar().symlink("s", "")], refusal=("'s'", "empty")),
    Case("xattr_name_of_256_bytes", "xattr(7), XATTR_NAME_MAX",
         [Tar().entry("a", pax={"SCHILY.xattr.user." + "n" * 251: "1"})],
         refusal=("'a'", "extended attribute")),
    Case("nul_in_a_header_name", "pax(1), ustar: names end at the first NUL", [Tar().file(b"a\0b", b"x")],
         {"a": file(b"x")}),
    Case("nul_in_a_pax_name", NULS, [Tar().entry("x", pax={"path": b"a\0b"})], refusal=(r"'a\\x00b'", "nul")),
    Case("nul_in_a_pax_link", NULS, [Tar().file("a").entry("x", HARDLINK, pax={"linkpath": b"a\0b"})],
         refusal=("'x'", "nul")),
    Case("files_in_the_place_of_parents", "containerd over overlayfs: the layer's directory stands above the file",
         [Tar().file("a").file("a/b").file("a/b/c")], {"a": IMPLIED, "a/b": IMPLIED, "a/b/c": file()}),
]

PATH = "sha256:../../../../tmp/" + CANARY


def index_with(digest):
    """index.json names a manifest by this digest."""
    def deliver(case, directory):
        source = as_layout()(case, directory)
        path = directory / "layout/index.json"
        index = json.loads(path.read_text())
        index["manifests"][0]["digest"] = digest
        path.write_text(json.dumps(index))
        return source
    return deliver


def nested_index_with(digest):
    def deliver(_, directory):
        layout = images.OciLayout(directory / "layout")
        described = {"mediaType": images.MEDIA_TYPES["oci"]["manifest"], "digest": digest, "size": 2}
        layout.tag(layout.put_index([described]), "latest")
        return f"oci:{layout.directory}:latest"
    return deliver


def docker_archive_with(**entry):
    """manifest.json names its parts so."""
    def deliver(case, directory):
        image = case.image(directory)
        listed = {"Config": "config.json", "RepoTags": ["corpus/case:1"], "Layers": ["layer.tar"], **entry}
        archive = Tar().file("config.json", image.config_bytes).file("layer.tar", case.archives()[0])
        archive.file("manifest.json", json.dumps([listed]).encode()).symlink("out.tar", "../image/layer-1.tar")
        (directory / "image.tar").write_bytes(archive.bytes())
        return f"docker-archive:{directory}/image.tar"
    return deliver


def plain():
    return [Tar().file("x", b"x")]


DIGESTS = [
    Case("layer_digest_with_slashes", DIGEST, plain(), refusal=(r"sha256:\.\./\.\./", "digest"),
         deliver=as_layout(change=lambda manifest: manifest["layers"][0].update(digest=PATH))),
    Case("config_digest_with_slashes", DIGEST, plain(), refusal=(r"sha256:\.\./\.\./", "digest"),
         deliver=as_layout(change=lambda manifest: manifest["config"].update(digest=PATH))),
    Case("diff_id_with_slashes", DIGEST, plain(), refusal=(r"sha256:\.\./\.\./", "digest"),
         deliver=as_layout(config=lambda config: config["rootfs"].update(diff_ids=[PATH]))),
    Case("manifest_digest_with_slashes", DIGEST, plain(), refusal=(r"sha256:\.\./\.\./", "digest"),
         deliver=index_with(PATH)),
    Case("nested_digest_with_slashes", DIGEST, plain(), refusal=(r"sha256:\.\./\.\./", "digest"),
         deliver=nested_index_with(PATH)),
    Case("digest_algorithm_with_slashes", DIGEST, plain(), refusal=(r"\.\./\.\./x:", "digest"),
         deliver=index_with("../../x:" + "0" * 64)),
    Case("digest_of_64_slashes", DIGEST, plain(), refusal=("sha256:////", "digest"),
         deliver=index_with("sha256:" + "/" * 64)),
    Case("digest_with_a_newline", DIGEST, plain(), refusal=("sha256:000", "digest"),
         deliver=index_with("sha256:" + "0" * 63 + "\n")),
    Case("docker_layer_out_of_the_archive", "docker load: files of the archive only", plain(),
         refusal=("image.tar", r"\.\./image/layer-1.tar"),
         deliver=docker_archive_with(Layers=["../image/layer-1.tar"])),
    Case("docker_layer_by_a_symlink_out_of_the_archive", "docker load: files of the archive only", plain(),
         refusal=("image.tar", "out.tar"), deliver=docker_archive_with(Layers=["out.tar"])),
    Case("docker_config_out_of_the_archive", "docker load: files of the archive only", plain(),
         refusal=("image.tar", "etc/hostname"), deliver=docker_archive_with(Config="/etc/hostname")),
]

CASES = CLIMBING + ODD_NAMES + DIGESTS
