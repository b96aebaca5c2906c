#include "codegen/layout.h"

#include <algorithm>
#include <bit>
#include <cstring>

#include <fmt/format.h>

#include "base/assert.h"
#include "bundle/abi.h"
#include "codegen/buckets.h"
#include "codegen/sizes.h"
#include "model/service.h"
#include "plan/identity_layout.h"

namespace weft::codegen {
namespace {

constexpr std::uint32_t most_classes = 65'535, most_atoms = 65'535, most_conditions = 64;
// Entry numbers share a 32-bit word with the action, and a summary word covers 64 words of 64 entries.
constexpr std::uint32_t most_entries = 1U << 20U;
template <typename T>
void store(bundle::Bytes& bytes, std::size_t index, T value) {
  std::memcpy(bytes.data() + index * sizeof(T), &value, sizeof(T));
}

template <typename T>
bundle::Bytes bytes_of(T value) {
  bundle::Bytes out(sizeof(T));
  store(out, 0, value);
  return out;
}

bundle::Bytes key_of(const model::Address& address) {
  if (address.family == model::Family::V4) return bytes_of(model::v4_number(address));
  return {address.bytes.begin(), address.bytes.end()};
}

bundle::Bytes key_of(const model::Prefix& prefix) {
  bundle::Bytes out = bytes_of(std::uint32_t{prefix.length});
  const model::Address base = prefix.first();
  out.insert(out.end(), base.bytes.begin(), base.bytes.begin() + model::bits(base.family) / 8);
  return out;
}

/// The size of a map of so many addresses. It is part of the program, so it goes in steps: few come or go across one,
/// and the others leave the program as it is.
std::uint32_t with_room(std::size_t entries) {
  const std::size_t step = std::max<std::size_t>(std::bit_ceil(entries) / 16, 64);
  return static_cast<std::uint32_t>((entries / step + 1) * step);
}

/// Builds a layout table by table.
class Builder {
 public:
  Builder(const plan::DecisionPlan& plan, const Options& options, const TableSizes& sizes)
      : plan_(plan), options_(options), sizes_(sizes) {}

  Layout run() {
    const bool v6 = uses_v6();
    constant("weft_uses_v6", v6);
    constant("weft_uses_state", !options_.stateless);
    constant("weft_uses_own_node", plan_.own_node_may_enter);
    constant("weft_uses_homes", plan_.uses_homes);
    constant("weft_uses_pass", plan_.uses_pass);
    constant("weft_uses_counters", !options_.uncounted);
    constant("weft_tiers", plan_.tiers);
    direct_tables(plan_.v4, 4, out_.direct4);
    identity_maps(plan_.v4, plan_.v4.exact, 4, true);
    if (v6) direct_tables(plan_.v6, 6, out_.direct6);
    identity_maps(plan_.v6, hosts6(v6), 6, v6);
    atom_tables();
    constant("weft_class_mask", rows_for(plan_.classes.size()) - 1);
    constant("weft_row_mask", rows_for(row_count(plan_)) - 1);
    constant("weft_atom_mask", rows_for(plan_.atom_count) - 1);
    conditions();
    gate(model::Direction::Egress, sizes_.egress, "egress");
    gate(model::Direction::Ingress, sizes_.ingress, "ingress");
    state(v6);
    pairs();
    events();
    cgroups();
    return std::move(out_);
  }

 private:
  void constant(std::string_view name, std::uint64_t value) {
    out_.constants.emplace_back(name, static_cast<std::uint32_t>(value));
  }

  Table& table(std::string name, std::uint32_t element_bytes, std::size_t elements) {
    out_.tables.push_back({std::move(name), element_bytes, bundle::Bytes(elements * element_bytes)});
    return out_.tables.back();
  }

  // Only a workload or a node can be the local end, and hosts are what the direct and exact tables hold. A node is
  // reached at its link-local addresses, too, whatever the inventory lists.
  bool uses_v6() const {
    return !plan_.v6.exact.empty() || !plan_.v6.direct.empty() ||
           std::ranges::any_of(plan_.endpoints, [](const plan::Endpoint& endpoint) {
             return endpoint.interface.starts_with("node:") ||
                    std::ranges::any_of(endpoint.addresses,
                                        [](const auto& local) { return local.address.family == model::Family::V6; });
           });
  }

