#include <algorithm>
#include <iterator>
#include <utility>

#include <fmt/format.h>

#include "lsp/server.h"
#include "lsp/uri.h"

// Diagnostics for clients that ask for them. What would be published is kept, and given to who asks once it is of the
// texts of now; that something has become different is said by `workspace/diagnostic/refresh`.
namespace weft::lsp {
namespace {

Json error(int code, std::string message) { return {{"code", code}, {"message", std::move(message)}}; }

void require_pulls(const Abilities& client) {
  if (!client.pulls) throw RequestError{error_code::method_not_found, "to this client diagnostics are published"};
}

}  // namespace

void Server::keep(const std::string& path, const std::string& uri, Json diagnostics) {
  Kept& kept = kept_[path];
  if (!kept.id.empty() && kept.uri == uri && kept.diagnostics == diagnostics) return;
  kept = {uri, std::move(diagnostics), fmt::format("{}", ++next_id_), std::move(kept.told)};
}

Json Server::document_diagnostic(const Json& params) {
  require_pulls(client_);
  const Json& uri = member(params, "textDocument/uri");
  if (!uri.is_string()) throw RequestError{error_code::invalid_params, "`textDocument.uri` is a text"};
  const std::string path = path_of(uri.get_ref<const std::string&>());
  if (!documents_.contains(path)) {
    throw RequestError{error_code::invalid_params, "the text is not open: `textDocument/didOpen` comes first"};
  }
  const Json& previous = member(params, "previousResultId");
  answered_later_ = true;
  pulls_.push_back({answering_, path, previous.is_string() ? previous.get<std::string>() : std::string()});
  return {};
}

Json Server::workspace_diagnostic(const Json& params) {
  require_pulls(client_);
  WorkspacePull pull{answering_, {}};
  if (const Json& previous = member(params, "previousResultIds"); previous.is_array()) {
    for (const Json& each : previous) {
      const Json& uri = member(each, "uri");
      const Json& value = member(each, "value");
      if (uri.is_string() && value.is_string())
        pull.previous[path_of(uri.get<std::string>())] = value.get<std::string>();
    }
  }
  answered_later_ = true;
  workspace_pulls_.push_back(std::move(pull));
  return {};
}

void Server::answer_pulls() {
  if (check_due_) return;  // what is known is of texts that were
  std::vector<Pull> waiting;
  for (Pull& pull : std::exchange(pulls_, {})) {
    Json out{{"jsonrpc", "2.0"}, {"id", pull.id}};
    if (!documents_.contains(pull.path)) {
      out["error"] = error(error_code::content_modified, "the text has been closed");
    } else {
      const driver::Session::Known* known = session_.policy_of(pull.path);
      if (known != nullptr && announcements_.contains(known->unit->name())) {
        waiting.push_back(std::move(pull));
        continue;
      }
      Kept& kept = kept_[pull.path];
      if (kept.id.empty()) kept = {uri_of(pull.path), Json::array(), fmt::format("{}", ++next_id_), {}};
      kept.told = kept.id;
      out["result"] = {{"kind", pull.previous == kept.id ? "unchanged" : "full"}, {"resultId", kept.id}};
      if (pull.previous != kept.id) out["result"]["items"] = kept.diagnostics;
      refresh_asked_ = false;
    }
    connection_.send(out);
  }
  std::ranges::move(waiting, std::back_inserter(pulls_));
  if (!announcements_.empty()) return;  // more is to be told in a moment
  answer_workspace_pulls();
  ask_for_pulls();
}

// A request for the whole workspace waits until there is something new: clients ask again as soon as they are answered.
void Server::answer_workspace_pulls() {
  std::vector<WorkspacePull> waiting;
  for (WorkspacePull& pull : std::exchange(workspace_pulls_, {})) {
    Json items = Json::array();
    for (auto& [path, kept] : kept_) {
      const auto before = pull.previous.find(path);
      const bool unknown = before == pull.previous.end();
      if (unknown ? kept.diagnostics.empty() : before->second == kept.id) continue;
      const auto open = documents_.find(path);
      items.push_back({{"kind", "full"},
                       {"uri", kept.uri},
                       {"version", open == documents_.end() ? Json() : Json(open->second.version)},
                       {"resultId", kept.id},
                       {"items", kept.diagnostics}});
      if (open == documents_.end()) kept.told = kept.id;
    }
    // Nothing to say at the very first is an answer too.
    if (items.empty() && std::exchange(workspace_told_, true)) {
      waiting.push_back(std::move(pull));
      continue;
    }
    workspace_told_ = true;
    refresh_asked_ = false;
    connection_.send({{"jsonrpc", "2.0"}, {"id", pull.id}, {"result", {{"items", std::move(items)}}}});
  }
  workspace_pulls_ = std::move(waiting);
}

// Something is different from what the client was told, and it does not ask at this moment.
void Server::ask_for_pulls() {
  if (refresh_asked_) return;
  const bool news = std::ranges::any_of(kept_, [&](const auto& each) {
    const auto& [path, kept] = each;
    return !kept.told.empty() && kept.told != kept.id && std::ranges::find(pulls_, path, &Pull::path) == pulls_.end();
  });
  if (!news) return;
  refresh_asked_ = true;
  ask("workspace/diagnostic/refresh", {});
}

bool Server::cancel_pull(const Json& id, std::string_view why) {
  const auto mine = [&](const auto& pull) { return pull.id == id; };
  const bool found = std::erase_if(pulls_, mine) + std::erase_if(workspace_pulls_, mine) > 0;
  if (found)
    connection_.send(
        {{"jsonrpc", "2.0"}, {"id", id}, {"error", error(error_code::request_cancelled, std::string(why))}});
  return found;
}

}  // namespace weft::lsp
