#include "runtime/monitor.h"

#include <arpa/inet.h>
#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <chrono>
#include <cstring>
#include <ctime>
#include <map>
#include <utility>

#include "bundle/abi.h"
#include "runtime/clock.h"
#include "runtime/kernel_object.h"
#include "runtime/log.h"
#include "runtime/recover.h"

namespace weft::runtime {
namespace {

using Clock = std::chrono::steady_clock;

constexpr std::chrono::milliseconds between_looks{50};  // the program does not wake us for a few events
constexpr std::chrono::seconds between_checks{1};       // of what is loaded

std::string address_of(std::uint8_t family, const std::uint32_t (&words)[4]) {
  std::array<char, INET6_ADDRSTRLEN> text{};
  if (family != 4 && family != 6) return {};
  const char* shown = inet_ntop(family == 4 ? AF_INET : AF_INET6, words, text.data(), text.size());
  return shown == nullptr ? std::string() : shown;
}

constexpr std::uint8_t icmp = 1, tcp = 6, udp = 17, icmp6 = 58, sctp = 132;

bool has_ports(std::uint8_t protocol) { return protocol == tcp || protocol == udp || protocol == sctp; }

std::string service_of(const weft_event& event) {
  const bool read = (event.what & WEFT_EVENT_SERVICE) != 0;
  const char* name = event.protocol == tcp    ? "tcp"
                     : event.protocol == udp  ? "udp"
                     : event.protocol == sctp ? "sctp"
                     : event.protocol == icmp ? "icmp"
                                              : "icmp6";
  if (event.family == 0) return {};
  if (has_ports(event.protocol)) return read ? fmt::format("{}/{}", name, event.service) : name;
  if (event.protocol == icmp || event.protocol == icmp6) {
    return read ? fmt::format("{}/{}/{}", name, event.service >> 8, event.service & 0xFF) : name;
  }
  return fmt::format("ip/{}", event.protocol);
}

bundle::Entry entry_of(const std::vector<bundle::Entry>& entries, std::uint32_t number) {
  const auto found = std::ranges::find(entries, number, &bundle::Entry::number);
  if (found != entries.end()) return *found;
  bundle::Entry unknown;
  unknown.number = number;
  unknown.by = "unknown entry";
  return unknown;
}

using Ring = std::unique_ptr<ring_buffer, decltype(&ring_buffer__free)>;

/// Where the programs of one namespace tell, and whose interfaces they mean.
struct Source {
  void* reader = nullptr;
  const RecordedNamespace* part = nullptr;  // null: cgroups alone
  Descriptor events, budgets;
};

/// Errors: W6014 where the program tells nothing, W6001, W6008.
Result<Source> source_of(std::uint32_t program, const RecordedNamespace* part) {
  auto maps = maps_of(program);
  if (!maps) return std::unexpected(maps.error());
  // The kernel keeps 15 bytes of a name.
  const auto events = maps->find("weft_events");
  const auto budgets = maps->find(std::string("weft_event_budgets").substr(0, 15));
  if (events == maps->end() || budgets == maps->end()) {
    return failure("W6014", "the bundle that is loaded tells nothing of its packets",
                   "it was built without events: build it again with `--events 1000`");
  }
  return Source{nullptr, part, std::move(events->second), std::move(budgets->second)};
}

}  // namespace

struct Monitor::State {
  StatusOptions options;
  const std::int64_t shift = time_namespace_shift(CLOCK_MONOTONIC);
  std::optional<std::int64_t> corrected;
  std::shared_ptr<const Record> record;
  std::vector<std::unique_ptr<Source>> sources;
  Ring ring{nullptr, ring_buffer__free};
  Clock::time_point checked{};
  const std::function<bool(const Event&)>* take = nullptr;  // while polling
  std::size_t taken = 0;
  bool stopped = false;

  // The record of what is loaded, without waiting for a load at work to end: it will be seen at the next check.
  static Result<Record> loaded(const StatusOptions& options) {
    const auto file = StateFile::open(options.state_directory, options.lock_timeout_ms);
    if (!file) return std::unexpected(file.error());
    std::vector<std::string> trouble;
    auto record = read_record(*file, trouble);
    if (!record) return std::unexpected(record.error());
    if (!*record || (*record)->phase != Record::Phase::Loaded) {
      return failure("W6014", "nothing is loaded in this network namespace, so nothing tells of its packets",
                     "load a bundle: weft load BUNDLE");
    }
    return std::move(**record);
  }

