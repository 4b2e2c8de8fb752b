// SPDX-License-Identifier: Apache-2.0
#include <lamina/util/fault.hpp>

#include <atomic>
#include <cerrno>
#include <charconv>
#include <csignal>
#include <cstdlib>
#include <string>

#include <fmt/format.h>

#include <lamina/util/error.hpp>

namespace lamina::util {
namespace {

struct Fault {
  std::string name;
  std::string action;
  std::atomic<unsigned> passings_left = 1;

  Fault() {
    const char* text = std::getenv("LAMINA_FAULT");
    if (text == nullptr) return;
    std::string_view rest(text);
    const auto take = [&rest] {
      const auto part = rest.substr(0, rest.find(':'));
      rest.remove_prefix(part.size() == rest.size() ? part.size() : part.size() + 1);
      return part;
    };
    name = take();
    action = take();
    unsigned count = 1;
    if (const auto number = take(); !number.empty()) {
      std::from_chars(number.data(), number.data() + number.size(), count);
    }
    passings_left = count;
  }
};

Fault& the_fault() {
  static Fault fault;
  return fault;
}

}  // namespace

void fault_point(const char* name) {
  Fault& fault = the_fault();
  if (fault.name.empty() || fault.name != name || --fault.passings_left != 0) return;
  if (fault.action == "kill") std::raise(SIGKILL);
  if (fault.action == "stop") std::raise(SIGSTOP);
  if (fault.action == "ENOSPC") throw Error::from_errno(fmt::format("the fault point {}", name), ENOSPC);
  if (fault.action == "EIO") throw Error::from_errno(fmt::format("the fault point {}", name), EIO);
}

}  // namespace lamina::util
