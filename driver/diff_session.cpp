#include "driver/diff_session.h"

#include <utility>

namespace weft::driver {
namespace {

// The policy as it was committed: of the same file, directory or project.
Result<DiffSide> committed(const UnitName& name, const std::vector<std::string>& inventories, const Options& options) {
  auto head = Revision::check_out("HEAD", name.directory());
  if (!head) return std::unexpected(std::move(head.error()));
  auto file = head->file(name.path);
  if (!file) return std::unexpected(std::move(file.error()));
  SideNames side;
  side.name = "HEAD";
  side.inputs.inventories = inventories;
  if (name.kind == UnitName::Kind::Project) {
    side.inputs.project = std::move(*file);
  } else {
    side.inputs.policies = {std::move(*file)};
    if (!name.project.empty()) side.inputs.project = head->project();
  }
  side.revision = std::move(*head);
  return compile_side(std::move(side), options);
}

DiffSide worked_on(const Meaning& meaning) {
  DiffSide out;
  out.name = "the editor";
  out.compilation.sources = meaning.sources;
  out.compilation.diagnostics = meaning.diagnostics;
  out.compilation.files.inventories = meaning.inventories;
  out.compilation.understood = meaning.understood;
  out.compilation.policy = meaning.policy;
  out.compilation.inventory = *meaning.inventory;
  return out;
}

}  // namespace

Result<PolicyDiff> diff_against_head(const UnitName& name, const Meaning& meaning,
                                     const std::vector<std::string>& inventories, const Options& options) {
  auto before = committed(name, inventories, options);
  if (!before) return std::unexpected(std::move(before.error()));
  return compare(std::move(*before), worked_on(meaning), inventories, options);
}

}  // namespace weft::driver
