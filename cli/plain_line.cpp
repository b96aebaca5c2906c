#include "cli/plain_line.h"

namespace weft::cli {
namespace {

class Cutter {
 public:
  explicit Cutter(std::string_view line) : line_(line) {}

  std::optional<PlainLine> cut() {
    PlainLine out;
    if (!take('{')) return {};
    do {
      const std::string_view key = text();
      if (key.empty() || !take(':')) return {};
      if (!value(key, out)) return {};
    } while (take(','));
    if (!take('}')) return {};
    skip_space();
    if (at_ != line_.size() || out.from.empty() || out.to.empty() || out.service.empty()) return {};
    return out;
  }

 private:
  void skip_space() {
    while (at_ < line_.size() && (line_[at_] == ' ' || line_[at_] == '\t' || line_[at_] == '\r')) ++at_;
  }

  bool take(char c) {
    skip_space();
    if (at_ >= line_.size() || line_[at_] != c) return false;
    ++at_;
    return true;
  }

  // With its quotes; empty where it is no plain text.
  std::string_view text() {
    skip_space();
    if (at_ >= line_.size() || line_[at_] != '"') return {};
    const std::size_t begin = at_;
    for (std::size_t at = begin + 1; at < line_.size(); ++at) {
      const char c = line_[at];
      if (c == '"') {
        at_ = at + 1;
        return line_.substr(begin, at_ - begin);
      }
      if (c < 0x20 || c > 0x7E || c == '\\') return {};
    }
    return {};
  }

  // What every reader takes for the same number: no sign of zero, no zeros before it, no more than 18 digits.
  std::string_view number() {
    skip_space();
    const std::size_t begin = at_;
    std::size_t at = begin;
    if (at < line_.size() && line_[at] == '-') ++at;
    const std::size_t digits = at;
    while (at < line_.size() && line_[at] >= '0' && line_[at] <= '9') ++at;
    const std::size_t count = at - digits;
    if (count == 0 || count > 18 || (line_[digits] == '0' && (count > 1 || digits > begin))) return {};
    if (at < line_.size() && (line_[at] == '.' || line_[at] == 'e' || line_[at] == 'E')) return {};
    at_ = at;
    return line_.substr(begin, at - begin);
  }

  std::string_view object() {
    skip_space();
    if (at_ >= line_.size() || line_[at_] != '{') return {};
    const std::size_t begin = at_;
    std::size_t depth = 0;
    while (at_ < line_.size()) {
      const char c = line_[at_];
      if (c == '"') {
        if (text().empty()) return {};
        continue;
      }
      if (c < 0x20 || c > 0x7E) return {};
      ++at_;
      if (c == '{' || c == '[') ++depth;
      if ((c == '}' || c == ']') && --depth == 0) return line_.substr(begin, at_ - begin);
    }
    return {};
  }

  bool value(std::string_view key, PlainLine& out) {
    const auto once = [](std::string_view& place, std::string_view value) {
      if (!place.empty() || value.empty()) return false;
      place = value;
      return true;
    };
    const auto is = [&](std::string_view name) { return key.substr(1, key.size() - 2) == name; };
    skip_space();
    const bool quoted = at_ < line_.size() && line_[at_] == '"';
    if (is("id")) return once(out.id, quoted ? text() : number());
    if (is("from")) return once(out.from, quoted ? text() : object());
    if (is("to")) return once(out.to, quoted ? text() : object());
    if (is("service")) {
      const std::string_view with_quotes = text();
      return with_quotes.size() > 2 && once(out.service, with_quotes.substr(1, with_quotes.size() - 2));
    }
    return !(quoted ? text() : number()).empty();
  }

  std::string_view line_;
  std::size_t at_ = 0;
};

}  // namespace

std::optional<PlainLine> cut_plain_line(std::string_view line) { return Cutter(line).cut(); }

}  // namespace weft::cli
