#include "frontend/characters.h"

#include <algorithm>
#include <array>

#include <fmt/format.h>

namespace weft::frontend {
namespace {

// Ascending. Source: Unicode 15, UnicodeData.txt.
constexpr auto lookalikes = std::to_array<Lookalike>({
    {0x0085, "NEXT LINE", "\n"},
    {0x00A0, "NO-BREAK SPACE", " "},
    {0x00AB, "LEFT-POINTING DOUBLE ANGLE QUOTATION MARK", "\""},
    {0x00AC, "NOT SIGN", "!"},
    {0x00AD, "SOFT HYPHEN", ""},
    {0x00BB, "RIGHT-POINTING DOUBLE ANGLE QUOTATION MARK", "\""},
    {0x034F, "COMBINING GRAPHEME JOINER", ""},
    {0x037E, "GREEK QUESTION MARK", ""},
    {0x0391, "GREEK CAPITAL LETTER ALPHA", "A"},
    {0x0392, "GREEK CAPITAL LETTER BETA", "B"},
    {0x0395, "GREEK CAPITAL LETTER EPSILON", "E"},
    {0x039A, "GREEK CAPITAL LETTER KAPPA", "K"},
    {0x039C, "GREEK CAPITAL LETTER MU", "M"},
    {0x039F, "GREEK CAPITAL LETTER OMICRON", "O"},
    {0x03A1, "GREEK CAPITAL LETTER RHO", "P"},
    {0x03A4, "GREEK CAPITAL LETTER TAU", "T"},
    {0x03BF, "GREEK SMALL LETTER OMICRON", "o"},
    {0x0405, "CYRILLIC CAPITAL LETTER DZE", "S"},
    {0x0406, "CYRILLIC CAPITAL LETTER BYELORUSSIAN-UKRAINIAN I", "I"},
    {0x0410, "CYRILLIC CAPITAL LETTER A", "A"},
    {0x0412, "CYRILLIC CAPITAL LETTER VE", "B"},
    {0x0415, "CYRILLIC CAPITAL LETTER IE", "E"},
    {0x041A, "CYRILLIC CAPITAL LETTER KA", "K"},
    {0x041C, "CYRILLIC CAPITAL LETTER EM", "M"},
    {0x041D, "CYRILLIC CAPITAL LETTER EN", "H"},
    {0x041E, "CYRILLIC CAPITAL LETTER O", "O"},
    {0x0420, "CYRILLIC CAPITAL LETTER ER", "P"},
    {0x0421, "CYRILLIC CAPITAL LETTER ES", "C"},
    {0x0422, "CYRILLIC CAPITAL LETTER TE", "T"},
    {0x0425, "CYRILLIC CAPITAL LETTER HA", "X"},
    {0x0430, "CYRILLIC SMALL LETTER A", "a"},
    {0x0435, "CYRILLIC SMALL LETTER IE", "e"},
    {0x043E, "CYRILLIC SMALL LETTER O", "o"},
    {0x0440, "CYRILLIC SMALL LETTER ER", "p"},
    {0x0441, "CYRILLIC SMALL LETTER ES", "c"},
    {0x0443, "CYRILLIC SMALL LETTER U", "y"},
    {0x0445, "CYRILLIC SMALL LETTER HA", "x"},
    {0x0455, "CYRILLIC SMALL LETTER DZE", "s"},
    {0x0456, "CYRILLIC SMALL LETTER BYELORUSSIAN-UKRAINIAN I", "i"},
    {0x0458, "CYRILLIC SMALL LETTER JE", "j"},
    {0x061C, "ARABIC LETTER MARK", ""},
    {0x180E, "MONGOLIAN VOWEL SEPARATOR", ""},
    {0x2000, "EN QUAD", " "},
    {0x2001, "EM QUAD", " "},
    {0x2002, "EN SPACE", " "},
    {0x2003, "EM SPACE", " "},
    {0x2004, "THREE-PER-EM SPACE", " "},
    {0x2005, "FOUR-PER-EM SPACE", " "},
    {0x2006, "SIX-PER-EM SPACE", " "},
    {0x2007, "FIGURE SPACE", " "},
    {0x2008, "PUNCTUATION SPACE", " "},
    {0x2009, "THIN SPACE", " "},
    {0x200A, "HAIR SPACE", " "},
    {0x200B, "ZERO WIDTH SPACE", ""},
    {0x200C, "ZERO WIDTH NON-JOINER", ""},
    {0x200D, "ZERO WIDTH JOINER", ""},
    {0x200E, "LEFT-TO-RIGHT MARK", ""},
    {0x200F, "RIGHT-TO-LEFT MARK", ""},
    {0x2010, "HYPHEN", "-"},
    {0x2011, "NON-BREAKING HYPHEN", "-"},
    {0x2012, "FIGURE DASH", "-"},
    {0x2013, "EN DASH", "-"},
    {0x2014, "EM DASH", "-"},
    {0x2018, "LEFT SINGLE QUOTATION MARK", "\""},
    {0x2019, "RIGHT SINGLE QUOTATION MARK", "\""},
    {0x201A, "SINGLE LOW-9 QUOTATION MARK", "\""},
    {0x201B, "SINGLE HIGH-REVERSED-9 QUOTATION MARK", "\""},
    {0x201C, "LEFT DOUBLE QUOTATION MARK", "\""},
    {0x201D, "RIGHT DOUBLE QUOTATION MARK", "\""},
    {0x201E, "DOUBLE LOW-9 QUOTATION MARK", "\""},
    {0x201F, "DOUBLE HIGH-REVERSED-9 QUOTATION MARK", "\""},
    {0x2028, "LINE SEPARATOR", "\n"},
    {0x2029, "PARAGRAPH SEPARATOR", "\n"},
    {0x202A, "LEFT-TO-RIGHT EMBEDDING", ""},
    {0x202B, "RIGHT-TO-LEFT EMBEDDING", ""},
    {0x202C, "POP DIRECTIONAL FORMATTING", ""},
    {0x202D, "LEFT-TO-RIGHT OVERRIDE", ""},
    {0x202E, "RIGHT-TO-LEFT OVERRIDE", ""},
    {0x202F, "NARROW NO-BREAK SPACE", " "},
    {0x2033, "DOUBLE PRIME", "\""},
    {0x205F, "MEDIUM MATHEMATICAL SPACE", " "},
    {0x2060, "WORD JOINER", ""},
    {0x2066, "LEFT-TO-RIGHT ISOLATE", ""},
    {0x2067, "RIGHT-TO-LEFT ISOLATE", ""},
    {0x2068, "FIRST STRONG ISOLATE", ""},
    {0x2069, "POP DIRECTIONAL ISOLATE", ""},
    {0x2192, "RIGHTWARDS ARROW", "->"},
    {0x21D2, "RIGHTWARDS DOUBLE ARROW", "->"},
    {0x2208, "ELEMENT OF", "in"},
    {0x2212, "MINUS SIGN", "-"},
    {0x2216, "SET MINUS", "\\"},
    {0x2227, "LOGICAL AND", "&&"},
    {0x2228, "LOGICAL OR", "||"},
    {0x2260, "NOT EQUAL TO", "!="},
    {0x27F6, "LONG RIGHTWARDS ARROW", "->"},
    {0x3000, "IDEOGRAPHIC SPACE", " "},
    {0x3001, "IDEOGRAPHIC COMMA", ","},
    {0xFEFF, "ZERO WIDTH NO-BREAK SPACE", ""},
    {0xFF01, "FULLWIDTH EXCLAMATION MARK", "!"},
    {0xFF02, "FULLWIDTH QUOTATION MARK", "\""},
    {0xFF08, "FULLWIDTH LEFT PARENTHESIS", "("},
    {0xFF09, "FULLWIDTH RIGHT PARENTHESIS", ")"},
    {0xFF0C, "FULLWIDTH COMMA", ","},
    {0xFF0D, "FULLWIDTH HYPHEN-MINUS", "-"},
    {0xFF0F, "FULLWIDTH SOLIDUS", "/"},
    {0xFF1A, "FULLWIDTH COLON", ":"},
    {0xFF1D, "FULLWIDTH EQUALS SIGN", "="},
    {0xFF5B, "FULLWIDTH LEFT CURLY BRACKET", "{"},
    {0xFF5C, "FULLWIDTH VERTICAL LINE", "|"},
    {0xFF5D, "FULLWIDTH RIGHT CURLY BRACKET", "}"},
});
static_assert(std::ranges::is_sorted(lookalikes, {}, &Lookalike::code));

}  // namespace

Character character_at(std::string_view text, std::size_t at) {
  const auto byte = [&](std::size_t i) { return static_cast<char32_t>(static_cast<unsigned char>(text[at + i])); };
  const char32_t first = byte(0);
  if (first < 0x80) return {first, 1};
  if (first < 0xE0) return {(first & 0x1F) << 6 | (byte(1) & 0x3F), 2};
  if (first < 0xF0) return {(first & 0x0F) << 12 | (byte(1) & 0x3F) << 6 | (byte(2) & 0x3F), 3};
  return {(first & 0x07) << 18 | (byte(1) & 0x3F) << 12 | (byte(2) & 0x3F) << 6 | (byte(3) & 0x3F), 4};
}

const Lookalike* lookalike(char32_t code) {
  const auto found = std::ranges::lower_bound(lookalikes, code, {}, &Lookalike::code);
  return found != lookalikes.end() && found->code == code ? &*found : nullptr;
}

bool is_quotation_mark(char32_t code) {
  const Lookalike* known = lookalike(code);
  return known && known->instead == "\"";
}

bool is_blank(char32_t code) {
  const Lookalike* known = lookalike(code);
  return known && code != 0x037E && (known->instead.empty() || known->instead == " " || known->instead == "\n");
}

bool turns_direction(char32_t code) {
  return code == 0x061C || code == 0x200E || code == 0x200F || (code >= 0x202A && code <= 0x202E) ||
         (code >= 0x2066 && code <= 0x2069);
}

std::size_t find_turn(std::string_view text, std::size_t from) {
  // All begin with one of two bytes: U+061C is D8 9C, the others are E2 80 … and E2 81 ….
  for (std::size_t at = from; (at = text.find_first_of("\xD8\xE2", at)) != std::string_view::npos;) {
    const Character character = character_at(text, at);
    if (turns_direction(character.code)) return at;
    at += character.bytes;
  }
  return std::string_view::npos;
}

std::string named(char32_t code, std::string_view spelling) {
  const auto number = static_cast<std::uint32_t>(code);
  const Lookalike* known = lookalike(code);
  if (known && is_blank(code)) return fmt::format("U+{:04X} {}", number, known->name);
  if (known) return fmt::format("`{}` (U+{:04X} {})", spelling, number, known->name);
  return fmt::format("`{}` (U+{:04X})", spelling, number);
}

}  // namespace weft::frontend
