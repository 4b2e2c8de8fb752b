// SPDX-License-Identifier: Apache-2.0
#include "json_object.hpp"

#include <limits>

#include <fmt/format.h>

#include <lamina/util/error.hpp>

namespace lamina::image {

namespace {

using util::Error;

// Deeper than any manifest or configuration; what a hostile document may cost stays bounded.
constexpr int kMaxDepth = 100;

nlohmann::json parse_document(std::string_view json, std::string_view what) {
  const auto limit_depth = [&](int depth, nlohmann::json::parse_event_t, nlohmann::json&) {
    if (depth > kMaxDepth) throw Error(fmt::format("{} is JSON nested more than {} levels deep", what, kMaxDepth));
    return true;
  };
  try {
    return nlohmann::json::parse(json, limit_depth);
  } catch (const nlohmann::json::parse_error& error) {
    throw Error(fmt::format("{} is not valid JSON (byte {} of {})", what, error.byte, json.size()));
  } catch (const nlohmann::json::exception&) {  // a number beyond the range of a double
    throw Error(fmt::format("{} is not valid JSON (a number is out of range)", what));
  }
}

}  // namespace

JsonObject::JsonObject(std::shared_ptr<const Json> document, const Json* value, std::string what, std::string path)
    : document_(std::move(document)), value_(value), what_(std::move(what)), path_(std::move(path)) {}

JsonObject JsonObject::parse(std::string_view json, std::string_view what) {
  auto document = std::make_shared<const Json>(parse_document(json, what));
  if (!document->is_object()) throw Error(fmt::format("{} is not a JSON object", what));
  const auto* root = document.get();
  return {std::move(document), root, std::string(what), ""};
}

std::string JsonObject::text(const std::string& key) const {
  const auto* value = find(key);
  if (value == nullptr) return {};
  if (!value->is_string()) wrong(key, "a string");
  return value->get<std::string>();
}

std::string JsonObject::required_text(const std::string& key) const {
  require(key);
  return text(key);
}

std::uint64_t JsonObject::required_count(const std::string& key) const {
  const auto& value = require(key);
  constexpr auto kLimit = static_cast<std::uint64_t>(std::numeric_limits<std::int64_t>::max());
  if (!value.is_number_unsigned() || value.get<std::uint64_t>() > kLimit) wrong(key, "a number of bytes");
  return value.get<std::uint64_t>();
}

digest::Digest JsonObject::required_digest(const std::string& key) const { return to_digest(key, require(key)); }

bool JsonObject::flag(const std::string& key) const {
  const auto* value = find(key);
  if (value == nullptr) return false;
  if (!value->is_boolean()) wrong(key, "true or false");
  return value->get<bool>();
}

std::vector<std::string> JsonObject::texts(const std::string& key) const {
  constexpr std::string_view kExpected = "a list of strings";
  std::vector<std::string> result;
  for (const auto& element : list(key, kExpected)) {
    if (!element.is_string()) wrong(key, kExpected);
    result.push_back(element.get<std::string>());
  }
  return result;
}

std::map<std::string, std::string> JsonObject::text_map(const std::string& key) const {
  std::map<std::string, std::string> result;
  const auto* value = find(key);
  if (value == nullptr) return result;
  if (!value->is_object()) wrong(key, "an object of strings");
  for (const auto& [name, member] : value->items()) {
    if (!member.is_string()) wrong(key, "an object of strings");
    result.emplace(name, member.get<std::string>());
  }
  return result;
}

std::vector<digest::Digest> JsonObject::digests(const std::string& key) const {
  std::vector<digest::Digest> result;
  for (const auto& element : list(key, "a list of digests")) {
    result.push_back(to_digest(fmt::format("{}[{}]", key, result.size()), element));
  }
  return result;
}

std::optional<JsonObject> JsonObject::object(const std::string& key) const {
  const auto* value = find(key);
  if (value == nullptr) return std::nullopt;
  return child(place(key), *value);
}

JsonObject JsonObject::required_object(const std::string& key) const { return child(place(key), require(key)); }

std::vector<JsonObject> JsonObject::objects(const std::string& key) const {
  std::vector<JsonObject> result;
  for (const auto& element : list(key, "a list of objects")) {
    result.push_back(child(fmt::format("{}[{}]", place(key), result.size()), element));
  }
  return result;
}

Platform JsonObject::platform() const { return {text("os"), text("architecture"), text("variant")}; }

void JsonObject::fail(std::string_view problem) const { throw Error(fmt::format("{}: {}", what_, problem)); }

const JsonObject::Json* JsonObject::find(const std::string& key) const {
  const auto member = value_->find(key);
  return member == value_->end() || member->is_null() ? nullptr : &*member;
}

const JsonObject::Json& JsonObject::require(const std::string& key) const {
  const auto* value = find(key);
  if (value == nullptr) fail(fmt::format("{} is missing", place(key)));
  return *value;
}

const JsonObject::Json& JsonObject::list(const std::string& key, std::string_view of) const {
  static const Json kNone = Json::array();
  const auto* value = find(key);
  if (value == nullptr) return kNone;
  if (!value->is_array()) wrong(key, of);
  return *value;
}

std::string JsonObject::place(const std::string& key) const { return path_.empty() ? key : path_ + "." + key; }

void JsonObject::wrong(const std::string& key, std::string_view expected) const {
  fail(fmt::format("{} is not {}", place(key), expected));
}

digest::Digest JsonObject::to_digest(const std::string& key, const Json& value) const {
  if (!value.is_string()) wrong(key, "a digest");
  const auto& text = value.get_ref<const std::string&>();
  const auto digest = digest::Digest::find(text);
  if (!digest) fail(fmt::format("{} \"{}\" is not a SHA-256 digest", place(key), util::printable(text)));
  return *digest;
}

JsonObject JsonObject::child(std::string path, const Json& value) const {
  if (!value.is_object()) fail(fmt::format("{} is not an object", path));
  return {document_, &value, what_, std::move(path)};
}

}  // namespace lamina::image
