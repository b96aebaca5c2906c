#include "verifier/candidates.h"

#include <algorithm>

namespace weft::verifier {

namespace {

// A rule that leaves more values open than this counts as open to all.
constexpr std::size_t max_values = 8;
// The dimensions kept: those in which most rules ask for something. Rules of one policy rarely differ in more.
constexpr std::size_t max_dimensions = 16;

void sort_once(std::vector<std::uint32_t>& numbers) {
  std::ranges::sort(numbers);
  const auto rest = std::ranges::unique(numbers);
  numbers.erase(rest.begin(), rest.end());
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
void Candidates::add_end(const Cover& cover, What label, What address, std::map<Dimension, Values>& out) {
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

std::map<Candidates::Dimension, Candidates::Values> Candidates::narrow_in(const RuleCover& cover) {
  std::map<Dimension, Values> out;
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
  std::vector<std::map<Dimension, Values>> narrow;
  std::map<Dimension, std::size_t> counts;
  for (const std::uint32_t rule : rules_) {
    narrow.push_back(narrow_in(cover_of(rule)));
    for (const auto& [dimension, values] : narrow.back()) ++counts[dimension];
  }
  std::vector<std::pair<std::size_t, Dimension>> kept;
  for (const auto& [dimension, count] : counts) kept.emplace_back(rules_.size() - count, dimension);
  std::ranges::sort(kept);
  if (kept.size() > max_dimensions) kept.resize(max_dimensions);
  for (const auto& [open, dimension] : kept) {
    Index& index = indices_[dimension];
    for (std::size_t i = 0; i < rules_.size(); ++i) {
      const auto values = narrow[i].find(dimension);
      if (values == narrow[i].end()) {
        index.wide.push_back(rules_[i]);
        continue;
      }
      for (const std::uint32_t value : values->second) index.rules[value].push_back(rules_[i]);
    }
  }
}

std::vector<std::uint32_t> Candidates::of(const RuleCover& other) const {
  // Whichever dimension leaves the fewest.
  const auto asked = narrow_in(other);
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
  if (!best) return rules_;
  std::vector<std::uint32_t> out = best->wide;
  for (const std::uint32_t value : *best_values) {
    const auto rules = best->rules.find(value);
    if (rules != best->rules.end()) out.insert(out.end(), rules->second.begin(), rules->second.end());
  }
  sort_once(out);
  return out;
}

}  // namespace weft::verifier
