#include "cli/output.h"

#include <algorithm>
#include <cerrno>
#include <cstdlib>
#include <cstring>

#include <unistd.h>

#include <fmt/format.h>

namespace weft::cli {
namespace {

constexpr std::size_t flush_at = 64 * 1024;

// Writes all of it; the errno of what stopped it, or 0.
int write_all(int descriptor, std::string_view text) {
  while (!text.empty()) {
    const ssize_t written = ::write(descriptor, text.data(), text.size());
    if (written < 0 && errno == EINTR) continue;
    if (written < 0) return errno;
    text.remove_prefix(static_cast<std::size_t>(written));
  }
  return 0;
}

// The first error, or else the first of all. A slip on the command line says everything itself.
std::string code_to_read_about(const Diagnostics& diagnostics) {
  const auto has_page = [](const Diagnostic& each) { return each.span || !each.code.starts_with("W90"); };
  std::string first;
  for (const Diagnostic& diagnostic : diagnostics.all()) {
    if (!has_page(diagnostic)) continue;
    if (diagnostic.severity == Severity::Error) return diagnostic.code;
    if (first.empty()) first = diagnostic.code;
  }
  return first;
}

}  // namespace

void Results::write(std::string_view text) {
  if (closed()) return;
  buffer_ += text;
  if (buffer_.size() >= flush_at) flush();
}

void Results::flush() {
  if (closed() || buffer_.empty()) return;
  error_ = write_all(descriptor_, buffer_);
  buffer_.clear();
  if (error_ != 0) state_ = error_ == EPIPE ? State::ReaderGone : State::Failed;
}

Result<void> Results::finish() {
  flush();
  if (state_ != State::Failed) return {};
  return std::unexpected(Error{"W9008", fmt::format("cannot write standard output: {}", std::strerror(error_)), {}});
}

void Messages::tell(const Diagnostics& diagnostics, const Sources& sources) const {
  Diagnostics shown;
  for (const Diagnostic& diagnostic : diagnostics.all()) {
    if (!quiet_ || diagnostic.severity == Severity::Error) shown.add(diagnostic);
  }
  if (shown.empty()) return;
  const bool has_error = shown.has_errors();
  if (first_code_.empty() || (has_error && !of_error_)) {
    first_code_ = code_to_read_about(shown);
    of_error_ = has_error;
  }
  RenderOptions options;
  options.color = color_;
  (void)write_all(STDERR_FILENO, render(shown, sources, options));  // where messages cannot go, nothing can be said
}

void Messages::tell(const Error& error) const { tell(error, Severity::Error); }

void Messages::warn(const Error& error) const { tell(error, Severity::Warning); }

void Messages::tell(const Error& error, Severity severity) const {
  // What follows the first line, such as the kernel's log, is a note of as many lines.
  const std::size_t end = std::min(error.message.find('\n'), error.message.size());
  Diagnostics diagnostics;
  Diagnostic& diagnostic =
      diagnostics.add({error.code, severity, error.message.substr(0, end), {}, {}, {}, {}, {}, {}});
  if (end < error.message.size()) diagnostic.note(error.message.substr(end + 1));
  if (!error.help.empty()) diagnostic.suggest(error.help);
  tell(diagnostics, Sources{});
}

void Messages::tell_more() const {
  if (quiet_ || json_ || first_code_.empty()) return;
  (void)write_all(STDERR_FILENO, fmt::format("\nfor more: weft explain {}\n", first_code_));
}

void Messages::note(std::string_view text) const {
  if (!quiet_) (void)write_all(STDERR_FILENO, fmt::format("{}\n", text));
}

bool wants_color(ColorChoice choice, bool is_terminal) {
  if (choice != ColorChoice::Auto) return choice == ColorChoice::Always;
  const char* no_color = std::getenv("NO_COLOR");
  if (no_color != nullptr && *no_color != '\0') return false;
  const char* term = std::getenv("TERM");
  if (term != nullptr && std::string_view(term) == "dumb") return false;
  return is_terminal;
}

}  // namespace weft::cli
