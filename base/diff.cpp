#include "base/diff.h"

#include <algorithm>
#include <cstddef>
#include <unordered_map>
#include <vector>

#include <fmt/format.h>

namespace weft {
namespace {

using Lines = std::vector<std::string_view>;

constexpr std::size_t context = 3;
// Edits that are looked for exactly between two lines known to be the same.
constexpr std::ptrdiff_t most_edits = 500;

Lines lines_of(std::string_view text) {
  Lines out;
  while (!text.empty()) {
    const std::size_t end = std::min(text.find('\n'), text.size() - 1) + 1;
    out.push_back(text.substr(0, end));
    text.remove_prefix(end);
  }
  return out;
}

/// Lines of both texts that stay, as pairs of positions, ascending in both.
class Matching {
 public:
  struct Pair {
    std::size_t before;
    std::size_t after;
  };

  Matching(const Lines& before, const Lines& after) : before_(before), after_(after) {
    match({0, before.size(), 0, after.size()});
  }
  const std::vector<Pair>& pairs() const { return pairs_; }

 private:
  struct Gap {
    std::size_t before, before_end, after, after_end;
  };

  void match(Gap gap) {
    while (gap.before < gap.before_end && gap.after < gap.after_end && before_[gap.before] == after_[gap.after]) {
      pairs_.push_back({gap.before++, gap.after++});
    }
    std::size_t same_end = 0;
    while (gap.before < gap.before_end && gap.after < gap.after_end &&
           before_[gap.before_end - 1] == after_[gap.after_end - 1]) {
      --gap.before_end;
      --gap.after_end;
      ++same_end;
    }
    if (gap.before < gap.before_end && gap.after < gap.after_end && !fewest_edits(gap)) {
      const std::vector<Pair> anchors = unique_lines(gap);
      for (const Pair& anchor : anchors) {
        match({gap.before, anchor.before, gap.after, anchor.after});
        pairs_.push_back(anchor);
        gap.before = anchor.before + 1;
        gap.after = anchor.after + 1;
      }
      if (!anchors.empty()) match(gap);
    }
    for (std::size_t i = 0; i < same_end; ++i) pairs_.push_back({gap.before_end + i, gap.after_end + i});
  }

  // Myers, "An O(ND) difference algorithm and its variations": the furthest place on every diagonal, edit by edit.
  bool fewest_edits(const Gap& gap) {
    const auto rows = static_cast<std::ptrdiff_t>(gap.before_end - gap.before);
    const auto columns = static_cast<std::ptrdiff_t>(gap.after_end - gap.after);
    const std::ptrdiff_t limit = std::min(most_edits, rows + columns);
    std::vector<std::ptrdiff_t> furthest(static_cast<std::size_t>(2 * limit + 3), 0);
    const auto at = [&](std::ptrdiff_t diagonal) -> std::ptrdiff_t& {
      return furthest[static_cast<std::size_t>(diagonal + limit + 1)];
    };
    std::vector<std::vector<std::ptrdiff_t>> trace;
    for (std::ptrdiff_t edits = 0; edits <= limit; ++edits) {
      trace.push_back(furthest);
      for (std::ptrdiff_t diagonal = -edits; diagonal <= edits; diagonal += 2) {
        const bool down = diagonal == -edits || (diagonal != edits && at(diagonal - 1) < at(diagonal + 1));
        std::ptrdiff_t x = down ? at(diagonal + 1) : at(diagonal - 1) + 1;
        while (x < rows && x - diagonal < columns && same(gap, x, x - diagonal)) ++x;
        at(diagonal) = x;
        if (x >= rows && x - diagonal >= columns) {
          trace_back(gap, trace, limit, rows, columns);
          return true;
        }
      }
    }
    return false;
  }

  bool same(const Gap& gap, std::ptrdiff_t x, std::ptrdiff_t y) const {
    return before_[gap.before + static_cast<std::size_t>(x)] == after_[gap.after + static_cast<std::size_t>(y)];
  }

  void trace_back(const Gap& gap, const std::vector<std::vector<std::ptrdiff_t>>& trace, std::ptrdiff_t limit,
                  std::ptrdiff_t x, std::ptrdiff_t y) {
    const std::size_t first = pairs_.size();
    for (auto edits = static_cast<std::ptrdiff_t>(trace.size()) - 1; edits >= 0; --edits) {
      const auto at = [&](std::ptrdiff_t diagonal) {
        return trace[static_cast<std::size_t>(edits)][static_cast<std::size_t>(diagonal + limit + 1)];
      };
      const std::ptrdiff_t diagonal = x - y;
      const bool down = diagonal == -edits || (diagonal != edits && at(diagonal - 1) < at(diagonal + 1));
      const std::ptrdiff_t from = down ? diagonal + 1 : diagonal - 1;
      const std::ptrdiff_t from_x = edits == 0 ? 0 : at(from);
      const std::ptrdiff_t from_y = edits == 0 ? 0 : from_x - from;
      while (x > from_x && y > from_y) {
        --x;
        --y;
        pairs_.push_back({gap.before + static_cast<std::size_t>(x), gap.after + static_cast<std::size_t>(y)});
      }
      x = from_x;
      y = from_y;
    }
    std::reverse(pairs_.begin() + static_cast<std::ptrdiff_t>(first), pairs_.end());
  }

