# SPDX-License-Identifier: Apache-2.0
"""What a case of the corpus is, and how it becomes an image on disk."""

import dataclasses
import pathlib
import typing

import images

from .raw_tar import Tar

CANARY = "lamina-corpus-canary"  # the name of what must not come to be anywhere outside an image
UP = "../" * 20


@dataclasses.dataclass(frozen=True)
class Case:
    """One image. `rule` says where what is expected comes from. Exactly one of `tree` (name → entry, written by hand;
    see expected.py) and `refusal` is given. The refusal is two regular expressions, in lower case: what names the entry
    or the blob, and what says why.

    `deliver(case, directory)` writes the image below the directory and returns the source to import.
    """

    name: str
    rule: str
    layers: list
    tree: dict | None = None
    refusal: tuple | None = None
    deliver: typing.Callable = None
    arguments: tuple = ()

    def archives(self):
        return [layer.bytes() if isinstance(layer, Tar) else layer for layer in self.layers]

    def image(self, directory):
        paths = []
        for number, data in enumerate(self.archives(), 1):
            path = pathlib.Path(directory) / f"layer-{number}.tar"
            path.write_bytes(data)
            paths.append(path)
        return images.Image.of(paths, title=self.name)

    def write(self, directory):
        return (self.deliver or as_layout())(self, pathlib.Path(directory))


def as_layout(pack=None, media_type=images.OCI_LAYER, change=lambda manifest: None, config=lambda config: None,
              source="oci"):
    """An OCI layout. `pack` compresses a layer; `change` and `config` spoil the manifest and the config."""
    def deliver(case, directory):
        image = case.image(directory)
        config(image.config)
        layout = images.OciLayout(directory / "layout")

        def pack_layers(manifest):
            if pack:
                manifest["layers"] = [layout.put(pack(data), media_type) for data in case.archives()]
            change(manifest)

        layout.tag(layout.put_image(image, compression="none", change=pack_layers), "latest")
        if source == "oci-archive":
            return f"{source}:{images.archive_of(layout.directory, directory / 'image.tar')}"
        return f"{source}:{layout.directory}:latest"
    return deliver


def as_docker_archive(style="flat"):
    def deliver(case, directory):
        path = images.docker_archive(directory / "image.tar", case.image(directory), "corpus/case:1", style=style)
        return f"docker-archive:{path}"
    return deliver
