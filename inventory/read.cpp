#include <fmt/format.h>

#include "base/text.h"
#include "inventory/found.h"
#include "inventory/inventory.h"
#include "inventory/parse.h"

namespace weft::inventory {
namespace {

bool is_kubernetes(const Node& root) {
  for (const Node::Entry& entry : root.entries()) {
    if (entry.key.text() == "kind" || entry.key.text() == "apiVersion") return true;
  }
  return false;
}

void read_document(Context& context, const Node& root, Found& found, Skipped& skipped) {
  if (!root.is(Node::Kind::Map)) {
    context.reporter()
        .report(not_inventory, context.span(root))
        .suggest("an inventory is a map: its keys are `namespaces`, `nodes`, `apiserver`, `workloads` and `overlay`");
  } else if (is_kubernetes(root)) {
    read_kubernetes(context, root, found, skipped);
  } else {
    read_native(context, root, found);
  }
}

void report_skipped(const Skipped& skipped, Reporter& reporter) {
  static constexpr std::size_t most_named = 6;
  std::size_t objects = 0;
  std::string names;
  std::size_t named = 0;
  for (const auto& [kind, count] : skipped.kinds) {
    objects += count;
    if (named++ < most_named) names += fmt::format("{}`{}`", names.empty() ? "" : ", ", printable(kind).substr(0, 80));
  }
  if (objects == 0) return;
  if (named > most_named) names += fmt::format(" and {} more", named - most_named);
  reporter.report(skipped_objects, skipped.first, fmt::format("{} object{}", objects, objects == 1 ? "" : "s"), names)
      .suggest("where they run pods, list the pods as well");
}

}  // namespace

model::Inventory read(const Sources& sources, std::span<const SourceId> texts, Diagnostics& diagnostics) {
  Reporter reporter(diagnostics);
  Found found;
  for (const SourceId text : texts) {
    Context context(sources, text, reporter);
    Skipped skipped;
    parse(sources, text, reporter, [&](const Node& root) { read_document(context, root, found, skipped); });
    report_skipped(skipped, reporter);
  }
  return link(std::move(found), sources, reporter);
}

}  // namespace weft::inventory