  // Lines that both texts have once, in the longest chain that ascends in both.
  std::vector<Pair> unique_lines(const Gap& gap) const {
    struct Seen {
      std::size_t before = 0, after = 0, times_before = 0, times_after = 0;
    };
    std::unordered_map<std::string_view, Seen> seen;
    for (std::size_t i = gap.before; i < gap.before_end; ++i) {
      Seen& line = seen[before_[i]];
      line.before = i;
      ++line.times_before;
    }
    for (std::size_t i = gap.after; i < gap.after_end; ++i) {
      Seen& line = seen[after_[i]];
      line.after = i;
      ++line.times_after;
    }
    std::vector<Pair> candidates;
    for (std::size_t i = gap.before; i < gap.before_end; ++i) {
      const Seen& line = seen[before_[i]];
      if (line.times_before == 1 && line.times_after == 1) candidates.push_back({i, line.after});
    }
    std::vector<std::size_t> tails;  // of chains of each length: the candidate that ends one lowest
    std::vector<std::size_t> back(candidates.size());
    for (std::size_t i = 0; i < candidates.size(); ++i) {
      const auto place = std::ranges::lower_bound(tails, candidates[i].after, {},
                                                  [&](std::size_t tail) { return candidates[tail].after; });
      back[i] = place == tails.begin() ? candidates.size() : *(place - 1);
      if (place == tails.end()) {
        tails.push_back(i);
      } else {
        *place = i;
      }
    }
    std::vector<Pair> out;
    for (std::size_t i = tails.empty() ? candidates.size() : tails.back(); i < candidates.size(); i = back[i]) {
      out.push_back(candidates[i]);
    }
    std::ranges::reverse(out);
    return out;
  }

  const Lines& before_;
  const Lines& after_;
  std::vector<Pair> pairs_;
};

std::string range(std::size_t begin, std::size_t end) {
  const std::size_t count = end - begin;
  const std::size_t first = count == 0 ? begin : begin + 1;  // nothing stands behind the line before
  return count == 1 ? fmt::format("{}", first) : fmt::format("{},{}", first, count);
}

void add(std::string& out, char mark, std::string_view line) {
  out += mark;
  out += line;
  if (!line.ends_with('\n')) out += "\n\\ No newline at end of file\n";
}

}  // namespace

std::string unified_diff(std::string_view name, std::string_view before_text, std::string_view after_text) {
  if (before_text == after_text) return {};
  const Lines before = lines_of(before_text);
  const Lines after = lines_of(after_text);
  auto pairs = Matching(before, after).pairs();
  pairs.push_back({before.size(), after.size()});

  // A change is what lies between two lines that stay.
  struct Change {
    std::size_t before, before_end, after, after_end;
  };
  std::vector<Change> changes;
  std::size_t b = 0, a = 0;
  for (const auto& pair : pairs) {
    if (pair.before > b || pair.after > a) changes.push_back({b, pair.before, a, pair.after});
    b = pair.before + 1;
    a = pair.after + 1;
  }

  std::string out = fmt::format("--- {}\n+++ {}\n", name, name);
  for (std::size_t i = 0; i < changes.size();) {
    std::size_t last = i;
    while (last + 1 < changes.size() && changes[last + 1].before - changes[last].before_end <= 2 * context) ++last;
    const std::size_t lead = std::min(context, changes[i].before);
    const std::size_t rest = std::min(context, before.size() - changes[last].before_end);
    out += fmt::format("@@ -{} +{} @@\n", range(changes[i].before - lead, changes[last].before_end + rest),
                       range(changes[i].after - lead, changes[last].after_end + rest));
    std::size_t at = changes[i].before - lead;
    for (; i <= last; ++i) {
      for (; at < changes[i].before; ++at) add(out, ' ', before[at]);
      for (; at < changes[i].before_end; ++at) add(out, '-', before[at]);
      for (std::size_t line = changes[i].after; line < changes[i].after_end; ++line) add(out, '+', after[line]);
    }
    for (std::size_t end = at + rest; at < end; ++at) add(out, ' ', before[at]);
  }
  return out;
}

}  // namespace weft
