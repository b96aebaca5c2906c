#pragma once

#include <map>
#include <string>
#include <vector>

#include "base/diagnostics.h"
#include "frontend/frontend.h"

namespace weft::frontend_tests {

/// What became of some texts.
struct Read {
  Sources sources;
  Diagnostics diagnostics;
  std::vector<frontend::ast::File> files;
  model::Policy policy;

  /// The diagnostics as a person sees them.
  std::string shown() const;
  /// The codes in the order of their report: "W1003 W1020".
  std::string codes() const;
};

/// The texts are called `test0.weft`, `test1.weft` and so on. They can import the standard modules, one another, and
/// what `read_beside` finds beside them.
Read read(const std::vector<std::string>& texts, const frontend::ReadOptions& options = {});
inline Read read(const std::string& text, const frontend::ReadOptions& options = {}) {
  return read(std::vector<std::string>{text}, options);
}

/// As `read` of one text that can import files of these names.
Read read_beside(const std::string& text, const std::map<std::string, std::string>& others);

/// Parsed, and not looked at further.
Read parse(const std::string& text);

std::string file_text(const std::string& path);

}  // namespace weft::frontend_tests
