# SPDX-License-Identifier: Apache-2.0
"""Turns layer tars into images, in every form that lamina imports: OCI layouts and archives (plain, gzip, zstd; OCI and
Docker media types; indexes in indexes) and docker-archives of three ages. Each form can be written wrong on purpose."""

import dataclasses
import gzip
import hashlib
import json
import pathlib
import platform
import shutil
import subprocess
import tarfile

ARCHITECTURES = {"x86_64": "amd64", "aarch64": "arm64", "i686": "386", "armv7l": "arm", "ppc64le": "ppc64le",
                 "s390x": "s390x", "riscv64": "riscv64"}
HOST_ARCHITECTURE = ARCHITECTURES.get(platform.machine(), platform.machine())
OCI_INDEX = "application/vnd.oci.image.index.v1+json"
OCI_LAYER = "application/vnd.oci.image.layer.v1.tar"
DOCKER_LAYER = "application/vnd.docker.image.rootfs.diff.tar"
MEDIA_TYPES = {
    "oci": {"manifest": "application/vnd.oci.image.manifest.v1+json", "config": "application/vnd.oci.image.config.v1+json",
            "none": OCI_LAYER, "gzip": OCI_LAYER + "+gzip", "zstd": OCI_LAYER + "+zstd"},
    "docker": {"manifest": "application/vnd.docker.distribution.manifest.v2+json",
               "config": "application/vnd.docker.container.image.v1+json",
               "none": DOCKER_LAYER, "gzip": DOCKER_LAYER + ".gzip", "zstd": DOCKER_LAYER + ".zstd"},
}
REF_NAME = "org.opencontainers.image.ref.name"


def digest_of(data):
    return "sha256:" + hashlib.sha256(data).hexdigest()


def compress(data, kind):
    if kind == "gzip":
        return gzip.compress(data, compresslevel=1, mtime=0)
    if kind == "zstd":
        return subprocess.run(["zstd", "-1", "-q", "-c"], input=data, stdout=subprocess.PIPE, check=True).stdout
    return data


@dataclasses.dataclass
class Image:
    """Layer tars, lowest first, and the config that names them. `config` may be changed before the image is written."""

    layers: list
    config: dict

    @classmethod
    def of(cls, layers, architecture=HOST_ARCHITECTURE, variant=None, title="made by hand"):
        paths = [pathlib.Path(layer) for layer in layers]
        created = "2024-02-29T12:34:56.789Z"
        history = [{"created": created, "created_by": f"{title}: layer {number + 1}"} for number in range(len(paths))]
        history.append({"created": created, "created_by": "CMD [\"/bin/sh\"]", "empty_layer": True})
        config = {"created": created, "architecture": architecture, "os": "linux",
                  "config": {"Env": ["PATH=/usr/bin:/bin"], "Cmd": ["/bin/sh"], "Labels": {"org.lamina.title": title}},
                  "rootfs": {"type": "layers", "diff_ids": [digest_of(path.read_bytes()) for path in paths]},
                  "history": history}
        if variant:
            config["variant"] = variant
        return cls(paths, config)

    @property
    def config_bytes(self):
        return json.dumps(self.config).encode()

    @property
    def id(self):
        return digest_of(self.config_bytes)

    @property
    def diff_ids(self):
        return self.config["rootfs"]["diff_ids"]

    def platform(self):
        keys = ("architecture", "os", "variant")
        return {key: self.config[key] for key in keys if key in self.config}


class OciLayout:
    """An OCI image layout being filled."""

    def __init__(self, directory):
        self.directory = pathlib.Path(directory)
        self.blobs = self.directory / "blobs" / "sha256"
        self.blobs.mkdir(parents=True)
        (self.directory / "oci-layout").write_text('{"imageLayoutVersion":"1.0.0"}')
        self.entries = []
        self.write_index()

    def blob_path(self, digest):
        return self.blobs / digest.partition(":")[2]

    def put(self, data, media_type):
        descriptor = {"mediaType": media_type, "digest": digest_of(data), "size": len(data)}
        self.blob_path(descriptor["digest"]).write_bytes(data)
        return descriptor

    def put_image(self, image, compression="gzip", dialect="oci", change=lambda manifest: None):
        """Stores the image's blobs; `change` may spoil the manifest. Returns the manifest's descriptor."""
        types = MEDIA_TYPES[dialect]
        layers = [self.put(compress(path.read_bytes(), compression), types[compression]) for path in image.layers]
        manifest = {"schemaVersion": 2, "mediaType": types["manifest"],
                    "config": self.put(image.config_bytes, types["config"]), "layers": layers}
        change(manifest)
        return self.put(json.dumps(manifest).encode(), types["manifest"])

    def put_index(self, descriptors):
        index = {"schemaVersion": 2, "mediaType": OCI_INDEX, "manifests": descriptors}
        return self.put(json.dumps(index).encode(), OCI_INDEX)

    def tag(self, descriptor, name=None, image=None):
        """Lists the descriptor in index.json, under a name, and with its platform if `image` is given."""
        entry = dict(descriptor)
        if name:
            entry["annotations"] = {REF_NAME: name}
        if image:
            entry["platform"] = image.platform()
        self.entries.append(entry)
        self.write_index()
        return self

    def write_index(self):
        index = {"schemaVersion": 2, "manifests": self.entries}
        (self.directory / "index.json").write_text(json.dumps(index))

    def manifest(self):
        return json.loads(self.blob_path(self.entries[0]["digest"]).read_bytes())


