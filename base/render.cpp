#include <algorithm>

#include "base/diagnostics.h"
#include "base/excerpt.h"
#include "base/text.h"

namespace weft {
namespace {

constexpr Palette colors{"\x1b[1;31m", "\x1b[1;33m", "\x1b[1;36m", "\x1b[34m",
                         "\x1b[1m",    "\x1b[32m",   "\x1b[31m",   "\x1b[0m"};
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

std::size_t digits(std::uint32_t number) { return fmt::formatted_size("{}", number); }

class OneDiagnostic {
 public:
  OneDiagnostic(std::string& out, const Diagnostic& diagnostic, const Sources& sources, const Palette& palette)
      : out_(out), diagnostic_(diagnostic), sources_(sources), palette_(palette) {}

  void render() {
    const std::string_view accent = color(diagnostic_.severity, palette_);
    out_ += fmt::format("{}{} {}{}{}: {}{}\n", accent, word(diagnostic_.severity), diagnostic_.code, palette_.reset,
                        palette_.strong, printable(diagnostic_.message), palette_.reset);
    gutter_ = gutter();
    ExcerptWriter excerpt(out_, sources_, palette_, gutter_, accent);
    for (const std::vector<Mark>& block : blocks()) {
      place(block.front().span, block.front().primary ? "-->" : ":::");
      if (one_line(block.front().span)) {
        excerpt.line(block);
      } else {
        excerpt.lines(block.front());
      }
    }
    for (const std::string& note : diagnostic_.notes) trailer("note", note);
    if (diagnostic_.denied) trailer("note", "a warning that is denied: it counts as an error");
    std::size_t fix = 0;
    for (const std::string& suggestion : diagnostic_.suggestions) {
      trailer("help", suggestion);
      if (fix == diagnostic_.fixes.size() || diagnostic_.fixes[fix].title != suggestion) continue;
      const Fix& shown = diagnostic_.fixes[fix++];
      if (shown.edits.empty()) continue;
      const Span where = shown.edits.front().span;
      if (!diagnostic_.span || where.source != diagnostic_.span->source) place(where, ":::");
      excerpt.changes(shown);
    }
  }

 private:
  std::uint32_t line_of(Span span) const { return sources_[span.source].position(span.begin).line; }
  bool one_line(Span span) const { return line_of(span) == last_line(sources_, span); }

  std::size_t gutter() const {
    std::size_t widest = 1;
    const auto count = [&](Span span) {
      widest = std::max({widest, digits(line_of(span)), digits(last_line(sources_, span))});
    };
    if (diagnostic_.span) count(*diagnostic_.span);
    for (const Label& label : diagnostic_.labels) count(label.span);
    for (const Fix& fix : diagnostic_.fixes) {
      for (const Edit& edit : fix.edits) count(edit.span);
    }
    return widest;
  }

  // What is shown in one excerpt: the marks of one line, or one span over several.
  std::vector<std::vector<Mark>> blocks() const {
    std::vector<std::vector<Mark>> out;
    const auto add = [&](const Mark& mark) {
      const auto joins = [&](const std::vector<Mark>& block) {
        const Span first = block.front().span;
        return first.source == mark.span.source && line_of(first) == line_of(mark.span) && one_line(first) &&
               one_line(mark.span);
      };
      const auto found = std::ranges::find_if(out, joins);
      if (found == out.end()) {
        out.push_back({mark});
      } else {
        found->push_back(mark);
      }
    };
    if (diagnostic_.span) add({*diagnostic_.span, diagnostic_.span_text, true});
    for (const Label& label : diagnostic_.labels) add({label.span, label.text, false});
    return out;
  }

  void place(Span span, std::string_view arrow) {
    out_ += fmt::format("{:>{}}{}{}{} {}\n", "", gutter_, palette_.place, arrow, palette_.reset,
                        printable(sources_.location(span)));
  }

  void trailer(std::string_view kind, const std::string& text) {
    // Further lines of a note stand under its first.
    std::string indented;
    std::string_view rest = text;
    for (std::size_t end = rest.find('\n'); end != std::string_view::npos; end = rest.find('\n')) {
      indented += printable(rest.substr(0, end)) + '\n' + std::string(gutter_ + 5 + kind.size(), ' ');
      rest.remove_prefix(end + 1);
    }
    indented += printable(rest);
    out_ += fmt::format("{:>{}} {}={} {}: {}\n", "", gutter_, palette_.place, palette_.reset, kind, indented);
  }

  std::string& out_;
  const Diagnostic& diagnostic_;
  const Sources& sources_;
  const Palette& palette_;
  std::size_t gutter_ = 1;
};

std::string counted(std::size_t number, std::string_view what) {
  return fmt::format("{} {}{}", number, what, number == 1 ? "" : "s");
}

}  // namespace

std::string render(const Diagnostics& diagnostics, const Sources& sources, const RenderOptions& options) {
  const std::vector<Diagnostic>& all = diagnostics.all();
  std::vector<const Diagnostic*> shown;
  std::size_t errors = 0, warnings = 0, notes = 0;
  if (all.size() <= options.limit) {
    for (const Diagnostic& diagnostic : all) shown.push_back(&diagnostic);
  } else {
    // Where not all can be shown, warnings give way to errors, and to the notes about the run as a whole.
    for (const Severity severity : {Severity::Error, Severity::Note, Severity::Warning}) {
      for (const Diagnostic& diagnostic : all) {
        if (diagnostic.severity == severity) shown.push_back(&diagnostic);
      }
    }
    for (std::size_t i = options.limit; i < shown.size(); ++i) {
      ++(shown[i]->severity == Severity::Error ? errors : shown[i]->severity == Severity::Warning ? warnings : notes);
    }
    shown.resize(options.limit);
  }
  std::string out;
  for (const Diagnostic* diagnostic : shown) {
    if (!out.empty()) out += '\n';
    OneDiagnostic(out, *diagnostic, sources, options.color ? colors : plain).render();
  }
  std::vector<std::string> hidden;
  if (errors > 0) hidden.push_back(counted(errors, "more error"));
  if (warnings > 0) hidden.push_back(counted(warnings, "more warning"));
  if (notes > 0) hidden.push_back(counted(notes, "more note"));
  if (!hidden.empty()) out += fmt::format("\n… {} not shown\n", fmt::join(hidden, ", "));
  return out;
}

}  // namespace weft
