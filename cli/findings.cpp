#include "cli/findings.h"

#include <algorithm>

#include <fmt/format.h>

namespace weft::cli {
namespace {

// FNV-1a: the same on every machine.
class Hash {
 public:
  void add(std::string_view text) {
    for (const char c : text) add(c);
    add('\0');
  }
  // Blanks and line ends count as one blank, and none at the ends.
  void add_words(std::string_view text) {
    bool blank = false, any = false;
    for (const char c : text) {
      if (c == ' ' || c == '\t' || c == '\n' || c == '\r') {
        blank = true;
        continue;
      }
      if (blank && any) add(' ');
      blank = false;
      any = true;
      add(c);
    }
    add('\0');
  }
  std::uint64_t value() const { return value_; }

 private:
  void add(char c) {
    value_ ^= static_cast<unsigned char>(c);
    value_ *= 0x100000001b3U;
  }

  std::uint64_t value_ = 0xcbf29ce484222325U;
};

// The lines a span lies on, whole.
std::string_view lines_around(const Sources& sources, Span span) {
  const std::string_view text = sources[span.source].text();
  const std::size_t before = span.begin == 0 ? std::string_view::npos : text.rfind('\n', span.begin - 1);
  const std::size_t begin = before == std::string_view::npos ? 0 : before + 1;
  const std::size_t last = span.end > span.begin ? span.end - 1 : span.end;
  const std::size_t end = std::min(text.find('\n', last), text.size());
  return text.substr(begin, std::max(begin, end) - begin);
}

// How many times the text of a span stands before it on its lines.
std::size_t alike_before(const Sources& sources, Span span) {
  const std::string_view wanted = sources.text(span), lines = lines_around(sources, span);
  const std::string_view before = lines.substr(0, static_cast<std::size_t>(wanted.data() - lines.data()));
  std::size_t out = 0;
  for (std::size_t at = 0; !wanted.empty() && (at = before.find(wanted, at)) != std::string_view::npos; ++at) ++out;
  return out;
}

}  // namespace

std::vector<const Diagnostic*> most_severe_first(const Diagnostics& diagnostics) {
  std::vector<const Diagnostic*> out;
  for (const Severity severity : {Severity::Error, Severity::Warning, Severity::Note}) {
    for (const Diagnostic& diagnostic : diagnostics.all()) {
      if (diagnostic.severity == severity) out.push_back(&diagnostic);
    }
  }
  return out;
}

std::string whole_text(const Diagnostic& diagnostic) {
  std::string out = diagnostic.message;
  for (const std::string& note : diagnostic.notes) out += "\nnote: " + note;
  for (const std::string& help : diagnostic.suggestions) out += "\nhelp: " + help;
  return out;
}

std::string Fingerprints::next(const Diagnostic& diagnostic) {
  Hash hash;
  hash.add(diagnostic.code);
  const auto add_place = [&](Span span) {
    hash.add(places_.of(span).path);
    hash.add_words(lines_around(sources_, span));
    hash.add_words(sources_.text(span));
    if (const std::size_t before = alike_before(sources_, span); before > 0) hash.add(fmt::format("{}", before));
  };
  if (diagnostic.span) {
    add_place(*diagnostic.span);
    for (const Label& label : diagnostic.labels) add_place(label.span);
  } else {
    hash.add(diagnostic.message);
  }
  return fmt::format("{:016x}:{}", hash.value(), ++seen_[hash.value()]);
}

}  // namespace weft::cli
