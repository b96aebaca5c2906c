#include <csignal>
#include <cstdio>
#include <exception>
#include <new>

#include <fcntl.h>
#include <unistd.h>

#include "cli/arguments.h"
#include "cli/commands.h"
#include "cli/output.h"

namespace weft::cli {
namespace {

// A closed standard descriptor would be given to the first file we open, and messages would land in it.
void occupy_standard_descriptors() {
  for (int descriptor = ::open("/dev/null", O_RDONLY); descriptor >= 0 && descriptor <= STDERR_FILENO;
       descriptor = ::open("/dev/null", O_RDONLY)) {
  }
}

int main(int count, const char* const* words) {
  const bool terminal = ::isatty(STDERR_FILENO) == 1;
  const auto invocation = parse_arguments(count, words);
  if (!invocation) {
    const Common common;
    Messages(common, terminal, wants_color(ColorChoice::Auto, terminal)).tell(invocation.error());
    return static_cast<int>(ExitCode::Usage);
  }

  const Messages messages(invocation->common, terminal, wants_color(invocation->common.color, terminal));
  Results results;
  Console console{invocation->common, results, messages};
  const ExitCode code = std::visit([&](const auto& arguments) { return run(arguments, console); }, invocation->command);
  messages.tell_more();
  if (const auto finished = results.finish(); !finished) {
    messages.tell(finished.error());
    return static_cast<int>(ExitCode::Usage);
  }
  return static_cast<int>(code);
}

}  // namespace
}  // namespace weft::cli

int main(int count, char** words) {
  std::signal(SIGPIPE, SIG_IGN);  // a reader that stops reading is told by EPIPE, see Results
  std::signal(SIGXFSZ, SIG_IGN);  // a file that may not grow is told by EFBIG, and what was begun is removed
  weft::cli::occupy_standard_descriptors();
  try {
    return weft::cli::main(count, words);
  } catch (const std::bad_alloc&) {
    std::fputs("error W9011: out of memory\n", stderr);
    return static_cast<int>(weft::cli::ExitCode::Usage);
  } catch (const std::exception& error) {
    std::fprintf(stderr, "weft: internal error: %s\nThis is a bug in weft, not in your policy.\n", error.what());
    return static_cast<int>(weft::cli::ExitCode::Internal);
  }
}
