#include <unistd.h>

#include "cli/commands.h"
#include "lsp/lsp.h"

namespace weft::cli {

ExitCode run(const LspArguments&, Console& console) {
  if (::isatty(STDIN_FILENO) == 1) console.messages.note("note: an editor is expected at the other end; Ctrl-D ends it");
  // Nothing but the protocol goes to standard output.
  return static_cast<ExitCode>(lsp::serve(STDIN_FILENO, STDOUT_FILENO));
}

}  // namespace weft::cli
