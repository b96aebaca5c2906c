#include "cli/drawing.h"

#include <algorithm>

#include <fmt/format.h>

#include "cli/xml.h"

namespace weft::cli {
namespace {

// What a line of a name may take, in letters; the whole name stands in the tooltip.
constexpr std::size_t most_letters = 36;
constexpr unsigned letter = 8, square = 22, margin = 12;

// Letters of UTF-8, which is what takes room.
std::size_t letters(std::string_view text) {
  return static_cast<std::size_t>(std::ranges::count_if(text, [](char c) { return (c & 0xC0) != 0x80; }));
}

std::string shortened(std::string_view text) {
  if (letters(text) <= most_letters) return std::string(text);
  std::size_t bytes = 0;
  for (std::size_t count = 0; bytes < text.size(); ++bytes) {
    if ((text[bytes] & 0xC0) != 0x80 && ++count == most_letters) break;
  }
  return std::string(text.substr(0, bytes)) + "…";
}

std::size_t longest(const std::vector<std::string>& names) {
  std::size_t out = 4;
  for (const std::string& name : names) out = std::max(out, letters(shortened(name)));
  return out;
}

std::string whole_text(std::string_view attributes, std::string_view text) {
  return fmt::format("<text {}>{}</text>\n", attributes, xml_text(text));
}

std::string text_element(std::string_view attributes, const std::string& text) {
  const std::string shown = shortened(text);
  const std::string title = shown == text ? "" : fmt::format("<title>{}</title>", xml_text(text));
  return fmt::format("<text {}>{}{}</text>\n", attributes, title, xml_text(shown));
}

}  // namespace

std::string_view drawing_style() {
  return ".weft{--paper:#ffffff;--ink:#1c2733;--faint:#d8dee6;--all:#1f7a8c;--some:#e0a030;--on:#ffffff;"
         "font-family:system-ui,sans-serif;font-size:13px;color:var(--ink);background:var(--paper)}\n"
         "@media (prefers-color-scheme:dark){.weft{--paper:#14191f;--ink:#e3e8ee;--faint:#37414d;--all:#4db6c9;"
         "--some:#e8b04c;--on:#10151a}}\n"
         ".weft text{fill:var(--ink)}.weft .paper{fill:var(--paper)}.weft .grid{stroke:var(--faint);stroke-width:1}\n"
         ".weft .all{fill:var(--all)}.weft .some{fill:var(--some)}.weft .label{fill:var(--on);font-size:11px}\n"
         "body.weft{margin:2rem auto;max-width:72rem;padding:0 1rem;line-height:1.5}\n"
         ".weft table{border-collapse:collapse;width:100%}.weft th,.weft td{text-align:left;vertical-align:top;"
         "padding:.3rem .6rem;border-bottom:1px solid var(--faint)}\n"
         ".weft .wide{overflow-x:auto}.weft h1{font-size:1.5rem}.weft h2{font-size:1.1rem;margin-top:2rem}\n";
}

std::string svg_of(const MatrixPicture& picture) {
  const auto left = static_cast<unsigned>(margin + longest(picture.rows) * letter + 8);
  // The names of columns stand slanted, and lean out to the right.
  const auto lean = static_cast<unsigned>(longest(picture.columns) * letter * 7 / 10);
  const unsigned top = 3 * margin + 12 + lean;
  const auto across = static_cast<unsigned>(picture.columns.size()) * square;
  const auto down = static_cast<unsigned>(picture.rows.size()) * square;
  const unsigned legend = top + down + 2 * margin;
  const unsigned width = std::max({left + across + lean + margin, left + 420U,
                                   static_cast<unsigned>(2 * margin + letters(picture.title) * letter)});
  std::string out = fmt::format(
      "<svg xmlns=\"http://www.w3.org/2000/svg\" class=\"weft\" width=\"{0}\" height=\"{1}\" viewBox=\"0 0 {0} {1}\" "
      "role=\"img\">\n<title>{2}</title>\n<style>{3}</style>\n<rect class=\"paper\" width=\"{0}\" height=\"{1}\"/>\n",
      width, legend + margin + 8, xml_text(picture.title), drawing_style());
  out += whole_text(fmt::format("x=\"{}\" y=\"{}\" font-weight=\"600\"", margin, margin + 8), picture.title);
  for (std::size_t c = 0; c < picture.columns.size(); ++c) {
    const auto x = left + static_cast<unsigned>(c) * square + square / 2 + 4;
    out += text_element(fmt::format("transform=\"translate({},{}) rotate(-45)\"", x, top - 6), picture.columns[c]);
  }
  for (std::size_t r = 0; r < picture.rows.size(); ++r) {
    const auto y = top + static_cast<unsigned>(r) * square;
    out += text_element(fmt::format("x=\"{}\" y=\"{}\" text-anchor=\"end\"", left - 6, y + 15), picture.rows[r]);
  }
  out += "<path class=\"grid\" d=\"";
  for (std::size_t r = 0; r <= picture.rows.size(); ++r) {
    out += fmt::format("M{} {}h{}", left, top + static_cast<unsigned>(r) * square, across);
  }
  for (std::size_t c = 0; c <= picture.columns.size(); ++c) {
    out += fmt::format("M{} {}v{}", left + static_cast<unsigned>(c) * square, top, down);
  }
  out += "\"/>\n";
  for (const MatrixPicture::Cell& cell : picture.cells) {
    const auto x = left + static_cast<unsigned>(cell.column) * square,
               y = top + static_cast<unsigned>(cell.row) * square;
    out += fmt::format("<g><title>{}</title><rect class=\"{}\" x=\"{}\" y=\"{}\" width=\"{}\" height=\"{}\" rx=\"3\"/>",
                       xml_text(cell.tooltip), cell.partly ? "some" : "all", x + 2, y + 2, square - 4, square - 4);
    if (!cell.label.empty()) {
      out += fmt::format("<text class=\"label\" x=\"{}\" y=\"{}\" text-anchor=\"middle\">{}</text>", x + square / 2,
                         y + 15, xml_text(cell.label));
    }
    out += "</g>\n";
  }
  out += fmt::format("<rect class=\"all\" x=\"{}\" y=\"{}\" width=\"12\" height=\"12\" rx=\"2\"/>", left, legend - 10);
  out += whole_text(fmt::format("x=\"{}\" y=\"{}\"", left + 18, legend), "all of a row to all of a column");
  out += fmt::format("<rect class=\"some\" x=\"{}\" y=\"{}\" width=\"12\" height=\"12\" rx=\"2\"/>", left + 250,
                     legend - 10);
  out += text_element(fmt::format("x=\"{}\" y=\"{}\"", left + 268, legend), "some of them");
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
