// SPDX-License-Identifier: Apache-2.0
#include <chrono>
#include <memory>

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <unistd.h>

#include <lamina/image/platform.hpp>
#include <lamina/ingest/import.hpp>
#include <lamina/util/error.hpp>

#include "command.hpp"
#include "interrupt.hpp"
#include "output.hpp"

namespace lamina::cli {
namespace {

using Clock = std::chrono::steady_clock;

/// A bar on standard error while that is a terminal; in a pipe it is silent and only watches for Ctrl-C.
class Bar final : public ingest::Progress {
public:
  explicit Bar(bool quiet) : visible_(!quiet && ::isatty(STDERR_FILENO) == 1) {}
  Bar(const Bar&) = delete;
  Bar& operator=(const Bar&) = delete;
  ~Bar() override {
    if (drawn_) fmt::print(stderr, "\r\033[K");
  }

  void wait() override {
    throw_if_interrupted();
    if (!visible_ || drawn_) return;
    fmt::print(stderr, "waiting for another import of the same layers");
    std::fflush(stderr);
    drawn_ = true;
  }

  void start(std::uint64_t bytes) override {
    total_ = bytes;
    done_ = 0;
  }

  void advance(std::uint64_t bytes) override {
    throw_if_interrupted();
    done_ += bytes;
    const auto now = Clock::now();
    if (!visible_ || now - last_ < std::chrono::milliseconds(100)) return;
    last_ = now;
    draw();
  }

private:
  void draw() {
    constexpr std::uint64_t kWidth = 40;
    const std::uint64_t filled = total_ == 0 ? kWidth : std::min(kWidth, done_ * kWidth / total_);
    fmt::print(stderr, "\r[{:<40}] {:>3}% {} of {}\033[K", std::string(filled, '#'), filled * 100 / kWidth,
               human_size(done_), human_size(total_));
    std::fflush(stderr);
    drawn_ = true;
  }

  bool visible_;
  bool drawn_ = false;
  std::uint64_t total_ = 0;
  std::uint64_t done_ = 0;
  Clock::time_point last_ = Clock::now();
};

struct Options {
  std::string source;
  std::string name;
  std::string platform;
  bool quiet = false;
  ingest::Limits limits;
};

void report(const ingest::ImportResult& result, double seconds, bool quiet) {
  if (quiet) {
    print(result.id.str() + "\n");
    return;
  }
  std::vector<std::string> names;
  for (const auto& name : result.names) names.push_back(name.str());
  print(fmt::format("imported {} ({}): layers {} new, {} shared; {} read; objects {} new ({}), {} shared; {:.1f} s\n",
                    names.empty() ? "<none>" : fmt::format("{}", fmt::join(names, ", ")), result.id.str(),
                    result.layers_added, result.layers_shared, human_size(result.bytes_read), result.objects.added,
                    human_size(result.objects.added_bytes), result.objects.shared, seconds));
}

void import_all(const Globals& globals, const Options& options) {
  const auto platform =
      options.platform.empty() ? image::Platform::host() : parse_argument(image::Platform::parse, options.platform);
  std::vector<image::Reference> names;
  if (!options.name.empty()) names.push_back(parse_argument(image::Reference::parse, options.name));
  if (ingest::reads_standard_input(options.source) && ::isatty(STDIN_FILENO) == 1) {
    throw CLI::ValidationError("import",
                               "standard input is a terminal: send an archive into it, as in "
                               "'docker save IMAGE | lamina import -'");
  }
  const auto store = globals.open_store();
  const auto images = ingest::open_source(options.source, platform, store.staging(), options.limits);
  if (images.size() > 1 && !names.empty()) {
    throw util::Error(fmt::format("{} holds {} images, which cannot all be {}: choose one with SOURCE:REF",
                                  options.source, images.size(), names.front().familiar()));
  }
  catch_interrupts();  // from here on there is staging to tidy up
  for (const auto& image : images) {
    const auto begin = Clock::now();
    auto bar = std::make_unique<Bar>(options.quiet);
    const auto result = ingest::import_image(store, image, names.empty() ? image.names : names, options.limits, *bar);
    bar.reset();
    report(result, std::chrono::duration<double>(Clock::now() - begin).count(), options.quiet);
  }
}

}  // namespace

void add_import(CLI::App& app, const Globals& globals) {
  auto* command = app.add_subcommand("import", "Bring an image into the store");
  const auto options = std::make_shared<Options>();
  command
      ->add_option("SOURCE", options->source,
                   "docker-archive:FILE[:REF], oci:DIR[:TAG], oci-archive:FILE[:TAG], rootfs:PATH, a path, or - for "
                   "standard input")
      ->required();
  command->add_option("NAME", options->name, "Name to give it (default: the names that the source holds)");
  command->add_option("--platform", options->platform, "Which image of several (default: this machine's)")
      ->type_name("OS/ARCH[/VARIANT]");
  command
      ->add_option("--max-size", options->limits.size,
                   "Refuse an image with larger layers, uncompressed (default: 256GiB)")
      ->transform(CLI::AsSizeValue(true).description(""))
      ->type_name("BYTES");
  command
      ->add_option("--max-entries", options->limits.entries,
                   fmt::format("Refuse an image with more files (default: {})", options->limits.entries))
      ->type_name("NUMBER");
  command->add_flag("-q,--quiet", options->quiet, "Print the image ID only");
  command->callback([&globals, options] { import_all(globals, *options); });
}

}  // namespace lamina::cli
