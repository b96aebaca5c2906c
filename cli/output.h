#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "base/diagnostics.h"
#include "base/result.h"
#include "cli/arguments.h"
#include "cli/exit_code.h"

namespace weft::cli {

/// Standard output: results, and nothing else. Text is kept until `flush` or until there is much of it. When the reader
/// closes its end the rest is dropped in silence: it has read all it wanted.
class Results {
 public:
  explicit Results(int descriptor = 1) : descriptor_(descriptor) {}
  Results(const Results&) = delete;
  Results& operator=(const Results&) = delete;

  void write(std::string_view text);
  void flush();
  /// Nobody reads any more, or writing failed: work for more results is wasted.
  bool closed() const { return state_ != State::Open; }
  /// Flushes. Errors: W9008 where the results could not be written (a full disk).
  Result<void> finish();

 private:
  enum class State { Open, ReaderGone, Failed };

  int descriptor_;
  State state_ = State::Open;
  int error_ = 0;
  std::string buffer_;
};

/// Standard error: messages for people.
class Messages {
 public:
  Messages(const Common& common, bool is_terminal, bool color)
      : quiet_(common.quiet), terminal_(is_terminal), color_(color), json_(common.format == Format::Json) {}

  /// The diagnostics as people read them; with --quiet the errors only.
  void tell(const Diagnostics& diagnostics, const Sources& sources) const;
  /// One error without a place.
  void tell(const Error& error) const;
  /// The same as a warning; silent under --quiet.
  void warn(const Error& error) const;
  /// A remark; silent under --quiet.
  void note(std::string_view text) const;

  /// Where to read more about what was told first, once and at the end of a run; nothing where nothing was told.
  void tell_more() const;

  bool quiet() const { return quiet_; }
  bool is_terminal() const { return terminal_; }

 private:
  void tell(const Error& error, Severity severity) const;

  bool quiet_;
  bool terminal_;
  bool color_;
  bool json_;
  mutable std::string first_code_;
  mutable bool of_error_ = false;  // whether that is the code of one
};

/// Everything a command needs to speak.
struct Console {
  Common common;
  Results& results;
  const Messages& messages;
};

/// Whether messages on a terminal or a file are coloured: the choice, else NO_COLOR and TERM decide.
bool wants_color(ColorChoice choice, bool is_terminal);

}  // namespace weft::cli
