#pragma once

#include <functional>

#include "base/source.h"
#include "inventory/node.h"
#include "inventory/reporter.h"

namespace weft::inventory {

/// Takes each document of a text as it is read. The nodes are gone afterwards.
using OnDocument = std::function<void(const Node&)>;

/// Reads the documents of a text, YAML or JSON as it looks. Errors: reported, and the documents before them are read.
void parse(const Sources& sources, SourceId id, Reporter& reporter, const OnDocument& on_document);

void parse_yaml(const Sources& sources, SourceId id, Reporter& reporter, const OnDocument& on_document);

struct JsonFault {
  Span span;
  std::string what;
  bool too_deep = false;
};

/// JSON values one after the other. Errors: the first fault, which ends the reading; nothing is reported.
std::optional<JsonFault> parse_json(const Sources& sources, SourceId id, const OnDocument& on_document);

}  // namespace weft::inventory
