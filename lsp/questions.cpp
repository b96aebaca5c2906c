#include <algorithm>

#include <fmt/format.h>

#include "driver/diff_session.h"
#include "lsp/commands.h"
#include "lsp/compare.h"
#include "lsp/completion.h"
#include "lsp/grounds.h"
#include "lsp/hierarchy.h"
#include "lsp/hints.h"
#include "lsp/hover.h"
#include "lsp/json_text.h"
#include "lsp/navigation.h"
#include "lsp/open_hierarchy.h"
#include "lsp/outline.h"
#include "lsp/semantic_tokens.h"
#include "lsp/server.h"
#include "lsp/uri.h"

namespace weft::lsp {

// Requests about one text and a place in it: the view of it, and who answers.

Json Server::hover(const Json& params) {
  const View it = view(params);
  const std::uint32_t place = offset(it, params);
  Json out = lsp::hover(it, place);
  if (const auto claim = proved_claim_at(it, place))
    return later(with_grounds(it.known.unit->meaning(), *claim, std::move(out)));
  return out;
}

Json Server::completion(const Json& params) {
  const View it = last_view(params);
  const Document& document = documents_.at(it.meaning.paths[static_cast<std::size_t>(it.source)]);
  const Lines lines(document.text, encoding_);
  return lsp::completion(it, document.text, lines.offset(position_of(member(params, "position"))), lines);
}

Json Server::signature_help(const Json& params) {
  const View it = view(params);
  return lsp::signature_help(it, offset(it, params));
}

Json Server::definition(const Json& params) {
  const View it = view(params);
  return lsp::definition(it, offset(it, params));
}

Json Server::references(const Json& params) {
  const View it = view(params);
  return lsp::references(it, offset(it, params), says(params, "context/includeDeclaration"));
}

Json Server::document_highlight(const Json& params) {
  const View it = view(params);
  return highlights(it, offset(it, params));
}

Json Server::prepare_rename(const Json& params) {
  const View it = view(params);
  return lsp::prepare_rename(it, offset(it, params));
}

Json Server::rename(const Json& params) {
  const View it = view(params);
  const Json& name = member(params, "newName");
  if (!name.is_string()) throw RequestError{error_code::invalid_params, "`newName` is a text"};
  return lsp::rename(it, offset(it, params), name.get<std::string>());
}

Json Server::document_link(const Json& params) { return document_links(view(params)); }

std::string Server::document_symbol(const Json& params) { return document_symbols(view(params)); }

Json Server::workspace_symbol(const Json& params) {
  const Json& query = member(params, "query");
  Json out = Json::array();
  for (driver::Session::Known* known : session_.policies()) {
    const Atlas& places = atlas(*known);
    if (places.meaning().paths.empty()) continue;
    const View it{*known, places.meaning(), known->unit->files(), SourceId{0}, places, names(*known), client_};
    add_workspace_symbols(it, query.is_string() ? query.get<std::string>() : std::string(), out);
  }
  return out;
}

Json Server::folding_range(const Json& params) { return folding_ranges(view(params)); }

Json Server::selection_range(const Json& params) { return selection_ranges(view(params), member(params, "positions")); }

std::string Server::semantic_tokens_full(const Json& params) {
  const View it = view(params);
  Tokens& tokens = tokens_[it.meaning.paths[static_cast<std::size_t>(it.source)]];
  tokens.id = fmt::format("{}", ++next_id_);
  tokens.data = semantic_tokens(it);
  JsonText out;
  out.open('{').key("resultId").text(tokens.id).key("data").open('[');
  for (const std::uint32_t number : tokens.data) out.number(number);
  out.close(']').close('}');
  return std::move(out).take();
}

std::string Server::semantic_tokens_delta(const Json& params) {
  const View it = view(params);
  Tokens& tokens = tokens_[it.meaning.paths[static_cast<std::size_t>(it.source)]];
  if (tokens.id.empty() || member(params, "previousResultId") != tokens.id) return semantic_tokens_full(params);
  std::vector<std::uint32_t> now = semantic_tokens(it);
  Json edits = token_edits(tokens.data, now);
  tokens.id = fmt::format("{}", ++next_id_);
  tokens.data = std::move(now);
  return written({{"resultId", tokens.id}, {"edits", std::move(edits)}});
}

Json Server::semantic_tokens_range(const Json& params) {
  const View it = view(params);
  return {{"data", semantic_tokens(it, it.atlas.span(it.source, member(params, "range")))}};
}

Json Server::inlay_hint(const Json& params) {
  const View it = view(params);
  return inlay_hints(it, it.atlas.span(it.source, member(params, "range")));
}

std::string Server::code_lens(const Json& params) { return code_lenses(view(params)); }

Json Server::code_lens_resolve(const Json& params) {
  const Json& uri = member(params, "data/uri");
  if (!uri.is_string()) throw RequestError{error_code::invalid_params, "the lens is none of this server's"};
  return resolve_lens(view_of(path_of(uri.get_ref<const std::string&>())), params);
}

Json Server::prepare_call_hierarchy(const Json& params) {
  const View it = view(params);
  const std::uint32_t place = offset(it, params);
  return it.meaning.has_inventory ? prepare_hierarchy(it, place) : prepare_open_hierarchy(it, place);
}

Json Server::incoming_calls(const Json& params) { return calls(member(params, "item"), model::Direction::Ingress); }

Json Server::outgoing_calls(const Json& params) { return calls(member(params, "item"), model::Direction::Egress); }

Json Server::calls(const Json& item, model::Direction direction) {
  const View it = view_of_item(item);
  if (is_open_item(item)) return later(open_calls(it, item, direction));
  return lsp::calls(it, item, direction);
}

Json Server::execute_command(const Json& params) {
  const Json& command = member(params, "command");
  const Json& arguments = member(params, "arguments");
  const auto argument = [&](std::size_t i) -> std::string {
    const bool there = arguments.is_array() && i < arguments.size() && arguments[i].is_string();
    return there ? arguments[i].get<std::string>() : std::string();
  };
  std::string out;
  if (command == "weft.runTest") {
    const View it = view_of(path_of(argument(0)));
    // A test is named, or a place in it is given.
    const bool place = arguments.is_array() && arguments.size() > 1 && arguments[1].is_object();
    out = place ? run_tests_at(it, it.atlas.offset(it.source, arguments[1])) : run_tests(it, argument(1));
  } else if (command == "weft.explainDecision") {
    out = explain_decision(view_of(path_of(argument(0))), argument(1));
  } else if (command == "weft.showGraph") {
    out = reachability(view_of(path_of(argument(0))));
  } else if (command == "weft.diffAgainstHead") {
    return compare_with_head(path_of(argument(0)));
  } else {
    throw RequestError{error_code::invalid_params,
                       "the commands are `weft.runTest`, `weft.explainDecision`, "
                       "`weft.showGraph` and `weft.diffAgainstHead`"};
  }
  Json result(std::move(out));
  show_answer(result);
  return result;
}

Json Server::compare_with_head(const std::string& path) {
  const View it = view_of(path);
  if (!path.starts_with('/'))
    throw RequestError{error_code::request_failed, "the text is no file: nothing was committed of it"};
  if (!it.meaning.understood) throw RequestError{error_code::request_failed, "the policy has errors: they come first"};
  // The thread has all it looks at: the meaning never changes.
  return later([meaning = it.known.unit->meaning(), name = it.known.unit->name(),
                inventories = session_.preferences().inventories](verifier::Cancellation& cancellation) -> Json {
    driver::Options options;
    options.now = meaning->now;
    options.verifier.cancellation = &cancellation;
    const auto diff = driver::diff_against_head(name, *meaning, inventories, options);
    if (!diff) {
      const Error& error = diff.error();
      throw RequestError{error_code::request_failed,
                         error.help.empty() ? error.message : error.message + "; " + error.help};
    }
    if (!diff->understood()) {
      throw RequestError{error_code::request_failed,
                         "the policy of the last commit has errors: `weft diff HEAD` shows them"};
    }
    if (!diff->flows->internal_errors.empty()) {
      throw RequestError{error_code::internal_error, diff->flows->internal_errors.front()};
    }
    return differences_in_words(*diff);
  });
}

void Server::show_answer(const Json& result) {
  if (client_.shows_answers || !result.is_string()) return;
  notify("window/showMessage", {{"type", 3}, {"message", result}});  // 3: information
}

// The rule an item stands at may be in any file of a policy, open or not.
View Server::view_of_item(const Json& item) {
  const Json& uri = member(item, "uri");
  if (!uri.is_string()) throw RequestError{error_code::invalid_params, "an item has a `uri`"};
  const std::string path = path_of(uri.get_ref<const std::string&>());
  for (driver::Session::Known* known : session_.policies()) {
    const auto source = known->unit->source(path);
    if (!source) continue;
    const Atlas& places = atlas(*known);
    return {*known, places.meaning(), known->unit->files(), *source, places, names(*known), client_};
  }
  throw RequestError{error_code::request_failed, "the text is part of no policy"};
}

}  // namespace weft::lsp
