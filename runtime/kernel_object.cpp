#include "runtime/kernel_object.h"

#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <chrono>
#include <cstring>
#include <span>

#include "runtime/clock.h"
#include "runtime/global_symbols.h"
#include "runtime/log.h"
#include "runtime/refusal.h"
#include "runtime/waiting.h"

namespace weft::runtime {
namespace {

using bundle::MapImage;
using Symbols = std::map<std::string, GlobalSymbol>;

constexpr std::size_t verifier_log_bytes = std::size_t{1} << 20;

class Stopwatch {
 public:
  std::uint64_t lap() {
    const auto now = std::chrono::steady_clock::now();
    const auto elapsed = now - std::exchange(since_, now);
    return static_cast<std::uint64_t>(std::chrono::duration_cast<std::chrono::nanoseconds>(elapsed).count());
  }

 private:
  std::chrono::steady_clock::time_point since_ = std::chrono::steady_clock::now();
};

std::unexpected<Error> disagree(std::string message) {
  return failure("W6006", "the bundle and its program disagree: " + std::move(message), "build the bundle again");
}

/// The data sections of the object while their tables are filled; libbpf hands each to the kernel in one piece.
class Sections {
 public:
  explicit Sections(bpf_object* object) : object_(object) {}

  Result<void> fill(const Symbols& symbols, const std::string& name, std::span<const std::uint8_t> value) {
    const auto symbol = symbols.find(name);
    if (symbol == symbols.end()) return disagree(fmt::format("the program has no table `{}`", name));
    const auto& [section, offset, size] = symbol->second;
    if (size != value.size()) {
      return disagree(fmt::format("table `{}` has {} bytes, its contents {}", name, size, value.size()));
    }
    bundle::Bytes& contents = contents_of(section);
    if (offset > contents.size() || contents.size() - offset < size) {
      return disagree(fmt::format("table `{}` lies outside of section `{}`", name, section));
    }
    std::ranges::copy(value, contents.begin() + static_cast<std::ptrdiff_t>(offset));
    return {};
  }

  Result<void> store() const {
    for (const auto& [section, contents] : contents_) {
      bpf_map* const map = bpf_object__find_map_by_name(object_, section.c_str());
      if (map == nullptr) continue;
      if (bpf_map__set_initial_value(map, contents.data(), contents.size()) != 0) {
        return disagree(fmt::format("section `{}` takes no contents", section));
      }
    }
    return {};
  }

 private:
  bundle::Bytes& contents_of(const std::string& section) {
    const auto [at, fresh] = contents_.try_emplace(section);
    bpf_map* const map = fresh ? bpf_object__find_map_by_name(object_, section.c_str()) : nullptr;
    std::size_t size = 0;
    const void* const initial = map == nullptr ? nullptr : bpf_map__initial_value(map, &size);
    if (initial != nullptr) {
      const auto* const begin = static_cast<const std::uint8_t*>(initial);
      at->second.assign(begin, begin + size);
    }
    return at->second;
  }

