// SPDX-License-Identifier: Apache-2.0
// Image records and their names. A name is one small file that points to an image, so that moving a tag is one rename.
#include <algorithm>
#include <map>
#include <optional>

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <nlohmann/json.hpp>

#include <lamina/digest/hasher.hpp>
#include <lamina/store/names.hpp>
#include <lamina/store/store.hpp>
#include <lamina/util/error.hpp>
#include <lamina/util/fault.hpp>
#include <lamina/util/staged.hpp>

namespace lamina::store {
namespace {

using nlohmann::json;
using util::Error;

/// A record's JSON; a damaged one gives one sentence that names the file.
template <typename Read>
auto parse_record(const util::RootDir& root, const std::string& path, const std::string& text, Read&& read) {
  try {
    return read(json::parse(text));
  } catch (const json::exception&) {
    throw Error(fmt::format("{} is damaged: it is not the JSON that lamina writes", root.full(path)));
  }
}

std::string name_file(const image::Reference& name) { return digest::hash(util::as_bytes(name.str())).hex(); }

struct NameRecord {
  image::Reference name;
  digest::Digest id;
};

/// nullopt: there is no such name, or not any more.
std::optional<NameRecord> find_name(const util::RootDir& root, const std::string& file) {
  const auto path = fmt::format("{}/{}", names::kImageNames, file);
  const auto text = root.find_text(path);
  if (!text) return std::nullopt;
  return parse_record(root, path, *text, [](const json& record) {
    return NameRecord{image::Reference::parse(record.at("name").get<std::string>()),
                      digest::Digest::parse(record.at("id").get<std::string>())};
  });
}

ImageRecord read_image_record(const util::RootDir& root, const digest::Digest& id) {
  const auto path = names::image_id(id);
  const auto text = root.find_text(path);
  if (!text) throw Error(fmt::format("{} is missing", root.full(path)));
  return parse_record(root, path, *text, [&](const json& record) {
    return ImageRecord{id, digest::Digest::parse(record.at("manifest").get<std::string>()),
                       digest::Digest::parse(record.at("chain").get<std::string>()),
                       record.at("imported").get<std::int64_t>()};
  });
}

using NamesById = std::map<digest::Digest, std::vector<image::Reference>>;

NamesById read_names(const util::RootDir& root) {
  NamesById names_by_id;
  for (const auto& file : root.list(names::kImageNames)) {
    if (auto record = find_name(root, file)) names_by_id[record->id].push_back(std::move(record->name));
  }
  for (auto& [id, found] : names_by_id) std::ranges::sort(found);
  return names_by_id;
}

Image load_image(const Store& store, const digest::Digest& id, const NamesById& names_by_id) {
  Image image;
  image.record = read_image_record(store.root(), id);
  image.config = image::Config::parse(store.get_blob(id), fmt::format("the config of image {}", short_id(id)));
  if (const auto found = names_by_id.find(id); found != names_by_id.end()) image.names = found->second;
  return image;
}

/// Levenshtein distance, for suggestions.
std::size_t distance(std::string_view a, std::string_view b) {
  std::vector<std::size_t> row(b.size() + 1);
  for (std::size_t j = 0; j <= b.size(); ++j) row[j] = j;
  for (std::size_t i = 1; i <= a.size(); ++i) {
    std::size_t diagonal = std::exchange(row[0], i);
    for (std::size_t j = 1; j <= b.size(); ++j) {
      const std::size_t replaced = diagonal + (a[i - 1] == b[j - 1] ? 0 : 1);
      diagonal = std::exchange(row[j], std::min({row[j] + 1, row[j - 1] + 1, replaced}));
    }
  }
  return row.back();
}

std::string suggestion(const std::vector<Image>& images, std::string_view text) {
  if (images.empty()) return "the store has no images yet: bring one in with 'lamina import'";
  std::vector<std::string> near;
  for (const auto& image : images) {
    for (const auto& name : image.names) {
      const std::string familiar = name.familiar();
      const bool close = distance(familiar, text) <= 1 + text.size() / 3 ||
                         distance(name.familiar_name(), text.substr(0, text.find(':'))) <= 1 + text.size() / 4 ||
                         familiar.find(text) != std::string::npos;
      if (close && near.size() < 5) near.push_back(familiar);
    }
  }
  if (near.empty()) return "'lamina images' lists those there are";
  return fmt::format("did you mean {}?", fmt::join(near, ", "));
}

/// Does `image` answer to NAME@DIGEST? The digest may be its manifest's or its own ID.
bool answers_to(const Image& image, const image::Reference& reference) {
  if (*reference.digest != image.record.manifest && *reference.digest != image.record.id) return false;
  return std::ranges::any_of(image.names, [&](const image::Reference& name) {
    return name.domain == reference.domain && name.repository == reference.repository;
  });
}

std::optional<image::Reference> find_reference(std::string_view text) {
  try {
    return image::Reference::parse(text);
  } catch (const Error&) {
    return std::nullopt;  // it may still be an ID
  }
}

}  // namespace

std::string short_id(const digest::Digest& digest) { return digest.hex().substr(0, 12); }

std::string Image::display_name() const { return names.empty() ? short_id(record.id) : names.front().familiar(); }

std::vector<Image> Store::images() const {
  const auto names_by_id = read_names(root_);
  std::vector<Image> found;
  for (const auto& hex : root_.list(names::kImageIds)) {
    const auto id = digest::Digest::find_hex(hex);
    if (!id) throw Error(fmt::format("{}/{} is not an image record", root_.full(names::kImageIds), hex));
    found.push_back(load_image(*this, *id, names_by_id));
  }
  std::ranges::stable_sort(found, std::greater{}, [](const Image& image) { return image.config.created; });
  return found;
}

std::optional<Image> Store::find_image(std::string_view text) const {
  const auto reference = find_reference(text);
  if (reference && !reference->digest) {
    if (const auto name = find_name(root_, name_file(*reference)))
      return load_image(*this, name->id, read_names(root_));
  }
  if (reference && reference->digest) {
    for (auto& image : images()) {
      if (answers_to(image, *reference)) return std::move(image);
    }
    return std::nullopt;
  }
  const std::string_view prefix = text.starts_with("sha256:") ? text.substr(7) : text;
  std::vector<std::string> ids = root_.list(names::kImageIds);
  std::erase_if(ids, [&](const std::string& hex) { return prefix.empty() || !hex.starts_with(prefix); });
  if (ids.size() > 1) {
    throw Error(fmt::format("'{}' is the beginning of {} image IDs: give more digits", text, ids.size()));
  }
  if (ids.empty()) return std::nullopt;
  return load_image(*this, digest::Digest::parse("sha256:" + ids.front()), read_names(root_));
}

Image Store::get_image(std::string_view text) const {
  if (auto image = find_image(text)) return std::move(*image);
  throw Error(fmt::format("no image '{}': {}", util::printable(text), suggestion(images(), text)), ENOENT);
}

void Store::put_image(const ImageRecord& record) const {
  const json text = {{"manifest", record.manifest.str()}, {"chain", record.chain.str()}, {"imported", record.imported}};
  util::publish_text(tmp_, root_.open_dir(names::kImageIds), record.id.hex(), text.dump());
  util::fault_point("put.image");
}

void Store::tag(const image::Reference& name, const digest::Digest& id) const {
  if (name.digest) throw Error(fmt::format("'{}' has a digest: a name to give is NAME[:TAG]", name.str()));
  const json text = {{"name", name.str()}, {"id", id.str()}};
  util::publish_text(tmp_, root_.open_dir(names::kImageNames), name_file(name), text.dump());
  util::fault_point("put.name");
}

bool Store::untag(const image::Reference& name) const {
  return root_.remove_file(fmt::format("{}/{}", names::kImageNames, name_file(name)));
}

void Store::check_name(const std::string& file) const {
  const auto record = find_name(root_, file);
  if (!record) return;  // removed meanwhile
  if (file != name_file(record->name)) throw Error(fmt::format("the name {} lies in a wrong file", record->name.str()));
  if (!root_.exists(names::image_id(record->id))) {
    throw Error(
        fmt::format("{} names the image {}, which is not there", record->name.familiar(), short_id(record->id)));
  }
}

void Store::remove_image(const digest::Digest& id) const {
  const auto names_by_id = read_names(root_);
  if (const auto found = names_by_id.find(id); found != names_by_id.end()) {
    for (const auto& name : found->second) {
      untag(name);
      util::fault_point("remove.name");
    }
  }
  root_.remove_file(names::image_id(id));
  // For good: what it needs may go from here on, and must not be wanted again after a power cut.
  for (const char* dir : {names::kImageNames, names::kImageIds}) root_.open_dir(dir).sync();
  util::fault_point("remove.image");
}

}  // namespace lamina::store
