#include "tests/kernel/program.h"

#include <algorithm>
#include <array>
#include <cerrno>
#include <chrono>
#include <cstring>
#include <ctime>
#include <map>
#include <numeric>

#include <bpf/bpf.h>
#include <bpf/btf.h>
#include <bpf/libbpf.h>
#include <fmt/format.h>
#include <linux/bpf.h>
#include <sys/mman.h>
#include <sys/resource.h>

#include "base/assert.h"

namespace weft::test {
namespace {

using model::Direction;

constexpr std::size_t page = 4096, most_log = 6000;

// libbpf tells its troubles to a function without a context, so the text of the load under way is kept per thread.
thread_local std::string log_text;

int keep_log(libbpf_print_level level, const char* format, va_list arguments) {
  if (level > LIBBPF_WARN) return 0;
  // The verifier's log comes as one line of any length; what matters stands at its end.
  std::vector<char> line(1U << 20U);
  const int length = std::vsnprintf(line.data(), line.size(), format, arguments);
  const std::string_view text(line.data());
  log_text += text.size() > most_log ? text.substr(text.size() - most_log) : text;
  return length;
}

// Options of libbpf know their size, so that older and newer libraries understand each other.
template <typename Options>
Options sized() {
  Options out{};
  out.sz = sizeof(out);
  return out;
}

void prepare_libbpf() {
  libbpf_set_print(keep_log);
  const rlimit unlimited{RLIM_INFINITY, RLIM_INFINITY};
  setrlimit(RLIMIT_MEMLOCK, &unlimited);  // kernels before 5.11 count maps against it
}

}  // namespace

std::optional<std::string> no_kernel() {
  prepare_libbpf();
  const std::array<bpf_insn, 2> accept{
      {{.code = BPF_ALU64 | BPF_MOV | BPF_K, .dst_reg = 0, .src_reg = 0, .off = 0, .imm = 0},
       {.code = BPF_JMP | BPF_EXIT, .dst_reg = 0, .src_reg = 0, .off = 0, .imm = 0}}};
  const int fd = bpf_prog_load(BPF_PROG_TYPE_SCHED_CLS, "weft_probe", "GPL", accept.data(), accept.size(), nullptr);
  if (fd < 0) return fmt::format("the kernel loads no BPF program for this user: {}", std::strerror(errno));
  std::array<std::uint8_t, 64> packet{};
  auto options = sized<bpf_test_run_opts>();
  options.data_in = packet.data();
  options.data_size_in = packet.size();
  const int error = bpf_prog_test_run_opts(fd, &options);
  ::close(fd);
  if (error != 0) return fmt::format("the kernel runs no BPF program for this user: {}", std::strerror(-error));
  return {};
}

struct Program::State {
  Gates gates = Gates::OfInterface;
  bpf_object* object = nullptr;
  std::map<std::string, std::span<std::uint8_t>> tables;  // live memory by symbol
  std::vector<std::pair<void*, std::size_t>> mappings;
  std::array<int, 2> programs{-1, -1};  // by Direction
  std::array<int, 2> counters{-1, -1};
  std::array<std::vector<std::uint64_t>, 2> counted;  // what was counted before, summed over processors
  std::array<bool, 2> counted_is_old{true, true};     // packets ran since that nobody read the counters for
  std::array<std::uint32_t, 2> unread{};              // packets since all counters were read
  std::map<std::uint32_t, std::uint16_t> slots;       // endpoint number of an interface
  std::uint16_t next_slot = 1;

  ring_buffer* ring = nullptr;  // made when it is first read
  std::vector<weft_event> events;

  ~State() {
    ring_buffer__free(ring);
    for (const auto& [at, size] : mappings) munmap(at, size);
    bpf_object__close(object);
  }

  int map(const char* name) const {
    const bpf_map* found = bpf_object__find_map_by_name(object, name);
    return found ? bpf_map__fd(found) : -1;
  }