  void direct_tables(const plan::IdentityLayout& layout, int family, std::vector<DirectRange>& out) {
    for (const plan::IdentityLayout::Direct& direct : layout.direct) {
      const std::size_t size = direct.identities.size();
      WEFT_ASSERT(std::has_single_bit(size), "a direct table has a power of two of elements");
      const auto number = out.size();
      DirectRange range;
      range.size = static_cast<std::uint32_t>(size);
      range.classes = fmt::format("weft_direct{}_{}", family, number);
      if (family == 4) {
        range.first = model::v4_number(direct.first);
      } else {
        const Halves halves = halves_of(direct.first);
        range.network = std::byteswap(halves.high);
        range.first = std::byteswap(halves.low);
      }
      Table& classes = table(range.classes, 2, size);
      for (std::size_t i = 0; i < size; ++i) {
        store(classes.contents, i, static_cast<std::uint16_t>(direct.identities[i].class_id));
      }
      if (plan_.uses_homes) {
        range.homes = fmt::format("weft_homes{}_{}", family, number);
        Table& homes = table(range.homes, 2, size);
        for (std::size_t i = 0; i < size; ++i) store(homes.contents, i, direct.identities[i].home);
      }
      out.push_back(std::move(range));
    }
  }

  // Puts hosts of IPv6 into buckets; the ones that found no room are left for the hash.
  std::vector<plan::IdentityLayout::Exact> hosts6(bool used) {
    const std::vector<plan::IdentityLayout::Exact>& hosts = plan_.v6.exact;
    constant("weft_uses_hosts6", used && !hosts.empty());
    constant("weft_hosts6_mask", bucket_count(hosts.size()) - 1);
    if (!used || hosts.empty()) return {};
    // What is not used holds ::, and says of it what is true.
    Buckets buckets = in_buckets(hosts, plan::identify(plan_.v6, model::lowest(model::Family::V6)));
    out_.tables.push_back({"weft_hosts6", 8, std::move(buckets.contents)});
    return std::move(buckets.left);
  }

  void identity_maps(const plan::IdentityLayout& layout, const std::vector<plan::IdentityLayout::Exact>& hosts,
                     int family, bool used) {
    const std::uint32_t key_bytes = family == 4 ? 4 : 16;
    constant(fmt::format("weft_otherwise{}", family), word_of(layout.otherwise));
    const bool exact = used && !hosts.empty(), prefixes = used && !layout.prefixes.empty();
    constant(fmt::format("weft_uses_exact{}", family), exact);
    constant(fmt::format("weft_uses_prefixes{}", family), prefixes);
    if (exact) {
      Map map{fmt::format("weft_exact{}", family), Map::Kind::Hash, {}, {}, key_bytes, 4, 0, {}};
      for (const auto& entry : hosts) {
        map.entries.push_back({key_of(entry.address), bytes_of(word_of(entry.identity))});
      }
      add(std::move(map));
    }
    if (prefixes) {
      Map map{fmt::format("weft_prefixes{}", family),
              Map::Kind::Lpm,
              fmt::format("prefix{}", family),
              {},
              key_bytes + 4,
              4,
              0,
              {}};
      for (const auto& entry : layout.prefixes) {
        map.entries.push_back({key_of(entry.prefix), bytes_of(word_of(entry.identity))});
      }
      add(std::move(map));
    }
  }

  void add(Map map) {
    std::ranges::sort(map.entries, {}, &bundle::MapEntry::key);
    map.most_entries = with_room(map.entries.size());
    out_.maps.push_back(std::move(map));
  }

