#include "bench/verdict/yardsticks.h"

#include <sys/mman.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <ctime>
#include <map>
#include <utility>
#include <vector>

#include <arpa/inet.h>
#include <bpf/bpf.h>
#include <bpf/btf.h>
#include <bpf/libbpf.h>
#include <fmt/format.h>

#include "base/assert.h"
#include "bench/addresses.h"

namespace weft::bench {
namespace {

constexpr std::size_t classes = 256, atoms = 64, words = 16, words_long = 160, summary_words = 3;

// As struct identity_key and struct policy_key of floor.bpf.c.
struct IdentityKey {
  std::uint32_t bits = 160;
  std::array<std::uint32_t, 4> pad{};
  std::uint32_t address = 0;
};

struct PolicyKey {
  std::uint32_t bits = 64;
  std::uint32_t identity = 0;
  std::uint8_t direction = 0;
  std::uint8_t protocol = 6;
  std::uint16_t port = 0;
};

// Nanoseconds.
double processor_time() {
  timespec time{};
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time);
  return 1e9 * static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_nsec);
}

}  // namespace

struct Yardsticks::State {
  bpf_object* object = nullptr;
  std::map<std::string, std::uint8_t*> variables;
  std::vector<std::pair<void*, std::size_t>> mappings;
  std::uint32_t base = 0, hosts = 1;

  ~State() {
    for (const auto& [at, size] : mappings) munmap(at, size);
    bpf_object__close(object);
  }

  template <typename T>
  T* variable(const std::string& name) {
    const auto found = variables.find(name);
    WEFT_ASSERT(found != variables.end(), "floor.bpf.c has the variables this benchmark fills");
    return reinterpret_cast<T*>(found->second);
  }

  void map_variables() {
    const btf* types = bpf_object__btf(object);
    std::map<std::string, std::uint8_t*> sections;
    bpf_map* map = nullptr;
    bpf_object__for_each_map(map, object) {
      if (!bpf_map__is_internal(map)) continue;
      const std::size_t size = (bpf_map__value_size(map) + 4095U) / 4096U * 4096U;
      void* at = mmap(nullptr, size, PROT_READ | PROT_WRITE, MAP_SHARED, bpf_map__fd(map), 0);
      if (at == MAP_FAILED) continue;  // .rodata is frozen
      mappings.emplace_back(at, size);
      const std::string name = bpf_map__name(map);
      sections[name.substr(name.find('.'))] = static_cast<std::uint8_t*>(at);
    }
    for (__u32 id = 1; id < btf__type_cnt(types); ++id) {
      const btf_type* section = btf__type_by_id(types, id);
      if (!btf_is_datasec(section)) continue;
      const auto found = sections.find(btf__name_by_offset(types, section->name_off));
      if (found == sections.end()) continue;
      const btf_var_secinfo* info = btf_var_secinfos(section);
      for (__u32 i = 0; i < btf_vlen(section); ++i, ++info) {
        const btf_type* type = btf__type_by_id(types, info->type);
        variables[btf__name_by_offset(types, type->name_off)] = found->second + info->offset;
      }
    }
  }
};

Yardsticks::Yardsticks(std::unique_ptr<State> state) : state_(std::move(state)) {}
Yardsticks::Yardsticks(Yardsticks&&) noexcept = default;
Yardsticks::~Yardsticks() = default;

Result<Yardsticks> Yardsticks::load(const std::string& path) {
  auto state = std::make_unique<State>();
  state->object = bpf_object__open_file(path.c_str(), nullptr);
  if (!state->object) return std::unexpected(Error{"bench", "cannot open " + path, ""});
  bpf_program* program = nullptr;
  bpf_object__for_each_program(program, state->object) bpf_program__set_type(program, BPF_PROG_TYPE_SCHED_CLS);
  if (const int error = bpf_object__load(state->object); error != 0) {
    return std::unexpected(
        Error{"bench", fmt::format("cannot load {}: {}", path, std::strerror(-error)), "run it as root"});
  }
  state->map_variables();
  return Yardsticks(std::move(state));
}

int Yardsticks::program(const char* name) const {
  const bpf_program* found = bpf_object__find_program_by_name(state_->object, name);
  WEFT_ASSERT(found != nullptr, "floor.bpf.c has the program");
  return bpf_program__fd(found);
}

std::uint32_t Yardsticks::rule() const { return *state_->variable<std::uint32_t>("floor_rule"); }

