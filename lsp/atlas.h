#pragma once

#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "base/diagnostics.h"
#include "driver/unit.h"
#include "lsp/json.h"
#include "lsp/library.h"
#include "lsp/positions.h"

namespace weft::lsp {

/// A text that the client has open.
struct Document {
  std::string uri;  ///< as the client writes it
  std::string path;
  std::int64_t version = 0;
  std::string text;
};
/// By path.
using Documents = std::map<std::string, Document>;

/// The places of one meaning in the words of the protocol.
class Atlas {
 public:
  /// All must outlive it, but for the meaning.
  Atlas(std::shared_ptr<const driver::Meaning> meaning, Encoding encoding, const Documents& documents,
        Library& library);

  const driver::Meaning& meaning() const { return *meaning_; }
  const Lines& lines(SourceId source) const;
  /// Empty of a built-in text that cannot be shown.
  std::string uri(SourceId source) const;
  bool writable(SourceId source) const { return !meaning_->built_in[static_cast<std::size_t>(source)]; }

  Json range(Span span) const;
  Json position(SourceId source, std::uint32_t offset) const;
  /// `{uri, range}`; null where the text cannot be shown.
  Json location(Span span) const;
  std::uint32_t offset(SourceId source, const Json& position) const;
  Span span(SourceId source, const Json& range) const;

  Json text_edit(const Edit& edit) const;
  /// A WorkspaceEdit; null if something in it cannot be changed.
  Json workspace_edit(std::span<const Edit> edits, bool with_versions) const;

 private:
  std::shared_ptr<const driver::Meaning> meaning_;
  Encoding encoding_;
  const Documents& documents_;
  Library& library_;
  mutable std::map<SourceId, Lines> lines_;
};

/// `{line, character}` of the protocol; throws RequestError where it is none.
Position position_of(const Json& json);
Json json_of(Position position);

}  // namespace weft::lsp
