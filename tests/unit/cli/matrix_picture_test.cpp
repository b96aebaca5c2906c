#include <catch2/catch.hpp>
#include <regex>

#include "cli/drawing.h"
#include "cli/text_width.h"

using namespace weft::cli;

namespace {

std::vector<int> numbers(const std::string& text, const std::string& pattern) {
  const std::regex wanted(pattern);
  std::vector<int> out;
  for (std::sregex_iterator at(text.begin(), text.end(), wanted), end; at != end; ++at)
    out.push_back(std::stoi((*at)[1]));
  return out;
}

MatrixPicture example(std::size_t nodes) {
  MatrixPicture out;
  out.title = "rows may open connections to columns";
  for (std::size_t i = 0; i < nodes; ++i) {
    out.rows.push_back(std::string(5 + i % 20, 'W'));
    out.columns.push_back(std::string(5 + i % 20, 'm'));
  }
  return out;
}

}  // namespace

TEST_CASE("what a square says fits into it", "[cli][drawing]") {
  for (const char* label : {"1", "1–3", "10–12", "100"}) {
    MatrixPicture picture = example(4);
    picture.cells = {{.row = 1, .column = 2, .label = label}};
    const std::string svg = svg_of(picture);
    const auto widths = numbers(svg, "<rect class=\"all\" [^>]*width=\"([0-9]+)\"");
    REQUIRE(widths.size() == 2);  // that of the legend as well
    INFO(label);
    CHECK(text_width(label, 11, true) <= widths[0]);
    CHECK(widths[1] == 18);
  }
}

TEST_CASE("names of rows and the legend stand inside a matrix", "[cli][drawing]") {
  for (const std::size_t nodes : {1U, 4U, 26U, 40U}) {
    MatrixPicture picture = example(nodes);
    picture.cells = {{.row = 0, .column = 0}, {.row = 0, .column = 0, .partly = true}};
    using Change = MatrixPicture::Change;
    for (const Change change : {Change::Gained, Change::Lost, Change::Changed}) {
      picture.cells.push_back({.row = 0, .column = 0, .change = change});
    }
    const std::string svg = svg_of(picture);
    const int width = numbers(svg, "<svg [^>]* width=\"([0-9]+)\"").at(0);
    // The names at the left end there, those at the right begin there.
    const auto left = numbers(svg, "data-row=\"[0-9]+\" x=\"([0-9]+)\" y=\"[0-9]+\" text-anchor=\"end\"");
    const auto right = numbers(svg, "data-row=\"[0-9]+\" x=\"([0-9]+)\" y=\"[0-9]+\">");
    REQUIRE(left.size() == nodes);
    CHECK(right.size() == (nodes > 25 ? nodes : 0));
    for (std::size_t i = 0; i < nodes; ++i) {
      const double room = text_width(fitted(picture.rows[i], 270, 13), 13);
      CHECK(left[i] - room >= 0);
      if (!right.empty()) CHECK(right[i] + room <= width);
    }
    CHECK(numbers(svg, "<text x=\"([0-9]+)\" y=\"[0-9]+\">changed").at(0) + text_width("changed", 13) <= width);
  }
}

TEST_CASE("the legend tells of what there is alone", "[cli][drawing]") {
  MatrixPicture picture = example(2);
  picture.cells = {{.row = 0, .column = 0, .partly = true}};
  const std::string svg = svg_of(picture);
  CHECK(svg.find("some of them") != std::string::npos);
  CHECK(svg.find("all of a row") == std::string::npos);
  CHECK(svg.find("gained<") == std::string::npos);
  picture.cells[0].change = MatrixPicture::Change::Gained;
  CHECK(svg_of(picture).find("gained<") != std::string::npos);
}