  Result<void> follow(Record fresh) {
    auto known = std::make_shared<const Record>(std::move(fresh));
    std::vector<std::unique_ptr<Source>> made;
    const auto add = [&](std::uint32_t program, const RecordedNamespace* part) -> Result<void> {
      auto source = source_of(program, part);
      if (!source) return std::unexpected(source.error());
      source->reader = this;
      made.push_back(std::make_unique<Source>(std::move(*source)));
      return {};
    };
    for (const RecordedNamespace& part : known->namespaces) {
      if (part.interfaces.empty()) continue;
      if (auto added = add(part.from_program, &part); !added) return added;
    }
    // Cgroups share the programs' maps with the interfaces beside them.
    if (!known->cgroups.empty() && known->namespaces.front().interfaces.empty()) {
      if (auto added = add(known->cgroup_programs[0], nullptr); !added) return added;
    }
    const LibbpfLog log;
    Ring fresh_ring(nullptr, ring_buffer__free);
    for (const auto& source : made) {
      if (fresh_ring == nullptr) {
        fresh_ring.reset(ring_buffer__new(source->events.get(), &State::on_sample, source.get(), nullptr));
        if (fresh_ring == nullptr) return kernel_failure(errno, "W6008", "read the events");
      } else if (ring_buffer__add(fresh_ring.get(), source->events.get(), &State::on_sample, source.get()) != 0) {
        return kernel_failure(errno, "W6008", "read the events");
      }
    }
    ring = std::move(fresh_ring);
    sources = std::move(made);
    record = std::move(known);
    checked = Clock::now();
    return {};
  }

  // What was loaded last is what is read; what of the bundle before was not read yet is gone with it.
  Result<void> check() {
    if (Clock::now() - checked < between_checks) return {};
    checked = Clock::now();
    auto fresh = loaded(options);
    if (!fresh) return std::unexpected(fresh.error());
    // Whoever watches sees to it that deadlines come at their time, too.
    auto late = correct_deadlines(*fresh);
    if (!late) return std::unexpected(late.error());
    if (*late) corrected = *late;
    // Where only addresses changed the programs are the same, but not who is who.
    if (fresh->any_program() == record->any_program() && fresh->bundle == record->bundle) return {};
    return follow(std::move(*fresh));
  }

  static int on_sample(void* source, void* data, std::size_t size) {
    const auto& from = *static_cast<const Source*>(source);
    return static_cast<State*>(from.reader)->on_sample(from, data, size);
  }

  int on_sample(const Source& source, const void* data, std::size_t size) {
    weft_event raw{};
    if (size < sizeof raw) return 0;
    std::memcpy(&raw, data, sizeof raw);
    ++taken;
    if (!(*take)(event_of(source, raw))) {
      stopped = true;
      return -1;  // the rest stays in the buffer
    }
    return 0;
  }

  Event event_of(const Source& source, const weft_event& raw) const {
    Event out;
    out.nanoseconds =
        static_cast<std::int64_t>(raw.time) + (time_of(CLOCK_REALTIME) - time_of(CLOCK_MONOTONIC) + shift);
    out.egress = raw.outbound != 0;
    out.ifindex = raw.ifindex;
    const RecordedInterface* const known = source.part == nullptr ? nullptr : source.part->find(raw.ifindex);
    if (known != nullptr) {
      out.workload = known->workload;
      out.interface = Namespace{source.part->name}.place(known->interface);
    } else if (const RecordedCgroup* cgroup = record->find_cgroup(raw.ifindex)) {
      out.workload = cgroup->workload;
      out.interface = cgroup->place();
      out.ifindex = 0;
    }
    const std::vector<bundle::Entry>& entries = out.egress ? record->egress : record->ingress;
    out.allowed = (raw.decision & WEFT_ACTION_MASK) == WEFT_ACTION_ALLOW;
    out.logged = (raw.what & WEFT_EVENT_LOGGED) != 0;
    out.entry = entry_of(entries, raw.decision >> WEFT_ACTION_SHIFT);
    if ((raw.what & WEFT_EVENT_AUDITED) != 0) {
      out.would_be = entry_of(entries, (raw.would_be & WEFT_ACTION_ENTRY) >> WEFT_ACTION_SHIFT);
      out.would_allow = (raw.would_be & WEFT_ACTION_MASK) == WEFT_ACTION_ALLOW;
    }
    const std::string local = address_of(raw.family, raw.local), remote = address_of(raw.family, raw.remote);
    out.source = out.egress ? local : remote;
    out.destination = out.egress ? remote : local;
    // Whoever owns no address that it uses is nobody; a frame without addresses has no ends.
    if (raw.family != 0) {
      const bool borrowed = raw.own == 0x10000;
      const End own = borrowed ? End{{}, false, {}} : end_of(local, static_cast<std::uint16_t>(raw.own));
      const End peer = end_of(remote, static_cast<std::uint16_t>(raw.peer));
      name(out.egress ? own : peer, out.source_name, out.source_exact, out.source_class);
      name(out.egress ? peer : own, out.destination_name, out.destination_exact, out.destination_class);
    }
    if (raw.family != 0) out.protocol = raw.protocol;
    if (has_ports(raw.protocol) && (raw.what & WEFT_EVENT_SERVICE) != 0) {
      out.source_port = out.egress ? raw.local_port : raw.remote_port;
      out.destination_port = out.egress ? raw.remote_port : raw.local_port;
    }
    out.service = service_of(raw);
    out.ethertype = raw.ethertype;
    out.bytes = raw.length;
    return out;
  }

