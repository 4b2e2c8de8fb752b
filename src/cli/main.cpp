// SPDX-License-Identifier: Apache-2.0
#include "command.hpp"

int main(int argc, char** argv) { return lamina::cli::run(argc, argv); }
