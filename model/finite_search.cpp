#include "model/finite_search.h"

#include <algorithm>

namespace weft::model {
namespace {

using Node = FiniteProblem::Node;
using Clauses = std::vector<std::uint32_t>;  // nodes of kind Any that are still to be made true

// Far below what the stack holds, far above what selectors of people ask for.
constexpr std::size_t most_decisions = 2'000;

class Search {
 public:
  Search(const FiniteProblem& problem, std::size_t effort) : problem_(problem), effort_(effort) {
    for (const auto& variable : problem.variables) {
      alive_.emplace_back(variable.values, true);
      counts_.push_back(variable.values);
    }
  }

  FiniteAnswer run() {
    Clauses open;
    if (require(problem_.root, open) && solve(std::move(open), 0)) return {FiniteAnswer::Kind::Found, choice()};
    return {undecided_ ? FiniteAnswer::Kind::Undecided : FiniteAnswer::Kind::None};
  }

 private:
  enum class Truth : std::uint8_t { False, Open, True };

  bool exhausted() {
    if (steps_ > effort_) undecided_ = true;
    return steps_ > effort_;
  }

  bool doubtful_alive(std::uint32_t variable) const {
    const auto doubtful = problem_.variables[variable].doubtful;
    return doubtful && alive_[variable][*doubtful];
  }

  // What the values left say about a node, whichever of them are chosen.
  Truth truth(std::uint32_t number) {
    const Node& node = problem_.nodes[number];
    ++steps_;
    switch (node.kind) {
      case Node::Kind::True:
        return Truth::True;
      case Node::Kind::False:
        return Truth::False;
      case Node::Kind::Literal: {
        if (node.vague && doubtful_alive(node.variable)) return Truth::Open;
        const std::vector<bool>& alive = alive_[node.variable];
        steps_ += node.parts.size();
        const auto among = static_cast<std::uint32_t>(
            std::ranges::count_if(node.parts, [&](std::uint32_t value) { return alive[value]; }));
        if (among == 0) return node.outside ? Truth::True : Truth::False;
        if (among == counts_[node.variable]) return node.outside ? Truth::False : Truth::True;
        return Truth::Open;
      }
      case Node::Kind::All:
      case Node::Kind::Any: {
        const Truth decides = node.kind == Node::Kind::All ? Truth::False : Truth::True;
        bool open = false;
        for (const std::uint32_t part : node.parts) {
          const Truth of_part = truth(part);
          if (of_part == decides) return decides;
          open = open || of_part == Truth::Open;
        }
        if (open) return Truth::Open;
        return decides == Truth::False ? Truth::True : Truth::False;
      }
    }
    return Truth::Open;
  }

  void remove(std::uint32_t variable, std::uint32_t value) {
    if (!alive_[variable][value]) return;
    alive_[variable][value] = false;
    --counts_[variable];
    trail_.push_back({variable, value});
    changed_ = true;
  }

  // Leaves only the values that make the literal true, or whose standing to it is in doubt.
  bool restrict(const Node& literal, bool outside) {
    const std::uint32_t variable = literal.variable;
    steps_ += literal.parts.size();
    if (outside) {
      for (const std::uint32_t value : literal.parts) remove(variable, value);
    } else {
      steps_ += alive_[variable].size();
      auto part = literal.parts.begin();
      for (std::uint32_t value = 0; value < alive_[variable].size(); ++value) {
        const bool listed = part != literal.parts.end() && *part == value;
        if (listed) ++part;
        if (listed || (literal.vague && value == problem_.variables[variable].doubtful)) continue;
        remove(variable, value);
      }
    }
    return counts_[variable] > 0;
  }

  bool require(std::uint32_t number, Clauses& open) {
    const Node& node = problem_.nodes[number];
    switch (node.kind) {
      case Node::Kind::True:
        return true;
      case Node::Kind::False:
        return false;
      case Node::Kind::Literal:
        return restrict(node, node.outside);
      case Node::Kind::All:
        return std::ranges::all_of(node.parts, [&](std::uint32_t part) { return require(part, open); });
      case Node::Kind::Any:
        open.push_back(number);
        return true;
    }
    return false;
  }

