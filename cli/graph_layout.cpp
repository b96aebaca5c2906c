#include "cli/graph_layout.h"

#include <algorithm>
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

// As far to the right as the longest way to a node.
std::vector<std::size_t> columns_of(const Neighbours& next) {
  std::vector<std::size_t> waiting(next.size()), out(next.size());
  for (const auto& each : next) {
    for (const std::size_t to : each) ++waiting[to];
  }
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
  return out;
}

// Nodes, and behind them a stand-in for every column that an arrow crosses, so that it does not cross a box.
struct Seated {
  std::vector<Layout::Seat> seats;
  std::vector<std::vector<std::size_t>> columns;  // from top to bottom
  Neighbours beside;

  std::size_t add(std::size_t column) {
    if (column >= columns.size()) columns.resize(column + 1);
    seats.push_back({column, columns[column].size()});
    columns[column].push_back(seats.size() - 1);
    beside.emplace_back();
    return seats.size() - 1;
  }

  void join(std::size_t a, std::size_t b) {
    beside[a].push_back(b);
    beside[b].push_back(a);
  }

  // How far down, from 0 to 1.
  double place(std::size_t one) const {
    const std::size_t height = columns[seats[one].column].size();
    return (static_cast<double>(seats[one].row) + 0.5) / static_cast<double>(height);
  }

  // Puts each near the middle of its neighbours.
  void sort(std::vector<std::size_t>& column) {
    std::vector<std::tuple<double, std::size_t, std::size_t>> middles;  // with the row, so that equals keep theirs
    for (const std::size_t one : column) {
      double sum = 0;
      std::size_t count = 0;
      for (const std::size_t other : beside[one]) {
        if (seats[other].column == seats[one].column) continue;
        sum += place(other);
        ++count;
      }
      middles.emplace_back(count == 0 ? place(one) : sum / static_cast<double>(count), seats[one].row, one);
    }
    std::ranges::sort(middles);
    for (std::size_t row = 0; row < column.size(); ++row) {
      column[row] = std::get<2>(middles[row]);
      seats[column[row]].row = row;
    }
  }
};

}  // namespace

Layout layout_of(const driver::Graph& graph) {
  Seated all;
  for (const std::size_t column : columns_of(Acyclic(graph).next)) all.add(column);
  Layout out;
  std::vector<std::vector<std::size_t>> ways;
  for (const driver::GraphEdge& edge : graph.edges) {
    std::vector<std::size_t>& way = ways.emplace_back();
    std::size_t at = edge.from;
    for (std::size_t column = all.seats[edge.from].column + 1; column < all.seats[edge.to].column; ++column) {
      way.push_back(all.add(column));
      all.join(at, way.back());
      at = way.back();
    }
    all.join(at, edge.to);
  }
  // Column by column, to and fro, until few arrows cross.
  for (int sweep = 0; sweep < 8; ++sweep) {
    for (auto& column : all.columns) all.sort(column);
    for (std::size_t i = all.columns.size(); i-- > 0;) all.sort(all.columns[i]);
  }
  out.seats.assign(all.seats.begin(), all.seats.begin() + static_cast<std::ptrdiff_t>(graph.nodes.size()));
  for (const auto& way : ways) {
    std::vector<Layout::Seat>& seats = out.ways.emplace_back();
    for (const std::size_t one : way) seats.push_back(all.seats[one]);
  }
  for (const auto& column : all.columns) out.heights.push_back(column.size());
  return out;
}

}  // namespace weft::cli
