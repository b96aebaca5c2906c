#pragma once

#include <string>
#include <vector>

#include "base/diagnostics.h"
#include "base/source.h"
#include "inventory/inventory.h"

namespace weft::inventory::test {

/// A reading with everything it leaves behind.
struct Reading {
  Sources sources;
  Diagnostics diagnostics;
  model::Inventory inventory;

  std::vector<std::string> codes() const;
  std::string rendered() const { return render(diagnostics, sources, {}); }
};

Reading read_texts(const std::vector<std::string>& texts);
/// Also fails the test where there are diagnostics above a note.
Reading read_good(const std::vector<std::string>& texts);
inline Reading read_text(std::string text) { return read_texts({std::move(text)}); }

/// The inventory as text, complete enough to compare two.
std::string dump(const model::Inventory& inventory);
/// Fails the test where the promises of model::Inventory do not hold.
void check_promises(const model::Inventory& inventory);

std::string read_file(const std::string& path);

}  // namespace weft::inventory::test
