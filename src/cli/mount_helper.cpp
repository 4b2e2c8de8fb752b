// SPDX-License-Identifier: Apache-2.0
// mount.lamina: what mount(8) runs for `mount -t lamina IMAGE DIR` and for a line of fstab(5). Syntax and exit codes are
// those of mount(8), EXTERNAL HELPERS and EXIT STATUS.
#include <cstdio>
#include <ranges>
#include <string>
#include <vector>

#include <fcntl.h>
#include <fmt/format.h>
#include <sched.h>
#include <unistd.h>

#include <lamina/mount/mount.hpp>
#include <lamina/util/error.hpp>

#include "command.hpp"

namespace lamina::cli {
namespace {

constexpr int kWrongInvocation = 1;
constexpr int kMountFailure = 32;

struct Request {
  std::string image;
  std::string directory;
  std::string store;  ///< "" for the default
  mount::MountOptions options;
  std::string mount_namespace;  ///< a file; "" for our own
  bool fake = false;
  bool verbose = false;
};

/// The words of -o; store= is for us, the others are for the mount.
void parse_words(Request& request, const std::string& lists, mount::UnknownWords unknown) {
  std::vector<std::string> words;
  constexpr std::string_view kStore = "store=";
  for (const auto part : std::views::split(lists, ',')) {
    std::string word(part.begin(), part.end());
    if (word.starts_with(kStore)) request.store = word.substr(kStore.size());
    else words.push_back(std::move(word));
  }
  request.options = mount::MountOptions::parse(words, unknown);
  require_read_only(request.options);
}

Request parse(int argc, char* const* argv) {
  Request request;
  std::string lists;
  auto unknown = mount::UnknownWords::refuse;
  opterr = 0;
  for (int letter = 0; (letter = ::getopt(argc, argv, "sfnvN:o:t:")) != -1;) {
    switch (letter) {
      case 's': unknown = mount::UnknownWords::ignore; break;
      case 'f': request.fake = true; break;
      case 'v': request.verbose = true; break;
      case 'N': request.mount_namespace = optarg; break;
      case 'o': lists.append(",").append(optarg); break;
      case 'n':  // there is no mtab to leave alone
      case 't': break;
      default:
        throw util::Error(fmt::format("unknown option, or one without its value: -{}", static_cast<char>(optopt)));
    }
  }
  if (argc - optind != 2)
    throw util::Error("usage: mount.lamina IMAGE DIR [-sfnv] [-N NAMESPACE] [-o OPTIONS] [-t TYPE]");
  request.image = argv[optind];
  request.directory = argv[optind + 1];
  parse_words(request, lists, unknown);
  request.options.source = request.image;  // `mount -a` knows what is mounted by source and directory
  return request;
}

/// A number is the process whose namespace is meant, as for mount(8).
void enter_namespace(const std::string& name) {
  const bool is_number = name.find_first_not_of("0123456789") == std::string::npos;
  const auto path = is_number ? fmt::format("/proc/{}/ns/mnt", name) : name;
  const util::Fd file(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
  if (!file || ::setns(file.get(), CLONE_NEWNS) != 0) {
    throw util::Error::from_errno(fmt::format("entering the mount namespace {}", util::printable(path)));
  }
}

void perform(const Request& request) {
  if (!request.mount_namespace.empty()) enter_namespace(request.mount_namespace);
  const auto store = Globals{request.store}.open_store();
  const auto run = request.fake ? mount::Run::not_at_all : mount::Run::background;
  const auto record = mount::start(store, request.image, request.directory, request.options, run);
  if (request.verbose) {
    fmt::print("mount.lamina: {} {} on {} ({})\n", record.image, request.fake ? "could be mounted" : "mounted",
               util::printable(record.mountpoint), record.options);
  }
}

int fail(int code, const char* message) {
  fmt::print(stderr, "mount.lamina: {}\n", message);
  return code;
}

}  // namespace

int run_mount_helper(int argc, char* const* argv) {
  Request request;
  try {
    request = parse(argc, argv);
  } catch (const std::exception& error) {
    return fail(kWrongInvocation, error.what());
  }
  try {
    perform(request);
    return 0;
  } catch (const std::exception& error) {
    return fail(kMountFailure, error.what());
  }
}

}  // namespace lamina::cli
