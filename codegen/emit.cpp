#include <algorithm>

#include "codegen/codegen.h"
#include "codegen/layout.h"
#include "codegen/program.h"

namespace weft::codegen {
namespace {

bundle::MapImage image_of(Table table) {
  return {std::move(table.name), bundle::MapImage::Kind::Global, table.element_bytes, std::move(table.contents), {}};
}

bundle::MapImage image_of(Map map) {
  const auto kind = map.kind == Map::Kind::Lpm ? bundle::MapImage::Kind::Lpm : bundle::MapImage::Kind::Hash;
  return {std::move(map.name), kind, 0, {}, std::move(map.entries)};
}

// Maps that begin empty (counters, connections) have no image.
std::vector<bundle::MapImage> images_of(Layout layout) {
  std::vector<bundle::MapImage> out;
  for (Table& table : layout.tables) out.push_back(image_of(std::move(table)));
  for (Map& map : layout.maps) {
    if (!map.entries.empty()) out.push_back(image_of(std::move(map)));
  }
  std::ranges::sort(out, {}, &bundle::MapImage::name);
  return out;
}

std::vector<bundle::Endpoint> endpoints_of(const plan::DecisionPlan& plan) {
  std::vector<bundle::Endpoint> out;
  for (const plan::Endpoint& endpoint : plan.endpoints) {
    bundle::Endpoint one{endpoint.workload, endpoint.interface, 0, {}};
    for (const auto& local : endpoint.addresses) {
      one.home = local.identity.home;
      one.addresses.push_back({to_string(local.address), static_cast<std::uint16_t>(local.identity.class_id)});
    }
    out.push_back(std::move(one));
  }
  return out;
}

}  // namespace

Result<bundle::Bundle> emit(const plan::DecisionPlan& plan, const Options& options) {
  auto layout = lay_out(plan, options);
  if (!layout) return std::unexpected(layout.error());
  auto program = compile(*layout);
  if (!program) return std::unexpected(program.error());

  bundle::Bundle out;
  out.object = std::move(program->object);
  std::uint64_t map_entries = 0;
  for (const Map& map : layout->maps) map_entries += map.entries.size();
  out.manifest.figures = {
      {"classes", plan.classes.size()},
      {"atoms", plan.atom_count},
      {"egress entries", plan.egress.entries.size()},
      {"ingress entries", plan.ingress.entries.size()},
      {"table bytes", layout->table_bytes()},
      {"map entries", map_entries},
      {"instructions", program->instructions},
  };
  // Whoever loads such a bundle sees to its clock.
  const auto deadlines = std::ranges::count_if(plan.conditions, [](const plan::Condition& condition) {
    return std::holds_alternative<plan::Deadline>(condition);
  });
  if (deadlines != 0) out.manifest.figures["deadlines"] = static_cast<std::uint64_t>(deadlines);
  out.manifest.endpoints = endpoints_of(plan);
  out.images = images_of(std::move(*layout));
  return out;
}

Result<std::string> emit_ir(const plan::DecisionPlan& plan, const Options& options) {
  const auto layout = lay_out(plan, options);
  if (!layout) return std::unexpected(layout.error());
  return compile_to_ir(*layout);
}

Result<std::string> emit_assembly(const plan::DecisionPlan& plan, const Options& options) {
  const auto layout = lay_out(plan, options);
  if (!layout) return std::unexpected(layout.error());
  return compile_to_assembly(*layout);
}

Result<std::vector<bundle::MapImage>> emit_images(const plan::DecisionPlan& plan, const Options& options) {
  auto layout = lay_out(plan, options);
  if (!layout) return std::unexpected(layout.error());
  return images_of(std::move(*layout));
}

}  // namespace weft::codegen