  // Drops clauses that hold and follows those with one way left, until nothing changes. False: a contradiction.
  bool propagate(Clauses& open) {
    do {
      changed_ = false;
      Clauses left;
      for (std::size_t i = 0; i < open.size(); ++i) {  // `open` may grow: a way may have clauses of its own
        if (exhausted()) return false;
        const Node& clause = problem_.nodes[open[i]];
        std::size_t ways = 0;
        std::uint32_t way = 0;
        bool holds = false;
        for (const std::uint32_t part : clause.parts) {
          const Truth of_part = truth(part);
          holds = of_part == Truth::True;
          if (holds || (of_part == Truth::Open && ++ways > 1)) break;
          if (of_part == Truth::Open) way = part;
        }
        if (holds) continue;
        if (ways == 0) return false;
        if (ways > 1) {
          left.push_back(open[i]);
        } else if (!require(way, open)) {
          return false;
        }
      }
      open = std::move(left);
    } while (changed_);
    return true;
  }

  // Of every variable the preferred value, the lowest one, or the doubtful one: the first that is left.
  std::vector<std::uint32_t> choice() const {
    std::vector<std::uint32_t> out;
    for (std::uint32_t v = 0; v < alive_.size(); ++v) {
      const FiniteProblem::Variable& variable = problem_.variables[v];
      std::uint32_t value = variable.preferred;
      if (!alive_[v][value]) {
        value = 0;
        while (value + 1 < variable.values && (!alive_[v][value] || value == variable.doubtful)) ++value;
      }
      out.push_back(value);
    }
    return out;
  }

  bool makes_true(std::uint32_t number, const std::vector<std::uint32_t>& values) {
    const Node& node = problem_.nodes[number];
    ++steps_;
    switch (node.kind) {
      case Node::Kind::True:
        return true;
      case Node::Kind::False:
        return false;
      case Node::Kind::Literal:
        if (values[node.variable] == problem_.variables[node.variable].doubtful) return false;
        return std::ranges::binary_search(node.parts, values[node.variable]) != node.outside;
      case Node::Kind::All:
        return std::ranges::all_of(node.parts, [&](std::uint32_t part) { return makes_true(part, values); });
      case Node::Kind::Any:
        return std::ranges::any_of(node.parts, [&](std::uint32_t part) { return makes_true(part, values); });
    }
    return false;
  }

  // True: `choice` makes the root true, and what was removed stays removed. False: no choice of what is left does.
  bool solve(Clauses open, std::size_t decisions) {
    if (!propagate(open)) return false;
    steps_ += alive_.size();
    if (makes_true(problem_.root, choice())) return true;
    if (open.empty() || decisions == most_decisions) {
      undecided_ = true;  // everything required holds of every sure value, so some variable has only a doubtful one
      return false;
    }

    // The clause with the fewest ways that are left.
    std::size_t chosen = 0;
    std::size_t fewest = SIZE_MAX;
    for (std::size_t i = 0; i < open.size() && fewest > 2; ++i) {
      const auto& parts = problem_.nodes[open[i]].parts;
      const auto ways = static_cast<std::size_t>(
          std::ranges::count_if(parts, [&](std::uint32_t part) { return truth(part) != Truth::False; }));
      if (ways < fewest) {
        fewest = ways;
        chosen = i;
      }
    }
    const Node& clause = problem_.nodes[open[chosen]];
    open.erase(open.begin() + static_cast<std::ptrdiff_t>(chosen));
    for (const std::uint32_t part : clause.parts) {
      if (exhausted()) return false;
      if (truth(part) == Truth::False) continue;
      const std::size_t mark = trail_.size();
      Clauses next = open;
      steps_ += next.size();
      if (require(part, next) && solve(std::move(next), decisions + 1)) return true;
      undo(mark);
      // Nothing is left to find where this way is taken, so the ways after it may rely on its contrary.
      const Node& node = problem_.nodes[part];
      const bool sure = node.kind == Node::Kind::Literal && !(node.vague && doubtful_alive(node.variable));
      if (sure && !restrict(node, !node.outside)) return false;
    }
    return false;
  }

  void undo(std::size_t mark) {
    for (; trail_.size() > mark; trail_.pop_back()) {
      const auto& [variable, value] = trail_.back();
      alive_[variable][value] = true;
      ++counts_[variable];
    }
  }

  struct Removed {
    std::uint32_t variable;
    std::uint32_t value;
  };

  const FiniteProblem& problem_;
  std::size_t effort_;
  std::size_t steps_ = 0;
  bool undecided_ = false;
  bool changed_ = false;
  std::vector<std::vector<bool>> alive_;
  std::vector<std::uint32_t> counts_;
  std::vector<Removed> trail_;
};

}  // namespace

FiniteAnswer search(const FiniteProblem& problem, std::size_t effort) { return Search(problem, effort).run(); }

}  // namespace weft::model
