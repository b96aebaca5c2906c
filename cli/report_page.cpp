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
    "header h1{margin:0}.summary{margin:.3rem 0;color:var(--soft)}.badges{margin:.3rem 0}\n"
    ".bar{position:sticky;top:0;z-index:1;display:flex;flex-wrap:wrap;align-items:center;gap:.3rem .8rem;padding:.5rem "
    "0;"
    "background:var(--paper);border-bottom:1px solid var(--faint)}.bar nav{margin-left:auto}\n"
    ".bar a{color:var(--all);margin-left:.6rem}\n"
    "section,h3[id],#graph{scroll-margin-top:4rem}\n"
    ".badge{display:inline-block;padding:0 .5rem;border-radius:.6rem;border:1px solid;font-size:.85em;"
    "font-variant-numeric:tabular-nums}\n"
    ".badge.error,.badge.lost{color:var(--error)}.badge.warning,.badge.changed{color:var(--warning)}"
    ".badge.good,.badge.gained{color:var(--good)}.badge.quiet,.badge.note,.badge.same{color:var(--quiet)}\n"
    "#search{flex:1 1 12rem;max-width:28rem;padding:.4rem .6rem;font:inherit;color:inherit;background:var(--code);"
    "border:1px solid var(--edge);border-radius:.4rem}#found{color:var(--soft)}\n"
    ".tools{margin:.3rem 0}.tools button{font:inherit;color:inherit;background:var(--code);border:1px solid "
    "var(--edge);border-radius:.4rem;min-width:2.2rem;padding:.1rem .5rem;cursor:pointer}\n"
    ".finding{margin:.4rem 0;padding:.4rem .8rem;border-left:3px solid var(--quiet);background:var(--code)}\n"
    ".finding.error{border-color:var(--error)}.finding.warning{border-color:var(--warning)}\n"
    ".finding summary{cursor:pointer}.finding .where{color:var(--soft);font-size:.9em;margin-left:.6rem}.finding "
    "pre{overflow-x:auto;margin:.5rem 0 0}\n"
    "pre,code{font-family:ui-monospace,monospace;font-size:.92em}.none,.hint{color:var(--soft)}\n"
    "body.weft{max-width:96rem;margin:1rem auto}\n"
    "#graph{overflow:auto;max-height:85vh;cursor:grab;border:1px solid var(--faint);border-radius:.4rem}"
    "#graph svg{display:block;height:auto}.node{cursor:pointer}.node:focus-visible{outline:2px solid var(--all)}\n"
    ".weft .node.chosen rect{stroke:var(--all);stroke-width:3}.matrix .near{font-weight:700}\n"
    "h3{font-size:1rem;margin:1.5rem 0 .5rem}[hidden]{display:none}\n"
    "@media print{.bar,.hint,.tools{display:none}#graph{max-height:none;overflow:visible}#graph "
    "svg{max-width:100%}}\n";