  std::vector<std::uint64_t> read_counters(std::size_t gate) const {
    const int fd = counters[gate];
    if (fd < 0) return {};
    bpf_map_info info{};
    __u32 info_size = sizeof(info);
    bpf_obj_get_info_by_fd(fd, &info, &info_size);
    const auto processors = static_cast<std::size_t>(libbpf_num_possible_cpus());
    std::vector<std::uint64_t> values(info.max_entries * processors);
    std::vector<std::uint32_t> keys(info.max_entries);
    __u32 count = info.max_entries, batch = 0;
    const int error = bpf_map_lookup_batch(fd, nullptr, &batch, keys.data(), values.data(), &count, nullptr);
    WEFT_ASSERT(error == 0 || errno == ENOENT, "counters can be read");
    std::vector<std::uint64_t> out(info.max_entries);
    for (std::size_t i = 0; i < count; ++i) {
      for (std::size_t p = 0; p < processors; ++p) out[keys[i]] += values[i * processors + p];
    }
    return out;
  }

  std::uint64_t read_counter(std::size_t gate, std::uint32_t entry) const {
    std::array<std::uint64_t, 1024> values{};
    WEFT_ASSERT(static_cast<std::size_t>(libbpf_num_possible_cpus()) <= values.size(), "every processor has a place");
    if (bpf_map_lookup_elem(counters[gate], &entry, values.data()) != 0) return 0;
    return std::accumulate(values.begin(), values.end(), std::uint64_t{0});
  }

  // A test run is in no cgroup: what the kernel keeps for the program then is an element of zeros.
  std::uint32_t key(std::uint32_t interface) const { return gates == Gates::OfCgroup ? 0 : interface; }
  std::uint32_t accepted() const { return gates == Gates::OfCgroup ? 1 : 0; }  // or TC_ACT_OK
  std::uint32_t dropped() const { return gates == Gates::OfCgroup ? 0 : 2; }   // or TC_ACT_SHOT

