# SPDX-License-Identifier: Apache-2.0
"""Real images made on the spot, from Debian's packages, by buildah and umoci; and skopeo's copies of them in every form.
Each is made once a run. The packages come through the machine's own apt set-up."""

import functools
import json
import os
import pathlib
import shutil
import subprocess

import harness

DEBS = ("busybox-static", "netbase", "passwd", "perl-base")
BUILDAH_TAG = "localhost/packaged:latest"


def tool(*command, **more):
    done = subprocess.run([os.fspath(word) for word in command], capture_output=True, check=False, **more)
    if done.returncode:
        raise AssertionError(f"{' '.join(map(str, command))} exited {done.returncode}:\n{os.fsdecode(done.stderr)}")
    return os.fsdecode(done.stdout).strip()


def cache():
    kept = os.environ.get("LAMINA_TEST_CACHE")
    path = pathlib.Path(kept) if kept else harness.Session.path("cache")
    path.mkdir(parents=True, exist_ok=True)
    return path


@functools.cache
def debs():
    """The packages the small images are made of: name → file."""
    found = {}
    for name in DEBS:
        if not list(cache().glob(f"{name}_*.deb")):
            # apt's own sandbox user may not write into a private directory.
            tool("apt-get", "download", "-o", "APT::Sandbox::User=root", name, cwd=cache())
        found[name] = next(cache().glob(f"{name}_*.deb"))
    return found


def extract(name, directory):
    tool("dpkg-deb", "-x", debs()[name], directory)


@functools.cache
def debian_tar():
    """The root file system of a minimal Debian as a tar."""
    path = cache() / "debian-minbase.tar"
    if not path.exists():
        settings = harness.Session.path("apt-acquire.conf")
        settings.write_text(tool("apt-config", "dump", "Acquire") + "\n")
        folder = pathlib.Path("/etc/apt")
        sources = [folder / "sources.list", *(folder / "sources.list.d").glob("*.list"),
                   *(folder / "sources.list.d").glob("*.sources")]
        forget = 'rm -f "$1/etc/resolv.conf" "$1/etc/hostname" "$1/etc/apt/apt.conf.d/99mmdebstrap"'
        partial = path.with_suffix(".partial.tar")
        tool("mmdebstrap", "--mode=root", "--variant=minbase", f"--customize-hook={forget}", f"--aptopt={settings}",
             "bookworm", partial, *(source for source in sources if source.is_file() and source.stat().st_size))
        partial.rename(path)
    return path


class Buildah:
    """buildah on a container storage of its own."""

    def __init__(self):
        self.root, self.runroot = harness.Session.path("buildah"), harness.Session.path("buildah-run")

    def __call__(self, *arguments):
        return tool("buildah", "--storage-driver", "overlay", "--root", self.root, "--runroot", self.runroot, *arguments)

    def layer(self, base, created_by, fill, *configuration):
        """One more layer: `fill(directory)` changes the mounted file system."""
        container = self("from", "--pull-never", base)
        fill(pathlib.Path(self("mount", container)))
        self("umount", container)
        self("config", "--created-by", created_by, *configuration, container)
        self("commit", "--quiet", "--format", "oci", container, BUILDAH_TAG)
        self("rm", container)

    def export(self, destination, *options):
        place = f"containers-storage:[overlay@{self.root}+{self.runroot}]{BUILDAH_TAG}"
        tool("skopeo", "--insecure-policy", "copy", "--quiet", *options, place, destination)


@functools.cache
def packaged():
    """An image of four layers by buildah, as a folder with skopeo's copies of it: see `FORMS`."""
    folder = harness.Session.path("packaged")
    folder.mkdir()
    buildah = Buildah()
    buildah.layer("scratch", "busybox and netbase", busybox_layer, "--cmd", "/bin/sh", "--env", "PATH=/usr/bin:/bin",
                  "--label", "org.lamina.test=packaged")
    buildah.layer(BUILDAH_TAG, "perl and passwd", packages_layer)
    buildah.layer(BUILDAH_TAG, "metadata only", metadata_layer, "--workingdir", "/root")
    buildah.layer(BUILDAH_TAG, "deletions", deletions_layer)
    buildah.export(f"oci:{folder}/gzip:latest", "--dest-compress-format", "gzip")
    buildah.export(f"oci:{folder}/zstd:latest", "--dest-compress-format", "zstd")
    buildah.export(f"docker-archive:{folder}/docker.tar:{BUILDAH_TAG}")
    buildah.export(f"oci-archive:{folder}/oci.tar:latest")
    return folder


FORMS = ("oci:{}/gzip:latest", "oci:{}/zstd", "docker-archive:{}/docker.tar", "oci-archive:{}/oci.tar",
         "docker-archive:{}/docker.tar:" + BUILDAH_TAG, "{}/docker.tar", "{}/oci.tar", "{}/gzip")


