#include "lsp/server.h"

#include <algorithm>
#include <utility>

#include <fmt/format.h>

#include "driver/moment.h"
#include "lsp/lsp.h"

namespace weft::lsp {

int serve(int input, int output) { return Server(input, output).run(); }

Server::Server(int input, int output)
    : connection_(input, output),
      errands_([this] { connection_.wake(); }),
      session_({[this] { connection_.wake(); }, driver::clock_moment, true}) {}

int Server::run() {
  while (!exit_code_) {
    if (auto event = connection_.wait(next_time())) handle(std::move(*event));
    // Questions that wait come before what nobody has asked for.
    if (connection_.idle()) do_what_is_due();
  }
  return *exit_code_;
}

const std::map<std::string_view, Server::Request>& Server::requests() {
  static const std::map<std::string_view, Request> all{
      {"initialize", &Server::initialize},
      {"shutdown", &Server::shutdown},
      {"textDocument/codeAction", &Server::code_action},
      {"textDocument/formatting", &Server::formatting},
      {"textDocument/rangeFormatting", &Server::range_formatting},
      {"textDocument/diagnostic", &Server::document_diagnostic},
      {"workspace/diagnostic", &Server::workspace_diagnostic},
      {"textDocument/hover", &Server::hover},
      {"textDocument/completion", &Server::completion},
      {"textDocument/signatureHelp", &Server::signature_help},
      {"textDocument/definition", &Server::definition},
      {"textDocument/references", &Server::references},
      {"textDocument/documentHighlight", &Server::document_highlight},
      {"textDocument/prepareRename", &Server::prepare_rename},
      {"textDocument/rename", &Server::rename},
      {"textDocument/documentLink", &Server::document_link},
      {"workspace/symbol", &Server::workspace_symbol},
      {"textDocument/foldingRange", &Server::folding_range},
      {"textDocument/selectionRange", &Server::selection_range},
      {"textDocument/semanticTokens/range", &Server::semantic_tokens_range},
      {"textDocument/inlayHint", &Server::inlay_hint},
      {"codeLens/resolve", &Server::code_lens_resolve},
      {"textDocument/prepareCallHierarchy", &Server::prepare_call_hierarchy},
      {"callHierarchy/incomingCalls", &Server::incoming_calls},
      {"callHierarchy/outgoingCalls", &Server::outgoing_calls},
      {"workspace/executeCommand", &Server::execute_command},
  };
  return all;
}

const std::map<std::string_view, Server::LongRequest>& Server::long_requests() {
  static const std::map<std::string_view, LongRequest> all{
      {"textDocument/documentSymbol", &Server::document_symbol},
      {"textDocument/semanticTokens/full", &Server::semantic_tokens_full},
      {"textDocument/semanticTokens/full/delta", &Server::semantic_tokens_delta},
      {"textDocument/codeLens", &Server::code_lens},
  };
  return all;
}

const std::map<std::string_view, Server::Notification>& Server::notifications() {
  static const std::map<std::string_view, Notification> all{
      {"initialized", &Server::initialized},
      {"exit", &Server::exit},
      {"$/setTrace", &Server::ignore},
      {"$/cancelRequest", &Server::cancel_request},
      {"window/workDoneProgress/cancel", &Server::ignore},
      {"workspace/didChangeConfiguration", &Server::ignore},
      {"textDocument/didOpen", &Server::did_open},
      {"textDocument/didChange", &Server::did_change},
      {"textDocument/didSave", &Server::did_save},
      {"textDocument/didClose", &Server::did_close},
      {"workspace/didChangeWatchedFiles", &Server::did_change_watched_files},
      {"workspace/didChangeWorkspaceFolders", &Server::did_change_folders},
  };
  return all;
}

void Server::handle(Connection::Event event) {
  switch (event.kind) {
    case Connection::Event::Kind::End:
      exit_code_ = shut_down_ ? 0 : 1;
      break;
    case Connection::Event::Kind::Wake:
      break;
    case Connection::Event::Kind::Malformed:
      connection_.send({{"jsonrpc", "2.0"},
                        {"id", nullptr},
                        {"error", {{"code", event.code}, {"message", std::move(event.error)}}}});
      break;
    case Connection::Event::Kind::Message:
      handle_message(event.message);
      break;
  }
}

void Server::handle_message(const Json& message) {
  const Json& id = member(message, "id");
  const Json& method = member(message, "method");
  const Json& params = member(message, "params");
  const bool has_id = id.is_string() || id.is_number_integer();
  if (!method.is_string()) {
    if (message.contains("result") || message.contains("error")) return;  // an answer to what we asked
    connection_.send({{"jsonrpc", "2.0"},
                      {"id", has_id ? id : Json()},
                      {"error", {{"code", error_code::invalid_request}, {"message", "a message has a `method`"}}}});
    return;
  }
  const std::string name = method.get<std::string>();
  if (has_id) return answer(id, name, params);
  const auto found = notifications().find(name);
  if (found == notifications().end() || (!initialized_ && name != "exit")) return;  // may be dropped, by the protocol
  if (shut_down_ && name != "exit") return;
  try {
    (this->*found->second)(params);
  } catch (const RequestError&) {  // nobody waits for an answer
  } catch (const Json::exception&) {
  }
}

void Server::answer(const Json& id, const std::string& method, const Json& params) {
  Json out{{"jsonrpc", "2.0"}, {"id", id}};
  try {
    if (connection_.cancelled(id)) throw RequestError{error_code::request_cancelled, "cancelled"};
    const auto found = requests().find(method);
    const auto long_one = long_requests().find(method);
    if (!initialized_ && method != "initialize") {
      throw RequestError{error_code::not_initialized, "`initialize` comes first"};
    }
    if (shut_down_) throw RequestError{error_code::invalid_request, "after `shutdown` comes `exit`"};
    if (found == requests().end() && long_one == long_requests().end()) {
      throw RequestError{error_code::method_not_found, fmt::format("there is no method `{}`", method)};
    }
    answering_ = id;
    if (long_one != long_requests().end()) return connection_.answer(id, (this->*long_one->second)(params));
    out["result"] = (this->*found->second)(params);
    if (std::exchange(answered_later_, false)) return;
  } catch (const RequestError& error) {
    out["error"] = {{"code", error.code}, {"message", error.message}};
  } catch (const Json::exception& error) {
    out["error"] = {{"code", error_code::invalid_params}, {"message", error.what()}};
  }
  connection_.send(out);
}

void Server::notify(std::string_view method, Json params) {
  connection_.send({{"jsonrpc", "2.0"}, {"method", method}, {"params", std::move(params)}});
}

void Server::ask(std::string_view method, Json params) {
  Json message{{"jsonrpc", "2.0"}, {"id", fmt::format("weft-{}", ++next_id_)}, {"method", method}};
  if (!params.is_null()) message["params"] = std::move(params);
  connection_.send(message);
}

Json Server::later(Errands::Work work) {
  answered_later_ = true;
  errands_.start(answering_, std::move(work));
  return {};
}

void Server::bring_home() {
  for (Errands::Done& done : errands_.collect()) {
    Json out{{"jsonrpc", "2.0"}, {"id", std::move(done.id)}};
    if (done.error) {
      out["error"] = {{"code", done.error->code}, {"message", std::move(done.error->message)}};
    } else {
      show_answer(done.result);
      out["result"] = std::move(done.result);
    }
    connection_.send(out);
  }
}

// What still waits for its turn is seen to by the connection.
void Server::cancel_request(const Json& params) {
  const Json& id = member(params, "id");
  if (!errands_.cancel(id)) cancel_pull(id, "cancelled");
}

std::optional<Clock::time_point> Server::next_time() const {
  std::optional<Clock::time_point> out = check_due_;
  const auto sooner = [&](Clock::time_point time) { out = out ? std::min(*out, time) : time; };
  for (const auto& [name, announcement] : announcements_) sooner(announcement.due);
  if (progress_.due) sooner(*progress_.due);
  // What is being proved of an old text is stopped again and again until it is.
  if (session_.ending() || errands_.ending()) sooner(Clock::now() + std::chrono::milliseconds(5));
  return out;
}

void Server::do_what_is_due() {
  const Clock::time_point now = Clock::now();
  session_.insist();
  errands_.insist();
  bring_home();
  for (driver::Session::Known* known : session_.collect()) {
    announcements_.erase(known->unit->name());
    publish(*known);
  }
  if (check_due_ && *check_due_ <= now) check();
  for (auto it = announcements_.begin(); it != announcements_.end();) {
    if (it->second.due > now) {
      ++it;
      continue;
    }
    const driver::UnitName name = it->first;
    it = announcements_.erase(it);
    for (driver::Session::Known* known : session_.policies()) {
      if (known->unit->name() == name) publish(*known);
    }
  }
  if (client_.pulls) answer_pulls();
  show_progress();
}

void Server::ignore(const Json&) {}

}  // namespace weft::lsp
