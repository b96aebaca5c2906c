#include <charconv>

#include <fmt/format.h>

#include "base/text.h"
#include "inventory/parse.h"

namespace weft::inventory {
namespace {

void append_utf8(std::string& out, std::uint32_t code) {
  const auto put = [&](std::uint32_t byte) { out += static_cast<char>(static_cast<unsigned char>(byte)); };
  if (code < 0x80) {
    put(code);
  } else if (code < 0x800) {
    put(0xC0 | (code >> 6));
    put(0x80 | (code & 0x3F));
  } else if (code < 0x10000) {
    put(0xE0 | (code >> 12));
    put(0x80 | ((code >> 6) & 0x3F));
    put(0x80 | (code & 0x3F));
  } else {
    put(0xF0 | (code >> 18));
    put(0x80 | ((code >> 12) & 0x3F));
    put(0x80 | ((code >> 6) & 0x3F));
    put(0x80 | (code & 0x3F));
  }
}

// RFC 8259, one pass, no recursion. A reader of our own because diagnostics need the byte range of every value, and
// because a list of 100,000 pods is hundreds of megabytes.
class Reader {
 public:
  Reader(std::string_view text, SourceId source) : text_(text), source_(source) {}

  std::optional<JsonFault> read(const OnDocument& on_document) {
    if (text_.starts_with("\xEF\xBB\xBF")) at_ = 3;
    for (skip_space(); at_ < text_.size() && !fault_; skip_space()) {
      Tree tree;
      value(tree);
      while (!fault_ && tree.levels() > 0) step(tree);
      if (!fault_) on_document(tree.root());
    }
    return fault_;
  }

 private:
  void fail(std::size_t begin, std::size_t end, std::string what) {
    if (!fault_)
      fault_ =
          JsonFault{{source_, static_cast<std::uint32_t>(begin), static_cast<std::uint32_t>(end)}, std::move(what)};
  }

  void fail_here(std::string_view expected) {
    if (at_ >= text_.size()) return fail(at_, at_, fmt::format("it ends where {} should follow", expected));
    std::size_t end = at_ + 1;
    while (end < text_.size() && (static_cast<unsigned char>(text_[end]) & 0xC0U) == 0x80U) ++end;
    fail(at_, end, fmt::format("expected {}, found `{}`", expected, printable(text_.substr(at_, end - at_))));
  }

  void skip_space() {
    while (at_ < text_.size() && (text_[at_] == ' ' || text_[at_] == '\n' || text_[at_] == '\r' || text_[at_] == '\t'))
      ++at_;
  }

  bool take(char c) {
    if (at_ >= text_.size() || text_[at_] != c) return false;
    ++at_;
    return true;
  }

  // What follows inside the innermost list or map: its end, or one more element.
  void step(Tree& tree) {
    const bool map = tree.in_map();
    skip_space();
    const bool ends = take(map ? '}' : ']');
    if (ends) {
      // A comma before it would promise another element.
      if (after_comma_) {
        --at_;
        return fail_here(map ? "a key" : "a value");
      }
      tree.close(static_cast<std::uint32_t>(at_));
      first_ = false;
      return;
    }
    if (!first_ && !after_comma_) {
      if (!take(',')) return fail_here(map ? "`,` or `}`" : "`,` or `]`");
      after_comma_ = true;
      return;
    }
    first_ = after_comma_ = false;
    if (map) {
      if (at_ >= text_.size() || text_[at_] != '"') return fail_here("a key in double quotes");
      string(tree);
      if (fault_) return;
      skip_space();
      if (!take(':')) return fail_here("`:`");
    }
    value(tree);
  }

  void value(Tree& tree) {
    skip_space();
    const auto begin = static_cast<std::uint32_t>(at_);
    const char c = at_ < text_.size() ? text_[at_] : '\0';
    if (c == '{' || c == '[') {
      ++at_;
      if (!tree.open(c == '{' ? Node::Kind::Map : Node::Kind::List, begin)) {
        fail(begin, begin + 1, "");
        fault_->too_deep = true;
        return;
      }
      first_ = true;
      return;
    }
    first_ = false;
    if (c == '"') return string(tree);
    if (c == '-' || (c >= '0' && c <= '9')) return number(tree);
    for (const auto& [word, kind] : {std::pair<std::string_view, Node::Kind>{"true", Node::Kind::Boolean},
                                     {"false", Node::Kind::Boolean},
                                     {"null", Node::Kind::Null}}) {
      if (!text_.substr(at_).starts_with(word)) continue;
      at_ += word.size();
      tree.add(Node(kind, begin, static_cast<std::uint32_t>(at_), word));
      return;
    }
    fail_here("a value");
  }

