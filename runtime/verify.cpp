#include "runtime/verify.h"

#include <fmt/format.h>

#include <algorithm>
#include <iterator>

#include "runtime/global_symbols.h"
#include "runtime/kernel_object.h"
#include "runtime/program_tables.h"
#include "runtime/record.h"
#include "runtime/table_differences.h"

namespace weft::runtime {
namespace {

using bundle::MapImage;
using Lines = std::vector<std::string>;
using Symbols = std::map<std::string, GlobalSymbol>;

const MapImage* image_of(const bundle::Bundle& bundle, std::string_view name) {
  const auto found = std::ranges::find(bundle.images, name, &MapImage::name);
  return found == bundle.images.end() ? nullptr : &*found;
}

/// The endpoint of the bundle that was attached there: by its place, or, where another was asked for, by its name.
const bundle::Endpoint* endpoint_of(const bundle::Manifest& manifest, const std::string& workload,
                                    const std::string& place) {
  const bundle::Endpoint* out = nullptr;
  for (const bundle::Endpoint& each : manifest.endpoints) {
    if (each.workload != workload) continue;
    if (each.interface.ends_with(place)) return &each;
    if (out == nullptr) out = &each;
  }
  return out;
}

/// What the load attached in that one of its namespaces, none if the bundle has no such endpoint.
std::optional<std::vector<Target>> targets_of(const bundle::Manifest& manifest, const Record& record,
                                              std::size_t number) {
  std::vector<Target> out;
  const RecordedNamespace& part = record.namespaces[number];
  for (const RecordedInterface& each : part.interfaces) {
    const auto* const endpoint = endpoint_of(manifest, each.workload, Namespace{part.name}.place(each.interface));
    if (endpoint == nullptr) return std::nullopt;
    out.push_back({endpoint, each.interface, each.ifindex, {}, each.ifindex, each.is_node});
  }
  if (number != 0) return out;
  for (const RecordedCgroup& each : record.cgroups) {
    const auto* const endpoint = endpoint_of(manifest, each.workload, each.place());
    if (endpoint == nullptr) return std::nullopt;
    out.push_back({endpoint, {}, 0, {}, each.key, endpoint->interface.starts_with(node_prefix)});
  }
  return out;
}

/// Compares the tables of one program.
class Comparison {
 public:
  Comparison(const bundle::Bundle& bundle, const Symbols& symbols, ProgramTables& tables, std::string where,
             Verified& out)
      : bundle_(bundle), symbols_(symbols), tables_(tables), where_(std::move(where)), out_(out) {}

  Result<void> run(const std::vector<Target>& targets) {
    for (const MapImage& image : bundle_.images) {
      if (image.name == "weft_exact6" && image_of(bundle_, "weft_hosts6") != nullptr) continue;  // with these
      if (auto compared = compare(image); !compared) return compared;
    }
    return compare_endpoints(targets);
  }

 private:
  void say(Lines differences) {
    for (std::string& each : differences) out_.differences.push_back(fmt::format("{}: {}", where_, each));
  }

  void say_missing(const std::string& name) { say({fmt::format("the program has no `{}`", name)}); }

  /// None where the program has no such table; then that is said.
  Result<std::optional<std::span<const std::uint8_t>>> global(const std::string& name) {
    const auto symbol = symbols_.find(name);
    auto found = symbol == symbols_.end() ? Result<std::optional<std::span<const std::uint8_t>>>(std::nullopt)
                                          : tables_.global(symbol->second);
    if (found && !*found) say_missing(name);
    if (found && *found) ++out_.tables;
    return found;
  }

  Result<std::unique_ptr<Tables::Entries>> entries(const std::string& name) {
    auto found = tables_.entries(name);
    if (!found) return found;
    if (*found == nullptr) {
      say_missing(name);
      return found;
    }
    ++out_.tables;
    out_.entries += (*found)->entries.size();
    return found;
  }

