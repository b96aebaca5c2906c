#include "lsp/statement_at.h"

#include <algorithm>

namespace weft::lsp {
namespace {

using frontend::Word;

// Where reading begins: far enough back for the block around the place, and not at the top of a huge text.
constexpr std::size_t window = 128 * 1024;

bool is_part_of_word(char letter) {
  return (letter >= 'a' && letter <= 'z') || (letter >= 'A' && letter <= 'Z') || (letter >= '0' && letter <= '9') ||
         letter == '_' || letter == '-' || letter == '`';
}

std::size_t line_begin(std::string_view text, std::size_t at) {
  const std::size_t end = text.substr(0, at).find_last_of("\r\n");
  return end == std::string_view::npos ? 0 : end + 1;
}

// Goes over a line up to the place: is that inside a text, or a comment, and where does it begin?
void look_at_line(std::string_view text, std::uint32_t offset, StatementAt& out) {
  bool in_text = false, in_name = false;
  std::size_t text_begin = 0;
  for (std::size_t at = line_begin(text, offset); at < offset; ++at) {
    if (in_text) {
      if (text[at] == '\\')
        ++at;
      else if (text[at] == '"')
        in_text = false;
    } else if (in_name) {
      in_name = text[at] != '`';
    } else if (text[at] == '"') {
      in_text = true;
      text_begin = at + 1;
    } else if (text[at] == '`') {
      in_name = true;
    } else if (text.substr(at).starts_with("//")) {
      out.in_comment = true;
      return;
    }
  }
  out.in_text = in_text;
  out.begin = offset;
  if (in_text) {
    out.begin = static_cast<std::uint32_t>(text_begin);
    return;
  }
  while (out.begin > 0 && is_part_of_word(text[out.begin - 1])) --out.begin;
  // `->` ends in no word.
  while (out.begin < offset && text[out.begin] == '-') ++out.begin;
}

}  // namespace

bool StatementAt::has(std::string_view word) const { return std::ranges::find(words, word) != words.end(); }

StatementAt statement_at(std::string_view text, std::uint32_t offset) {
  StatementAt out;
  look_at_line(text, offset, out);
  if (out.in_comment) return out;
  const std::size_t end = out.in_text ? out.begin - 1 : out.begin;
  const std::size_t begin = end > window ? line_begin(text, end - window) : 0;
  const std::string_view before = text.substr(begin, end - begin);
  const std::size_t line = line_begin(text, end);
  out.starts_line = text.substr(line, end - line).find_first_not_of(" \t") == std::string_view::npos;

  const std::vector<Word> words = frontend::words_of(before);
  const auto text_of = [&](const Word& word) { return before.substr(word.begin, word.end - word.begin); };
  std::vector<StatementAt::Block> blocks;
  std::vector<StatementAt::Block> braces;
  StatementAt::Block header = StatementAt::Block::None;  // of a block whose `{` has not come
  for (std::size_t i = 0; i < words.size(); ++i) {
    const Word& word = words[i];
    if (word.kind == Word::Kind::Comment) continue;
    const std::string_view it = text_of(word);
    const bool after_sign = !out.words.empty() && (out.words.back() == "{" || out.words.back() == "}");
    const bool fresh = out.words.empty() || after_sign || word.starts_line || out.words.back() == "audit";
    const bool part =
        !out.words.empty() && (out.words.back() == ":" || out.words.back() == "." || out.words.back() == "/");
    const bool in_header = header != StatementAt::Block::None && it == "audit";
    if (word.begins_statement && fresh && !part && !in_header) {
      if (out.words.empty() || out.words.back() != "audit") {
        out.words.clear();
        out.kinds.clear();
      }
      header = it == "policy"     ? StatementAt::Block::Policy
               : it == "test"     ? StatementAt::Block::Test
               : it == "template" ? StatementAt::Block::Template
                                  : StatementAt::Block::None;
    }
    if (it == "{" && header != StatementAt::Block::None) {
      blocks.push_back(header);
      braces.push_back(header);
      header = StatementAt::Block::None;
      out.words.clear();
      out.kinds.clear();
      continue;
    }
    if (it == "{") braces.push_back(StatementAt::Block::None);
    if (it == "}" && !braces.empty()) {
      const bool block = braces.back() != StatementAt::Block::None;
      braces.pop_back();
      if (block) {
        blocks.pop_back();
        out.words.clear();
        out.kinds.clear();
        continue;
      }
    }
    out.words.push_back(it);
    out.kinds.push_back(word.kind);
  }
  if (!blocks.empty()) out.block = blocks.back();
  return out;
}

}  // namespace weft::lsp
