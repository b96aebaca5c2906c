#include "runtime/pairs.h"

#include <bpf/bpf.h>
#include <bpf/libbpf.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <map>
#include <set>
#include <tuple>

#include "bundle/abi.h"
#include "runtime/kernel_object.h"
#include "runtime/recover.h"

namespace weft::runtime {
namespace {

using Verdict = PairHits::Verdict;
using Key = std::tuple<std::uint16_t, std::uint16_t, bool, Verdict>;
using Sums = std::map<Key, std::uint64_t>;

Verdict verdict_of(std::uint8_t verdict) {
  return verdict == WEFT_PAIR_REPLY     ? Verdict::Reply
         : verdict == WEFT_PAIR_ALLOWED ? Verdict::Allowed
                                        : Verdict::Denied;
}

/// All that is in the table of one program, into `sums`: the number of pairs. In batches, which take whole buckets: a
/// key that is taken out between two of them does not send the reader back to the beginning.
Result<std::uint64_t> add_pairs(const Descriptor& map, std::uint32_t room, std::size_t processors, Sums& sums) {
  std::uint64_t out = 0;
  std::uint32_t at_once = std::min<std::uint32_t>(room, 1024), position = 0;
  bool first = true;
  while (true) {
    std::vector<weft_pair> keys(at_once);
    std::vector<std::uint64_t> values(at_once * processors);
    std::uint32_t next = 0, count = at_once;
    const int result = bpf_map_lookup_batch(map.get(), first ? nullptr : &position, &next, keys.data(), values.data(),
                                            &count, nullptr);
    const bool ended = result != 0 && errno == ENOENT;
    if (result != 0 && errno == ENOSPC) {  // a bucket holds more than that
      at_once *= 2;
      continue;
    }
    if (result != 0 && !ended) return kernel_failure(errno, "W6008", "read the counters of pairs");
    for (std::uint32_t i = 0; i < count; ++i) {
      const weft_pair& key = keys[i];
      std::uint64_t& sum = sums[{key.source, key.destination, key.outbound != 0, verdict_of(key.verdict)}];
      for (std::size_t cpu = 0; cpu < processors; ++cpu) sum += values[i * processors + cpu];
    }
    out += count;
    if (ended) return out;
    position = next;
    first = false;
  }
}

std::unexpected<Error> nothing_counted(std::string message, std::string help) {
  return failure("W6020", std::move(message), std::move(help));
}

}  // namespace

Result<Pairs> pairs(const StatusOptions& options) {
  const auto file = StateFile::open(options.state_directory, options.lock_timeout_ms);
  if (!file) return std::unexpected(file.error());
  std::vector<std::string> trouble;
  const auto record = read_record(*file, trouble);
  if (!record) return std::unexpected(record.error());
  // An update that was killed has changed who has which address, and nothing of the programs.
  const bool loaded =
      *record && ((*record)->phase == Record::Phase::Loaded || (*record)->phase == Record::Phase::Updating);
  if (!loaded) {
    return nothing_counted("nothing is loaded in this network namespace, so no pairs are counted",
                           "load a bundle that was built with `--count-pairs`: weft load BUNDLE");
  }
  const int processors = libbpf_num_possible_cpus();
  if (processors <= 0) return kernel_failure(-processors, "W6008", "count the processors");
  const auto width = static_cast<std::size_t>(processors);

  // Programs of one network namespace share their maps.
  std::set<std::uint32_t> programs;
  for (const RecordedNamespace& part : (*record)->namespaces) {
    if (!part.interfaces.empty()) programs.insert(part.from_program);
  }
  if (programs.empty() || (*record)->namespaces.front().interfaces.empty()) {
    programs.insert((*record)->cgroup_programs[0]);
  }
  Pairs out;
  out.classes = (*record)->classes;
  Sums sums;
  bool any = false;
  for (const std::uint32_t program : programs) {
    if (!program_by_id(program).valid()) continue;
    const auto maps = maps_of(program);
    if (!maps) return std::unexpected(maps.error());
    const auto table = maps->find("weft_pairs");
    // The kernel keeps 15 bytes of a name.
    const auto totals = maps->find(std::string("weft_pair_totals").substr(0, 15));
    if (table == maps->end() || totals == maps->end()) continue;
    any = true;
    bpf_map_info info{};
    std::uint32_t size = sizeof info;
    if (bpf_obj_get_info_by_fd(table->second.get(), &info, &size) != 0) {
      return kernel_failure(errno, "W6008", "look at the counters of pairs");
    }
    out.room = info.max_entries;
    const auto present = add_pairs(table->second, info.max_entries, width, sums);
    if (!present) return std::unexpected(present.error());
    std::vector<weft_pair_totals> of_processors(width);
    const std::uint32_t all = 0;
    if (bpf_map_lookup_elem(totals->second.get(), &all, of_processors.data()) != 0) {
      return kernel_failure(errno, "W6008", "read how many pairs were counted");
    }
    std::uint64_t begun = 0;
    for (const weft_pair_totals& each : of_processors) {
      begun += each.begun;
      out.missed += each.missed;
    }
    out.forgotten += begun > *present ? begun - *present : 0;
  }
  if (!any) {
    return nothing_counted("the bundle that is loaded counts no pairs",
                           "it costs a little, so it has to be asked for: build it again with `--count-pairs`");
  }
  for (const auto& [key, packets] : sums) {
    const auto& [source, destination, egress, verdict] = key;
    out.hits.push_back({source, destination, egress, verdict, packets});
  }
  std::ranges::sort(out.hits, [](const PairHits& a, const PairHits& b) {
    return std::tuple(b.packets, a.source, a.destination, !a.egress, a.verdict) <
           std::tuple(a.packets, b.source, b.destination, !b.egress, b.verdict);
  });
  return out;
}

}  // namespace weft::runtime