  std::uint32_t run(Direction gate, std::span<const std::uint8_t> packet, std::uint32_t interface) const {
    __sk_buff context{};
    context.ifindex = interface;
    auto options = sized<bpf_test_run_opts>();
    options.data_in = packet.data();
    options.data_size_in = static_cast<__u32>(packet.size());
    if (interface != 1) {
      options.ctx_in = &context;
      options.ctx_size_in = sizeof(context);
    }
    const int error = bpf_prog_test_run_opts(programs[static_cast<std::size_t>(gate)], &options);
    if (error != 0) {
      fmt::print(stderr, "BPF_PROG_TEST_RUN of {} bytes: {}\n", packet.size(), std::strerror(-error));
      WEFT_ASSERT(error == 0, "the kernel runs the packet");
    }
    return options.retval;
  }
};

namespace {

constexpr std::uint32_t most_unread = 500;  // packets for which only the likely counter was read

// The variables of the object's global data by name: section, offset, size.
struct Place {
  std::string section;
  std::uint32_t offset = 0, size = 0;
};

std::map<std::string, Place> variables(const bpf_object* object) {
  std::map<std::string, Place> out;
  const btf* types = bpf_object__btf(object);
  for (__u32 id = 1; types && id < btf__type_cnt(types); ++id) {
    const btf_type* section = btf__type_by_id(types, id);
    if (!btf_is_datasec(section)) continue;
    const btf_var_secinfo* variable = btf_var_secinfos(section);
    for (__u32 i = 0; i < btf_vlen(section); ++i, ++variable) {
      const btf_type* type = btf__type_by_id(types, variable->type);
      out[btf__name_by_offset(types, type->name_off)] = {btf__name_by_offset(types, section->name_off),
                                                         variable->offset, variable->size};
    }
  }
  return out;
}

Error refused(std::string_view what) {
  return {"W6000", fmt::format("{}: {}\n{}", what, std::strerror(errno), log_text), {}};
}

}  // namespace

Result<Program> Program::load(const bundle::Bundle& bundle, Gates gates) {
  prepare_libbpf();
  log_text.clear();
  auto state = std::make_unique<State>();
  state->gates = gates;
  auto options = sized<bpf_object_open_opts>();
  options.object_name = "weft";
  state->object = bpf_object__open_mem(bundle.object.data(), bundle.object.size(), &options);
  if (!state->object) return std::unexpected(refused("libbpf cannot open the object"));

  // Tables of global data are filled before the load: the kernel then copies them once.
  const std::map<std::string, Place> places = variables(state->object);
  for (const bundle::MapImage& image : bundle.images) {
    if (image.kind != bundle::MapImage::Kind::Global) continue;
    const auto place = places.find(image.name);
    if (place == places.end()) return std::unexpected(refused("the object has no table " + image.name));
    std::size_t size = 0;
    const bpf_map* map = bpf_object__find_map_by_name(state->object, place->second.section.c_str());
    auto* bytes =
        map ? static_cast<std::uint8_t*>(const_cast<void*>(bpf_map__initial_value(const_cast<bpf_map*>(map), &size)))
            : nullptr;
    if (!bytes || image.value.size() != place->second.size) {
      return std::unexpected(refused("the table has another size: " + image.name));
    }
    std::memcpy(bytes + place->second.offset, image.value.data(), image.value.size());
  }
  if (bpf_object__load(state->object) != 0) return std::unexpected(refused("the kernel refuses the program"));

  const bool cgroup = gates == Gates::OfCgroup;
  const bpf_program* out_of =
      bpf_object__find_program_by_name(state->object, cgroup ? "weft_cgroup_egress" : "weft_from_workload");
  const bpf_program* into =
      bpf_object__find_program_by_name(state->object, cgroup ? "weft_cgroup_ingress" : "weft_to_workload");
  if (!out_of || !into) return std::unexpected(refused("the object has no such gates"));
  state->programs = {bpf_program__fd(out_of), bpf_program__fd(into)};
  state->counters = {state->map("weft_counters_egress"), state->map("weft_counters_ingress")};
  std::map<std::string, std::uint8_t*> sections;
  for (const auto& [name, place] : places) {
    const bpf_map* map = bpf_object__find_map_by_name(state->object, place.section.c_str());
    if (!map || place.section.starts_with(".rodata") || place.section == ".maps") continue;
    auto& at = sections[place.section];
    if (!at) {
      const std::size_t size = (bpf_map__value_size(map) + page - 1) / page * page;
      void* memory = mmap(nullptr, size, PROT_READ | PROT_WRITE, MAP_SHARED, bpf_map__fd(map), 0);
      if (memory == MAP_FAILED) return std::unexpected(refused("global data cannot be mapped: " + place.section));
      state->mappings.emplace_back(memory, size);
      at = static_cast<std::uint8_t*>(memory);
    }
    state->tables[name] = {at + place.offset, place.size};
  }
  Program out(std::move(state));
  std::vector<bundle::MapImage> maps;
  for (const bundle::MapImage& image : bundle.images) {
    if (image.kind != bundle::MapImage::Kind::Global) maps.push_back(image);
  }
  out.fill(maps);
  return out;
}

Program::Program(std::unique_ptr<State> state) : state_(std::move(state)) {}
Program::Program(Program&&) noexcept = default;
Program& Program::operator=(Program&&) noexcept = default;
Program::~Program() = default;

std::span<std::uint8_t> Program::table(const std::string& symbol) {
  const auto found = state_->tables.find(symbol);
  return found == state_->tables.end() ? std::span<std::uint8_t>() : found->second;
}

void Program::fill(const std::vector<bundle::MapImage>& images) {
  for (const bundle::MapImage& image : images) {
    if (image.kind == bundle::MapImage::Kind::Global) {
      const auto at = table(image.name);
      WEFT_ASSERT(at.size() == image.value.size(), "a table keeps its size");
      std::memcpy(at.data(), image.value.data(), image.value.size());
      continue;
    }
    const int fd = state_->map(image.name.c_str());
    WEFT_ASSERT(fd >= 0, "the object has a map for every image");
    std::vector<std::uint8_t> keys, values;
    for (const bundle::MapEntry& entry : image.entries) {
      keys.insert(keys.end(), entry.key.begin(), entry.key.end());
      values.insert(values.end(), entry.value.begin(), entry.value.end());
    }
    auto count = static_cast<__u32>(image.entries.size());
    const int error = bpf_map_update_batch(fd, keys.data(), values.data(), &count, nullptr);
    WEFT_ASSERT(error == 0, "a map has room for its image");
  }
}

void Program::set_endpoint(std::uint32_t interface, const std::vector<plan::Endpoint::Local>& addresses, bool is_node) {
  interface = state_->key(interface);
  weft_endpoint endpoint{};
  endpoint.ifindex = interface;
  endpoint.is_node = is_node ? 1 : 0;
  for (const auto& local : addresses) {
    const auto class_id = static_cast<std::uint16_t>(local.identity.class_id);
    endpoint.home = local.identity.home;
    if (local.address.family == model::Family::V4) {
      WEFT_ASSERT(endpoint.count4 < WEFT_ENDPOINT_ADDRESSES, "an endpoint has room for its addresses");
      endpoint.address4[endpoint.count4] = model::v4_number(local.address);
      endpoint.class4[endpoint.count4++] = class_id;
    } else {
      WEFT_ASSERT(endpoint.count6 < WEFT_ENDPOINT_ADDRESSES, "an endpoint has room for its addresses");
      std::memcpy(endpoint.address6[endpoint.count6], local.address.bytes.data(), 16);
      endpoint.class6[endpoint.count6++] = class_id;
    }
  }
  const auto [slot, fresh] = state_->slots.try_emplace(interface, state_->next_slot);
  if (fresh) ++state_->next_slot;
  WEFT_ASSERT(slot->second < WEFT_ENDPOINTS, "there is room for the endpoint");
  std::memcpy(table("weft_endpoints").data() + slot->second * sizeof(endpoint), &endpoint, sizeof(endpoint));
  std::memcpy(table("weft_endpoint_slots").data() + (interface & (WEFT_ENDPOINT_SLOTS - 1)) * 2, &slot->second, 2);
}

namespace {

constexpr std::uint64_t second = 1'000'000'000;

std::uint64_t since_start() {
  timespec time{};
  clock_gettime(CLOCK_BOOTTIME, &time);
  return static_cast<std::uint64_t>(time.tv_sec) * second + static_cast<std::uint64_t>(time.tv_nsec);
}

}  // namespace

void Program::set_now(model::Moment now) {
  // The middle of the second, so that the run itself does not lead into the next.
  WEFT_ASSERT(now >= model::Moment{0}, "the kernel's time began in 1970");
  const std::uint64_t offset = static_cast<std::uint64_t>(now) * second + second / 2 - since_start();
  std::memcpy(table("weft_clock_offset").data(), &offset, sizeof offset);
}

bool Program::is_now(model::Moment now) {
  std::uint64_t offset = 0;
  std::memcpy(&offset, table("weft_clock_offset").data(), sizeof offset);
  return (since_start() + offset) / second == static_cast<std::uint64_t>(now);
}

Outcome Program::run_at(model::Moment now, Direction gate, std::span<const std::uint8_t> packet,
                        std::optional<std::uint32_t> likely, const std::function<void()>& in_between) {
  for (bool again = false;; again = true) {
    set_now(now);
    if (!again && in_between) in_between();
    const Outcome out = run(gate, packet, likely);
    if (is_now(now)) return out;
    forget_connections();
    events();
  }
}

void Program::remove_endpoint(std::uint32_t interface) {
  const auto found = state_->slots.find(state_->key(interface));
  if (found == state_->slots.end()) return;
  const weft_endpoint nobody{};
  std::memcpy(table("weft_endpoints").data() + found->second * sizeof(nobody), &nobody, sizeof(nobody));
}

bool Program::allows(Direction gate, std::span<const std::uint8_t> packet, std::uint32_t interface) {
  state_->counted_is_old[static_cast<std::size_t>(gate)] = true;
  const std::uint32_t returned = state_->run(gate, packet, interface);
  WEFT_ASSERT(returned == state_->accepted() || returned == state_->dropped(), "a gate accepts or drops");
  return returned == state_->accepted();
}

bool Program::allows_segments(Direction gate, std::span<const std::uint8_t> packet, std::uint32_t segments,
                              std::uint32_t bytes) {
  state_->counted_is_old[static_cast<std::size_t>(gate)] = true;
  __sk_buff context{};
  context.ifindex = 1;
  context.gso_segs = segments;
  context.gso_size = bytes;
  auto options = sized<bpf_test_run_opts>();
  options.data_in = packet.data();
  options.data_size_in = static_cast<__u32>(packet.size());
  options.ctx_in = &context;
  options.ctx_size_in = sizeof(context);
  const int error = bpf_prog_test_run_opts(state_->programs[static_cast<std::size_t>(gate)], &options);
  WEFT_ASSERT(error == 0, "the kernel makes up a packet of segments");
  return options.retval == state_->accepted();
}

std::optional<bool> Program::allows_split(Direction gate, std::span<const std::uint8_t> packet, std::uint32_t linear) {
  state_->counted_is_old[static_cast<std::size_t>(gate)] = true;
  __sk_buff context{};
  context.ifindex = 1;
  context.data_end = linear;
  auto options = sized<bpf_test_run_opts>();
  options.data_in = packet.data();
  options.data_size_in = static_cast<__u32>(packet.size());
  options.ctx_in = &context;
  options.ctx_size_in = sizeof(context);
  if (bpf_prog_test_run_opts(state_->programs[static_cast<std::size_t>(gate)], &options) != 0) return {};
  return options.retval == state_->accepted();
}

Outcome Program::run(Direction gate, std::span<const std::uint8_t> packet, std::uint32_t interface) {
  return run(gate, packet, std::nullopt, interface);
}

Outcome Program::run(Direction gate, std::span<const std::uint8_t> packet, std::optional<std::uint32_t> likely,
                     std::uint32_t interface) {
  const auto number = static_cast<std::size_t>(gate);
  auto& counted = state_->counted[number];
  if (state_->counted_is_old[number]) counted = state_->read_counters(number);
  Outcome out{allows(gate, packet, interface), 0};
  state_->counted_is_old[number] = false;
  if (likely && *likely < counted.size() && state_->read_counter(number, *likely) == counted[*likely] + 1) {
    ++counted[*likely];
    if (++state_->unread[number] >= most_unread) check_counters();
    out.entry = *likely;
    return out;
  }
  const std::vector<std::uint64_t> after = state_->read_counters(number);
  std::size_t changed = 0;
  for (std::size_t i = 0; i < after.size(); ++i) {
    if (after[i] == counted[i]) continue;
    WEFT_ASSERT(after[i] == counted[i] + 1, "a packet counts once");
    out.entry = static_cast<std::uint32_t>(i);
    ++changed;
  }
  WEFT_ASSERT(changed == (after.empty() ? 0U : 1U), "a packet counts for one entry");
  counted = after;
  state_->unread[number] = 0;
  return out;
}

void Program::check_counters() {
  for (std::size_t gate = 0; gate < state_->counted.size(); ++gate) {
    if (state_->counted_is_old[gate] || state_->counters[gate] < 0) continue;
    WEFT_ASSERT(state_->read_counters(gate) == state_->counted[gate], "a packet counts for one entry");
    state_->unread[gate] = 0;
  }
}

std::uint64_t Program::counted(Direction gate, std::uint32_t entry) const {
  return state_->read_counter(static_cast<std::size_t>(gate), entry);
}

double Program::nanoseconds(Direction gate, std::span<const std::uint8_t> packet, std::uint32_t repeats, int trials) {
  state_->counted_is_old[static_cast<std::size_t>(gate)] = true;
  auto options = sized<bpf_test_run_opts>();
  options.data_in = packet.data();
  options.data_size_in = static_cast<__u32>(packet.size());
  options.repeat = static_cast<int>(repeats);
  double best = 1e30;
  for (int i = 0; i < trials; ++i) {
    const auto start = std::chrono::steady_clock::now();
    const int error = bpf_prog_test_run_opts(state_->programs[static_cast<std::size_t>(gate)], &options);
    WEFT_ASSERT(error == 0, "the kernel runs the packet");
    const std::chrono::duration<double, std::nano> took = std::chrono::steady_clock::now() - start;
    best = std::min(best, took.count() / repeats);
  }
  return best;
}

namespace {

constexpr std::array connection_maps{"weft_connections4", "weft_opening4", "weft_connections6", "weft_opening6"};

template <typename Visit>
void each_key(int fd, const Visit& visit) {
  std::array<std::uint8_t, sizeof(weft_connection6)> key{}, next{};
  std::vector<std::array<std::uint8_t, sizeof(weft_connection6)>> keys;
  for (void* from = nullptr; bpf_map_get_next_key(fd, from, next.data()) == 0; from = key.data()) {
    key = next;
    keys.push_back(key);
  }
  for (auto& one : keys) visit(one.data());
}

}  // namespace

std::vector<weft_event> Program::events() {
  const int map = state_->map("weft_events");
  if (map < 0) return {};
  if (!state_->ring) {
    const auto keep = [](void* state, void* data, std::size_t size) {
      WEFT_ASSERT(size >= sizeof(weft_event), "an event is whole");
      std::memcpy(&static_cast<State*>(state)->events.emplace_back(), data, sizeof(weft_event));
      return 0;
    };
    state_->ring = ring_buffer__new(map, keep, state_.get(), nullptr);
    WEFT_ASSERT(state_->ring, "the events can be read");
  }
  WEFT_ASSERT(ring_buffer__consume(state_->ring) >= 0, "the events can be read");
  return std::exchange(state_->events, {});
}

std::vector<std::pair<weft_pair, std::uint64_t>> Program::pairs() const {
  const int map = state_->map("weft_pairs");
  std::vector<std::pair<weft_pair, std::uint64_t>> out;
  std::vector<std::uint64_t> values(static_cast<std::size_t>(libbpf_num_possible_cpus()));
  weft_pair key{};
  for (const void* before = nullptr; map >= 0 && bpf_map_get_next_key(map, before, &key) == 0; before = &key) {
    if (bpf_map_lookup_elem(map, &key, values.data()) != 0) continue;
    std::uint64_t sum = 0;
    for (const std::uint64_t value : values) sum += value;
    out.emplace_back(key, sum);
  }
  return out;
}

weft_pair_totals Program::pair_totals() const {
  std::vector<weft_pair_totals> totals(static_cast<std::size_t>(libbpf_num_possible_cpus()));
  const std::uint32_t all = 0;
  weft_pair_totals out{};
  if (bpf_map_lookup_elem(state_->map("weft_pair_totals"), &all, totals.data()) != 0) return out;
  for (const weft_pair_totals& each : totals) {
    out.begun += each.begun;
    out.missed += each.missed;
  }
  return out;
}

weft_event_budget Program::event_budget(std::uint32_t kind) const {
  std::vector<weft_event_budget> budgets(static_cast<std::size_t>(libbpf_num_possible_cpus()));
  weft_event_budget out{};
  if (bpf_map_lookup_elem(state_->map("weft_event_budgets"), &kind, budgets.data()) != 0) return out;
  for (const weft_event_budget& each : budgets) {
    out.left += each.left;
    out.withheld += each.withheld;
    out.lost += each.lost;
  }
  return out;
}

int Program::descriptor(Direction gate) const {
  state_->counted_is_old[static_cast<std::size_t>(gate)] = true;
  return state_->programs[static_cast<std::size_t>(gate)];
}

std::size_t Program::connections() const {
  std::size_t out = 0;
  for (const char* name : connection_maps) {
    if (const int fd = state_->map(name); fd >= 0) each_key(fd, [&](const void*) { ++out; });
  }
  return out;
}

void Program::evict_connections() {
  for (const char* name : connection_maps) {
    if (const int fd = state_->map(name); fd >= 0) each_key(fd, [&](const void* key) { bpf_map_delete_elem(fd, key); });
  }
}

void Program::forget_connections() {
  evict_connections();
  forget_recent();
}

void Program::establish_connections() {
  for (const char* family : {"4", "6"}) {
    const int from = state_->map((std::string("weft_opening") + family).c_str());
    const int to = state_->map((std::string("weft_connections") + family).c_str());
    if (from < 0 || to < 0) continue;
    each_key(from, [&](const void* key) {
      weft_connection connection{};
      bpf_map_lookup_elem(from, key, &connection);
      connection.what |= WEFT_CONNECTION_ANSWERED;
      bpf_map_update_elem(to, key, &connection, BPF_ANY);
      bpf_map_delete_elem(from, key);
    });
  }
}

void Program::age_connections(std::uint64_t nanoseconds) {
  for (const char* name : connection_maps) {
    const int fd = state_->map(name);
    if (fd < 0) continue;
    each_key(fd, [&](const void* key) {
      weft_connection connection{};
      bpf_map_lookup_elem(fd, key, &connection);
      connection.seen -= nanoseconds;
      connection.tick -= 1;
      bpf_map_update_elem(fd, key, &connection, BPF_EXIST);
    });
  }
  forget_recent();
}

void Program::forget_recent() {
  for (const char* name : {"weft_recent4", "weft_recent6"}) {
    const auto places = table(name);
    std::ranges::fill(places, std::uint8_t{0});
  }
}

namespace {

bpf_prog_info info_of(int program) {
  bpf_prog_info info{};
  __u32 size = sizeof(info);
  bpf_obj_get_info_by_fd(program, &info, &size);
  return info;
}

}  // namespace

std::uint32_t Program::walked(Direction gate) const {
  return info_of(state_->programs[static_cast<std::size_t>(gate)]).verified_insns;
}

std::uint32_t Program::instructions(Direction gate) const {
  return info_of(state_->programs[static_cast<std::size_t>(gate)]).xlated_prog_len / 8;
}

}  // namespace weft::test
