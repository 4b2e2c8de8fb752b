// SPDX-License-Identifier: Apache-2.0
// Hostile marks of an upper directory. The first byte says which; what was accepted is written, read again, and must be
// the same.
#include <lamina/layer/oci_names.hpp>
#include <lamina/layer/overlay_marks.hpp>

#include "fuzz.hpp"

namespace lamina::fuzz {
namespace {

void try_redirect(std::string_view value) {
  const auto redirect = attempt([&] { return layer::parse_redirect(value); });
  if (!redirect) return;
  require(layer::format_redirect(*redirect) == value, "a redirect is written as it was read");
  require(!redirect->path.is_root(), "a redirect leads below the root");
  require(redirect->from == layer::Redirect::From::root || redirect->path.components().size() == 1,
          "a relative redirect is one name");
}

template <typename Value>
void round_trip(std::string_view value, Value (*parse)(std::string_view), std::string (*format)(const Value&)) {
  const auto parsed = attempt([&] { return parse(value); });
  if (!parsed) return;
  const Value again = must("a written mark can be read", [&] { return parse(format(*parsed)); });
  require(again == *parsed, "a mark is read as it was written");
}

void try_name(std::string_view name) {
  const auto parsed = layer::parse_oci_name(name);
  if (parsed.kind == layer::OciNameKind::whiteout) {
    require(layer::whiteout_name(parsed.target) == name, "a whiteout is written as it was read");
  }
}

}  // namespace
}  // namespace lamina::fuzz

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace lamina;
  using namespace lamina::fuzz;
  if (size == 0) return 0;
  const std::string_view rest = as_text(data + 1, size - 1);
  switch (data[0]) {
    case 'r': try_redirect(rest); break;
    case 'm': round_trip(rest, layer::parse_metacopy, layer::format_metacopy); break;
    case 's': round_trip(rest, layer::parse_recorded_stat, layer::format_recorded_stat); break;
    case 'o':
      if (const auto opaque = layer::find_opaque(rest)) require(layer::format_opaque(*opaque) == rest, "opaque");
      break;
    case 'n': try_name(rest); break;
    default: break;
  }
  return 0;
}
