#include "cli/graph_layout.h"

#include <algorithm>
#include <cmath>
#include <map>
#include <ranges>
#include <tuple>
#include <utility>

namespace weft::cli {
namespace {

using Neighbours = std::vector<std::vector<std::size_t>>;

// The arrows that close no circle, taken depth first from the nodes that nobody reaches, then in the order of the
// nodes.
class Acyclic {
 public:
  explicit Acyclic(const driver::Graph& graph) : next(graph.nodes.size()), state_(graph.nodes.size(), State::New) {
    Neighbours all(graph.nodes.size());
    std::vector<bool> entered(graph.nodes.size());
    for (const driver::GraphEdge& edge : graph.edges) {
      if (edge.from == edge.to) continue;
      all[edge.from].push_back(edge.to);
      entered[edge.to] = true;
    }
    for (std::size_t i = 0; i < all.size(); ++i) {
      // The world sends into a cluster before it is sent to, whatever else it does.
      if (!entered[i] || graph.nodes[i].is_world()) visit(i, all);
    }
    for (std::size_t i = 0; i < all.size(); ++i) visit(i, all);
  }

  Neighbours next;

 private:
  enum class State { New, Open, Done };

  // Without recursion: a chain may be as long as there are nodes.
  void visit(std::size_t first, const Neighbours& all) {
    if (state_[first] != State::New) return;
    std::vector<std::pair<std::size_t, std::size_t>> open{{first, 0}};
    state_[first] = State::Open;
    while (!open.empty()) {
      auto& [node, at] = open.back();
      if (at == all[node].size()) {
        state_[node] = State::Done;
        open.pop_back();
        continue;
      }
      const std::size_t to = all[node][at++];
      if (state_[to] == State::Open) continue;  // closes a circle
      next[node].push_back(to);
      if (state_[to] == State::New) {
        state_[to] = State::Open;
        open.emplace_back(to, 0);
      }
    }
  }

  std::vector<State> state_;
};

// As far to the right as the longest way to a node; what sends to more than it is sent to by then goes on to the right,
// next to those it sends to. The world stays where it is.
std::vector<std::size_t> columns_of(const Neighbours& next, const driver::Graph& graph) {
  std::vector<std::size_t> entering(next.size()), out(next.size());
  for (const auto& each : next) {
    for (const std::size_t to : each) ++entering[to];
  }
  std::vector<std::size_t> waiting = entering;
  std::vector<std::size_t> ready;
  for (std::size_t i = 0; i < next.size(); ++i) {
    if (waiting[i] == 0) ready.push_back(i);
  }
  for (std::size_t at = 0; at < ready.size(); ++at) {
    for (const std::size_t to : next[ready[at]]) {
      out[to] = std::max(out[to], out[ready[at]] + 1);
      if (--waiting[to] == 0) ready.push_back(to);
    }
  }
  for (const std::size_t node : std::views::reverse(ready)) {
    if (graph.nodes[node].is_world() || next[node].size() <= entering[node]) continue;
    std::size_t nearest = next.size();
    for (const std::size_t to : next[node]) nearest = std::min(nearest, out[to]);
    out[node] = nearest - 1;
  }
  return out;
}

// A long chain of a few columns, instead of one of very many that nobody can follow. Of a mesh, few: most of its arrows
// have no direction that a column could show.
std::vector<std::size_t> narrowed(std::vector<std::size_t> columns, std::size_t edges) {
  const bool mesh = edges > 3 * columns.size();
  const double side = std::sqrt(static_cast<double>(columns.size()));
  const auto most = static_cast<std::size_t>(mesh ? std::max(5.0, 1.25 * side) : std::max(8.0, 1.4 * side));
  const std::size_t count = columns.empty() ? 0 : *std::ranges::max_element(columns) + 1;
  if (count <= most) return columns;
  for (std::size_t& column : columns) column = column * most / count;
  return columns;
}

class Seating {
 public:
  explicit Seating(const driver::Graph& graph) {
    for (const std::size_t column : narrowed(columns_of(Acyclic(graph).next, graph), graph.edges.size())) add(column);
    make_ways(graph);
  }

