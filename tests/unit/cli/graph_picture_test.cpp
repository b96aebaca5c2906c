#include <array>
#include <catch2/catch.hpp>
#include <random>

#include "cli/graph_picture.h"
#include "cli/text_width.h"

using namespace weft;
using namespace weft::cli;

namespace {

using driver::Graph;
using driver::GraphEdge;
using Rect = GraphPicture::Rect;

// From chains to meshes, with loops, circles and changes; names from one letter to very long ones.
Graph generated(unsigned seed) {
  std::mt19937 random(seed);
  const auto below = [&](std::size_t end) { return static_cast<std::size_t>(random()) % end; };
  static constexpr std::array<std::string_view, 5> letters{"W", "i", "m", "日", "-"};
  Graph out;
  out.compared = below(2) == 0;
  const std::size_t nodes = 1 + below(30);
  for (std::size_t i = 0; i < nodes; ++i) {
    driver::GraphNode node{.name = "n" + std::to_string(i), .kind = model::PeerKind::Workload};
    const std::string_view letter = letters[below(letters.size())];
    for (std::size_t more = below(2) * below(50); more > 0; --more) node.name += letter;
    if (i + 1 == nodes && below(2) == 0) {
      node.kind = model::PeerKind::World;
    } else {
      node.members.resize(1 + below(3));
      node.example = "some/" + std::string(below(60), 'w');
    }
    out.nodes.push_back(node);
  }
  // Some graphs are dense, and most have few arrows, which tell their services.
  const std::size_t percent = std::array<std::size_t, 4>{2, 5, 10, 60}[below(4)];
  for (std::size_t from = 0; from < nodes; ++from) {
    for (std::size_t to = 0; to < nodes; ++to) {
      if (below(100) >= percent) continue;
      GraphEdge edge;
      edge.from = from;
      edge.to = to;
      const auto port = static_cast<std::uint16_t>(1 + below(60000));
      (below(2) == 0 ? edge.all : edge.some) =
          model::PointSet::of_range(6, port, static_cast<std::uint16_t>(port + below(2)));
      if (out.compared) edge.state = static_cast<GraphEdge::State>(below(4));
      if (edge.state == GraphEdge::State::Changed) edge.gained = model::PointSet::of_range(17, 1, 65000);
      if (edge.state == GraphEdge::State::Lost) edge.lost = edge.all, edge.all = edge.some = {};
      out.edges.push_back(edge);
    }
  }
  return out;
}

bool meet(const Rect& a, const Rect& b) {
  return a.x < b.right() && b.x < a.right() && a.y < b.bottom() && b.y < a.bottom();
}

bool within(const Rect& rect, double x, double y) {
  return x > rect.x && x < rect.right() && y > rect.y && y < rect.bottom();
}

// Points of the line, close together.
std::vector<std::pair<double, double>> points_of(const GraphPicture::Arrow& arrow) {
  std::vector<std::pair<double, double>> out{{arrow.x, arrow.y}};
  double x = arrow.x, y = arrow.y;
  for (const GraphPicture::Step& step : arrow.steps) {
    constexpr int pieces = 24;
    for (int i = 1; i <= pieces; ++i) {
      const double t = static_cast<double>(i) / pieces, u = 1 - t;
      out.emplace_back(
          u * u * u * x + 3 * u * u * t * step.leaving_x + 3 * u * t * t * step.arriving_x + t * t * t * step.x,
          u * u * (u + 3 * t) * y + t * t * (t + 3 * u) * step.y);
    }
    x = step.x;
    y = step.y;
  }
  return out;
}

void check(const Graph& graph) {
  const GraphPicture picture = picture_of(graph);
  const Rect all{0, 0, picture.width, picture.height};
  REQUIRE(picture.boxes.size() == graph.nodes.size());
  REQUIRE(picture.arrows.size() == graph.edges.size());
  const auto inside = [&](const Rect& rect) {
    return rect.x >= 0 && rect.y >= 0 && rect.right() <= all.width && rect.bottom() <= all.height;
  };
  for (std::size_t i = 0; i < picture.boxes.size(); ++i) {
    const GraphPicture::Box& box = picture.boxes[i];
    CHECK(inside(box.rect));
    CHECK(text_width(box.name, name_size, true) + 20 <= box.rect.width);
    CHECK(text_width(box.below, small_size) + 20 <= box.rect.width);
    for (std::size_t j = 0; j < i; ++j) CHECK_FALSE(meet(box.rect, picture.boxes[j].rect));
  }
  std::size_t wrong = 0;
  for (std::size_t i = 0; i < picture.arrows.size(); ++i) {
    const GraphPicture::Arrow& arrow = picture.arrows[i];
    const Rect &from = picture.boxes[graph.edges[i].from].rect, &to = picture.boxes[graph.edges[i].to].rect;
    CHECK((arrow.x == from.x || arrow.x == from.right()));
    CHECK((arrow.y > from.y && arrow.y < from.bottom()));
    REQUIRE_FALSE(arrow.steps.empty());
    const GraphPicture::Step& end = arrow.steps.back();
    CHECK(end.x + (arrow.to_the_right ? 7 : -7) == (arrow.to_the_right ? to.x : to.right()));
    CHECK((end.y > to.y && end.y < to.bottom()));
    for (const auto& [x, y] : points_of(arrow)) {
      wrong += x < 0 || y < 0 || x > all.width || y > all.height;
      for (const GraphPicture::Box& box : picture.boxes) wrong += within(box.rect, x, y);
      for (std::size_t j = 0; j < picture.arrows.size(); ++j) {
        if (i != j && !picture.arrows[j].label.empty()) wrong += within(picture.arrows[j].label_rect, x, y);
      }
    }
    if (arrow.label.empty()) continue;
    CHECK(inside(arrow.label_rect));
    CHECK(text_width(arrow.label, small_size) <= arrow.label_rect.width);
    for (const GraphPicture::Box& box : picture.boxes) wrong += meet(arrow.label_rect, box.rect);
    for (std::size_t j = 0; j < i; ++j) {
      wrong += !picture.arrows[j].label.empty() && meet(arrow.label_rect, picture.arrows[j].label_rect);
    }
  }
  CHECK(wrong == 0);
}

}  // namespace