  void atom_tables() {
    AtomTables& atoms = out_.atoms;
    atoms.element_bytes = plan_.atom_count <= 256 ? 1 : 2;
    atoms.by_protocol = "weft_atoms_by_protocol";
    const auto put = [&](Table& into, std::size_t at, plan::AtomId atom) {
      if (atoms.element_bytes == 1) {
        store(into.contents, at, static_cast<std::uint8_t>(atom));
      } else {
        store(into.contents, at, static_cast<std::uint16_t>(atom));
      }
    };
    bundle::Bytes of_protocols;
    {
      Table by_protocol{atoms.by_protocol, atoms.element_bytes, bundle::Bytes(256U * atoms.element_bytes)};
      for (std::uint32_t protocol = 0; protocol < 256; ++protocol) {
        put(by_protocol, protocol, plan::atom_of(plan_, model::service_point(static_cast<std::uint8_t>(protocol), 0)));
      }
      out_.tables.push_back(std::move(by_protocol));
    }
    // The order is the order of the tests in the program: the frequent ones first.
    for (const std::uint8_t protocol : {model::protocol::tcp, model::protocol::udp, model::protocol::sctp,
                                        model::protocol::icmp, model::protocol::icmp6}) {
      if (!tells_values_apart(plan_, protocol)) continue;
      const std::uint32_t first = std::uint32_t{protocol} << 16U, last = first | 0xFFFFU;
      const auto from =
          std::ranges::upper_bound(plan_.atoms, first, {}, [](const auto& a) { return a.points.last + 1; });
      Table& by_value = table(fmt::format("weft_atoms_{}", protocol), atoms.element_bytes, 65'536);
      for (auto range = from; range != plan_.atoms.end() && range->points.first <= last; ++range) {
        const std::uint32_t begin = std::max(range->points.first, first), end = std::min(range->points.last, last);
        for (std::uint32_t point = begin; point <= end; ++point) put(by_value, point - first, range->atom);
      }
      atoms.by_value.push_back({protocol, by_value.name});
    }
  }

  // What relations compare, by class, and which row a class has.
  void conditions() {
    out_.conditions = plan_.conditions;
    out_.places = places_of(plan_, options_);
    const auto count = static_cast<std::uint32_t>(plan_.conditions.size());
    constant("weft_conditions", count);
    constant("weft_condition_mask", rows_for(count) - 1);
    constant("weft_uses_clock", std::ranges::any_of(plan_.conditions, [](const plan::Condition& condition) {
               return std::holds_alternative<plan::Deadline>(condition);
             }));
    const std::size_t classes = rows_for(plan_.classes.size()), columns = plan_.relation_keys.size();
    constant("weft_uses_rows", columns != 0);
    if (columns == 0) return;
    out_.value_columns = static_cast<std::uint32_t>(columns);
    Table& rows = table("weft_rows", 2, classes);
    for (std::size_t c = 0; c < plan_.classes.size(); ++c) {
      store(rows.contents, c, static_cast<std::uint16_t>(plan_.classes[c].row));
    }
    Table& values = table("weft_values", 2, classes * columns);
    for (std::size_t c = 0; c < plan_.classes.size(); ++c) {
      const auto& of_class = plan_.classes[c].values;
      for (std::size_t k = 0; k < of_class.size(); ++k) store(values.contents, c * columns + k, of_class[k]);
    }
  }

  // By word the conditions of its entries, and by condition and word the entries that have it.
  void guards(const plan::Gate& gate, std::uint32_t words, const std::string& guarded, const std::string& guards) {
    Table of_words{guarded, 8, bundle::Bytes(std::size_t{words} * 8)};
    Table of_conditions{guards, 8, bundle::Bytes(std::size_t{rows_for(plan_.conditions.size())} * words * 8)};
    for (std::size_t e = 0; e < gate.entries.size(); ++e) {
      for (const std::uint16_t condition : gate.entries[e].conditions) {
        add_bit(of_words.contents, e / 64, condition);
        add_bit(of_conditions.contents, std::size_t{condition} * words + e / 64, e % 64);
      }
    }
    out_.tables.push_back(std::move(of_words));
    out_.tables.push_back(std::move(of_conditions));
  }

  static void add_bit(bundle::Bytes& words, std::size_t word, std::size_t bit) {
    std::uint64_t value = 0;
    std::memcpy(&value, words.data() + word * 8, 8);
    store(words, word, value | std::uint64_t{1} << bit);
  }

  // What is told about packets besides their verdict; nothing where nothing is told.
  std::uint32_t flags_of(const plan::Entry& entry) const {
    if (options_.events_per_second == 0) return 0;
    const bool isolation = entry.by == plan::Entry::By::Isolation;
    return (entry.logged && entry.verdict != model::Verdict::Pass ? WEFT_ACTION_LOG : 0U) |
           (entry.audited ? WEFT_ACTION_AUDITED : 0U) | (entry.audited && isolation ? WEFT_ACTION_WOULD_DENY : 0U);
  }

  void cgroups() {
    out_.cgroups = std::ranges::any_of(plan_.endpoints, [](const plan::Endpoint& each) {
      return each.interface.starts_with("cgroup:") || each.interface.starts_with("node:cgroup:");
    });
    // The kernel makes an element for each cgroup that a program is attached to, whatever their number.
    if (!out_.cgroups) return;
    out_.maps.push_back({"weft_places", Map::Kind::CgroupStorage, {}, {}, 8, 4, 0, {}});
    // Likewise for each socket.
    if (options_.stateless) return;
    const auto bytes = static_cast<std::uint32_t>(sizeof(weft_socket));
    out_.maps.push_back({"weft_sockets", Map::Kind::SocketStorage, {}, "weft_socket", 4, bytes, 0, {}});
  }

  // Is anything told, and is there an entry of which that has to be told?
  bool is_told(bool plan::Entry::* what) const {
    return options_.events_per_second != 0 &&
           (std::ranges::any_of(plan_.egress.entries, what) || std::ranges::any_of(plan_.ingress.entries, what));
  }

  void events() {
    const bool told = options_.events_per_second != 0;
    const auto audited = std::ranges::find_if(plan_.conditions, [](const plan::Condition& condition) {
      return std::holds_alternative<plan::Audited>(condition);
    });
    constant("weft_uses_events", told);
    constant("weft_uses_log", is_told(&plan::Entry::logged));
    constant("weft_uses_audit", is_told(&plan::Entry::audited));
    // None where isolations alone are audited.
    const bool rules = audited != plan_.conditions.end();
    constant("weft_audit_condition", rules ? static_cast<std::uint64_t>(audited - plan_.conditions.begin()) : 64);
    constant("weft_events_per_second", options_.events_per_second);
    if (!told) return;
    out_.maps.push_back({"weft_events", Map::Kind::RingBuffer, {}, {}, 0, 0, WEFT_EVENT_BYTES, {}});
    out_.maps.push_back(
        {"weft_event_budgets", Map::Kind::PerCpuArray, {}, "weft_event_budget", 4, sizeof(weft_event_budget), 2, {}});
  }

  void gate(model::Direction direction, const GateSizes& sizes, std::string_view name) {
    const plan::Gate& gate = direction == model::Direction::Egress ? plan_.egress : plan_.ingress;
    const auto named = [&](std::string_view what) { return fmt::format("weft_{}_{}", name, what); };
    const GateShape& shape = sizes.shape;
    const std::uint32_t actions = rows_for(gate.entries.size());
    constant(named("words"), shape.words);
    constant(named("word_mask"), shape.word_mask);
    constant(named("summary"), shape.summary);
    constant(named("summary_mask"), std::bit_ceil(shape.summary) - 1);
    constant(named("stride"), shape.stride);
    constant(named("uses_first"), sizes.first_words);
    constant(named("uses_matrix"), sizes.strategy == Strategy::Matrix);
    constant(named("action_mask"), actions - 1);
    if (sizes.strategy == Strategy::Matrix) {
      matrix(direction, gate, named("matrix"));
    } else {
      if (sizes.first_words) {
        first_words(gate, gate.own_rows, named("own_first"));
        first_words(gate, gate.peer_rows, named("peer_first"));
      }
      rows(shape, gate.own_rows, row_count(plan_), named("own_rows"));
      rows(shape, gate.peer_rows, row_count(plan_), named("peer_rows"));
      rows(shape, gate.atom_rows, plan_.atom_count, named("atom_rows"));
      if (!plan_.conditions.empty()) guards(gate, shape.word_mask + 1, named("guarded"), named("guards"));
      Table& into = table(named("actions"), 4, actions);
      for (std::size_t i = WEFT_ENTRY_FIRST; i < gate.entries.size(); ++i) store(into.contents, i, action_of(gate, i));
    }
    if (options_.uncounted) return;
    const auto counters = [&](std::string_view what) {
      out_.maps.push_back({fmt::format("weft_{}_{}", what, name),
                           Map::Kind::PerCpuArray,
                           {},
                           {},
                           4,
                           8,
                           static_cast<std::uint32_t>(std::max<std::size_t>(gate.entries.size(), WEFT_ENTRY_FIRST)),
                           {}});
    };
    counters("counters");
    if (is_told(&plan::Entry::audited)) counters("audited");
  }

  void rows(const GateShape& shape, const std::vector<plan::Bits>& from, std::size_t count, std::string name) {
    Table& into = table(std::move(name), 8, std::size_t{rows_for(count)} * shape.stride + shape.slack);
    WEFT_ASSERT(from.size() <= count, "every row has a number");
    for (std::size_t row = 0; row < from.size(); ++row) {
      const auto& bits = from[row].words();
      WEFT_ASSERT(bits.size() <= shape.words, "a row has a bit for every entry");
      std::vector<std::uint64_t> summaries(shape.summary);
      for (std::size_t w = 0; w < bits.size(); ++w) {
        store(into.contents, row * shape.stride + shape.summary + w, bits[w]);
        if (bits[w] != 0) summaries[w / 64] |= std::uint64_t{1} << (w % 64);
      }
      for (std::size_t s = 0; s < shape.summary; ++s) store(into.contents, row * shape.stride + s, summaries[s]);
    }
  }

  // What an entry does, as the program reads it: where it decides, the decision itself.
  std::uint32_t action_of(const plan::Gate& gate, std::size_t number) const {
    const plan::Entry& entry = gate.entries[number];
    const auto own = static_cast<std::uint32_t>(number) << WEFT_ACTION_SHIFT;
    switch (entry.verdict) {
      case model::Verdict::Deny:
        return own | WEFT_ACTION_DENY | flags_of(entry);
      case model::Verdict::Allow:
        return own | WEFT_ACTION_ALLOW | flags_of(entry);
      case model::Verdict::Pass:
        return entry.next << WEFT_ACTION_SHIFT | WEFT_ACTION_PASS | flags_of(entry);
    }
    std::unreachable();
  }

  // The decision between every two rows on every atom; passes have been followed. Rows and atoms that nobody has are
  // denied as nobody is.
  void matrix(model::Direction direction, const plan::Gate& gate, std::string name) {
    const std::size_t rows = rows_for(row_count(plan_)), atoms = rows_for(plan_.atom_count);
    Table& into = table(std::move(name), 4, rows * rows * atoms);
    const std::uint32_t unknown = WEFT_ENTRY_UNKNOWN << WEFT_ACTION_SHIFT | WEFT_ACTION_DENY;
    for (std::size_t i = 0; i < rows * rows * atoms; ++i) store(into.contents, i, unknown);
    std::vector<std::optional<plan::Identity>> of_row(row_count(plan_));
    for (std::size_t c = 0; c < plan_.classes.size(); ++c) {
      of_row[plan_.classes[c].row] = {static_cast<plan::ClassId>(c), 0};
    }
    for (std::size_t own = 0; own < of_row.size(); ++own) {
      for (std::size_t peer = 0; peer < of_row.size(); ++peer) {
        if (!of_row[own] || !of_row[peer]) continue;
        for (std::uint32_t atom = 0; atom < plan_.atom_count; ++atom) {
          const plan::Answer answer =
              plan::decide(plan_, direction, *of_row[own], *of_row[peer], static_cast<plan::AtomId>(atom));
          const bool of_entry = answer.entry >= WEFT_ENTRY_FIRST;
          store(into.contents, (own * rows + peer) * atoms + atom, of_entry ? action_of(gate, answer.entry) : unknown);
        }
      }
    }
  }

  // Where to begin: by row and atom, the first word of their rows in which both have an entry. Nobody's class has
  // none at all, so that any word says the same.
  void first_words(const plan::Gate& gate, const std::vector<plan::Bits>& rows, const std::string& name) {
    const std::size_t atoms = rows_for(plan_.atom_count);
    Table& into = table(name, 2, rows_for(row_count(plan_)) * atoms);
    std::vector<std::size_t> used;  // the words of a row that are not zero: of thousands, a handful
    for (std::size_t c = 0; c < rows.size(); ++c) {
      const auto& of_class = rows[c].words();
      used.clear();
      for (std::size_t w = 0; w < of_class.size(); ++w) {
        if (of_class[w] != 0) used.push_back(w);
      }
      for (std::size_t a = 0; a < gate.atom_rows.size(); ++a) {
        const auto& of_atom = gate.atom_rows[a].words();
        const auto first = std::ranges::find_if(used, [&](std::size_t w) { return (of_class[w] & of_atom[w]) != 0; });
        store(into.contents, c * atoms + a, static_cast<std::uint16_t>(first == used.end() ? 0 : *first));
      }
    }
  }

  void pairs() {
    const bool counted = options_.counted_pairs != 0;
    constant("weft_uses_pairs", counted);
    if (!counted) return;
    const auto bytes = static_cast<std::uint32_t>(sizeof(weft_pair));
    out_.maps.push_back(
        {"weft_pairs", Map::Kind::LruPerCpuHash, "weft_pair", {}, bytes, 8, options_.counted_pairs, {}});
    out_.maps.push_back(
        {"weft_pair_totals", Map::Kind::PerCpuArray, {}, "weft_pair_totals", 4, sizeof(weft_pair_totals), 1, {}});
  }

  void state(bool v6) {
    if (options_.stateless) return;
    // Those that nobody has answered yet come and go: a share of the room is enough for them.
    const std::uint32_t opening = std::max(options_.connections / 4, std::min(options_.connections, 1'024U));
    const auto table = [&](std::string name, std::string key, std::size_t bytes, std::uint32_t entries) {
      out_.maps.push_back({std::move(name),
                           Map::Kind::LruHash,
                           std::move(key),
                           "weft_connection",
                           static_cast<std::uint32_t>(bytes),
                           sizeof(weft_connection),
                           entries,
                           {}});
    };
    table("weft_connections4", "weft_connection4", sizeof(weft_connection4), options_.connections);
    table("weft_opening4", "weft_connection4", sizeof(weft_connection4), opening);
    if (!v6) return;
    table("weft_connections6", "weft_connection6", sizeof(weft_connection6), options_.connections);
    table("weft_opening6", "weft_connection6", sizeof(weft_connection6), opening);
  }

  const plan::DecisionPlan& plan_;
  const Options& options_;
  const TableSizes& sizes_;
  Layout out_;
};

Error out_of_range(std::string_view what, std::size_t count, std::size_t most) {
  return {"W4102", fmt::format("the policy needs {} {}, the program numbers at most {}", count, what, most), {}};
}

}  // namespace

std::uint64_t Layout::table_bytes() const {
  std::uint64_t out = 0;
  for (const Table& one : tables) out += one.contents.size();
  return out;
}

Result<Layout> lay_out(const plan::DecisionPlan& plan, const Options& options) {
  if (plan.classes.size() > most_classes) {
    return std::unexpected(out_of_range("classes", plan.classes.size(), most_classes));
  }
  if (plan.conditions.size() > most_conditions) {
    return std::unexpected(out_of_range("different relations and deadlines", plan.conditions.size(), most_conditions));
  }
  if (plan.atom_count > most_atoms) return std::unexpected(out_of_range("atoms", plan.atom_count, most_atoms));
  for (const plan::Gate* gate : {&plan.egress, &plan.ingress}) {
    if (gate->entries.size() > most_entries) {
      return std::unexpected(out_of_range("entries", gate->entries.size(), most_entries));
    }
  }
  const TableSizes sizes = table_sizes(plan, options);
  if (sizes.total() > options.table_budget) {
    const std::uint64_t egress = sizes.egress.total(), ingress = sizes.ingress.total();
    const std::uint64_t most = std::max({egress, ingress, sizes.direct, sizes.buckets});
    const std::string what =
        most == sizes.direct || most == sizes.buckets
            ? std::string(most == sizes.direct ? "the direct tables of addresses" : "the buckets of IPv6 addresses")
            : fmt::format("the tables of the {} gate ({} classes in {} rows, {} services, {} entries)",
                          most == egress ? "egress" : "ingress", plan.classes.size(), row_count(plan), plan.atom_count,
                          (most == egress ? plan.egress : plan.ingress).entries.size());
    return std::unexpected(Error{"W4101",
                                 fmt::format("the tables take {} bytes, the budget is {}; most of it, {} bytes, are {}",
                                             sizes.total(), options.table_budget, most, what),
                                 "raise `--max-table-bytes`, or let fewer labels tell workloads apart"});
  }
  Layout out = Builder(plan, options, sizes).run();
  WEFT_ASSERT(out.table_bytes() == sizes.total(), "the tables are as large as was said");
  return out;
}

}  // namespace weft::codegen
