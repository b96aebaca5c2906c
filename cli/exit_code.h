#pragma once

namespace weft::cli {

/// What every command says to the shell. Part of the interface: scripts rely on the numbers.
enum class ExitCode : int {
  Clean = 0,  ///< done; nothing to report
  Findings =
      1,      ///< a claim is refuted, rules are ambiguous, the kernel differs from the record, or (--exit-code) denied
  Usage = 2,  ///< the command line, the input or the machine is at fault
  Undecided = 3,  ///< neither proved nor refuted
  Internal = 70,  ///< a fault of weft's own
};

}  // namespace weft::cli
