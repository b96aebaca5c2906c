#include <algorithm>

#include "base/diagnostics.h"
#include "base/text.h"

namespace weft {
namespace {

struct Palette {
  std::string_view error, warning, note, place, strong, reset;
};

constexpr Palette colored{"\x1b[1;31m", "\x1b[1;33m", "\x1b[1;36m", "\x1b[34m", "\x1b[1m", "\x1b[0m"};
constexpr Palette plain{};

std::string_view word(Severity severity) {
  switch (severity) {
    case Severity::Error:
      return "error";
    case Severity::Warning:
      return "warning";
    case Severity::Note:
      return "note";
  }
  return "";
}

std::string_view color(Severity severity, const Palette& palette) {
  switch (severity) {
    case Severity::Error:
      return palette.error;
    case Severity::Warning:
      return palette.warning;
    case Severity::Note:
      return palette.note;
  }
  return "";
}

// Terminal columns of printable UTF-8 text: one per code point, which is exact for the scripts policies are written in.
std::size_t columns(std::string_view text) {
  return static_cast<std::size_t>(
      std::ranges::count_if(text, [](char c) { return (static_cast<unsigned char>(c) & 0xC0U) != 0x80U; }));
}

constexpr std::size_t widest_excerpt = 160;

// One source line with its caret line. Lines longer than a screen are cut around the caret.
void excerpt(std::string& out, const Sources& sources, Span span, std::string_view text, char mark,
             std::string_view mark_color, const Palette& palette, std::size_t gutter) {
  const Source& source = sources[span.source];
  const Position start = source.position(span.begin);
  std::string_view line = source.line(start.line);
  std::size_t from = std::min<std::size_t>(start.column - 1, line.size());
  std::size_t length = std::min<std::size_t>(span.end > span.begin ? span.end - span.begin : 1, line.size() - from);

  std::string_view head, tail;
  if (line.size() > widest_excerpt) {
    // Never cut through a letter of several bytes: both cuts move back to where one starts.
    const auto letter_start = [&](std::size_t at) {
      for (int i = 0; i < 3 && at > 0 && at < line.size() && (static_cast<unsigned char>(line[at]) & 0xC0U) == 0x80U;
           ++i)
        --at;
      return at;
    };
    const std::size_t keep = letter_start(from > 40 ? from - 40 : 0);
    const std::size_t stop = letter_start(std::min(keep + widest_excerpt, line.size()));
    head = keep > 0 ? "…" : "";
    tail = stop < line.size() ? "…" : "";
    line = line.substr(keep, stop - keep);
    from -= keep;
    length = std::min(length, line.size() - from);
  }
  const std::string shown = printable(line);
  const std::size_t before = columns(printable(line.substr(0, from))) + columns(head);
  const std::size_t width = std::max<std::size_t>(1, columns(printable(line.substr(from, length))));
  out += fmt::format("{}{:>{}} |{} {}{}{}\n", palette.place, start.line, gutter, palette.reset, head, shown, tail);
  out += fmt::format("{}{:>{}} |{} {}{}{}{}{}{}\n", palette.place, "", gutter, palette.reset, std::string(before, ' '),
                     mark_color, std::string(width, mark), text.empty() ? "" : " ", printable(text), palette.reset);
}

std::size_t digits(std::uint32_t number) { return fmt::formatted_size("{}", number); }

void render_one(std::string& out, const Diagnostic& diagnostic, const Sources& sources, const Palette& palette) {
  const std::string_view accent = color(diagnostic.severity, palette);
  out += fmt::format("{}{} {}{}{}: {}{}\n", accent, word(diagnostic.severity), diagnostic.code, palette.reset,
                     palette.strong, printable(diagnostic.message), palette.reset);

  std::size_t gutter = 1;
  const auto line_of = [&](Span span) { return sources[span.source].position(span.begin).line; };
  if (diagnostic.span) gutter = std::max(gutter, digits(line_of(*diagnostic.span)));
  for (const Label& label : diagnostic.labels) gutter = std::max(gutter, digits(line_of(label.span)));

  const auto place = [&](Span span, std::string_view arrow) {
    out += fmt::format("{:>{}}{}{}{} {}\n", "", gutter, palette.place, arrow, palette.reset,
                       printable(sources.location(span)));
  };
  if (diagnostic.span) {
    place(*diagnostic.span, "-->");
    excerpt(out, sources, *diagnostic.span, diagnostic.span_text, '^', accent, palette, gutter);
  }
  for (const Label& label : diagnostic.labels) {
    place(label.span, ":::");
    excerpt(out, sources, label.span, label.text, '-', palette.place, palette, gutter);
  }
  const auto trailer = [&](std::string_view kind, const std::string& text) {
    // Further lines of a note stand under its first.
    std::string indented;
    std::string_view rest = text;
    for (std::size_t end = rest.find('\n'); end != std::string_view::npos; end = rest.find('\n')) {
      indented += printable(rest.substr(0, end)) + '\n' + std::string(gutter + 5 + kind.size(), ' ');
      rest.remove_prefix(end + 1);
    }
    indented += printable(rest);
    out += fmt::format("{:>{}} {}={} {}: {}\n", "", gutter, palette.place, palette.reset, kind, indented);
  };
  for (const std::string& note : diagnostic.notes) trailer("note", note);
  for (const std::string& suggestion : diagnostic.suggestions) trailer("help", suggestion);
}

}  // namespace

std::string render(const Diagnostics& diagnostics, const Sources& sources, const RenderOptions& options) {
  const Palette& palette = options.color ? colored : plain;
  std::string out;
  std::size_t shown = 0;
  for (const Diagnostic& diagnostic : diagnostics.all()) {
    if (shown == options.limit) break;
    if (shown > 0) out += '\n';
    render_one(out, diagnostic, sources, palette);
    ++shown;
  }
  if (shown < diagnostics.all().size()) {
    out += fmt::format("\n… and {} more\n", diagnostics.all().size() - shown);
  }
  return out;
}

}  // namespace weft
