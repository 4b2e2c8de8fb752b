// SPDX-License-Identifier: Apache-2.0
// How things look on a terminal: tables, sizes and ages as docker shows them.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include <nlohmann/json_fwd.hpp>

namespace lamina::cli {

/// Columns as wide as their widest cell and three blanks apart; the header is the first row.
class Table {
public:
  explicit Table(std::vector<std::string> header) { rows_.push_back(std::move(header)); }
  void add(std::vector<std::string> row) { rows_.push_back(std::move(row)); }
  void print() const;

private:
  std::vector<std::vector<std::string>> rows_;
};

/// "338MB", "1.23GB", "0B": decimal units, three digits, as docker.
std::string human_size(std::uint64_t bytes);

/// "2 weeks ago" for an RFC 3339 time; "" when it is none.
std::string human_age(std::string_view rfc3339);
std::string human_age(std::int64_t seconds_since_epoch);

/// Indented; bytes that are no UTF-8 become U+FFFD.
void print_json(const nlohmann::json& value);

/// To standard output, as it is.
void print(std::string_view text);

}  // namespace lamina::cli
