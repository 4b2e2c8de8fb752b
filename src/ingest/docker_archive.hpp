// SPDX-License-Identifier: Apache-2.0
// docker-archive: what `docker save` and skopeo write: manifest.json since docker 1.10 (docker's image-spec v1.2), and
// before it `repositories` with one directory for each layer (image-spec v1.0).
#pragma once

#include <string>
#include <vector>

#include "file_set.hpp"

namespace lamina::ingest {

/// Is it one? Looks for manifest.json or repositories.
bool is_docker_archive(const FileSet& files);

/// Images of the archive: the one that `reference` names, else all.
std::vector<SourceImage> read_docker_archive(const FileSet& files, const std::string& reference, const Limits& limits);

/// The form without manifest.json. Reads every layer once to learn its DiffID, which that form does not hold.
std::vector<SourceImage> read_legacy_archive(const FileSet& files, const std::string& reference, const Limits& limits);

/// Do `names` hold the image that the user's `reference` asks for? An empty reference asks for any.
bool is_wanted(const std::vector<image::Reference>& names, const std::string& reference);

}  // namespace lamina::ingest
