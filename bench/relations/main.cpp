// What "inside one job, nowhere else" costs. A training cluster of 64,000 pods is cut into more and more jobs: classes
// have to grow with the jobs, rows and entries not at all, and labels that every pod has for itself must not count.

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <cstdlib>
#include <string>

#include <fmt/format.h>

#include "codegen/codegen.h"
#include "model/evaluate.h"
#include "plan/build.h"

using namespace weft;
using model::LabelKey;
using model::Selector;

namespace {

constexpr std::uint32_t pods = 64'000;
constexpr std::uint32_t services = 64;  // storage, registry, metrics: what all jobs use
constexpr std::uint32_t teams = 200;
constexpr std::uint32_t ordinary_rules = 50;

const LabelKey job = model::keys::of_workload("job");
const LabelKey role = model::keys::of_workload("role");
const LabelKey app = model::keys::of_workload("app");

struct World {
  model::Policy policy;
  model::Inventory inventory;
};

std::string team(std::uint32_t number) { return fmt::format("team-{}", number); }

void add_workload(model::Inventory& inventory, std::string name, model::Labels labels) {
  const auto number = static_cast<std::uint32_t>(inventory.instances.size());
  model::Instance instance;
  instance.name = std::move(name);
  instance.peer.kind = model::PeerKind::Workload;
  instance.peer.instance = model::InstanceId{number};
  instance.peer.labels = std::move(labels);
  instance.addresses = {model::v4_address(0x0A000000U + number)};
  inventory.instances.push_back(std::move(instance));
}

// Pods of one job share team, job and the hash of their controller; name and index are each pod's own.
model::Inventory inventory_of(std::uint32_t jobs, bool labels_of_their_own) {
  model::Inventory out;
  for (std::uint32_t i = 0; i < services; ++i) {
    add_workload(out, fmt::format("infra/s{}", i),
                 {{model::keys::ns, "infra"},
                  {app, i % 3 == 0   ? "storage"
                        : i % 3 == 1 ? "registry"
                                     : "metrics"}});
  }
  const std::uint32_t each = pods / jobs;
  for (std::uint32_t i = 0; i < pods; ++i) {
    const std::uint32_t of = std::min(i / each, jobs - 1), index = i - of * each;
    model::Labels labels{{model::keys::ns, team(of % teams)},
                         {job, fmt::format("job-{}", of)},
                         {role, index == 0 ? "launcher" : "trainer"}};
    if (labels_of_their_own) {
      labels[model::keys::of_workload("batch.kubernetes.io/job-completion-index")] = std::to_string(index);
      labels[model::keys::of_workload("statefulset.kubernetes.io/pod-name")] = fmt::format("pod-{}", i);
      labels[model::keys::of_workload("pod-template-hash")] = fmt::format("{:08x}", i * 2654435761U);
      labels[model::keys::of_workload("controller-revision-hash")] = fmt::format("{:08x}", of * 2246822519U);
    }
    add_workload(out, fmt::format("{}/pod-{}", team(of % teams), i), std::move(labels));
  }
  out.index();
  return out;
}

model::Policy gang_policy() {
  model::Policy out;
  out.profile = *model::find_profile("strict");
  out.tiers = {{.name = "main"}};
  out.blocks.push_back({.name = "gang"});
  const auto allow = [&](Selector source, Selector destination, std::uint16_t first,
                         std::uint16_t last) -> model::Rule& {
    model::Rule rule;
    rule.source = std::move(source);
    rule.destination = std::move(destination);
    rule.ports.points = model::PointSet::of_range(model::protocol::tcp, first, last);
    return out.rules.emplace_back(std::move(rule));
  };
  const Selector trainer = Selector::equals(role, "trainer"), launcher = Selector::equals(role, "launcher");
  allow(trainer, trainer, 0, 0xFFFF).relations = {{job, job, true}};
  allow(launcher, trainer, 22, 22).relations = {{job, job, true}};
  allow(trainer, launcher, 29'500, 29'500).relations = {{job, job, true}};
  for (std::uint32_t i = 0; i < ordinary_rules; ++i) {
    static const char* const names[] = {"storage", "registry", "metrics"};
    const auto port = static_cast<std::uint16_t>(9000 + i % 3);
    allow(Selector::equals(model::keys::ns, team(i)), Selector::equals(app, names[i % 3]), port, port);
  }
  return out;
}

struct Figures {
  std::size_t classes, rows, entries, verdict_bytes, address_bytes, instructions;
  double seconds;
};

// Random pairs of pods and services against the meaning: a figure of a wrong plan is worth nothing.
void check(const World& world, const plan::DecisionPlan& plan) {
  std::uint64_t state = 1;
  const auto below = [&](std::size_t bound) {
    state = state * 6364136223846793005ULL + 1442695040888963407ULL;
    return static_cast<std::size_t>(state >> 33) % bound;
  };
  const std::vector<model::Instance>& all = world.inventory.instances;
  std::size_t allowed = 0;
  for (int i = 0; i < 20'000; ++i) {
    const std::size_t from = below(all.size());
    // Half the pairs are neighbours, which are mostly of one job.
    const std::size_t to = i % 2 == 0 ? below(all.size()) : (from + 1 + below(8)) % all.size();
    const std::uint16_t ports[] = {22, 80, 9000, 9001, 29'500};
    const model::ServicePoint service = model::service_point(model::protocol::tcp, ports[below(5)]);
    const model::Flow flow{{&all[from].peer, all[from].addresses[0]}, {&all[to].peer, all[to].addresses[0]}, service};
    for (const model::Direction direction : {model::Direction::Egress, model::Direction::Ingress}) {
      const bool out = direction == model::Direction::Egress;
      const auto meant = model::evaluate_gate(world.policy, direction, flow);
      const plan::Answer said =
          plan::decide(plan, direction, all[out ? from : to].addresses[0], all[out ? to : from].addresses[0], service);
      if (from != to && meant->verdict != said.verdict) {
        fmt::print(stderr, "bench: the plan and the evaluator disagree on {} -> {}\n", all[from].name, all[to].name);
        std::exit(1);
      }
      allowed += said.verdict == model::Verdict::Allow ? 1 : 0;
    }
  }
  if (allowed < 1000) {
    fmt::print(stderr, "bench: the flows asked about are nearly all denied and show nothing\n");
    std::exit(1);
  }
}

Figures measure(std::uint32_t jobs, bool labels_of_their_own) {
  const World world{gang_policy(), inventory_of(jobs, labels_of_their_own)};
  const auto start = std::chrono::steady_clock::now();
  const Result<plan::DecisionPlan> plan = plan::build(world.policy, world.inventory);
  if (!plan) {
    fmt::print(stderr, "bench: {}\n", plan.error().message);
    std::exit(1);
  }
  const Result<bundle::Bundle> bundle = codegen::emit(*plan, {});
  const std::chrono::duration<double> took = std::chrono::steady_clock::now() - start;
  if (!bundle) {
    fmt::print(stderr, "bench: {}\n", bundle.error().message);
    std::exit(1);
  }
  check(world, *plan);
  // Where addresses find their class, and everything a verdict is made of.
  std::size_t addresses = 0, verdicts = 0;
  for (const bundle::MapImage& image : bundle->images) {
    const bool of_addresses = image.name.starts_with("weft_direct") || image.kind != bundle::MapImage::Kind::Global;
    (of_addresses ? addresses : verdicts) += image.value.size();
  }
  return {plan->classes.size(),
          plan->egress.own_rows.size(),
          plan->egress.entries.size() + plan->ingress.entries.size(),
          verdicts,
          addresses,
          bundle->manifest.figures.at("instructions"),
          took.count()};
}

void print(std::uint32_t jobs, std::string_view labels, const Figures& figures) {
  fmt::print("{:>6}  {:<8}  {:>8}  {:>6}  {:>8}  {:>14}  {:>14}  {:>12}  {:>7.2f} s\n", jobs, labels, figures.classes,
             figures.rows, figures.entries, figures.verdict_bytes, figures.address_bytes, figures.instructions,
             figures.seconds);
}

}  // namespace

int main() {
  fmt::print(
      "{} pods, 3 rules `when source.job == destination.job`, {} other rules; 20,000 flows of each plan agree with "
      "the evaluator\n\n",
      pods, ordinary_rules);
  fmt::print("{:>6}  {:<8}  {:>8}  {:>6}  {:>8}  {:>14}  {:>14}  {:>12}  {:>9}\n", "jobs", "labels", "classes", "rows",
             "entries", "verdict bytes", "address bytes", "instructions", "build");
  std::size_t with = 0;
  for (const std::uint32_t jobs : {250U, 500U, 1000U, 2000U}) {
    const Figures figures = measure(jobs, true);
    print(jobs, "own", figures);
    with = figures.classes;
  }
  const Figures without = measure(2000, false);
  print(2000, "shared", without);
  fmt::print(
      "\nlabels \"own\": name, index and template hash of every pod differ, and the controller hash of every job;\n"
      "they make {} further classes. A class is 2 bytes for its row and 2 for each key that relations compare.\n",
      with - without.classes);
  return with == without.classes ? 0 : 1;
}
