#include "verifier/candidates.h"

#include <algorithm>
#include <iterator>
#include <span>

namespace weft::verifier {

namespace {

// A rule that leaves more values open than this counts as open to all.
constexpr std::size_t max_values = 8;
// The dimensions kept: those in which most rules ask for something. Rules of one policy rarely differ in more.
constexpr std::size_t max_dimensions = 16;
// Of so many that a dimension leaves open, fewer are found by another one; those are a memory of their own.
constexpr std::size_t many_wide = 64;
constexpr std::size_t max_further_dimensions = 4;

void sort_once(std::vector<std::uint32_t>& numbers) {
  std::ranges::sort(numbers);
  const auto rest = std::ranges::unique(numbers);
  numbers.erase(rest.begin(), rest.end());
}

// Both are ascending: to put them together takes no sorting.
void unite(std::vector<std::uint32_t>& out, const std::vector<std::uint32_t>& more, std::uint32_t below) {
  const std::span<const std::uint32_t> added(more.begin(), std::ranges::lower_bound(more, below));
  if (out.empty()) {
    out.assign(added.begin(), added.end());
    return;
  }
  if (added.empty()) return;
  std::vector<std::uint32_t> both;
  both.reserve(out.size() + added.size());
  std::ranges::set_union(out, added, std::back_inserter(both));
  out = std::move(both);
}

}  // namespace

std::optional<Candidates::Values> Candidates::few(const IndexSet& set) {
  Values out;
  for (const auto& [first, last] : set.intervals()) {
    if (last - first >= max_values - out.size()) return {};
    for (std::uint32_t value = first; value <= last; ++value) out.push_back(value);
  }
  return out;
}

// What every box of the end narrows to a few values.
void Candidates::add_end(const Cover& cover, What label, What address, Narrow& out) {
  const std::vector<Box>& boxes = cover.boxes();
  std::map<Dimension, std::pair<std::size_t, Values>> found;  // in how many boxes
  const auto add = [&](Dimension dimension, const IndexSet& set) {
    const auto values = few(set);
    if (!values) return;
    auto& [count, all] = found[dimension];
    ++count;
    all.insert(all.end(), values->begin(), values->end());
  };
  for (const Box& box : boxes) {
    add({address, 0}, box.addresses);
    for (const auto& [key, classes] : box.labels) add({label, key}, classes);
  }
  for (auto& [dimension, in] : found) {
    if (in.first != boxes.size()) continue;
    sort_once(in.second);
    if (in.second.size() <= max_values) out.emplace(dimension, std::move(in.second));
  }
}

Candidates::Narrow Candidates::narrow_in(const RuleCover& cover) {
  Narrow out;
  if (auto services = few(cover.services)) out.emplace(Dimension{What::Service, 0}, std::move(*services));
  add_end(cover.source, What::SourceLabel, What::SourceAddress, out);
  add_end(cover.destination, What::DestinationLabel, What::DestinationAddress, out);
  return out;
}

Candidates::Candidates(std::vector<std::uint32_t> rules, const Slicer& slicer)
    : Candidates(std::move(rules),
                 [&](std::uint32_t rule) -> const RuleCover& { return slicer.cover_of(model::RuleId{rule}); }) {}

Candidates::Candidates(std::vector<std::uint32_t> numbers,
                       const std::function<const RuleCover&(std::uint32_t)>& cover_of)
    : rules_(std::move(numbers)) {
  std::ranges::sort(rules_);
  std::vector<Narrow> all;
  all.reserve(rules_.size());
  std::vector<const Narrow*> narrow;
  for (const std::uint32_t rule : rules_) narrow.push_back(&all.emplace_back(narrow_in(cover_of(rule))));
  index(narrow, max_dimensions, true);
}

Candidates::Candidates(std::vector<std::uint32_t> rules, const std::vector<const Narrow*>& narrow)
    : rules_(std::move(rules)) {
  index(narrow, max_further_dimensions, false);
}

void Candidates::index(const std::vector<const Narrow*>& narrow, std::size_t limit, bool further) {
  std::map<Dimension, std::size_t> counts;
  for (const Narrow* of_rule : narrow) {
    for (const auto& [dimension, values] : *of_rule) ++counts[dimension];
  }
  std::vector<std::pair<std::size_t, Dimension>> kept;
  for (const auto& [dimension, count] : counts) kept.emplace_back(rules_.size() - count, dimension);
  std::ranges::sort(kept);
  if (kept.size() > limit) kept.resize(limit);
  for (const auto& [open, dimension] : kept) {
    Index& index = indices_[dimension];
    std::vector<const Narrow*> narrow_of_wide;
    for (std::size_t i = 0; i < rules_.size(); ++i) {
      const auto values = narrow[i]->find(dimension);
      if (values == narrow[i]->end()) {
        index.wide.push_back(rules_[i]);
        narrow_of_wide.push_back(narrow[i]);
        continue;
      }
      for (const std::uint32_t value : values->second) index.rules[value].push_back(rules_[i]);
    }
    // Who is open to every source is mostly particular about destinations.
    const bool worth_it = index.wide.size() >= many_wide && index.wide.size() <= rules_.size() / 2;
    if (further && worth_it) index.of_wide.reset(new Candidates(index.wide, narrow_of_wide));
  }
}

std::vector<std::uint32_t> Candidates::of(const RuleCover& other, std::uint32_t below) const {
  std::vector<std::uint32_t> out;
  add_to(out, narrow_in(other), below);
  return out;
}

void Candidates::add_to(std::vector<std::uint32_t>& out, const Narrow& asked, std::uint32_t below) const {
  // Whichever dimension leaves the fewest.
  const Index* best = nullptr;
  const Values* best_values = nullptr;
  std::size_t fewest = rules_.size();
  for (const auto& [dimension, values] : asked) {
    const auto index = indices_.find(dimension);
    if (index == indices_.end()) continue;
    std::size_t count = index->second.wide.size();
    for (const std::uint32_t value : values) {
      const auto rules = index->second.rules.find(value);
      if (rules != index->second.rules.end()) count += rules->second.size();
    }
    if (count >= fewest) continue;
    fewest = count;
    best = &index->second;
    best_values = &values;
  }
  const std::vector<std::uint32_t>& wide = best ? best->wide : rules_;
  if (best && best->of_wide) {
    best->of_wide->add_to(out, asked, below);
  } else {
    unite(out, wide, below);
  }
  if (!best) return;
  for (const std::uint32_t value : *best_values) {
    const auto rules = best->rules.find(value);
    if (rules != best->rules.end()) unite(out, rules->second, below);
  }
}

}  // namespace weft::verifier
