#include <algorithm>

#include "base/fix.h"
#include "lsp/diagnostics.h"
#include "lsp/server.h"

namespace weft::lsp {
namespace {

bool touches(Span a, Span b) { return a.source == b.source && a.begin <= b.end && b.begin <= a.end; }

// Kinds are words with dots between them: who asks for `source` wants `source.fixAll` too.
bool wants(const Json& only, std::string_view kind) {
  if (!only.is_array() || only.empty()) return true;
  return std::ranges::any_of(only, [&](const Json& each) {
    if (!each.is_string()) return false;
    const std::string_view wanted = each.get_ref<const std::string&>();
    return wanted.empty() || kind == wanted || (kind.starts_with(wanted) && kind[wanted.size()] == '.');
  });
}

}  // namespace

Json Server::code_action(const Json& params) {
  const View it = view(params);
  const Span range = it.atlas.span(it.source, member(params, "range"));
  const Json& only = member(params, "context/only");
  Json out = Json::array();

  if (wants(only, "quickfix")) {
    for (const Diagnostic* finding : findings_of(it.known)) {
      if (!finding->span || !touches(*finding->span, range)) continue;
      for (const Fix& fix : finding->fixes) {
        Json edit = it.atlas.workspace_edit(fix.edits, client_.versioned_edits);
        if (edit.is_null()) continue;
        Json action{{"title", fix.title},
                    {"kind", "quickfix"},
                    {"diagnostics", {diagnostic_json(*finding, *finding->span, it.atlas, library_)}},
                    {"edit", std::move(edit)}};
        if (fix.applicability == Applicability::MachineApplicable) action["isPreferred"] = true;
        out.push_back(std::move(action));
      }
    }
  }
  if (wants(only, "source.fixAll.weft")) {
    // Of this text alone, and only what nobody has to look at.
    Diagnostics all;
    for (const Diagnostic* finding : findings_of(it.known)) all.add(*finding);
    std::vector<Edit> edits;
    for (const auto& [diagnostic, fix] : applicable_fixes(all)) {
      const bool here =
          std::ranges::all_of(fix->edits, [&](const Edit& edit) { return edit.span.source == it.source; });
      if (here) edits.insert(edits.end(), fix->edits.begin(), fix->edits.end());
    }
    if (!edits.empty()) {
      out.push_back({{"title", "fix all that needs no judgement"},
                     {"kind", "source.fixAll.weft"},
                     {"edit", it.atlas.workspace_edit(edits, client_.versioned_edits)}});
    }
  }
  return out;
}

}  // namespace weft::lsp
