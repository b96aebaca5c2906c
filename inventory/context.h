#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/source.h"
#include "inventory/node.h"
#include "inventory/reporter.h"

namespace weft::inventory {

/// Suggests another text in place of one, within the quotes it stands in. Where it is written in a way that does not
/// show its value (escapes, blocks), the suggestion says what to write and no more.
void suggest_instead(Diagnostic& diagnostic, const Sources& sources, Span place, std::string_view text,
                     std::string title, std::string replacement,
                     Applicability applicability = Applicability::MaybeIncorrect);

/// Reads typed values out of nodes of one source. What is not of the type asked for is reported and absent.
class Context {
 public:
  using Entry = Node::Entry;

  Context(const Sources& sources, SourceId source, Reporter& reporter)
      : sources_(sources), source_(source), reporter_(reporter) {}

  Reporter& reporter() { return reporter_; }
  /// The bytes of a value, of what is longer than a line the first one.
  Span span(const Node& node) const;
  /// The value's, or the key's where the value is left out.
  Span span(const Entry& entry) const;

  /// `kind` says what the entry is, "label" for instance, before its key.
  bool is_map(const Entry& entry, std::string_view kind = {});
  bool is_list(const Entry& entry, std::string_view kind = {});
  /// What YAML takes for a number, a boolean or nothing is no text: it has to be quoted.
  std::optional<std::string> text(const Entry& entry, std::string_view kind = {});
  std::optional<bool> boolean(const Entry& entry);
  const Sources& sources() const { return sources_; }

  /// The entries of a map whose keys are `known` (of no list: all); the others, and repeats, are reported.
  std::vector<Entry> fields(const Node& map, const std::vector<std::string>* known);
  /// The entry of a key in a map that may have others; none where its value is null. Repeats are reported.
  std::optional<Entry> find(const Node& map, std::string_view key);

 private:
  void report_type(const Entry& entry, std::string_view kind, std::string expected);

  const Sources& sources_;
  SourceId source_;
  Reporter& reporter_;
};

}  // namespace weft::inventory
