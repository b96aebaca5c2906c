#include "cli/github.h"

#include <fmt/format.h>

namespace weft::cli {
namespace {

constexpr std::size_t most_shown = 10;

// In what follows `::`: what ends a command or begins an escape.
std::string escaped(std::string_view text) {
  std::string out;
  for (const char c : text) {
    switch (c) {
      case '%':
        out += "%25";
        break;
      case '\r':
        out += "%0D";
        break;
      case '\n':
        out += "%0A";
        break;
      default:
        out += c;
    }
  }
  return out;
}

// In `key=value`: what ends a value as well.
std::string escaped_value(std::string_view text) {
  std::string out;
  for (const char c : escaped(text)) {
    if (c == ':') {
      out += "%3A";
    } else if (c == ',') {
      out += "%2C";
    } else {
      out += c;
    }
  }
  return out;
}

std::string_view command_of(Severity severity) {
  return severity == Severity::Error ? "error" : severity == Severity::Warning ? "warning" : "notice";
}

class Writer {
 public:
  explicit Writer(const Findings& findings) : findings_(findings), places_(findings.sources) {}

  std::string write() {
    const auto ordered = most_severe_first(findings_.diagnostics);
    for (const Severity severity : {Severity::Error, Severity::Warning, Severity::Note}) {
      std::vector<const Diagnostic*> of_it;
      for (const Diagnostic* each : ordered) {
        if (each->severity == severity) of_it.push_back(each);
      }
      write(severity, of_it);
    }
    for (const std::string& line : rest_) out_ += line + '\n';
    return std::move(out_);
  }

 private:
  void write(Severity severity, const std::vector<const Diagnostic*>& of_it) {
    // One place is kept for the command that tells of the others.
    const std::size_t shown = of_it.size() > most_shown ? most_shown - 1 : of_it.size();
    for (std::size_t i = 0; i < of_it.size(); ++i) {
      if (i < shown) {
        out_ += annotation(*of_it[i]);
      } else {
        rest_.push_back(line(*of_it[i]));
      }
    }
    if (shown == of_it.size()) return;
    const std::size_t left = of_it.size() - shown;
    out_ += fmt::format("::{} title=weft::{} of {} {}s are not shown beside the code; the log of this step has them\n",
                        command_of(severity), left, of_it.size(), name_of(severity));
  }

  static std::string_view name_of(Severity severity) {
    return severity == Severity::Error ? "error" : severity == Severity::Warning ? "warning" : "note";
  }

  std::string annotation(const Diagnostic& diagnostic) const {
    std::string properties;
    const auto add = [&](std::string_view key, const std::string& text) {
      properties += fmt::format("{}{}={}", properties.empty() ? "" : ",", key, escaped_value(text));
    };
    if (diagnostic.span) {
      const Places::Place& where = places_.of(*diagnostic.span);
      if (where.in_root) {
        const Region region = region_of(findings_.sources, *diagnostic.span);
        add("file", where.path);
        add("line", std::to_string(region.first_line));
        add("endLine", std::to_string(region.last_line));
        // Columns are for what lies on one line.
        if (region.first_line == region.last_line) {
          add("col", std::to_string(region.first_column));
          add("endColumn", std::to_string(region.last_column));
        }
      }
    }
    add("title", diagnostic.code);
    return fmt::format("::{} {}::{}\n", command_of(diagnostic.severity), properties, escaped(whole_text(diagnostic)));
  }

  // A line that begins with no command, in which line ends are escaped.
  std::string line(const Diagnostic& diagnostic) const {
    const std::string where = diagnostic.span ? findings_.sources.location(*diagnostic.span) + ": " : "";
    return fmt::format("{} {}: {}{}", name_of(diagnostic.severity), diagnostic.code, where,
                       escaped(diagnostic.message));
  }

  const Findings& findings_;
  Places places_;
  std::string out_;
  std::vector<std::string> rest_;
};

}  // namespace

std::string github_annotations(const Findings& findings) { return Writer(findings).write(); }

}  // namespace weft::cli
