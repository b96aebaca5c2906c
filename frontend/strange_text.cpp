#include "frontend/strange_text.h"

#include <algorithm>
#include <array>
#include <optional>

#include "base/text.h"
#include "frontend/characters.h"
#include "frontend/diagnostics.h"
#include "grammar/WeftLexer.h"

namespace weft::frontend {
namespace {

using grammar::WeftLexer;

bool is_beyond_ascii(char byte) { return static_cast<unsigned char>(byte) >= 0x80; }

bool is_word_letter(char byte) {
  return (byte >= 'a' && byte <= 'z') || (byte >= 'A' && byte <= 'Z') || (byte >= '0' && byte <= '9') || byte == '_';
}

// The word that ends where the text does.
std::string_view last_word(std::string_view text) {
  std::size_t begin = text.size();
  while (begin > 0 && is_word_letter(text[begin - 1])) --begin;
  return text.substr(begin);
}

std::string_view without_blanks_behind(std::string_view text) {
  return text.substr(0, text.find_last_not_of(" \t\r\n") + 1);
}

// A text between quotation marks that are not the straight ones, up to the line end; its length, or nothing.
std::optional<std::size_t> curly_text(std::string_view text) {
  for (std::size_t at = character_at(text, 0).bytes; at < text.size() && text[at] != '\n' && text[at] != '\r';) {
    const Character here = character_at(text, at);
    if (is_quotation_mark(here.code) || here.code == '"') return at + here.bytes;
    at += here.bytes;
  }
  return {};
}

}  // namespace

std::size_t foreign_sign(std::string_view whole, std::size_t begin) {
  const std::string_view text = whole.substr(begin);
  const auto one_of = [&](auto... signs) {
    std::size_t length = 0;
    ((length = length == 0 && text.starts_with(signs) ? std::string_view(signs).size() : length), ...);
    return length;
  };
  switch (text.front()) {
    case '=':
      return one_of("===", "=~");
    case '!':
      return one_of("!==", "!~");
    case '<':
      return one_of("<>");
    case '~':
      return one_of("~=");
    case '/': {
      // `tcp/*` is no comment.
      const std::string_view word = last_word(whole.substr(0, begin));
      const bool protocol = word == "tcp" || word == "udp" || word == "sctp" || word == "icmp" || word == "icmp6";
      return protocol ? one_of("/*") : 0;
    }
    default:
      break;
  }
  if (!is_beyond_ascii(text.front())) return 0;
  const Character first = character_at(text, 0);
  if (is_quotation_mark(first.code)) return curly_text(text).value_or(first.bytes);
  std::size_t end = first.bytes;
  if (lookalike(first.code)) return end;
  while (end < text.size() && is_beyond_ascii(text[end]) && !lookalike(character_at(text, end).code)) {
    end += character_at(text, end).bytes;
  }
  return end;
}

StrangeText::StrangeText(const Sources& sources, SourceId source, Diagnostics& diagnostics)
    : sources_(sources),
      source_(source),
      diagnostics_(diagnostics),
      text_(sources[source].text()),
      turns_(find_turn(text_) != std::string_view::npos) {}

void StrangeText::check_directions(Span span, std::string_view what) {
  if (!turns_) return;
  const std::string_view text = sources_.text(span);
  Fix fix{"leave it out, and see what the line says then", {}, Applicability::MaybeIncorrect};
  std::optional<char32_t> first;
  for (std::size_t at = 0; (at = find_turn(text, at)) != std::string_view::npos;) {
    const Character here = character_at(text, at);
    const auto begin = static_cast<std::uint32_t>(span.begin + at);
    fix.edits.push_back({{source_, begin, begin + static_cast<std::uint32_t>(here.bytes)}, ""});
    if (!first) first = here.code;
    at += here.bytes;
  }
  if (!first) return;
  const Span place = fix.edits.front().span;
  diagnostics_.report(hidden_direction, place, named(*first, {}), what).fix(std::move(fix));
}

void StrangeText::report(std::uint16_t type, Span span) {
  // Strange characters side by side on one line are one mistake.
  const Span between{source_, fault_end_, span.begin};
  const bool goes_on = fault_end_ > 0 && sources_.text(between).find_first_not_of(" \t") == std::string_view::npos;
  fault_end_ = span.end;
  switch (type) {
    case WeftLexer::UNCLOSED_STRING:
      return unclosed_text(span);
    case WeftLexer::UNCLOSED_QUOTED:
      diagnostics_.report(unclosed, span, "name in backticks").suggest("end it with a backtick");
      return;
    case WeftLexer::EMPTY_QUOTED:
      diagnostics_.report(empty_quotes, span);
      return;
    case WeftLexer::SINGLE_QUOTED:
      return quoted_otherwise(span);
    case WeftLexer::FOREIGN_COMMENT:
      return foreign_comment_at(span);
    default:
      break;
  }
  if (closing_ > 0 && span.begin == closing_) return;
  if (goes_on) return;
  const std::string_view text = sources_.text(span);
  if (is_beyond_ascii(text.front()) && is_quotation_mark(character_at(text, 0).code)) return quoted_otherwise(span);
  if (is_beyond_ascii(text.front())) return character(span);
  sign(span);
}

// `"web”`: the text goes on to the line end, because its end is another sign.
void StrangeText::unclosed_text(Span span) {
  Diagnostic& diagnostic = diagnostics_.report(unclosed, span, "text");
  const std::string_view text = sources_.text(span);
  for (std::size_t at = 1; at < text.size();) {
    const Character here = character_at(text, at);
    if (is_quotation_mark(here.code)) {
      const auto begin = static_cast<std::uint32_t>(span.begin + at);
      const auto end = static_cast<std::uint32_t>(begin + here.bytes);
      diagnostic.fix(fmt::format("{} ends no text: write `\"`", named(here.code, text.substr(at, here.bytes))),
                     {source_, begin, end}, "\"", Applicability::MaybeIncorrect);
      return;
    }
    at += here.bytes;
  }
  diagnostic.suggest("end it with `\"`");
}

// Of a text in other quotes: both ends are told, and what stands between them stays.
void StrangeText::quoted_otherwise(Span span) {
  const std::string_view text = sources_.text(span);
  const Character first = character_at(text, 0);
  std::size_t last = text.size() - 1;
  while (last > 0 && (static_cast<unsigned char>(text[last]) & 0xC0U) == 0x80U) --last;
  const std::string what = first.code == '\'' ? marked(text) : named(first.code, text.substr(0, first.bytes));
  Diagnostic& diagnostic = diagnostics_.report(unknown_character, span, what);
  if (last < first.bytes) {
    diagnostic.fix("texts stand in straight double quotes", span, "\"", Applicability::MaybeIncorrect);
    return;
  }
  const std::string_view inner = text.substr(first.bytes, last - first.bytes);
  std::string title =
      fmt::format("texts stand in {}double quotes: \"{}\"", first.code == '\'' ? "" : "straight ", printable(inner));
  if (inner.find_first_of("\"\\") == std::string_view::npos) {
    diagnostic.fix(std::move(title), span, fmt::format("\"{}\"", inner));
  } else {
    diagnostic.suggest(std::move(title));  // what an escape of another language means is the author's to say
  }
}

void StrangeText::foreign_comment_at(Span span) {
  const std::size_t line_end = std::min(sources_.text(span).find_first_of("\r\n"), sources_.text(span).size());
  remedy_comment(diagnostics_.report(foreign_comment,
                                     Span{source_, span.begin, span.begin + static_cast<std::uint32_t>(line_end)}),
                 span);
}

// `# text` becomes `// text`; of `/* … */` every line does, where nothing follows on its last.
void StrangeText::remedy_comment(Diagnostic& diagnostic, Span span) const {
  static constexpr std::string_view help = "write `//` before every line of it";
  const std::string_view text = sources_.text(span);
  if (text.starts_with('#')) {
    const std::size_t signs = std::min(text.find_first_not_of('#'), text.size());
    diagnostic.fix(std::string(help), {source_, span.begin, span.begin + static_cast<std::uint32_t>(signs)}, "//");
    return;
  }
  const std::string_view behind = text_.substr(span.end);
  const std::size_t next = behind.find_first_not_of(" \t\r");
  if (!text.ends_with("*/") || text.size() < 4 || (next != std::string_view::npos && behind[next] != '\n')) {
    diagnostic.suggest(std::string(help));
    return;
  }
  std::string lines = "//";
  for (const char c : text.substr(2, text.size() - 4)) {
    lines += c;
    if (c == '\n') lines += "//";
  }
  diagnostic.fix(std::string(help), span, std::move(lines));
}

// A letter beyond ASCII. Blanks come in numbers, from a page that was copied: they are told, and put right, at once.
void StrangeText::character(Span span) {
  const std::string_view text = sources_.text(span);
  const char32_t code = character_at(text, 0).code;
  const Lookalike* known = lookalike(code);
  if (!known) {
    std::string what = character_at(text, 0).bytes == text.size() ? named(code, text) : marked(text);
    diagnostics_.report(unknown_character, span, std::move(what))
        .suggest("names with letters beyond ASCII stand in backticks, texts in double quotes");
    return;
  }
  if (is_blank(code) && !blanks_.insert(code).second) return;
  Diagnostic& diagnostic = diagnostics_.report(unknown_character, span, named(code, text));
  if (!is_blank(code)) {
    diagnostic.fix(fmt::format("write `{}`", known->instead.empty() ? "nothing" : known->instead), span,
                   std::string(known->instead));
    return;
  }
  Fix fix{known->instead.empty() ? "leave it out" : "write a plain space",
          {{span, std::string(known->instead)}},
          turns_direction(code) ? Applicability::MaybeIncorrect : Applicability::MachineApplicable};
  if (known->instead == "\n") fix.title = "write a plain line end";
  const std::vector<Span> others = repeats(span);
  for (const Span& each : others) fix.edits.push_back({each, std::string(known->instead)});
  if (!others.empty()) {
    diagnostic.note(fmt::format("{} more of them {} in this file", others.size(), others.size() == 1 ? "is" : "are"));
  }
  diagnostic.fix(std::move(fix));
}

std::vector<Span> StrangeText::repeats(Span span) const {
  const std::string_view wanted = sources_.text(span);
  std::vector<Span> out;
  const auto skip_to = [&](std::size_t from, std::string_view ends) {
    return std::min(text_.find_first_of(ends, from), text_.size());
  };
  for (std::size_t at = span.end; at < text_.size();) {
    if (text_[at] == '"') {
      for (at = skip_to(at + 1, "\"\\\r\n"); at < text_.size() && text_[at] == '\\';) at = skip_to(at + 2, "\"\\\r\n");
      ++at;
    } else if (text_[at] == '`') {
      at = skip_to(at + 1, "`\r\n") + 1;
    } else if (text_.substr(at).starts_with("//")) {
      at = skip_to(at, "\r\n");
    } else if (text_.substr(at).starts_with(wanted)) {
      const auto begin = static_cast<std::uint32_t>(at);
      at += wanted.size();
      out.push_back({source_, begin, static_cast<std::uint32_t>(at)});
    } else {
      ++at;
    }
  }
  return out;
}

std::string_view StrangeText::before(Span span) const { return without_blanks_behind(text_.substr(0, span.begin)); }

// Signs of other languages.
void StrangeText::sign(Span span) {
  struct Known {
    std::string_view sign, title, instead;
  };
  static constexpr auto known = std::to_array<Known>({
      {"&", "`and` is written `&&`", "&&"},
      {";", "statements end by themselves: leave it out", ""},
      {"=>", "`=>` is written `->`", "->"},
      {"==>", "`==>` is written `->`", "->"},
      {"-->", "`-->` is written `->`", "->"},
      {"<>", "`<>` is written `!=`", "!="},
      {"===", "`===` is written `==`", "=="},
      {"!==", "`!==` is written `!=`", "!="},
      {"/*", "a protocol by itself means all its ports: leave it out", ""},
  });
  static constexpr std::string_view pattern = "patterns are written `KEY like \"a*\"`: `*` is any text, `?` one letter";
  const std::string_view text = sources_.text(span);
  Diagnostic& diagnostic = diagnostics_.report(unknown_character, span, marked(text));
  if (const auto found = std::ranges::find(known, text, &Known::sign); found != known.end()) {
    diagnostic.fix(std::string(found->title), span, std::string(found->instead));
  } else if (text == "%") {
    diagnostic.suggest("addresses have no zone here: leave it out");
  } else if (text == "<" || text == ">") {
    diagnostic.suggest("an edge is written `SOURCE -> DESTINATION`");
  } else if (text == "*") {
    star(diagnostic, span);
  } else if (text == "[") {
    bracket(diagnostic, span);
  } else if (text == "=~" || text == "~=" || text == "~") {
    diagnostic.fix(std::string(pattern), span, "like", Applicability::MaybeIncorrect);
  } else if (text == "!~") {
    diagnostic.suggest("patterns are written `KEY like \"a*\"`, and their negation `!(KEY like \"a*\")`");
  } else if (text == "?") {
    diagnostic.suggest(std::string(pattern));
  }
}

void StrangeText::star(Diagnostic& diagnostic, Span span) const {
  const std::string_view front = before(span);
  const bool adjacent =
      front.size() == span.begin && !front.empty() && (is_word_letter(front.back()) || front.back() == '-');
  if (adjacent) {
    diagnostic.suggest("patterns are written `KEY like \"a*\"`: `*` is any text, `?` one letter");
  } else if (front.ends_with("==") || front.ends_with("!=")) {
    diagnostic.suggest("whether there is a value is asked by `has KEY`");
  } else {
    diagnostic.fix("every peer, and every service, is written `any`", span, "any", Applicability::MaybeIncorrect);
  }
}

// `in ["a", "b"]`
void StrangeText::bracket(Diagnostic& diagnostic, Span span) {
  const std::size_t close = text_.find_first_of("[]{}\n", span.end);
  const bool closed = close != std::string_view::npos && text_[close] == ']';
  if (closed) closing_ = static_cast<std::uint32_t>(close);
  if (closed && last_word(before(span)) == "in") {
    diagnostic.fix({"a set stands in braces",
                    {{span, "{"}, {{source_, closing_, closing_ + 1}, "}"}},
                    Applicability::MachineApplicable});
  } else {
    diagnostic.suggest("sets are written `KEY in {\"a\", \"b\"}`; the values of a label are joined by `|`");
  }
}

}  // namespace weft::frontend