  bpf_object* object_;
  std::map<std::string, bundle::Bytes> contents_;
};

Result<bpf_map*> find_map(bpf_object* object, const MapImage& image) {
  bpf_map* const map = bpf_object__find_map_by_name(object, image.name.c_str());
  if (map == nullptr) return disagree(fmt::format("the program has no map `{}`", image.name));
  const bpf_map_type type = bpf_map__type(map);
  const bool fits = image.kind == MapImage::Kind::Lpm ? type == BPF_MAP_TYPE_LPM_TRIE
                                                      : type == BPF_MAP_TYPE_HASH || type == BPF_MAP_TYPE_LRU_HASH;
  if (!fits) return disagree(fmt::format("map `{}` has another type ({})", image.name, static_cast<int>(type)));
  for (const bundle::MapEntry& entry : image.entries) {
    if (entry.key.size() != bpf_map__key_size(map) || entry.value.size() != bpf_map__value_size(map)) {
      return disagree(fmt::format("an entry of map `{}` has {} + {} bytes instead of {} + {}", image.name,
                                  entry.key.size(), entry.value.size(), bpf_map__key_size(map),
                                  bpf_map__value_size(map)));
    }
  }
  return map;
}

/// The gates wait: for a flag of their own, or for the one of another object.
Result<void> share_waiting(bpf_object* object, Sections& sections, const Symbols& symbols, int waiting_fd) {
  if (waiting_fd < 0) return sections.fill(symbols, waiting_flag, std::array<std::uint8_t, 4>{1});
  bpf_map* const map = bpf_object__find_map_by_name(object, waiting_section);
  if (map != nullptr && bpf_map__reuse_fd(map, waiting_fd) == 0) return {};
  return disagree(fmt::format("section `{}` cannot be shared", waiting_section));
}

template <typename Number>
bundle::Bytes bytes_of(Number number) {
  bundle::Bytes out(sizeof number);
  std::memcpy(out.data(), &number, sizeof number);
  return out;
}

/// Before the maps exist: contents of global data, and room for all entries.
Result<void> prepare(bpf_object* object, const bundle::Bundle& bundle, const std::vector<Target>& targets,
                     int waiting_fd, DeadlineClock clock) {
  const auto symbols = global_symbols(bundle.object);
  if (!symbols) return std::unexpected(symbols.error());
  Sections sections(object);
  for (const MapImage& image : bundle.images) {
    if (image.kind == MapImage::Kind::Global) {
      if (auto filled = sections.fill(*symbols, image.name, image.value); !filled) return filled;
      continue;
    }
    const auto map = find_map(object, image);
    if (!map) return std::unexpected(map.error());
    if (image.entries.size() > bpf_map__max_entries(*map)) {
      bpf_map__set_max_entries(*map, static_cast<std::uint32_t>(image.entries.size()));
    }
  }
  const auto tables = endpoint_tables(targets);
  if (!tables) return std::unexpected(tables.error());
  if (auto filled = sections.fill(*symbols, "weft_endpoints", tables->endpoints); !filled) return filled;
  if (auto filled = sections.fill(*symbols, "weft_endpoint_slots", tables->slots); !filled) return filled;
  if (symbols->contains("weft_clock_offset")) {
    if (auto filled = sections.fill(*symbols, "weft_clock_offset", bytes_of(offset_for(clock))); !filled) return filled;
  }
  if (clock == DeadlineClock::Tai) {
    if (auto filled = sections.fill(*symbols, "weft_clock_is_tai", bytes_of(std::uint32_t{1})); !filled) return filled;
  }
  if (symbols->contains(waiting_flag)) {
    if (auto shared = share_waiting(object, sections, *symbols, waiting_fd); !shared) return shared;
  }
  return sections.store();
}

Result<void> fill_entries(bpf_object* object, const MapImage& image) {
  if (image.kind == MapImage::Kind::Global || image.entries.empty()) return {};
  const int fd = bpf_map__fd(bpf_object__find_map_by_name(object, image.name.c_str()));
  bundle::Bytes keys;
  bundle::Bytes values;
  keys.reserve(image.entries.size() * image.entries.front().key.size());
  values.reserve(image.entries.size() * image.entries.front().value.size());
  for (const bundle::MapEntry& entry : image.entries) {
    keys.insert(keys.end(), entry.key.begin(), entry.key.end());
    values.insert(values.end(), entry.value.begin(), entry.value.end());
  }
  auto done = static_cast<std::uint32_t>(image.entries.size());
  if (bpf_map_update_batch(fd, keys.data(), values.data(), &done, nullptr) == 0) return {};
  // A kernel that cannot do it in one call; anything else fails here again, and then with the entry it is about.
  for (const bundle::MapEntry& entry : image.entries) {
    if (bpf_map_update_elem(fd, entry.key.data(), entry.value.data(), BPF_ANY) != 0) {
      return kernel_failure(errno, errno == ENOMEM ? "W6009" : "W6006", fmt::format("fill map `{}`", image.name));
    }
  }
  return {};
}

/// A program that is wanted, and what the kernel's verifier says if it refuses it.
struct Wanted {
  std::string name;
  // Not cleared: only a refusal writes there, and then it ends its text itself.
  std::unique_ptr<char[]> log = std::make_unique_for_overwrite<char[]>(verifier_log_bytes);
};

std::unexpected<Error> load_failure(int number, const bundle::Manifest& manifest, const LibbpfLog& log,
                                    const std::vector<Wanted>& programs) {
  for (const Wanted& each : programs) {
    const std::string_view text = each.log.get();
    if (text.empty()) continue;
    return std::unexpected(refusal(manifest, each.name, reason(number), text));
  }
  if (number == ENOMEM || (number == EPERM && effective_capabilities() != 0 && log.text().contains("RLIMIT_MEMLOCK"))) {
    return failure("W6009", fmt::format("the kernel has no memory for the program: {}", reason(number)),
                   "raise the limit of locked memory (`ulimit -l unlimited`), or free memory");
  }
  const std::string detail = log.last_line();
  return kernel_failure(number, number == EINVAL || number == EOPNOTSUPP ? "W6002" : "W6009",
                        detail.empty() ? std::string("load the program") : fmt::format("load the program ({})", detail),
                        "`weft doctor` shows what the kernel lacks");
}

struct KernelMap {
  std::uint32_t id = 0;
  Descriptor descriptor;
  bpf_map_info info{};
};

Result<std::vector<KernelMap>> kernel_maps(std::uint32_t program_id, const std::vector<std::uint32_t>& but) {
  const auto failed = [] { return kernel_failure(errno, "W6008", "look at the maps of the program"); };
  const Descriptor program = program_by_id(program_id);
  if (!program.valid()) return failed();
  std::vector<std::uint32_t> ids(64);
  bpf_prog_info info{};
  info.nr_map_ids = static_cast<std::uint32_t>(ids.size());
  info.map_ids = reinterpret_cast<std::uint64_t>(ids.data());
  std::uint32_t size = sizeof info;
  if (bpf_obj_get_info_by_fd(program.get(), &info, &size) != 0) return failed();
  ids.resize(std::min<std::size_t>(ids.size(), info.nr_map_ids));
  std::vector<KernelMap> out;
  for (const std::uint32_t id : ids) {
    if (std::ranges::find(but, id) != but.end()) continue;
    KernelMap& map = out.emplace_back(id, Descriptor(bpf_map_get_fd_by_id(id)), bpf_map_info{});
    size = sizeof map.info;
    if (!map.descriptor.valid() || bpf_obj_get_info_by_fd(map.descriptor.get(), &map.info, &size) != 0) return failed();
  }
  return out;
}

/// Hands the tables of connections of a former program on to the object, where they have the same form.
bool keep_connections(bpf_object* object, std::uint32_t former) {
  if (former == 0) return false;
  const auto maps = kernel_maps(former, {});
  if (!maps) return false;  // it has gone meanwhile
  bool kept = false;
  bpf_map* map = nullptr;
  bpf_object__for_each_map(map, object) {
    if (bpf_map__type(map) != BPF_MAP_TYPE_LRU_HASH) continue;
    // The kernel keeps 15 bytes of a name, the sizes tell the families apart.
    const std::string name = std::string(bpf_map__name(map)).substr(0, BPF_OBJ_NAME_LEN - 1);
    for (const KernelMap& each : *maps) {
      if (each.info.name != name || each.info.type != BPF_MAP_TYPE_LRU_HASH ||
          each.info.key_size != bpf_map__key_size(map) || each.info.value_size != bpf_map__value_size(map) ||
          each.info.max_entries != bpf_map__max_entries(map)) {
        continue;
      }
      kept = bpf_map__reuse_fd(map, each.descriptor.get()) == 0 || kept;
    }
  }
  return kept;
}

}  // namespace

void KernelObject::Close::operator()(bpf_object* object) const { bpf_object__close(object); }

Result<KernelObject> KernelObject::load(const bundle::Bundle& bundle, const std::vector<Target>& targets,
                                        LoadTimes& times, std::uint32_t former, int waiting_fd, DeadlineClock clock) {
  const LibbpfLog log;
  Stopwatch watch;
  KernelObject out;
  bpf_object_open_opts options{};
  options.sz = sizeof options;
  options.object_name = "weft";
  out.cgroup_fds_.fill(-1);
  out.object_.reset(bpf_object__open_mem(bundle.object.data(), bundle.object.size(), &options));
  if (out.object_ == nullptr) {
    return failure(
        "W6006", fmt::format("the program is no BPF object: {}", log.text().empty() ? reason(errno) : log.last_line()),
        "build the bundle again");
  }
  const bool with_cgroups = std::ranges::any_of(targets, &Target::is_cgroup);
  bpf_program* program = nullptr;
  bpf_object__for_each_program(program, out.object_.get()) { bpf_program__set_autoload(program, false); }
  std::vector<Wanted> programs;
  for (const Side side : both_sides) programs.push_back({program_name(side)});
  if (with_cgroups) {
    for (const Point point : all_points) programs.push_back({program_name(point)});
    programs.push_back({prepare_program});
  }
  for (const Wanted& each : programs) {
    program = bpf_object__find_program_by_name(out.object_.get(), each.name.c_str());
    if (program == nullptr && &each - programs.data() >= 2) {
      return failure("W6006", "the bundle has no programs for cgroups",
                     "name the cgroup in the inventory, as `attach: {cgroup: …}`, and build the bundle again");
    }
    if (program == nullptr) return disagree(fmt::format("it has no program `{}`", each.name));
    bpf_program__set_autoload(program, true);
    each.log[0] = '\0';
    bpf_program__set_log_buf(program, each.log.get(), verifier_log_bytes);
  }
  for (const Side side : both_sides) {
    program = bpf_object__find_program_by_name(out.object_.get(), program_name(side));
    bpf_program__set_type(program, BPF_PROG_TYPE_SCHED_CLS);
  }
  if (const auto prepared = prepare(out.object_.get(), bundle, targets, waiting_fd, clock); !prepared) {
    return std::unexpected(prepared.error());
  }
  out.keeps_connections_ = keep_connections(out.object_.get(), former);
  times.open += watch.lap();

  if (const int result = bpf_object__load(out.object_.get()); result != 0) {
    return load_failure(-result, bundle.manifest, log, programs);
  }
  out.from_fd_ = bpf_program__fd(bpf_object__find_program_by_name(out.object_.get(), program_name(Side::FromWorkload)));
  out.to_fd_ = bpf_program__fd(bpf_object__find_program_by_name(out.object_.get(), program_name(Side::ToWorkload)));
  out.waiting_fd_ = bpf_object__find_map_fd_by_name(out.object_.get(), waiting_section);
  if (with_cgroups) {
    const auto fd_of = [&](const char* name) {
      return bpf_program__fd(bpf_object__find_program_by_name(out.object_.get(), name));
    };
    for (const Point point : all_points)
      out.cgroup_fds_.at(static_cast<std::size_t>(point)) = fd_of(program_name(point));
    out.prepare_fd_ = fd_of(prepare_program);
    out.places_fd_ = bpf_object__find_map_fd_by_name(out.object_.get(), "weft_places");
    if (out.places_fd_ < 0) return disagree("it has no map `weft_places`");
  }
  times.kernel += watch.lap();

  for (const MapImage& image : bundle.images) {
    if (const auto filled = fill_entries(out.object_.get(), image); !filled) return std::unexpected(filled.error());
  }
  times.fill += watch.lap();
  return out;
}

PointPrograms KernelObject::cgroup_programs() const {
  PointPrograms out{};
  if (prepare_fd_ < 0) return out;
  for (const Point point : all_points) out.at(static_cast<std::size_t>(point)) = program_info(cgroup_fd(point)).id;
  return out;
}

Program program_info(int fd) {
  bpf_prog_info info{};
  std::uint32_t size = sizeof info;
  if (fd < 0 || bpf_obj_get_info_by_fd(fd, &info, &size) != 0) return {};
  Program out{.id = info.id,
              .name = info.name,
              .tag = {},
              .instructions = static_cast<std::uint32_t>(info.xlated_prog_len / 8),
              .verified = info.verified_insns};
  for (const auto byte : info.tag) out.tag += fmt::format("{:02x}", byte);
  return out;
}

Descriptor program_by_id(std::uint32_t id) { return Descriptor(id == 0 ? -1 : bpf_prog_get_fd_by_id(id)); }

Result<std::map<std::string, Descriptor>> maps_of(std::uint32_t program_id) {
  auto maps = kernel_maps(program_id, {});
  if (!maps) return std::unexpected(maps.error());
  std::map<std::string, Descriptor> out;
  for (KernelMap& map : *maps) out.emplace(map.info.name, std::move(map.descriptor));
  return out;
}

Result<void> add_counters(std::uint32_t program_id, std::vector<std::uint32_t>& seen, Counters& sums) {
  // The kernel keeps 15 bytes of a name, which just tells them apart.
  const std::map<std::string_view, std::vector<std::uint64_t>*> by_name = {
      {"weft_counters_e", &sums.egress.packets},
      {"weft_counters_i", &sums.ingress.packets},
      {"weft_audited_eg", &sums.egress.without_audit},
      {"weft_audited_in", &sums.ingress.without_audit},
  };
  const auto maps = kernel_maps(program_id, seen);
  if (!maps) return std::unexpected(maps.error());
  const int processors = libbpf_num_possible_cpus();
  if (processors <= 0) return kernel_failure(-processors, "W6008", "count the processors");
  for (const KernelMap& map : *maps) {
    seen.push_back(map.id);
    const auto found = by_name.find(map.info.name);
    if (found == by_name.end() || map.info.type != BPF_MAP_TYPE_PERCPU_ARRAY || map.info.value_size != 8) continue;
    std::vector<std::uint64_t> values(static_cast<std::size_t>(processors));
    std::vector<std::uint64_t>& sum = *found->second;
    if (sum.size() < map.info.max_entries) sum.resize(map.info.max_entries);
    for (std::uint32_t key = 0; key < map.info.max_entries; ++key) {
      if (bpf_map_lookup_elem(map.descriptor.get(), &key, values.data()) != 0)
        return kernel_failure(errno, "W6008", "read the counters");
      for (const std::uint64_t value : values) sum[key] += value;
    }
  }
  return {};
}

}  // namespace weft::runtime
