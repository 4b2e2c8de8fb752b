// SPDX-License-Identifier: Apache-2.0
// JsonObject: one object of a JSON document that nobody trusts yet. Members come out with the type asked for, or an
// Error says in one sentence which member is wrong; a member that is null counts as absent, as Go writes it.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <nlohmann/json.hpp>

#include <lamina/digest/digest.hpp>
#include <lamina/image/platform.hpp>

namespace lamina::image {

class JsonObject {
public:
  /// The document's outermost object. Of duplicate members the last one counts. `what` begins every message.
  static JsonObject parse(std::string_view json, std::string_view what);

  /// True also for a member that is null.
  bool has(const std::string& key) const { return value_->contains(key); }

  std::string text(const std::string& key) const;  ///< "" when absent
  std::string required_text(const std::string& key) const;
  std::uint64_t required_count(const std::string& key) const;  ///< 0 to 2^63-1
  digest::Digest required_digest(const std::string& key) const;
  bool flag(const std::string& key) const;  ///< false when absent
  std::vector<std::string> texts(const std::string& key) const;
  std::map<std::string, std::string> text_map(const std::string& key) const;
  std::vector<digest::Digest> digests(const std::string& key) const;
  std::optional<JsonObject> object(const std::string& key) const;
  JsonObject required_object(const std::string& key) const;
  std::vector<JsonObject> objects(const std::string& key) const;
  Platform platform() const;  ///< its members os, architecture and variant

  /// Throws Error "`what`: `problem`".
  [[noreturn]] void fail(std::string_view problem) const;
  /// Where this object stands in the document: "layers[2]", or "" for the outermost.
  const std::string& path() const noexcept { return path_; }

private:
  using Json = nlohmann::json;
  JsonObject(std::shared_ptr<const Json> document, const Json* value, std::string what, std::string path);

  const Json* find(const std::string& key) const;
  const Json& require(const std::string& key) const;
  /// The elements of an array member; none when absent.
  const Json& list(const std::string& key, std::string_view of) const;
  std::string place(const std::string& key) const;
  [[noreturn]] void wrong(const std::string& key, std::string_view expected) const;
  digest::Digest to_digest(const std::string& key, const Json& value) const;
  JsonObject child(std::string path, const Json& value) const;

  std::shared_ptr<const Json> document_;  ///< keeps value_ alive
  const Json* value_;
  std::string what_;
  std::string path_;
};

}  // namespace lamina::image
