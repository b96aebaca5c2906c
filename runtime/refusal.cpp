#include "runtime/refusal.h"

#include <algorithm>
#include <charconv>
#include <optional>

#include <fmt/format.h>

#include "runtime/system.h"

namespace weft::runtime {
namespace {

constexpr std::size_t shown_lines = 12;

/// The end of the kernel's log: what it refused stands there, before the lines that count its work.
std::string_view last_lines(std::string_view log, std::size_t lines) {
  std::size_t begin = log.size();
  for (; lines > 0 && begin != std::string_view::npos && begin > 0; --lines) begin = log.rfind('\n', begin - 1);
  return begin == std::string_view::npos ? log : log.substr(log[begin] == '\n' ? begin + 1 : begin);
}

/// A line of source as the log has it before the instructions that come of it: "; TEXT @ FILE:LINE", and before
/// Linux 6.10
/// "; TEXT". The file is without its directories.
struct SourceLine {
  std::string_view text;
  std::string_view file;
  std::uint32_t line = 0;
};

SourceLine source_line(std::string_view text) {
  SourceLine out{text, {}, 0};
  const std::size_t at = text.rfind(" @ "), colon = text.rfind(':');
  if (at == std::string_view::npos || colon == std::string_view::npos || colon < at) return out;
  std::uint32_t line = 0;
  const auto [end, error] = std::from_chars(text.data() + colon + 1, text.data() + text.size(), line);
  if (error != std::errc{} || end != text.data() + text.size()) return out;
  return {text.substr(0, at), text.substr(at + 3, colon - at - 3), line};
}

/// The last one: it stands before the instruction that was refused.
std::optional<SourceLine> last_source_line(std::string_view log) {
  while (!log.empty()) {
    const std::size_t before = log.rfind('\n');
    const std::string_view line = log.substr(before == std::string_view::npos ? 0 : before + 1);
    if (line.starts_with("; ")) return source_line(line.substr(2));
    log = log.substr(0, before == std::string_view::npos ? 0 : before);
  }
  return {};
}

/// "combined stack size of 4 calls is 544": what the kernel says of calls that take more stack than it grants; else empty.
std::string_view stack_said(std::string_view log) {
  for (const std::string_view mark : {"combined stack size of ", "stack size of subprog ", "the call stack of "}) {
    const std::size_t at = log.rfind(mark);
    if (at != std::string_view::npos) return log.substr(at, log.find_first_of(".!\n", at) - at);
  }
  return {};
}

std::string_view first_line(std::string_view text) { return text.substr(0, text.find('\n')); }

// "shop/policy.weft:12:3" is line 12 of a file called policy.weft.
bool is_at(std::string_view place, const SourceLine& line) {
  const std::size_t slash = place.rfind('/');
  const std::string wanted = fmt::format("{}:{}:", line.file, line.line);
  return place.substr(slash == std::string_view::npos ? 0 : slash + 1).starts_with(wanted);
}

/// The entry whose statement begins on that line.
const bundle::Entry* entry_at(const bundle::Manifest& manifest, const SourceLine& line) {
  for (const auto* entries : {&manifest.egress, &manifest.ingress}) {
    const auto found = std::ranges::find_if(*entries, [&](const bundle::Entry& entry) {
      if (entry.text.empty()) return false;
      // Without a place the text is what there is: the line may go on behind the statement.
      return line.file.empty() ? line.text.starts_with(first_line(entry.text)) : is_at(entry.at, line);
    });
    if (found != entries->end()) return &*found;
  }
  return nullptr;
}

}  // namespace

Error refusal(const bundle::Manifest& manifest, std::string_view program, std::string_view reason,
              std::string_view log) {
  while (log.ends_with('\n') || log.ends_with('\0')) log.remove_suffix(1);
  const std::string_view stack = stack_said(log);
  // It is counted when all instructions have been walked: the line of the last of them says nothing.
  const auto line = stack.empty() ? last_source_line(log) : std::nullopt;
  const bundle::Entry* const entry = line ? entry_at(manifest, *line) : nullptr;
  std::string where;
  if (entry != nullptr) {
    where = fmt::format(" at {}, `{}`", entry->at, first_line(entry->text));
  } else if (line && !line->file.empty()) {
    where = fmt::format(" at {}:{} of the data path", line->file, line->line);
  }
  std::string why(reason);
  if (!stack.empty()) why = fmt::format("it takes more stack than the kernel grants ({})", stack);
  const std::string report = "this is a fault of the compiler, not of the policy: please report it with `weft doctor`";
  return {
      "W6003",
      fmt::format("the kernel's verifier refused `{}`{}: {}\n{}", program, where, why, last_lines(log, shown_lines)),
      entry == nullptr ? report : report + " and that statement, without which the policy may load"};
}

}  // namespace weft::runtime