void Yardsticks::fill(const plan::DecisionPlan& plan, std::uint32_t base, std::uint32_t hosts, bool six) {
  draw_from(base, hosts);
  WEFT_ASSERT(plan.classes.size() <= classes && plan.atom_count <= atoms, "the plan fits the floor's tables");

  *state_->variable<std::uint32_t>("floor_base") = base;
  auto* class_of = state_->variable<std::uint16_t>("floor_class");
  for (std::uint32_t i = 0; i < hosts; ++i) {
    class_of[i] = static_cast<std::uint16_t>(plan::identify(plan, address_of(base + i, six)).class_id);
  }
  auto* atom_of = state_->variable<std::uint8_t>("floor_atom");
  for (std::uint32_t i = 0; i < 1U << 17; ++i) {
    const auto protocol = i < 0x10000 ? model::protocol::tcp : model::protocol::udp;
    atom_of[i] =
        static_cast<std::uint8_t>(plan::atom_of(plan, model::service_point(protocol, static_cast<std::uint16_t>(i))));
  }

  auto* rows = state_->variable<std::uint64_t>("floor_rows");
  auto* rows_long = state_->variable<std::uint64_t>("floor_long");
  auto* summaries = state_->variable<std::uint64_t>("floor_summary");
  const auto put = [&](std::size_t row, const plan::Bits& bits) {
    for (std::size_t w = 0; w < words_long; ++w) {
      const std::uint64_t word = w < bits.words().size() ? bits.words()[w] : 0;
      if (w < words) rows[row * words + w] = word;
      rows_long[row * words_long + w] = word;
      if (word != 0) summaries[row * summary_words + w / 64] |= std::uint64_t{1} << (w % 64);
    }
  };
  std::fill_n(summaries, (2 * classes + atoms) * summary_words, 0);
  for (std::size_t c = 0; c < plan.classes.size(); ++c) {
    put(c, plan.egress.own_rows[c]);
    put(classes + c, plan.egress.peer_rows[c]);
  }
  for (std::size_t a = 0; a < plan.atom_count; ++a) put(2 * classes + a, plan.egress.atom_rows[a]);

  // The peer shape: each host with its class as identity, and for each class the ports the first workload may reach.
  const int identities = bpf_object__find_map_fd_by_name(state_->object, "peer_identity");
  for (std::uint32_t i = 0; i < hosts; ++i) {
    IdentityKey key;
    if (six) {
      std::memcpy(key.pad.data(), address_of(base + i, six).bytes.data(), sizeof(key.pad));
      key.address = htonl(6);
    } else {
      key.address = htonl(base + i);
    }
    const std::uint32_t value = 1000U + class_of[i];
    bpf_map_update_elem(identities, &key, &value, BPF_ANY);
  }
  const int policies = bpf_object__find_map_fd_by_name(state_->object, "peer_policy");
  const plan::Identity own = plan::identify(plan, address_of(base, six));
  for (std::uint32_t c = 1; c < plan.classes.size(); ++c) {
    for (const plan::AtomRange& range : plan.atoms) {
      if (range.points.first != range.points.last) continue;  // the single ports; everything else is denied
      const plan::Answer answer = plan::decide(plan, model::Direction::Egress, own,
                                               {plan::ClassId{static_cast<std::uint16_t>(c)}, 0}, range.atom);
      if (answer.verdict != model::Verdict::Allow) continue;
      PolicyKey key;
      key.identity = 1000U + c;
      key.port = htons(static_cast<std::uint16_t>(range.points.first));
      bpf_map_update_elem(policies, &key, &answer.entry, BPF_ANY);
    }
  }
}

void Yardsticks::draw_from(std::uint32_t base, std::uint32_t hosts) {
  state_->base = base;
  state_->hosts = hosts;
}

std::uint32_t Yardsticks::active(Traffic traffic) const {
  switch (traffic) {
    case Traffic::Hot:
      return 1;
    case Traffic::Active256:
      return 256;
    case Traffic::Random:
      return state_->hosts - 1;
  }
  std::unreachable();
}

double Yardsticks::run(int program, std::span<const std::uint8_t> packet, const Feed& feed, std::uint32_t runs,
                       std::uint32_t* verdict) {
  *state_->variable<std::uint32_t>("feed_base") = state_->base + feed.stride;  // the first host is the sender
  *state_->variable<std::uint32_t>("feed_stride") = feed.stride;
  *state_->variable<std::uint32_t>("feed_hosts") = state_->hosts - 1;
  *state_->variable<std::uint32_t>("feed_active") = active(feed.traffic);
  *state_->variable<std::uint32_t>("feed_in_turn") = feed.in_turn ? 1 : 0;
  if (feed.in_turn) *state_->variable<std::uint32_t>("feed_seed") = 0;
  *state_->variable<std::uint32_t>("feed_at") = feed.at;
  *state_->variable<std::uint32_t>("feed_port_at") = feed.port_at;
  const int targets = bpf_object__find_map_fd_by_name(state_->object, "feed_target");
  const std::uint32_t key = 0;
  const int error = bpf_map_update_elem(targets, &key, &program, BPF_ANY);
  WEFT_ASSERT(error == 0, "the program under test can be jumped to");

  bpf_test_run_opts options{};
  options.sz = sizeof(options);
  options.data_in = packet.data();
  options.data_size_in = static_cast<__u32>(packet.size());
  options.repeat = static_cast<int>(runs);
  // The kernel's own figure is rounded down to whole nanoseconds. The processor time of this thread is finer, and as
  // blind to whoever else wants the processor.
  const double begin = processor_time();
  const int ran = bpf_prog_test_run_opts(this->program("feed"), &options);
  const double time = processor_time() - begin;
  WEFT_ASSERT(ran == 0, "the kernel runs the packets");
  if (verdict) *verdict = options.retval;
  return time / runs;
}

}  // namespace weft::bench
