#include <algorithm>
#include <filesystem>

#include "lsp/server.h"
#include "lsp/uri.h"

namespace weft::lsp {
namespace {

// How long to wait after an edit for the next one. A policy that takes long to read is not read at every key; somebody
// who stops to think sees it read soon all the same.
constexpr auto shortest_pause = std::chrono::milliseconds(20);
constexpr auto longest_pause = std::chrono::milliseconds(100);

const std::string& uri_in(const Json& params) {
  const Json& uri = member(params, "textDocument/uri");
  if (!uri.is_string()) throw RequestError{error_code::invalid_params, "`textDocument.uri` is a text"};
  return uri.get_ref<const std::string&>();
}

const std::string& text_in(const Json& json) {
  if (!json.is_string()) throw RequestError{error_code::invalid_params, "`text` is a text"};
  return json.get_ref<const std::string&>();
}

// Policies only: of other texts, such as an inventory in the editor, it is what is open that counts.
void apply(std::string& text, const Json& change, Encoding encoding) {
  const Json& range = member(change, "range");
  const std::string& replacement = text_in(member(change, "text"));
  if (range.is_null()) {
    text = replacement;
    return;
  }
  const Lines lines(text, encoding);
  const std::uint32_t begin = lines.offset(position_of(member(range, "start")));
  const std::uint32_t end = std::max(begin, lines.offset(position_of(member(range, "end"))));
  text.replace(begin, end - begin, replacement);
}

}  // namespace

void Server::did_open(const Json& params) {
  const std::string& uri = uri_in(params);
  Document document{uri, path_of(uri), 0, text_in(member(params, "textDocument/text"))};
  if (const Json& version = member(params, "textDocument/version"); version.is_number_integer()) {
    document.version = version.get<std::int64_t>();
  }
  const std::string path = document.path;
  session_.open(path, document.text);
  documents_[path] = std::move(document);
  opened_.insert(path);
  texts_changed();
}

void Server::did_change(const Json& params) {
  const auto found = documents_.find(path_of(uri_in(params)));
  const Json& changes = member(params, "contentChanges");
  if (found == documents_.end() || !changes.is_array()) return;
  Document& document = found->second;
  for (const Json& change : changes) apply(document.text, change, encoding_);
  if (const Json& version = member(params, "textDocument/version"); version.is_number_integer()) {
    document.version = version.get<std::int64_t>();
  }
  session_.change(document.path, document.text);
  texts_changed();
}

void Server::did_save(const Json& params) {
  // A project file counts as it is on disk.
  if (std::filesystem::path(path_of(uri_in(params))).filename() == "weft.toml") {
    session_.files_changed();
    texts_changed();
  }
}

void Server::did_close(const Json& params) {
  const std::string path = path_of(uri_in(params));
  if (documents_.erase(path) == 0) return;
  tokens_.erase(path);
  session_.close(path);
  texts_changed();
}

void Server::did_change_watched_files(const Json& params) {
  const Json& changes = member(params, "changes");
  if (!changes.is_array()) return;
  session_.files_changed();
  texts_changed();
}

void Server::did_change_folders(const Json&) {
  session_.files_changed();
  texts_changed();
}

void Server::texts_changed() {
  check_due_ = Clock::now() + std::clamp<Clock::duration>(check_took_, shortest_pause, longest_pause);
  announcements_.clear();  // the next check has its own
}

View Server::view(const Json& params) { return view_of(path_of(uri_in(params))); }

View Server::view_of(const std::string& path) {
  if (!documents_.contains(path)) {
    throw RequestError{error_code::invalid_params, "the text is not open: `textDocument/didOpen` comes first"};
  }
  driver::Session::Known* known = session_.policy_of(path);
  const auto source = known == nullptr ? std::nullopt : known->unit->source(path);
  if (!source) throw RequestError{error_code::request_failed, "the text is part of no policy"};
  const Atlas& places = atlas(*known);
  return {*known, places.meaning(), known->unit->files(), *source, places, names(*known), client_};
}

View Server::last_view(const Json& params) {
  const std::string path = path_of(uri_in(params));
  if (documents_.contains(path)) {
    driver::Session::Known* known = session_.last_policy_of(path);
    const auto source = known == nullptr ? std::nullopt : known->unit->source(path);
    if (source) {
      const Atlas& places = atlas(*known);
      return {*known, places.meaning(), known->unit->files(), *source, places, names(*known), client_};
    }
  }
  return view_of(path);
}

std::uint32_t Server::offset(const View& view, const Json& params) const {
  return view.atlas.offset(view.source, member(params, "position"));
}

const Atlas& Server::atlas(driver::Session::Known& known) {
  Index& index = indexes_[known.unit->name()];
  if (!index.atlas || &index.atlas->meaning() != known.unit->meaning().get()) {
    index.atlas = std::make_unique<Atlas>(known.unit->meaning(), encoding_, documents_, library_);
    index.names.reset();
  }
  return *index.atlas;
}

Names& Server::names(driver::Session::Known& known) {
  atlas(known);
  Index& index = indexes_[known.unit->name()];
  if (!index.names) index.names = std::make_unique<Names>(known.unit->files());
  return *index.names;
}

}  // namespace weft::lsp
