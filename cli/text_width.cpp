#include "cli/text_width.h"

#include <algorithm>
#include <array>

namespace weft::cli {
namespace {

// Advances of U+0020 to U+007E in thousandths of the size: the greater ones of DejaVu Sans and Liberation Sans.
constexpr std::array<unsigned short, 95> regular{
    318, 401, 460, 838, 636, 950, 780, 275, 390, 390, 500, 838, 318, 361,  318, 337, 636, 636, 636,
    636, 636, 636, 636, 636, 636, 636, 337, 337, 838, 838, 838, 556, 1015, 684, 686, 722, 770, 667,
    611, 778, 752, 295, 500, 667, 557, 863, 748, 787, 667, 787, 722, 667,  611, 732, 684, 989, 685,
    667, 685, 390, 337, 390, 838, 556, 500, 613, 635, 550, 635, 615, 352,  635, 634, 278, 278, 579,
    278, 974, 634, 612, 635, 635, 411, 521, 392, 634, 592, 818, 592, 592,  525, 636, 337, 636, 838};
constexpr std::array<unsigned short, 95> heavy{
    348, 456,  521, 838, 696, 1002, 872, 306, 457, 457, 523, 838, 380, 415,  380, 365, 696, 696,  696,
    696, 696,  696, 696, 696, 696,  696, 400, 400, 838, 838, 838, 611, 1000, 774, 762, 734, 830,  683,
    683, 821,  837, 372, 556, 775,  637, 995, 837, 850, 733, 850, 770, 720,  682, 812, 774, 1103, 771,
    724, 725,  457, 365, 457, 838,  556, 500, 675, 716, 593, 716, 678, 435,  716, 712, 343, 343,  665,
    343, 1042, 712, 687, 716, 716,  493, 595, 478, 712, 652, 924, 645, 652,  582, 712, 365, 712,  838};
// Letters of other scripts are a square at most, but for a few ligatures.
constexpr double other = 1100;

bool begins_letter(char c) { return (c & 0xC0) != 0x80; }

double advance(char first, double size, bool bold) {
  const auto code = static_cast<unsigned char>(first);
  const bool known = code >= 0x20 && code < 0x7F;
  return (known ? static_cast<double>((bold ? heavy : regular)[code - 0x20U]) : other) * size / 1000;
}

}  // namespace

std::size_t letters(std::string_view text) {
  return static_cast<std::size_t>(std::ranges::count_if(text, begins_letter));
}

double text_width(std::string_view text, double size, bool bold) {
  double out = 0;
  for (const char c : text) {
    if (begins_letter(c)) out += advance(c, size, bold);
  }
  return out;
}

std::string fitted(std::string_view text, double most, double size, bool bold) {
  if (text_width(text, size, bold) <= most) return std::string(text);
  constexpr std::string_view dots = "…";
  double width = text_width(dots, size, bold);
  std::size_t bytes = 0;
  for (; bytes < text.size(); ++bytes) {
    if (!begins_letter(text[bytes])) continue;
    width += advance(text[bytes], size, bold);
    if (width > most) break;
  }
  return std::string(text.substr(0, bytes)) + std::string(dots);
}

}  // namespace weft::cli