def oci_layout(directory, image, name="latest", **how):
    layout = OciLayout(directory)
    return layout.tag(layout.put_image(image, **how), name)


def archive_of(directory, path):
    """Packs a directory's content into an uncompressed tar, as archives of images are."""
    with tarfile.open(path, "w", format=tarfile.GNU_FORMAT) as tar:
        for child in sorted(pathlib.Path(directory).iterdir()):
            tar.add(child, child.name)
    return path


def oci_archive(path, image, name="latest", **how):
    folder = pathlib.Path(f"{path}.layout")
    oci_layout(folder, image, name, **how)
    archive_of(folder, path)
    shutil.rmtree(folder)
    return path


class DockerArchive:
    """A docker-archive being filled, in the form that docker wrote at some time.

    flat      HEX.tar and HEX.json, as skopeo writes
    symlinks  ID/layer.tar, of which repeated ones are symlinks: docker save until 2023
    modern    an OCI layout that also has a manifest.json: docker save since version 25
    v1        ID/json and ID/layer.tar, chained by parent; no manifest.json: docker save before 1.10
    """

    def __init__(self, folder, style="flat"):
        self.folder, self.style = pathlib.Path(folder), style
        self.folder.mkdir()
        self.manifest, self.repositories, self.first_copy = [], {}, {}
        self.layout = OciLayout(self.folder) if style == "modern" else None

    def add(self, image, *names):
        write = {"flat": self.flat, "symlinks": self.symlinks, "modern": self.modern, "v1": self.v1}[self.style]
        entry = write(image, names)
        if entry:
            self.manifest.append({"Config": entry[0], "RepoTags": list(names) or None, "Layers": entry[1]})
        return self

    def flat(self, image, _):
        names = [f"{digest[7:]}.tar" for digest in image.diff_ids]
        for name, layer in zip(names, image.layers):
            shutil.copyfile(layer, self.folder / name)
        config = f"{image.id[7:]}.json"
        (self.folder / config).write_bytes(image.config_bytes)
        return config, names

    def symlinks(self, image, names):
        paths = []
        for identity, layer, diff_id in zip(self.v1_chain(image, names), image.layers, image.diff_ids):
            paths.append(f"{identity}/layer.tar")
            if (self.folder / paths[-1]).exists():
                continue  # shared with an image that is in the archive already
            if diff_id in self.first_copy:
                (self.folder / paths[-1]).symlink_to(f"../{self.first_copy[diff_id]}")
            else:
                shutil.copyfile(layer, self.folder / paths[-1])
                self.first_copy[diff_id] = paths[-1]
        config = f"{image.id[7:]}.json"
        (self.folder / config).write_bytes(image.config_bytes)
        return config, paths

    def modern(self, image, names):
        descriptor = self.layout.put_image(image, compression="none")
        for name in names or (None,):
            self.layout.tag(descriptor, name.rpartition(":")[2] if name else None)
        return f"blobs/sha256/{image.id[7:]}", [f"blobs/sha256/{digest[7:]}" for digest in image.diff_ids]

    def v1(self, image, names):
        for identity, layer in zip(self.v1_chain(image, names), image.layers):
            shutil.copyfile(layer, self.folder / identity / "layer.tar")

    def v1_chain(self, image, names):
        """The folders of the oldest form: one image per layer, each naming its parent; the last has the config."""
        parent, chain = None, []
        for number, diff_id in enumerate(image.diff_ids):
            about = {"created": image.config["created"], "os": image.config["os"], "parent": parent or ""}
            if number == len(image.diff_ids) - 1:
                about.update(config=image.config["config"], architecture=image.config["architecture"])
            identity = digest_of(f"{parent} {diff_id}".encode())[7:]
            folder = self.folder / identity
            folder.mkdir(exist_ok=True)
            (folder / "VERSION").write_text("1.0")
            (folder / "json").write_text(json.dumps({"id": identity, **about}))
            chain.append(identity)
            parent = identity
        for name in names:
            repository, _, tag = name.rpartition(":")
            self.repositories.setdefault(repository, {})[tag] = parent
        return chain

    def write(self, path):
        if self.manifest:
            (self.folder / "manifest.json").write_text(json.dumps(self.manifest))
        if self.repositories:
            (self.folder / "repositories").write_text(json.dumps(self.repositories))
        archive_of(self.folder, path)
        shutil.rmtree(self.folder)
        return path


def docker_archive(path, image, *names, style="flat"):
    return DockerArchive(f"{path}.folder", style).add(image, *names).write(path)