  std::size_t digits() {
    const std::size_t from = at_;
    while (at_ < text_.size() && text_[at_] >= '0' && text_[at_] <= '9') ++at_;
    return at_ - from;
  }

  void number(Tree& tree) {
    const std::size_t begin = at_;
    take('-');
    const bool zero = at_ < text_.size() && text_[at_] == '0';
    const std::size_t whole = digits();
    if (whole == 0) return fail_here("a digit");
    if (zero && whole > 1) return fail(begin, at_, "a number does not start with 0");
    if (take('.') && digits() == 0) return fail_here("a digit");
    if (take('e') || take('E')) {
      if (!take('+')) take('-');
      if (digits() == 0) return fail_here("a digit");
    }
    tree.add(Node(Node::Kind::Number, static_cast<std::uint32_t>(begin), static_cast<std::uint32_t>(at_),
                  text_.substr(begin, at_ - begin)));
  }

  void string(Tree& tree) {
    const std::size_t begin = at_++;
    std::size_t plain = at_;  // what of the string is not yet in `decoded`
    std::string decoded;
    bool escaped = false;
    while (at_ < text_.size() && text_[at_] != '"') {
      if (static_cast<unsigned char>(text_[at_]) < 0x20)
        return fail(at_, at_ + 1, "a line end or control character in a string");
      if (text_[at_] != '\\') {
        ++at_;
        continue;
      }
      escaped = true;
      decoded.append(text_.substr(plain, at_ - plain));
      if (!escape(decoded)) return;
      plain = at_;
    }
    if (at_ >= text_.size()) return fail(begin, begin + 1, "this string does not end");
    const std::string_view rest = text_.substr(plain, at_ - plain);
    ++at_;
    std::string_view value = rest;
    if (escaped) value = tree.keep(decoded.append(rest));
    tree.add(Node(Node::Kind::Text, static_cast<std::uint32_t>(begin), static_cast<std::uint32_t>(at_), value));
  }

  bool escape(std::string& out) {
    const std::size_t begin = at_++;
    const char c = at_ < text_.size() ? text_[at_++] : '\0';
    static constexpr std::string_view letters = "\"\\/bfnrt";
    static constexpr std::string_view meanings = "\"\\/\b\f\n\r\t";
    if (const std::size_t which = letters.find(c); which != std::string_view::npos) {
      out += meanings[which];
      return true;
    }
    if (c != 'u') {
      fail(begin, at_, "there is no such escape");
      return false;
    }
    std::optional<std::uint32_t> code = four_digits();
    if (code && *code >= 0xD800 && *code < 0xDC00 && text_.substr(at_).starts_with("\\u")) {
      at_ += 2;
      const std::optional<std::uint32_t> low = four_digits();
      code = low && *low >= 0xDC00 && *low < 0xE000
                 ? std::optional(0x10000 + ((*code - 0xD800) << 10) + (*low - 0xDC00))
                 : std::nullopt;
    }
    // Half a pair is no character, and no name or label value holds a NUL.
    if (!code || *code == 0 || (*code >= 0xD800 && *code < 0xE000)) {
      fail(begin, at_, "this escape is no character");
      return false;
    }
    append_utf8(out, *code);
    return true;
  }

  std::optional<std::uint32_t> four_digits() {
    std::uint32_t code = 0;
    const std::string_view hex = text_.substr(std::min(at_, text_.size()), 4);
    const auto [end, error] = std::from_chars(hex.data(), hex.data() + hex.size(), code, 16);
    if (hex.size() != 4 || error != std::errc{} || end != hex.data() + 4) return {};
    at_ += 4;
    return code;
  }

  std::string_view text_;
  SourceId source_;
  std::size_t at_ = 0;
  bool first_ = false;        // nothing stands in the innermost list or map yet
  bool after_comma_ = false;  // another element must follow
  std::optional<JsonFault> fault_;
};

}  // namespace

std::optional<JsonFault> parse_json(const Sources& sources, SourceId id, const OnDocument& on_document) {
  return Reader(sources[id].text(), id).read(on_document);
}

}  // namespace weft::inventory