def busybox_layer(root):
    extract("busybox-static", root)
    extract("netbase", root)
    for name in ("root", "tmp", "dev", "doomed/sub", "opaque/sub", "becomes-file", "becomes-link"):
        (root / name).mkdir(parents=True, exist_ok=True)
    for applet in ("sh", "ls", "cat", "id", "true"):
        os.link(root / "bin/busybox", root / "bin" / applet)
    for name in ("doomed/file", "doomed/sub/file", "opaque/old", "opaque/sub/old", "becomes-file/x", "becomes-link/x",
                 "becomes-directory", "to-delete", "to-append", "to-chmod"):
        (root / name).write_text(f"{name} in the first layer\n")
    (root / "link-to-replace").symlink_to("to-append")


def packages_layer(root):
    extract("perl-base", root)
    extract("passwd", root)
    shutil.copy(root / "bin/busybox", root / "bin/capable")
    tool("setcap", "cap_net_bind_service=ep", root / "bin/capable")
    shutil.copy(shutil.which("id"), root / "bin/setuid-id")  # busybox would drop what setuid gave it
    (root / "bin/setuid-id").chmod(0o4755)
    os.mknod(root / "dev/null", 0o20666, os.makedev(1, 3))
    os.chmod(root / "dev/null", 0o666)
    os.mknod(root / "dev/loop9", 0o60660, os.makedev(7, 9))
    os.mkfifo(root / "tmp/fifo")
    os.setxattr(root / "to-append", "user.origin", b"layer \x00 two")
    os.chown(root / "tmp", 0, 0)
    os.chmod(root / "tmp", 0o1777)
    raw = os.fsencode(root)
    for name in (b"not-utf8-\xff\xfe", "caf\u00e9".encode(), "cafe\u0301".encode(), b"l" * 255):
        with open(raw + b"/tmp/" + name, "wb") as file:
            file.write(name)
    with open(root / "tmp/sparse", "wb") as file:
        file.truncate(1 << 25)
        file.seek(1 << 24)
        file.write(b"an island\n")


def metadata_layer(root):
    os.chmod(root / "to-chmod", 0o640)
    os.chown(root / "to-chmod", 1000, 1001)
    os.lchown(root / "link-to-replace", 5, 6)
    with open(root / "to-append", "a", encoding="utf-8") as file:
        file.write("and in the third\n")


def deletions_layer(root):
    shutil.rmtree(root / "doomed")
    (root / "to-delete").unlink()
    shutil.rmtree(root / "opaque")
    (root / "opaque").mkdir()
    (root / "opaque/new").write_text("new\n")
    shutil.rmtree(root / "becomes-file")
    (root / "becomes-file").write_text("a file now\n")
    shutil.rmtree(root / "becomes-link")
    (root / "becomes-link").symlink_to("opaque")
    (root / "becomes-directory").unlink()
    (root / "becomes-directory").mkdir(mode=0o700)
    (root / "link-to-replace").unlink()
    (root / "link-to-replace").write_text("a file now\n")
    os.link(root / "becomes-file", root / "becomes-file-too")


@functools.cache
def by_umoci():
    """An image that umoci made layer by layer: repacked changes, inserts, a whiteout, an opaque insert."""
    layout, work = harness.Session.path("umoci"), harness.Session.path("umoci-work")
    image = f"{layout}:latest"
    work.mkdir()
    tool("umoci", "init", "--layout", layout)
    tool("umoci", "new", "--image", image)
    extract("busybox-static", work / "insert")
    extract("netbase", work / "insert")
    tool("umoci", "insert", "--image", image, "--history.created_by", "insert busybox", work / "insert", "/")
    tool("umoci", "unpack", "--image", image, work / "bundle")
    root = work / "bundle/rootfs"
    os.link(root / "bin/busybox", root / "bin/sh")
    (root / "etc/hosts").write_text("127.0.0.1 localhost\n")
    os.setxattr(root / "etc/hosts", "user.note", b"by umoci")
    (root / "dir-to-opaque/old").mkdir(parents=True)
    tool("umoci", "repack", "--image", image, "--history.created_by", "repack", work / "bundle")
    (work / "new").mkdir()
    (work / "new/only").write_text("only this\n")
    tool("umoci", "insert", "--image", image, "--opaque", work / "new", "/dir-to-opaque")
    tool("umoci", "insert", "--image", image, "--whiteout", "/etc/protocols")
    tool("umoci", "config", "--image", image, "--config.cmd", "/bin/sh", "--author", "lamina's tests")
    return layout


@functools.cache
def unpacked(layout, tag="latest"):
    """What `umoci unpack` makes of an image: the judge of every mount. Returns the root file system's path."""
    bundle = harness.Session.path(f"unpacked-{pathlib.Path(layout).parent.name}-{pathlib.Path(layout).name}-{tag}")
    tool("umoci", "unpack", "--image", f"{layout}:{tag}", bundle)
    return bundle / "rootfs"


def config_digest(layout):
    """The image ID of the first image of an OCI layout."""
    layout = pathlib.Path(layout)
    index = json.loads((layout / "index.json").read_bytes())
    manifest = layout / "blobs" / index["manifests"][0]["digest"].replace(":", "/")
    return json.loads(manifest.read_bytes())["config"]["digest"]
