#pragma once

#include <optional>
#include <string>

#include "driver/compile.h"
#include "driver/graph.h"

namespace weft::cli {

/// A page that holds everything it needs and can be kept or mailed: the findings with their excerpts, what became of
/// the assertions, who may talk to whom as a graph, a matrix and a table, and a search over all of it. Light and dark.
/// Without an inventory there is no graph, and the page says so.
std::string html_report(const driver::Compilation& compilation, const std::optional<driver::Graph>& graph);

}  // namespace weft::cli
