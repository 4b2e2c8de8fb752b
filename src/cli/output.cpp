// SPDX-License-Identifier: Apache-2.0
#include "output.hpp"

#include <algorithm>
#include <array>
#include <cstdio>
#include <ctime>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include <lamina/util/error.hpp>

namespace lamina::cli {
namespace {

/// Columns on a terminal: UTF-8 sequences count once.
std::size_t width(std::string_view text) {
  return static_cast<std::size_t>(
      std::ranges::count_if(text, [](char c) { return (static_cast<unsigned char>(c) & 0xC0U) != 0x80U; }));
}

}  // namespace

void Table::print() const {
  std::vector<std::size_t> widths(rows_.front().size());
  for (const auto& row : rows_) {
    for (std::size_t i = 0; i < row.size(); ++i) widths[i] = std::max(widths[i], width(row[i]));
  }
  for (const auto& row : rows_) {
    std::string line;
    for (std::size_t i = 0; i < row.size(); ++i) {
      line += row[i];
      if (i + 1 < row.size()) line.append(widths[i] - width(row[i]) + 3, ' ');
    }
    cli::print(line + "\n");
  }
}

std::string human_size(std::uint64_t bytes) {
  static constexpr std::array kUnits = {"B", "kB", "MB", "GB", "TB", "PB", "EB"};
  auto value = static_cast<double>(bytes);
  std::size_t unit = 0;
  while (value >= 999.5 && unit + 1 < kUnits.size()) {
    value /= 1000.0;
    ++unit;
  }
  return fmt::format("{:.3g}{}", value, kUnits[unit]);
}

std::string human_age(std::int64_t seconds_since_epoch) {
  struct Step {
    std::int64_t seconds;
    const char* unit;
  };
  static constexpr std::array kSteps = {Step{60L * 60 * 24 * 365, "year"},
                                        Step{60L * 60 * 24 * 30, "month"},
                                        Step{60L * 60 * 24 * 7, "week"},
                                        Step{60L * 60 * 24, "day"},
                                        Step{60L * 60, "hour"},
                                        Step{60, "minute"},
                                        Step{1, "second"}};
  const std::int64_t age = std::time(nullptr) - seconds_since_epoch;
  for (const auto& step : kSteps) {
    // docker speaks of "13 days" before "2 weeks": a unit is used from twice its length on, a day or less from once.
    const std::int64_t from = step.seconds > 60L * 60 * 24 ? 2 * step.seconds : step.seconds;
    if (age < from) continue;
    const std::int64_t count = age / step.seconds;
    return fmt::format("{} {}{} ago", count, step.unit, count == 1 ? "" : "s");
  }
  return "just now";
}

std::string human_age(std::string_view rfc3339) {
  std::tm time{};
  const std::string text(rfc3339);
  const char* rest = ::strptime(text.c_str(), "%Y-%m-%dT%H:%M:%S", &time);
  if (rest == nullptr) return "";
  std::int64_t seconds = ::timegm(&time);
  while (*rest == '.' || (*rest >= '0' && *rest <= '9')) ++rest;  // a fraction does not change an age
  if (int hours = 0, minutes = 0; std::sscanf(rest, "%3d:%2d", &hours, &minutes) == 2) {
    seconds -= hours * 3600L + (*rest == '-' ? -minutes : minutes) * 60L;
  }
  return human_age(seconds);
}

void print_json(const nlohmann::json& value) {
  print(value.dump(2, ' ', false, nlohmann::json::error_handler_t::replace) + "\n");
}

void print(std::string_view text) {
  if (std::fwrite(text.data(), 1, text.size(), stdout) != text.size()) {
    throw util::Error::from_errno("writing to standard output");
  }
}

}  // namespace lamina::cli
