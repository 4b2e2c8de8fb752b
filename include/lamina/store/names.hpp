// SPDX-License-Identifier: Apache-2.0
// Every name in the store, in one place (drawn in man/lamina-store.5):
//
//   STORE/
//     version                       "lamina store 2\n"
//     lock                          flocked: shared by who relies on content, exclusive by sweeps
//     layer-claims                  empty; a byte is locked for each layer that an import is working on
//     blobs/sha256/HEX              manifests and configs, the bytes as received
//     objects/HH/HEX                contents of regular files; HH: the first two digits of HEX
//     layers/sha256/DIFFID/         tree, skeleton, info.json
//     trees/CHAINID                 merged tree
//     images/ids/CONFIGID           image record (JSON)
//     images/names/HEX              name → image (JSON); HEX: SHA-256 of the name, which may be longer than a file name
//     mounts/ID/                    mount.json, lock, log
//     tmp/                          staging
#pragma once

#include <string>
#include <string_view>

#include <lamina/digest/digest.hpp>

namespace lamina::store::names {

inline constexpr const char* kVersion = "version";
inline constexpr std::string_view kVersionText = "lamina store 2\n";
inline constexpr const char* kLock = "lock";
inline constexpr const char* kLayerClaims = "layer-claims";
inline constexpr const char* kBlobs = "blobs/sha256";
inline constexpr const char* kObjects = "objects";
inline constexpr const char* kLayers = "layers/sha256";
inline constexpr const char* kTree = "tree";
inline constexpr const char* kSkeleton = "skeleton";
inline constexpr const char* kInfo = "info.json";
inline constexpr const char* kTrees = "trees";
inline constexpr const char* kImageIds = "images/ids";
inline constexpr const char* kImageNames = "images/names";
inline constexpr const char* kMounts = "mounts";
inline constexpr const char* kStaging = "tmp";
/// In the staging of an import that makes things visible, and of a removal: who dies there leaves garbage.
inline constexpr const char* kUnfinished = "unfinished";

std::string blob(const digest::Digest& digest);
/// "objects/ab", the directory of an object.
std::string object_dir(const digest::Digest& digest);
std::string object(const digest::Digest& digest);
std::string layer(const digest::Digest& diff_id);
std::string layer_tree(const digest::Digest& diff_id);
std::string layer_skeleton(const digest::Digest& diff_id);
std::string merged_tree(const digest::Digest& chain_id);
std::string image_id(const digest::Digest& id);

}  // namespace lamina::store::names