  // Column by column, to and fro; the order in which fewest lines cross is the one that stays.
  Layout ordered() {
    auto best = out_.columns;
    std::size_t least = crossings();
    for (int sweep = 0; sweep < most_sweeps && least > 0; ++sweep) {
      for (auto& column : out_.columns) sort(column);
      for (std::size_t i = out_.columns.size(); i-- > 0;) sort(out_.columns[i]);
      if (const std::size_t now = crossings(); now < least) {
        least = now;
        best = out_.columns;
      }
    }
    out_.columns = std::move(best);
    return std::move(out_);
  }

 private:
  static constexpr int most_sweeps = 12;

  std::size_t add(std::size_t column) {
    if (column >= out_.columns.size()) out_.columns.resize(column + 1);
    rows_.push_back(out_.columns[column].size());
    out_.columns[column].push_back(rows_.size() - 1);
    out_.column_of.push_back(column);
    out_.beside.emplace_back();
    return rows_.size() - 1;
  }

  void join(std::size_t a, std::size_t b) {
    if (std::ranges::find(out_.beside[a], b) != out_.beside[a].end()) return;
    out_.beside[a].push_back(b);
    out_.beside[b].push_back(a);
  }

  void make_ways(const driver::Graph& graph) {
    std::map<std::pair<std::size_t, std::size_t>, std::size_t> passages;  // by node that sends, and column
    for (const driver::GraphEdge& edge : graph.edges) {
      std::vector<std::size_t>& way = out_.ways.emplace_back();
      const std::size_t from = out_.column_of[edge.from], to = out_.column_of[edge.to];
      if (from == to) continue;
      std::size_t at = edge.from;
      for (std::size_t column = from; column != to;) {
        from < to ? ++column : --column;
        if (column == to) break;
        const auto found = passages.find({edge.from, column});
        way.push_back(found == passages.end() ? add(column) : found->second);
        passages.insert({{edge.from, column}, way.back()});
        join(at, way.back());
        at = way.back();
      }
      join(at, edge.to);
    }
  }

  // How far down, from 0 to 1.
  double place(std::size_t slot) const {
    const std::size_t height = out_.columns[out_.column_of[slot]].size();
    return (static_cast<double>(rows_[slot]) + 0.5) / static_cast<double>(height);
  }

  // Puts each near the middle of its neighbours.
  void sort(std::vector<std::size_t>& column) {
    std::vector<std::tuple<double, std::size_t, std::size_t>> middles;  // with the row, so that equals keep theirs
    for (const std::size_t slot : column) {
      double sum = 0;
      for (const std::size_t other : out_.beside[slot]) sum += place(other);
      const std::size_t count = out_.beside[slot].size();
      middles.emplace_back(count == 0 ? place(slot) : sum / static_cast<double>(count), rows_[slot], slot);
    }
    std::ranges::sort(middles);
    for (std::size_t row = 0; row < column.size(); ++row) {
      column[row] = std::get<2>(middles[row]);
      rows_[column[row]] = row;
    }
  }

  // Of the lines between two columns: how often one begins above another and ends below it.
  std::size_t crossings() const {
    std::size_t out = 0;
    for (const auto& column : out_.columns) {
      std::vector<std::size_t> ended;  // ascending: where the lines end that began above
      for (const std::size_t slot : column) {
        std::vector<std::size_t> ends;
        for (const std::size_t other : out_.beside[slot]) {
          if (out_.column_of[other] == out_.column_of[slot] + 1) ends.push_back(rows_[other]);
        }
        for (const std::size_t end : ends) {
          out += static_cast<std::size_t>(ended.end() - std::ranges::upper_bound(ended, end));
        }
        for (const std::size_t end : ends) ended.insert(std::ranges::upper_bound(ended, end), end);
      }
    }
    return out;
  }

  Layout out_;
  std::vector<std::size_t> rows_;  // by slot
};

}  // namespace

Layout layout_of(const driver::Graph& graph) { return Seating(graph).ordered(); }

}  // namespace weft::cli