TEST_CASE("nothing of a graph lies on anything else", "[cli][graph]") {
  for (unsigned seed = 1; seed <= 300; ++seed) {
    INFO("seed " << seed);
    check(generated(seed));
  }
}

TEST_CASE("an arrow tells its services where there are few, and what changed where there are many", "[cli][graph]") {
  const auto labels = [](const Graph& graph) {
    return std::ranges::count_if(picture_of(graph).arrows, [](const auto& arrow) { return !arrow.label.empty(); });
  };
  Graph graph;
  for (int i = 0; i < 9; ++i) graph.nodes.push_back({.name = "n" + std::to_string(i)});
  const auto join = [&](std::size_t count) {
    graph.edges.clear();
    for (std::size_t i = 0; i < count; ++i) {
      GraphEdge edge;
      edge.from = i / 9;
      edge.to = i % 9;
      edge.all = model::PointSet::any();
      graph.edges.push_back(edge);
    }
  };
  join(60);
  CHECK(labels(graph) == 60);
  join(81);
  CHECK(labels(graph) == 0);
  graph.edges[7].state = GraphEdge::State::Gained;
  CHECK(labels(graph) == 1);
}

TEST_CASE("two boxes that send to one another are joined by two lines that do not cross", "[cli][graph]") {
  Graph graph;
  graph.nodes = {{.name = "a"}, {.name = "b"}};
  for (const std::size_t from : {0U, 1U}) {
    GraphEdge edge;
    edge.from = from;
    edge.to = 1 - from;
    edge.all = model::PointSet::any();
    graph.edges.push_back(edge);
  }
  const GraphPicture picture = picture_of(graph);
  const GraphPicture::Arrow &there = picture.arrows[0], &back = picture.arrows[1];
  CHECK((there.y < back.steps.back().y) == (there.steps.back().y < back.y));
}

TEST_CASE("a long chain is no wider than a page or two", "[cli][graph]") {
  Graph graph;
  for (std::size_t i = 0; i < 100; ++i) graph.nodes.push_back({.name = "n" + std::to_string(i)});
  for (std::size_t i = 0; i + 1 < 100; ++i) {
    GraphEdge edge;
    edge.from = i;
    edge.to = i + 1;
    edge.all = model::PointSet::any();
    graph.edges.push_back(edge);
  }
  CHECK(picture_of(graph).width < 4000);
  check(graph);
}

TEST_CASE("a graph of nobody is an empty picture", "[cli][graph]") {
  CHECK(picture_of({}).boxes.empty());
  CHECK(picture_of({}).width > 0);
}

TEST_CASE("text that is cut off fits, and is cut between letters", "[cli][graph]") {
  CHECK(fitted("short", 200, 13) == "short");
  const std::string cut = fitted("日本語日本語日本語", 60, 13);
  CHECK(cut == "日本語…");
  CHECK(text_width(cut, 13) <= 60);
  CHECK(text_width("WWW", 13, true) > text_width("WWW", 13));
  CHECK(text_width("iii", 13) < text_width("WWW", 13));
  CHECK(letters("日本語") == 3);
  for (std::size_t length = 1; length < 60; ++length) {
    CHECK(text_width(fitted(std::string(length, 'm'), 150, 11, true), 11, true) <= 150);
  }
}