  Result<void> compare(const MapImage& image) {
    if (image.kind != MapImage::Kind::Global) {
      const auto now = entries(image.name);
      if (!now) return std::unexpected(now.error());
      if (*now != nullptr) say(entry_differences(image, **now));
      return {};
    }
    const auto now = global(image.name);
    if (!now) return std::unexpected(now.error());
    if (!*now) return {};
    if (image.name != "weft_hosts6") {
      say(table_differences(image, **now));
      return {};
    }
    const MapImage* const hash = image_of(bundle_, "weft_exact6");
    const Tables::Entries none;
    if (hash == nullptr) {
      say(host6_differences(image, **now, nullptr, none));
      return {};
    }
    const auto hash_now = entries(hash->name);
    if (!hash_now) return std::unexpected(hash_now.error());
    if (*hash_now != nullptr) say(host6_differences(image, **now, hash, **hash_now));
    return {};
  }

  Result<void> compare_endpoints(const std::vector<Target>& targets) {
    const auto wanted = endpoint_tables(targets);
    if (!wanted) return std::unexpected(wanted.error());
    const auto endpoints = global("weft_endpoints");
    if (!endpoints) return std::unexpected(endpoints.error());
    const auto slots = global("weft_endpoint_slots");
    if (!slots) return std::unexpected(slots.error());
    if (*endpoints && *slots) say(endpoint_differences(targets, *wanted, **endpoints, **slots));
    return {};
  }

  const bundle::Bundle& bundle_;
  const Symbols& symbols_;
  ProgramTables& tables_;
  std::string where_;
  Verified& out_;
};

/// What is attached there, for people: "weft1, weft2", "cgroup:/jobs".
std::string places_of(const Record& record, std::size_t number) {
  constexpr std::size_t most = 3;
  Lines places;
  const RecordedNamespace& part = record.namespaces[number];
  for (const RecordedInterface& each : part.interfaces) places.push_back(Namespace{part.name}.place(each.interface));
  if (number == 0) std::ranges::transform(record.cgroups, std::back_inserter(places), &RecordedCgroup::place);
  std::string out;
  for (std::size_t i = 0; i < std::min(places.size(), most); ++i) out += (i == 0 ? "" : ", ") + places[i];
  return places.size() > most ? fmt::format("{} and {} more", out, places.size() - most) : out;
}

}  // namespace

Result<Verified> verify(const bundle::Bundle& bundle, const std::string& identity, const StatusOptions& options) {
  Verified out;
  const auto file = StateFile::open(options.state_directory, options.lock_timeout_ms);
  if (!file) return std::unexpected(file.error());
  const auto record = file->read();
  if (!record) return std::unexpected(record.error());
  if (!*record || (*record)->phase != Record::Phase::Loaded) {
    out.differences.push_back("the bundle is not loaded");
    return out;
  }
  if ((*record)->bundle != identity) {
    out.differences.push_back(fmt::format("bundle {} is loaded, not {}", (*record)->bundle, identity));
    return out;
  }
  const auto symbols = global_symbols(bundle.object);
  if (!symbols) return std::unexpected(symbols.error());
  for (std::size_t i = 0; i < (*record)->namespaces.size(); ++i) {
    const std::uint32_t program = (*record)->program_in(i);
    if (program == 0) continue;
    const std::string where = places_of(**record, i);
    const auto targets = targets_of(bundle.manifest, **record, i);
    if (!targets) {
      out.differences.push_back(fmt::format("{}: the bundle knows no such workload", where));
      continue;
    }
    if (!program_by_id(program).valid()) {
      out.differences.push_back(fmt::format("{}: the program is gone", where));
      continue;
    }
    auto tables = ProgramTables::open(program);
    if (!tables) return std::unexpected(tables.error());
    ++out.programs;
    if (auto compared = Comparison(bundle, *symbols, *tables, where, out).run(*targets); !compared) {
      return std::unexpected(compared.error());
    }
  }
  return out;
}

}  // namespace weft::runtime
