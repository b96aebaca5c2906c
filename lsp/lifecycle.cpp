#include <algorithm>

#include <fmt/format.h>

#include "driver/compile.h"
#include "lsp/preferences.h"
#include "lsp/semantic_tokens.h"
#include "lsp/server.h"
#include "lsp/uri.h"

namespace weft::lsp {
namespace {

Encoding choose_encoding(const Json& offered) {
  if (!offered.is_array()) return Encoding::Utf16;
  for (const Json& each : offered) {
    if (each == "utf-8") return Encoding::Utf8;  // what texts are in: nothing has to be counted twice
  }
  for (const Json& each : offered) {
    if (each == "utf-16") return Encoding::Utf16;
    if (each == "utf-32") return Encoding::Utf32;
  }
  return Encoding::Utf16;
}

const char* name_of(Encoding encoding) {
  return encoding == Encoding::Utf8 ? "utf-8" : encoding == Encoding::Utf16 ? "utf-16" : "utf-32";
}

bool lists(const Json& list, std::string_view word) {
  return list.is_array() && std::ranges::any_of(list, [&](const Json& each) { return each == word; });
}

}  // namespace

Json Server::initialize(const Json& params) {
  if (initialized_) throw RequestError{error_code::invalid_request, "`initialize` comes once"};
  initialized_ = true;
  const Json& can = member(params, "capabilities");
  encoding_ = choose_encoding(member(can, "general/positionEncodings"));
  client_.versioned_edits = says(can, "workspace/workspaceEdit/documentChanges");
  client_.snippets = says(can, "textDocument/completion/completionItem/snippetSupport");
  client_.label_offsets =
      says(can, "textDocument/signatureHelp/signatureInformation/parameterInformation/labelOffsetSupport");
  client_.markdown = lists(member(can, "textDocument/hover/contentFormat"), "markdown");
  client_.watches_files = says(can, "workspace/didChangeWatchedFiles/dynamicRegistration");
  client_.progress = says(can, "window/workDoneProgress");
  client_.refreshes_lenses = says(can, "workspace/codeLens/refreshSupport");
  client_.refreshes_hints = says(can, "workspace/inlayHint/refreshSupport");
  client_.nested_symbols = says(can, "textDocument/documentSymbol/hierarchicalDocumentSymbolSupport");
  // Without being told when to ask again, a client would miss what is proved later.
  client_.pulls =
      member(can, "textDocument/diagnostic").is_object() && says(can, "workspace/diagnostics/refreshSupport");
  client_.shows_answers = says(can, "experimental/weftAnswers");
  client_.applies_edits = says(can, "workspace/applyEdit");

  const Json& root = member(params, "rootUri");
  const std::string directory = root.is_string() ? path_of(root.get_ref<const std::string&>()) : "/";
  std::vector<std::string> complaints;
  session_.prefer(preferences_in(member(params, "initializationOptions"), directory, complaints));
  for (const std::string& complaint : complaints) {
    notify("window/showMessage",
           {{"type", 2}, {"message", fmt::format("settings of weft: {}", complaint)}});  // 2: warning
  }

  Json server{
      {"positionEncoding", name_of(encoding_)},
      {"textDocumentSync", {{"openClose", true}, {"change", 2}, {"save", {{"includeText", false}}}}},  // 2: incremental
      {"codeActionProvider", {{"codeActionKinds", {"quickfix", "source.fixAll", "source.fixAll.weft"}}}},
      {"documentFormattingProvider", true},
      {"documentRangeFormattingProvider", true},
      {"hoverProvider", true},
      {"completionProvider", {{"triggerCharacters", {".", "\"", "@", ":", "/", "(", ","}}}},
      {"signatureHelpProvider", {{"triggerCharacters", {"(", ",", "="}}}},
      {"definitionProvider", true},
      {"referencesProvider", true},
      {"documentHighlightProvider", true},
      {"renameProvider", {{"prepareProvider", true}}},
      {"documentLinkProvider", {{"resolveProvider", false}}},
      {"documentSymbolProvider", true},
      {"workspaceSymbolProvider", true},
      {"foldingRangeProvider", true},
      {"selectionRangeProvider", true},
      {"semanticTokensProvider", {{"legend", semantic_tokens_legend()}, {"full", {{"delta", true}}}, {"range", true}}},
      {"inlayHintProvider", true},
      {"codeLensProvider", {{"resolveProvider", true}}},
      {"callHierarchyProvider", true},
      {"executeCommandProvider",
       {{"commands", {"weft.runTest", "weft.explainDecision", "weft.showGraph", "weft.diffAgainstHead"}}}},
      {"workspace", {{"workspaceFolders", {{"supported", true}, {"changeNotifications", true}}}}},
  };
  if (client_.pulls) {
    server["diagnosticProvider"] = {
        {"identifier", "weft"}, {"interFileDependencies", true}, {"workspaceDiagnostics", true}};
  }
  return {{"capabilities", std::move(server)}, {"serverInfo", {{"name", "weft"}, {"version", driver::version()}}}};
}

void Server::initialized(const Json&) {
  if (!client_.watches_files) return;
  Json watchers = Json::array();
  for (const char* pattern : {"**/*.weft", "**/weft.toml", "**/*.yaml", "**/*.yml", "**/inventory.json"}) {
    watchers.push_back({{"globPattern", pattern}});
  }
  ask("client/registerCapability", {{"registrations",
                                     {{{"id", "weft-files"},
                                       {"method", "workspace/didChangeWatchedFiles"},
                                       {"registerOptions", {{"watchers", std::move(watchers)}}}}}}});
}

Json Server::shutdown(const Json&) {
  shut_down_ = true;
  check_due_.reset();
  announcements_.clear();
  progress_ = {};
  errands_.cancel_all();
  while (!pulls_.empty()) cancel_pull(Json(pulls_.front().id), "the server ends");
  while (!workspace_pulls_.empty()) cancel_pull(Json(workspace_pulls_.front().id), "the server ends");
  return {};
}

void Server::exit(const Json&) { exit_code_ = shut_down_ ? 0 : 1; }

}  // namespace weft::lsp
