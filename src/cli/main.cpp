// SPDX-License-Identifier: Apache-2.0
#include <string_view>

#include "command.hpp"

int main(int argc, char** argv) {
  const std::string_view called = argc > 0 ? argv[0] : "";
  if (called.substr(called.rfind('/') + 1) == "mount.lamina") return lamina::cli::run_mount_helper(argc, argv);
  return lamina::cli::run(argc, argv);
}