// Written without the two characters that XML would want escaped, so that the page is well-formed as it stands.
constexpr std::string_view script = R"js(
(function () {
  var search = document.getElementById('search');
  var found = document.getElementById('found');
  var changes = document.getElementById('changes');
  var graph = document.getElementById('graph');
  var all = function (what) { return Array.from(document.querySelectorAll(what)); };
  var rows = all('table.find tbody tr, details.finding');
  var nodes = all('#graph .node');
  var arrows = all('#graph .arrow[data-from]');
  var cells = all('.matrix .cell');
  var chosen = null;

  function text_of(one) { return one.textContent.toLowerCase(); }

  function paint() {
    var text = search.value.trim().toLowerCase();
    var only = changes ? changes.checked : false;
    var named = {}, beside = {}, shown = 0;
    nodes.forEach(function (node) {
      named[node.dataset.node] = chosen === null ? text_of(node).includes(text) : node.dataset.node === chosen;
      node.classList.toggle('chosen', node.dataset.node === chosen);
    });
    function bright(one, from, to, same) {
      if (only ? same : false) return false;
      if (chosen !== null) return from === chosen || to === chosen;
      return text === '' || named[from] || named[to] || text_of(one).includes(text);
    }
    arrows.forEach(function (arrow) {
      var on = bright(arrow, arrow.dataset.from, arrow.dataset.to, arrow.classList.contains('same'));
      if (on) beside[arrow.dataset.from] = beside[arrow.dataset.to] = true;
      arrow.classList.toggle('dim', !on);
    });
    var idle = chosen === null ? (only ? false : text === '') : false;
    nodes.forEach(function (node) {
      var on = idle || beside[node.dataset.node] || (only ? false : named[node.dataset.node]);
      node.classList.toggle('dim', !on);
    });
    cells.forEach(function (cell) {
      var same = cell.querySelector('.gained, .lost, .changed') === null;
      cell.classList.toggle('dim', !bright(cell, cell.dataset.row, cell.dataset.column, same));
    });
    rows.forEach(function (row) {
      var on = text_of(row).includes(text);
      if (row.dataset.from) {
        if (chosen !== null) on = on ? row.dataset.from === chosen || row.dataset.to === chosen : false;
        if (only) on = on ? !row.classList.contains('same') : false;
      }
      row.hidden = !on;
      if (on) shown += 1;
    });
    var whose = nodes.filter(function (node) { return node.dataset.node === chosen; });
    found.textContent = whose.length > 0 ? 'connections of ' + whose[0].dataset.name
      : text === '' ? '' : shown === 0 ? 'nothing matches' : shown + ' of ' + rows.length;
  }

  // What is bright, or asked for, is moved into sight, or the first of it.
  function reveal() {
    if (!graph) return;
    var frame = graph.getBoundingClientRect();
    var text = search.value.trim().toLowerCase();
    var shown = nodes.filter(function (node) { return !node.classList.contains('dim'); });
    var meant = shown.filter(function (node) {
      return text === '' ? node.classList.contains('focus') : text_of(node).includes(text);
    });
    var boxes = meant.concat(shown).map(function (node) { return node.getBoundingClientRect(); });
    if (shown.length === 0) return;
    if (meant.length === 0) if (shown.length === nodes.length) return;
    var edge = function (name, pick) { return pick.apply(null, boxes.map(function (box) { return box[name]; })); };
    var left = edge('left', Math.min), right = edge('right', Math.max);
    var top = edge('top', Math.min), bottom = edge('bottom', Math.max);
    if (right - left > frame.width) { left = boxes[0].left; right = boxes[0].right; }
    if (bottom - top > frame.height) { top = boxes[0].top; bottom = boxes[0].bottom; }
    graph.scrollLeft += (left + right) / 2 - (frame.left + frame.width / 2);
    graph.scrollTop += (top + bottom) / 2 - (frame.top + frame.height / 2);
  }

  function choose(node) {
    chosen = chosen === node.dataset.node ? null : node.dataset.node;
    search.value = '';
    paint();
  }

  search.addEventListener('input', function () { chosen = null; paint(); reveal(); });
  if (changes) changes.addEventListener('change', function () { paint(); reveal(); });
  nodes.forEach(function (node) {
    node.setAttribute('tabindex', '0');
    node.setAttribute('role', 'button');
    node.addEventListener('click', function () { choose(node); });
    node.addEventListener('keydown', function (event) {
      if (event.key === 'Enter' || event.key === ' ') { event.preventDefault(); choose(node); }
    });
  });
  document.addEventListener('keydown', function (event) {
    if (event.key === 'Escape') { chosen = null; search.value = ''; paint(); }
    if (event.key === '/') if (document.activeElement !== search) { event.preventDefault(); search.focus(); }
  });

  // Who a square of the matrix is about.
  all('.matrix').forEach(function (matrix) {
    matrix.addEventListener('mouseover', function (event) {
      var cell = event.target.closest('.cell');
      matrix.querySelectorAll('text[data-row], text[data-column]').forEach(function (name) {
        var near = cell === null ? false
          : name.dataset.row ? name.dataset.row === cell.dataset.row : name.dataset.column === cell.dataset.column;
        name.classList.toggle('near', near);
      });
    });
  });

  if (graph) {
    var picture = graph.querySelector('svg');
    var width = Number(picture.getAttribute('width'));
    var scale = 1;
    var fitting = function () { return Math.min(1, graph.clientWidth / width); };
    var zoom = function (to) {
      scale = Math.max(0.1, Math.min(3, to));
      picture.style.width = Math.floor(width * scale) + 'px';
    };
    // As much as fits, where that can still be read.
    zoom(fitting() > 0.65 ? fitting() : 1);
    reveal();
    all('[data-zoom]').forEach(function (button) {
      button.addEventListener('click', function () {
        var how = button.dataset.zoom;
        zoom(how === 'in' ? scale * 1.25 : how === 'out' ? scale / 1.25 : how === 'fit' ? fitting() : 1);
      });
    });
    graph.addEventListener('pointerdown', function (start) {
      if (start.pointerType !== 'mouse' || start.button !== 0 || start.target.closest('.node')) return;
      var left = graph.scrollLeft, top = graph.scrollTop;
      var move = function (event) {
        graph.scrollLeft = left - (event.clientX - start.clientX);
        graph.scrollTop = top - (event.clientY - start.clientY);
      };
      var stop = function () {
        window.removeEventListener('pointermove', move);
        window.removeEventListener('pointerup', stop);
      };
      start.preventDefault();
      window.addEventListener('pointermove', move);
      window.addEventListener('pointerup', stop);
    });
  }
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