  struct End {
    std::string name;
    bool exact = false;
    std::optional<std::uint16_t> class_id;
  };

  // The workload of this node that has the address, else what its class is called: of a class of one that is who it is.
  End end_of(const std::string& address, std::uint16_t class_id) const {
    End out{{}, true, class_id};
    if (const auto found = record->names.find(address); found != record->names.end()) {
      out.name = found->second;
    } else if (class_id != 0 && class_id < record->classes.size()) {
      const bundle::ClassName& known = record->classes[class_id];
      out.name = known.text;
      // Not where others are in the class whom the name does not name.
      out.exact = known.members == 1 && known.text == known.example;
    }
    if (class_id == 0) out.class_id.reset();
    return out;
  }

  static void name(const End& end, std::string& text, bool& exact, std::optional<std::uint16_t>& class_id) {
    text = end.name;
    exact = end.exact && !end.name.empty();
    class_id = end.class_id;
  }
};

Monitor::Monitor(std::unique_ptr<State> state) : state_(std::move(state)) {}
Monitor::Monitor(Monitor&&) noexcept = default;
Monitor& Monitor::operator=(Monitor&&) noexcept = default;
Monitor::~Monitor() = default;

Result<Monitor> Monitor::open(const StatusOptions& options) {
  auto state = std::make_unique<State>();
  state->options = options;
  auto record = State::loaded(options);
  if (!record) return std::unexpected(record.error());
  if (auto followed = state->follow(std::move(*record)); !followed) return std::unexpected(followed.error());
  return Monitor(std::move(state));
}

Result<std::size_t> Monitor::poll(unsigned timeout_ms, const std::function<bool(const Event&)>& take) {
  State& state = *state_;
  state.take = &take;
  state.taken = 0;
  state.stopped = false;
  const auto until = Clock::now() + std::chrono::milliseconds(timeout_ms);
  while (true) {
    if (auto checked = state.check(); !checked) return std::unexpected(checked.error());
    const auto left = std::chrono::duration_cast<std::chrono::milliseconds>(until - Clock::now());
    const auto wait = std::clamp(left, std::chrono::milliseconds{0}, between_looks);
    int result = ring_buffer__poll(state.ring.get(), static_cast<int>(wait.count()));
    // The kernel says nothing of events that were told without a wake-up: they are there to be looked for.
    if (result == 0) result = ring_buffer__consume(state.ring.get());
    if (state.stopped) break;
    if (result == -EINTR) break;  // a signal is for the caller to look at
    if (result < 0) return kernel_failure(-result, "W6008", "read the events");
    if (state.taken != 0 || Clock::now() >= until) break;
  }
  return state.taken;
}

Result<Losses> Monitor::losses() const {
  const int processors = libbpf_num_possible_cpus();
  if (processors <= 0) return kernel_failure(-processors, "W6008", "count the processors");
  Losses out;
  for (const auto& source : state_->sources) {
    for (const std::uint32_t kind : {WEFT_EVENTS_DENIED, WEFT_EVENTS_ASKED_FOR}) {
      std::vector<weft_event_budget> budgets(static_cast<std::size_t>(processors));
      if (bpf_map_lookup_elem(source->budgets.get(), &kind, budgets.data()) != 0) {
        return kernel_failure(errno, "W6008", "read how many events were lost");
      }
      for (const weft_event_budget& budget : budgets) {
        (kind == WEFT_EVENTS_DENIED ? out.denied : out.asked_for) += budget.withheld;
        out.full += budget.lost;
      }
    }
  }
  return out;
}

std::optional<std::int64_t> Monitor::corrected() { return std::exchange(state_->corrected, std::nullopt); }

const std::string& Monitor::bundle() const { return state_->record->bundle; }

}  // namespace weft::runtime
