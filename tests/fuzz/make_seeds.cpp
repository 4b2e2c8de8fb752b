// SPDX-License-Identifier: Apache-2.0
// Writes the seed corpora, made with the project's own builders: make_seeds DIR. Names are those of tests/fuzz/lower.hpp,
// so that layers meet the one below.
#include <filesystem>
#include <fstream>

#include <lamina/image/config.hpp>
#include <lamina/image/descriptor.hpp>
#include <lamina/layer/overlay_marks.hpp>
#include <lamina/tree/merge.hpp>

#include "lower.hpp"
#include "unit/archive/tar_maker.hpp"

namespace lamina::fuzz {
namespace {

using namespace archive::test;

using Seeds = std::vector<std::pair<std::string, std::string>>;

void write(const std::filesystem::path& directory, const Seeds& seeds) {
  std::filesystem::create_directories(directory);
  for (const auto& [name, bytes] : seeds) std::ofstream(directory / name, std::ios::binary) << bytes;
}

util::Metadata metadata(std::uint32_t mode) {
  return {.mode = mode, .uid = 1000, .gid = 5, .mtime = {7, 8}, .rdev = {}, .xattrs = {}};
}

/// Every type and mark, a link group, two sets of attributes.
std::string layer_tree() {
  const auto path = [](std::string_view text) { return util::RelPath::parse(text); };
  tree::TreeBuilder builder(tree::TreeKind::layer);
  builder.put_file(path("a/b/one"), metadata(0644), {3, digest::hash(util::as_bytes("one"))});
  builder.put_file(path("a/empty"), metadata(0600), {});
  builder.put_hardlink(path("a/two"), path("a/b/one"));
  builder.put_hardlink(path("a/n"), path("a/h"));
  builder.put_symlink(path("s"), metadata(0777), "a/b");
  builder.put_whiteout(path("f"));
  builder.put_opaque(path("o"));
  builder.put_directory(path("l/x"), metadata(0700));
  auto special = metadata(S_IFCHR | 0600);
  special.rdev = {1, 3};
  special.xattrs = {{"user.a", "1"}, {"user.b", "22"}};
  builder.put_special(path("null"), special);
  special.mode = S_IFIFO | 0600;
  special.xattrs = {{"user.a", "1"}};
  builder.put_special(path("a/fifo"), special);
  return builder.build();
}

Seeds trees() {
  const std::string layer = layer_tree();
  const tree::Tree upper = tree::Tree::from_bytes(layer, "the layer");
  return {{"empty", tree::merge({})},
          {"layer", layer},
          {"lower", std::string(util::as_text(lower().bytes()))},
          {"merged", tree::merge(std::vector<const tree::Tree*>{&lower(), &upper})}};
}

std::string old_gnu_sparse() {
  std::string block = header({.name = "a/sparse", .type = 'S', .magic = kGnu}, 512);
  block.replace(386, 12, octal(1024, 12));
  block.replace(398, 12, octal(512, 12));
  block.replace(483, 12, octal(4096, 12));
  seal(block);
  return block + padded("data");
}

std::string pax_sparse() {
  return pax({{"GNU.sparse.major", "1"},
              {"GNU.sparse.minor", "0"},
              {"GNU.sparse.name", "a/sparse1"},
              {"GNU.sparse.realsize", "8192"}}) +
         member({.name = "a/GNUSparseFile.1/sparse1"}, padded("1\n4096\n4\n") + "data");
}

Seeds tars() {
  const std::string types = member({.name = "a/", .type = '5'}) + member({.name = "a/file"}, "content") +
                            member({.name = "a/link", .type = '1', .link = "a/file"}) +
                            member({.name = "s", .type = '2', .link = "a/b"}) + member({.name = "fifo", .type = '6'}) +
                            member({.name = "c", .type = '3', .major = "0000001", .minor = "0000003"}) +
                            member({.name = "b", .type = '4', .major = "0000010", .minor = "0000001"});
  const std::string layer = member({.name = ".wh.f"}) + member({.name = "a/.wh..wh..opq"}) +
                            member({.name = "l/x", .type = '5'}) + member({.name = "n", .type = '1', .link = "a/b/c"}) +
                            member({.name = "a/b"}, "no directory") + member({.name = ".wh..wh.plnk/1"}) +
                            member({.name = "l/.wh.c"});
  const std::string odd = member({.name = "./"}) + member({.name = "/a//b/./c"}, "x") +
                          member({.name = "a/../d"}, "y") + member({.name = "d"}, "again") + member({.name = "../up"});
  const std::string long_name = "a/" + std::string(150, 'n');
  return {
      {"types", types + kEnd},
      {"layer", layer + kEnd},
      {"odd_names", odd + kEnd},
      {"pax", pax({{"path", long_name},
                   {"mtime", "1.5"},
                   {"uid", "3000000"},
                   {"SCHILY.xattr.user.a", "1"},
                   {"LIBARCHIVE.xattr.user.b", "MjI"}}) +
                  member({.name = "short"}, "x") + pax({{"comment", "global"}}, 'g') + kEnd},
      {"gnu", gnu_long('L', long_name) + gnu_long('K', long_name) +
                  member({.name = "short", .type = '2', .link = "short", .magic = kGnu}) +
                  member({.name = "big", .uid = base256(3000000, 8), .mtime = base256(-1, 12), .magic = kGnu}) + kEnd},
      {"gnu_sparse", old_gnu_sparse() + kEnd},
      {"pax_sparse", pax_sparse() + kEnd},
      {"no_end", member({.name = "a/file"}, "content")}};
}

Seeds documents() {
  const auto digest = digest::hash({});
  const auto descriptor = [&](std::string_view type) {
    return image::Descriptor{
        .media_type = std::string(type), .digest = digest, .size = 2, .annotations = {}, .platform = {}};
  };
  const image::Manifest manifest{.media_type = std::string(image::kOciManifest),
                                 .config = descriptor(image::kOciConfig),
                                 .layers = {descriptor(image::kOciLayerTar)}};
  image::Config config{.platform = {"linux", "arm64", "v8"},
                       .created = "2024-01-01T00:00:00Z",
                       .author = "a",
                       .diff_ids = {digest, digest},
                       .history = {{"", "RUN", "b", "c", true}},
                       .env = {"A=b"},
                       .entrypoint = {"sh"},
                       .cmd = {"-c"},
                       .working_dir = "/",
                       .user = "1:2",
                       .labels = {{"k", "v"}}};
  const std::string entry = fmt::format(
      R"({{"mediaType":"{}","digest":"{}","size":2,"annotations":{{"org.opencontainers.image.ref.name":"1"}},)"
      R"("platform":{{"os":"linux","architecture":"amd64","variant":"v2"}}}})",
      image::kOciManifest, digest.str());
  const std::string index =
      fmt::format(R"({{"schemaVersion":2,"mediaType":"{}","manifests":[{}]}})", image::kOciIndex, entry);
  return {{"manifest", "m" + manifest.dump()},
          {"index", "i" + index},
          {"config", "c" + config.dump()},
          {"reference_short", "rdebian"},
          {"reference_tag", "rquay.io:5000/a/b__c-d:1.0"},
          {"reference_digest", "r[::1]:5000/x@" + digest.str()},
          {"reference_localhost", "rdocker.io/localhost/x"},
          {"platform", "plinux/arm/v7"},
          {"platform_alias", "paarch64"}};
}

Seeds marks() {
  const auto redirect = [](layer::Redirect::From from, std::string_view path) {
    return "r" + layer::format_redirect({from, util::RelPath::parse(path)});
  };
  using enum layer::Redirect::From;
  using enum layer::Metacopy::Algorithm;
  return {{"redirect_absolute", redirect(root, "a/b/c")},
          {"redirect_relative", redirect(parent, "a")},
          {"metacopy", "m" + layer::format_metacopy({none, ""})},
          {"metacopy_sha256", "m" + layer::format_metacopy({sha256, std::string(32, 'd')})},
          {"metacopy_sha512", "m" + layer::format_metacopy({sha512, std::string(64, 'd')})},
          {"stat_directory", "s" + layer::format_recorded_stat({1000, 5, S_IFDIR | 0755, {}})},
          {"stat_device", "s" + layer::format_recorded_stat({0, 0, S_IFCHR | 0600, {1, 3}})},
          {"stat_typeless", "s" + layer::format_recorded_stat({0, 0, 04755, {}})},
          {"opaque", "oy"},
          {"whiteout", "n.wh.a"}};
}

}  // namespace
}  // namespace lamina::fuzz

int main(int argc, char** argv) {
  using namespace lamina::fuzz;
  if (argc != 2) return 2;
  const std::filesystem::path corpus = argv[1];
  write(corpus / "fuzz_tree", trees());
  write(corpus / "fuzz_tar", tars());
  write(corpus / "fuzz_image", documents());
  write(corpus / "fuzz_marks", marks());
}
