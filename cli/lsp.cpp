#include <malloc.h>
#include <unistd.h>

#include "cli/commands.h"
#include "lsp/lsp.h"

namespace weft::cli {
namespace {

// A server runs for days, and every edit lets go of a whole policy's worth of memory, on two threads. By default the C
// library learns to keep ever larger pieces for itself: what is free at the end of a heap goes back to the system at
// once when the thresholds are fixed (mallopt(3); `./dev bench lsp` shows the growth).
void return_freed_memory() {
  constexpr int bytes = 128 * 1024;  // where both begin
  ::mallopt(M_MMAP_THRESHOLD, bytes);
  ::mallopt(M_TRIM_THRESHOLD, bytes);
}

}  // namespace

ExitCode run(const LspArguments&, Console& console) {
  if (::isatty(STDIN_FILENO) == 1)
    console.messages.note("note: an editor is expected at the other end; Ctrl-D ends it");
  return_freed_memory();
  // Nothing but the protocol goes to standard output.
  return static_cast<ExitCode>(lsp::serve(STDIN_FILENO, STDOUT_FILENO));
}

}  // namespace weft::cli
