#include "cli/report_page.h"

#include <fmt/format.h>

#include "cli/drawing.h"
#include "cli/graph_drawing.h"
#include "cli/xml.h"

namespace weft::cli {
namespace {

constexpr std::string_view style =
    "body.weft{--error:#c0392b;--warning:#b7791f;--good:#1e8449;--quiet:#8a97a6;--code:#f4f6f9}\n"
    "@media (prefers-color-scheme:dark){body.weft{--error:#ef7c6e;--warning:#e3b04b;--good:#58c483;--quiet:#6d7c8c;"
    "--code:#1f262e}}\n"
    "header{position:sticky;top:0;background:var(--paper);padding:.5rem 0;border-bottom:1px solid "
    "var(--faint);z-index:1}\n"
    "header h1{margin:0}.summary{margin:.3rem 0;color:var(--soft)}.badges{margin:.3rem 0}\n"
    ".badge{display:inline-block;padding:0 .5rem;border-radius:.6rem;border:1px solid;font-size:.85em;"
    "font-variant-numeric:tabular-nums}\n"
    ".badge.error,.badge.lost{color:var(--error)}.badge.warning,.badge.changed{color:var(--warning)}"
    ".badge.good,.badge.gained{color:var(--good)}.badge.quiet,.badge.note,.badge.same{color:var(--quiet)}\n"
    "#search{width:100%;max-width:28rem;padding:.4rem .6rem;font:inherit;color:inherit;background:var(--code);"
    "border:1px solid var(--edge);border-radius:.4rem}#found{margin-left:.6rem;color:var(--soft)}\n"
    ".finding{margin:.4rem 0;padding:.4rem .8rem;border-left:3px solid var(--quiet);background:var(--code)}\n"
    ".finding.error{border-color:var(--error)}.finding.warning{border-color:var(--warning)}\n"
    ".finding summary{cursor:pointer}.finding pre{overflow-x:auto;margin:.5rem 0 0}\n"
    "pre,code{font-family:ui-monospace,monospace;font-size:.92em}.none,.hint{color:var(--soft)}\n"
    "body.weft{max-width:84rem}#graph svg{max-width:100%;height:auto}\n"
    "h3{font-size:1rem;margin:1.5rem 0 .5rem}[hidden]{display:none}.node{cursor:pointer}\n"
    "@media print{header{position:static}#search,.hint{display:none}}\n";

// Written without the two characters that XML would want escaped, so that the page is well-formed as it stands.
constexpr std::string_view script = R"js(
(function () {
  var search = document.getElementById('search');
  var found = document.getElementById('found');
  var rows = Array.from(document.querySelectorAll('table.find tbody tr, details.finding'));
  var nodes = Array.from(document.querySelectorAll('#graph .node'));
  var arrows = Array.from(document.querySelectorAll('#graph .arrow[data-from]'));
  var chosen = null;

  function paint() {
    var text = search.value.trim().toLowerCase();
    var shown = 0;
    rows.forEach(function (row) {
      row.hidden = !row.textContent.toLowerCase().includes(text);
      if (!row.hidden) shown += 1;
    });
    found.textContent = text === '' ? '' : shown + ' of ' + rows.length;
    var bright = {};
    nodes.forEach(function (node) {
      var name = node.textContent.toLowerCase();
      if (chosen === null ? name.includes(text) : node.dataset.node === chosen) bright[node.dataset.node] = true;
    });
    var all = chosen === null ? text === '' : false;
    var beside = Object.assign({}, bright);
    arrows.forEach(function (arrow) {
      var touches = bright[arrow.dataset.from] || bright[arrow.dataset.to];
      if (touches) { beside[arrow.dataset.from] = true; beside[arrow.dataset.to] = true; }
      arrow.classList.toggle('dim', !(all || touches));
    });
    nodes.forEach(function (node) { node.classList.toggle('dim', !(all || beside[node.dataset.node])); });
  }

  search.addEventListener('input', function () { chosen = null; paint(); });
  nodes.forEach(function (node) {
    node.addEventListener('click', function () {
      chosen = chosen === node.dataset.node ? null : node.dataset.node;
      paint();
    });
  });
}());
)js";

}  // namespace

std::string report_page(std::string_view title, std::string_view body) {
  return fmt::format(
      "<!DOCTYPE html>\n<html xmlns=\"http://www.w3.org/1999/xhtml\" lang=\"en\">\n<head>\n<meta charset=\"utf-8\"/>\n"
      "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\"/>\n"
      "<meta name=\"color-scheme\" content=\"light dark\"/>\n<title>{}</title>\n<style>{}{}{}</style>\n</head>\n"
      "<body class=\"weft\">\n{}<script>{}</script>\n</body>\n</html>\n",
      xml_text(title), drawing_style(), graph_style(), style, body, script);
}

}  // namespace weft::cli
