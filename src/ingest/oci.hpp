// SPDX-License-Identifier: Apache-2.0
// The OCI image layout (image-spec image-layout.md), as a directory or in a tar archive.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "file_set.hpp"

namespace lamina::ingest {

/// Images of the layout: the one that `tag` names, else all. `default_name` is the repository for an image that the
/// layout knows by a bare tag only ("" for none).
std::vector<SourceImage> read_oci_layout(const FileSet& files, const std::string& tag, const image::Platform& platform,
                                         const std::string& default_name);

}  // namespace lamina::ingest
