#include "cli/drawing.h"

#include <algorithm>
#include <cmath>
#include <utility>

#include <fmt/format.h>

#include "cli/text_width.h"
#include "cli/xml.h"

namespace weft::cli {
namespace {

using Change = MatrixPicture::Change;

// What a line of a name may take, in pixels; the whole name stands in the tooltip.
constexpr double widest_name = 270;
constexpr int size = 13, label_size = 11, square = 22, margin = 12;
// In a wider matrix the names of rows stand at both sides.
constexpr std::size_t most_columns = 25;

int room(std::string_view text, bool bold = false) { return static_cast<int>(std::ceil(text_width(text, size, bold))); }

int widest(const std::vector<std::string>& names) {
  int out = 30;
  for (const std::string& name : names) out = std::max(out, room(fitted(name, widest_name, size)));
  return out;
}

std::string whole_text(std::string_view attributes, std::string_view text) {
  return fmt::format("<text {}>{}</text>\n", attributes, xml_text(text));
}

std::string text_element(std::string_view attributes, const std::string& text) {
  const std::string shown = fitted(text, widest_name, size);
  const std::string title = shown == text ? "" : fmt::format("<title>{}</title>", xml_text(text));
  return fmt::format("<text {}>{}{}</text>\n", attributes, title, xml_text(shown));
}

std::string_view style_of(const MatrixPicture::Cell& cell) {
  switch (cell.change) {
    case Change::None:
      return cell.partly ? "some" : "all";
    case Change::Gained:
      return "gained";
    case Change::Lost:
      return "lost";
    case Change::Changed:
      return "changed";
  }
  return "";
}

std::string_view sign_of(const MatrixPicture::Cell& cell) {
  static constexpr std::string_view signs[] = {"", "+", "−", "~"};
  return cell.change == Change::None ? std::string_view(cell.label) : signs[static_cast<std::size_t>(cell.change)];
}

// As wide as the longest label needs.
int square_width(const MatrixPicture& picture) {
  int out = square;
  for (const MatrixPicture::Cell& cell : picture.cells) {
    out = std::max(out, static_cast<int>(std::ceil(text_width(sign_of(cell), label_size, true))) + 8);
  }
  return out;
}

std::string square_of(const MatrixPicture::Cell& cell, int x, int y, int wide) {
  std::string out = fmt::format("<rect class=\"{}\" x=\"{}\" y=\"{}\" width=\"{}\" height=\"{}\" rx=\"3\"/>",
                                style_of(cell), x + 2, y + 2, wide - 4, square - 4);
  if (const std::string_view sign = sign_of(cell); !sign.empty()) {
    out += fmt::format("<text class=\"label\" x=\"{}\" y=\"{}\" text-anchor=\"middle\">{}</text>", x + wide / 2, y + 15,
                       xml_text(sign));
  }
  return out;
}

std::size_t number_of(const std::vector<std::size_t>& numbers, std::size_t place) {
  return numbers.empty() ? place : numbers[place];
}

// What the kinds of squares mean that there are.
std::vector<std::pair<MatrixPicture::Cell, std::string_view>> legend_of(const MatrixPicture& picture) {
  std::vector<std::pair<MatrixPicture::Cell, std::string_view>> out;
  const auto add = [&](bool partly, Change change, std::string_view text) {
    const auto same = [&](const MatrixPicture::Cell& cell) {
      return cell.change == change && (change != Change::None || cell.partly == partly);
    };
    if (std::ranges::any_of(picture.cells, same)) out.push_back({{.partly = partly, .change = change}, text});
  };
  add(false, Change::None, "all of a row to all of a column");
  add(true, Change::None, "some of them");
  add(false, Change::Gained, "gained");
  add(false, Change::Lost, "lost");
  add(false, Change::Changed, "changed");
  return out;
}

}  // namespace

std::string_view drawing_style() {
  return ".weft{--paper:#ffffff;--ink:#1c2733;--faint:#d8dee6;--all:#1f7a8c;--some:#e0a030;--on:#ffffff;--on-some:#"
         "1c2733;--gained:#"
         "1e8449;--lost:#c0392b;--changed:#9a6412;"
         "font-family:system-ui,sans-serif;font-size:13px;color:var(--ink);background:var(--paper)}\n"
         "@media (prefers-color-scheme:dark){.weft{--paper:#14191f;--ink:#e3e8ee;--faint:#37414d;--all:#4db6c9;"
         "--some:#e8b04c;--on:#10151a;--on-some:#10151a;--gained:#58c483;--lost:#ef7c6e;--changed:#e3b04b}}\n"
         ".weft text{fill:var(--ink)}.weft .paper{fill:var(--paper)}.weft .grid{stroke:var(--faint);stroke-width:1}\n"
         ".weft .all{fill:var(--all)}.weft .some{fill:var(--some)}.weft .label{fill:var(--on);font-size:11px;"
         "font-weight:600}.weft rect.gained{fill:var(--gained)}.weft rect.lost{fill:var(--lost)}"
         ".weft rect.changed{fill:var(--changed)}.weft rect.some+.label{fill:var(--on-some)}\n"
         "body.weft{margin:2rem auto;max-width:72rem;padding:0 1rem;line-height:1.5}\n"
         ".weft table{border-collapse:collapse;width:100%}.weft th,.weft td{text-align:left;vertical-align:top;"
         "padding:.3rem .6rem;border-bottom:1px solid var(--faint)}\n"
         ".weft .wide{overflow-x:auto}.weft h1{font-size:1.5rem}.weft h2{font-size:1.1rem;margin-top:2rem}\n";
}

std::string svg_of(const MatrixPicture& picture) {
  const int names = widest(picture.rows), left = margin + names + 8, wide = square_width(picture);
  // The names of columns stand slanted, and lean out to the right.
  const int lean = static_cast<int>(std::ceil(widest(picture.columns) * 0.71)) + 4;
  const int top = 3 * margin + 12 + lean;
  const int across = static_cast<int>(picture.columns.size()) * wide;
  const int down = static_cast<int>(picture.rows.size()) * square;
  const bool both_sides = picture.columns.size() > most_columns;
  const auto legend = legend_of(picture);
  int legend_width = margin;
  for (const auto& [cell, text] : legend) legend_width += square + 6 + room(text) + 20;
  const int width = std::max({left + across + (both_sides ? std::max(lean, names + 8) : lean) + margin, legend_width,
                              2 * margin + room(picture.title, true)});
  const int height = top + down + (legend.empty() ? margin : 2 * margin + square);

  std::string out = fmt::format(
      "<svg xmlns=\"http://www.w3.org/2000/svg\" class=\"weft matrix\" width=\"{0}\" height=\"{1}\" "
      "viewBox=\"0 0 {0} {1}\" role=\"img\">\n<title>{2}</title>\n<style>{3}</style>\n"
      "<rect class=\"paper\" width=\"{0}\" height=\"{1}\"/>\n",
      width, height, xml_text(picture.title), drawing_style());
  out += whole_text(fmt::format("x=\"{}\" y=\"{}\" font-weight=\"600\"", margin, margin + 8), picture.title);
  for (std::size_t c = 0; c < picture.columns.size(); ++c) {
    out += text_element(
        fmt::format("data-column=\"{}\" transform=\"translate({},{}) rotate(-45)\"",
                    number_of(picture.column_numbers, c), left + static_cast<int>(c) * wide + wide / 2 + 4, top - 6),
        picture.columns[c]);
  }
  for (std::size_t r = 0; r < picture.rows.size(); ++r) {
    const int y = top + static_cast<int>(r) * square + 15;
    const std::size_t row = number_of(picture.row_numbers, r);
    out += text_element(fmt::format("data-row=\"{}\" x=\"{}\" y=\"{}\" text-anchor=\"end\"", row, left - 6, y),
                        picture.rows[r]);
    if (!both_sides) continue;
    out += text_element(fmt::format("data-row=\"{}\" x=\"{}\" y=\"{}\"", row, left + across + 6, y), picture.rows[r]);
  }
  out += "<path class=\"grid\" d=\"";
  for (std::size_t r = 0; r <= picture.rows.size(); ++r) {
    out += fmt::format("M{} {}h{}", left, top + static_cast<int>(r) * square, across);
  }
  for (std::size_t c = 0; c <= picture.columns.size(); ++c) {
    out += fmt::format("M{} {}v{}", left + static_cast<int>(c) * wide, top, down);
  }
  out += "\"/>\n";
  for (const MatrixPicture::Cell& cell : picture.cells) {
    out += fmt::format(
        "<g class=\"cell\" data-row=\"{}\" data-column=\"{}\"><title>{}</title>{}</g>\n",
        number_of(picture.row_numbers, cell.row), number_of(picture.column_numbers, cell.column),
        xml_text(cell.tooltip),
        square_of(cell, left + static_cast<int>(cell.column) * wide, top + static_cast<int>(cell.row) * square, wide));
  }
  int x = margin;
  for (const auto& [cell, text] : legend) {
    out += square_of(cell, x, top + down + margin, square);
    out += whole_text(fmt::format("x=\"{}\" y=\"{}\"", x + square + 6, top + down + margin + 15), text);
    x += square + 6 + room(text) + 20;
  }
  return out + "</svg>\n";
}

std::string html_table(const std::vector<std::string>& header, const std::vector<std::vector<std::string>>& rows) {
  std::string out = "<table>\n<thead><tr>";
  for (const std::string& cell : header) out += fmt::format("<th>{}</th>", xml_text(cell));
  out += "</tr></thead>\n<tbody>\n";
  for (const std::vector<std::string>& row : rows) {
    out += "<tr>";
    for (const std::string& cell : row) out += fmt::format("<td>{}</td>", xml_text(cell));
    out += "</tr>\n";
  }
  return out + "</tbody>\n</table>\n";
}

std::string html_page(std::string_view title, std::string_view body) {
  return fmt::format(
      "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\"/>\n"
      "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\"/>\n"
      "<meta name=\"color-scheme\" content=\"light dark\"/>\n<title>{}</title>\n<style>{}</style>\n</head>\n"
      "<body class=\"weft\">\n{}</body>\n</html>\n",
      xml_text(title), drawing_style(), body);
}

}  // namespace weft::cli
