#include "base/diff.h"

#include <algorithm>
#include <cstdint>
#include <vector>

#include <fmt/format.h>

namespace weft {
namespace {

constexpr std::size_t context = 3;
constexpr std::size_t most_cells = 4'000'000;

// Lines with their ends, so that a missing last one is a difference.
std::vector<std::string_view> lines_of(std::string_view text) {
  std::vector<std::string_view> out;
  for (std::size_t at = 0; at < text.size();) {
    const std::size_t end = std::min(text.find('\n', at), text.size() - 1) + 1;
    out.push_back(text.substr(at, end - at));
    at = end;
  }
  return out;
}

struct Step {
  char sign;  // ' ', '-' or '+'
  std::string_view line;
};

// The steps from one list of lines to the other, with as many kept as there can be.
std::vector<Step> steps(const std::vector<std::string_view>& before, const std::vector<std::string_view>& after) {
  std::size_t head = 0;
  while (head < before.size() && head < after.size() && before[head] == after[head]) ++head;
  std::size_t tail = 0;
  while (tail < before.size() - head && tail < after.size() - head &&
         before[before.size() - 1 - tail] == after[after.size() - 1 - tail])
    ++tail;
  const std::size_t rows = before.size() - head - tail, columns = after.size() - head - tail;

  std::vector<Step> out;
  for (std::size_t i = 0; i < head; ++i) out.push_back({' ', before[i]});
  if (rows * columns > most_cells) {
    for (std::size_t i = 0; i < rows; ++i) out.push_back({'-', before[head + i]});
    for (std::size_t i = 0; i < columns; ++i) out.push_back({'+', after[head + i]});
  } else {
    // common[i][j]: how many lines can be kept of those from row i and column j on.
    std::vector<std::uint32_t> common((rows + 1) * (columns + 1));
    const auto cell = [&](std::size_t i, std::size_t j) -> std::uint32_t& { return common[i * (columns + 1) + j]; };
    for (std::size_t i = rows; i-- > 0;) {
      for (std::size_t j = columns; j-- > 0;) {
        cell(i, j) = before[head + i] == after[head + j] ? cell(i + 1, j + 1) + 1
                                                         : std::max(cell(i + 1, j), cell(i, j + 1));
      }
    }
    for (std::size_t i = 0, j = 0; i < rows || j < columns;) {
      if (i < rows && j < columns && before[head + i] == after[head + j]) {
        out.push_back({' ', before[head + i]});
        ++i, ++j;
      } else if (i < rows && (j == columns || cell(i + 1, j) >= cell(i, j + 1))) {
        out.push_back({'-', before[head + i++]});
      } else {
        out.push_back({'+', after[head + j++]});
      }
    }
  }
  for (std::size_t i = tail; i > 0; --i) out.push_back({' ', before[before.size() - i]});
  return out;
}

// "12,3", and by custom "12" for one line and the line before for none.
std::string range(std::size_t begin, std::size_t count) {
  if (count == 1) return fmt::format("{}", begin + 1);
  return fmt::format("{},{}", count == 0 ? begin : begin + 1, count);
}

}  // namespace

std::string unified_diff(std::string_view name, std::string_view before, std::string_view after) {
  if (before == after) return {};
  const std::vector<Step> all = steps(lines_of(before), lines_of(after));
  std::string out = fmt::format("--- {}\n+++ {}\n", name, name);
  std::size_t old_line = 0, new_line = 0, done = 0;
  const auto pass = [&](std::size_t end) {
    for (; done < end; ++done) {
      if (all[done].sign != '+') ++old_line;
      if (all[done].sign != '-') ++new_line;
    }
  };
  for (std::size_t at = 0; at < all.size(); ++at) {
    if (all[at].sign == ' ') continue;
    // A hunk goes on while the next change is near enough to share its context.
    std::size_t last = at;
    for (std::size_t i = at; i < all.size() && i <= last + 2 * context + 1; ++i) {
      if (all[i].sign != ' ') last = i;
    }
    const std::size_t begin = std::max(done, at < context ? 0 : at - context);
    const std::size_t end = std::min(all.size(), last + context + 1);
    pass(begin);
    const std::size_t old_begin = old_line, new_begin = new_line;
    std::string body;
    for (std::size_t i = begin; i < end; ++i) {
      body += all[i].sign;
      body += all[i].line;
      if (!all[i].line.ends_with('\n')) body += "\n\\ No newline at end of file\n";
    }
    pass(end);
    out += fmt::format("@@ -{} +{} @@\n{}", range(old_begin, old_line - old_begin),
                       range(new_begin, new_line - new_begin), body);
    at = end - 1;
  }
  return out;
}

}  // namespace weft
