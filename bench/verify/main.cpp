// What the verifier's questions cost: an open-world claim with its witness, a diff of one changed rule, the scan for
// dead rules, and one edit of a policy somebody works on. Every step runs in a process of its own, so that its peak
// memory is its own; a wrong answer ends the run.

#include <unistd.h>

#include <algorithm>
#include <condition_variable>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <mutex>
#include <string>
#include <vector>

#include <fmt/format.h>

#include "bench/own_process.h"
#include "bench/worlds/worlds.h"
#include "driver/compile.h"
#include "driver/diff.h"
#include "driver/session.h"
#include "model/evaluate.h"
#include "verifier/verifier.h"

namespace {

using namespace weft;
using bench::in_own_process;
using bench::peak_megabytes;
using bench::processor_seconds;
namespace fs = std::filesystem;

[[noreturn]] void fail(const std::string& why) {
  fmt::print(stderr, "bench: {}\n", why);
  std::exit(1);
}

void print(const std::string& what, std::size_t rules, double took, const std::string& found) {
  fmt::print("{:<46} {:>6} {:>8.3f} s {:>6.0f} MB   {}\n", what, rules, took, peak_megabytes(), found);
  std::fflush(stdout);
}

// Rules of the shapes of the generated worlds, about as many as asked for.
bench::WorldTexts texts_of(std::string_view shape, std::uint32_t policies, std::uint32_t namespaces) {
  bench::WorldSize size = *bench::find_world(shape);
  size.policies = policies;
  size.namespaces = namespaces;
  size.workloads = 2 * namespaces + size.hot_spots;
  size.pods = size.workloads;
  return bench::generate_texts(size);
}

void write(const bench::WorldTexts& texts, const fs::path& root, bool inventory) {
  fs::create_directories(root);
  for (const bench::WorldFile& file : texts.policies) std::ofstream(root / file.path, std::ios::binary) << file.text;
  if (inventory) std::ofstream(root / texts.inventory.path, std::ios::binary) << texts.inventory.text;
}

driver::Compilation understood(const fs::path& root) {
  driver::InputNames names;
  names.policies = {root.string()};
  driver::Compilation out = driver::compile(names, driver::Goal::Understand);
  if (!out.understood) fail("the policy is not understood");
  return out;
}

// Does anything there may be reach the vault from another namespace? Reading is not part of the question.
void ask(const fs::path& root, const std::string& claim, bool holds) {
  bench::WorldTexts texts = texts_of("M", 580, 100);
  texts.policies[0].text += claim;
  write(texts, root, false);
  const driver::Compilation world = understood(root);
  verifier::Options options;
  options.look_for_dead = false;
  const double start = processor_seconds();
  const verifier::Report report = verifier::check(world.policy, nullptr, options);
  const double took = processor_seconds() - start;
  if (report.assertions.size() != 1 || !report.internal_errors.empty()) fail("the claim has no answer");
  const verifier::Answer& answer = report.assertions[0].answer;
  if (holds) {
    if (!std::holds_alternative<verifier::Proved>(answer)) fail("the claim is not proved");
    print("a claim of all flows, proved", world.policy.rules.size(), took,
          fmt::format("{} questions", report.statistics.questions));
    return;
  }
  const auto* refuted = std::get_if<verifier::Refuted>(&answer);
  if (!refuted) fail("the claim is not refuted");
  if (!model::evaluate(world.policy, refuted->witness.flow()).allowed) fail("the witness shows nothing");
  print("a claim of all flows, refuted by a witness", world.policy.rules.size(), took, describe(refuted->witness));
}

std::string replaced(std::string text, std::string_view what, std::string_view by) {
  const std::size_t at = text.find(what);
  if (at == std::string::npos) fail("there is nothing to change");
  return text.replace(at, what.size(), by);
}

// `weft diff OLD NEW`, reading both included.
void compare(const fs::path& root) {
  bench::WorldTexts texts = texts_of("XL", 5'550, 2'500);
  write(texts, root / "old", false);
  texts.policies[3].text = replaced(texts.policies[3].text, ": any\n", ": tcp/443\n");
  write(texts, root / "new", false);
  driver::DiffNames names;
  names.before = (root / "old").string();
  names.after = (root / "new").string();
  double reading = processor_seconds();
  understood(root / "old");
  understood(root / "new");
  reading = processor_seconds() - reading;
  const double start = processor_seconds();
  const auto found = driver::diff(names, {});
  const double took = processor_seconds() - start;
  if (!found || !found->understood()) fail("the two are not compared");
  const verifier::Diff& flows = *found->flows;
  if (flows.verdict() != verifier::Diff::Verdict::OnlyNarrows || flows.differences.empty()) fail("the diff is wrong");
  const model::Flow flow = flows.differences[0].witness.flow();
  if (!model::evaluate(found->before.compilation.policy, flow).allowed ||
      model::evaluate(found->after.compilation.policy, flow).allowed) {
    fail("the witness of the diff shows nothing");
  }
  print("a diff of one changed rule, both texts read", found->after.compilation.policy.rules.size(), took,
        fmt::format("{:.3f} s of it reading; only narrows", reading));
}

void scan(const fs::path& root) {
  bench::WorldTexts texts = texts_of("XL", 5'550, 2'500);
  // One that is known to be dead: all that it allows is denied in the tier before it.
  texts.policies[0].text +=
      "policy planted in app {\n  allow app == \"planted\" -> workload : tcp/3389\n}\n"
      "policy stops in admin {\n  deny app == \"planted\" -> workload : tcp/3389\n}\n";
  write(texts, root, false);
  const driver::Compilation world = understood(root);
  verifier::Options options;
  options.look_for_dead = false;
  double without = processor_seconds();
  const verifier::Report others = verifier::check(world.policy, nullptr, options);
  without = processor_seconds() - without;
  options.look_for_dead = true;
  const double began = processor_seconds();
  const verifier::Report usual = verifier::check(world.policy, nullptr, options);
  print("conflicts and dead rules, as `weft check` does", world.policy.rules.size(), processor_seconds() - began,
        fmt::format("{:.3f} s without the dead; {} dead, {} questions", without, usual.dead.size(),
                    usual.statistics.questions));
  options.max_findings = world.policy.rules.size();  // every rule is looked at
  const double start = processor_seconds();
  const verifier::Report report = verifier::check(world.policy, nullptr, options);
  const double took = processor_seconds() - start;
  if (!report.internal_errors.empty()) fail(report.internal_errors.front());
  if (others.findings.size() < report.findings.size()) fail("the scan adds conflicts");
  const bool planted = std::ranges::any_of(report.dead, [&](const verifier::Dead& dead) {
    const auto* rule = std::get_if<model::RuleId>(&dead.what);
    return rule && world.policy[world.policy[*rule].block].name == "planted";
  });
  if (!planted) fail("the planted rule is not found dead");
  for (const verifier::Dead& dead : report.dead) {
    const auto* rule = std::get_if<model::RuleId>(&dead.what);
    if (!rule || !dead.example) continue;
    const model::Decision decision = model::evaluate(world.policy, dead.example->flow());
    for (const auto* gate : {&decision.egress, &decision.ingress}) {
      if (*gate && (*gate)->rule == *rule && !dead.decides) fail("a rule that is said to be dead decides");
    }
  }
  print("the same for every rule, however many are dead", world.policy.rules.size(), took,
        fmt::format("{} dead, {} questions", report.dead.size(), report.statistics.questions));
}

// From an edit of one text, in a session that knows the policy, to all findings.
void edit(const fs::path& root) {
  const bench::WorldTexts texts = bench::generate_texts(*bench::find_world("L"));
  write(texts, root, true);
  std::ofstream(root / "weft.toml") << "[project]\nsources = [\".\"]\ninventory = [\"inventory.json\"]\n";
  std::mutex mutex;
  std::condition_variable woken;
  driver::Session session({[&] {
                             const std::lock_guard lock(mutex);
                             woken.notify_all();
                           },
                           [] { return model::before_all; }, true});
  const std::string path = (root / texts.policies[3].path).string();
  const std::string& text = texts.policies[3].text;
  const auto settle = [&] {
    const double start = processor_seconds();
    session.refresh();
    const double refreshed = processor_seconds();
    while (session.proving()) {
      std::unique_lock lock(mutex);
      woken.wait_for(lock, std::chrono::milliseconds(20));
    }
    session.collect();
    return std::pair(processor_seconds() - start, refreshed - start);
  };
  session.open(path, text);
  const double first = settle().first;
  const driver::Session::Known* known = session.policy_of(path);
  if (!known || !known->verdicts) fail("the session has no findings");
  const std::size_t before = known->verdicts->diagnostics.all().size();
  session.change(path, replaced(text, ": any\n", ": tcp/4431\n"));
  const auto [took, reading] = settle();
  known = session.policy_of(path);
  if (!known || !known->verdicts || !known->unit->meaning()->has_inventory) fail("the edit has no findings");
  print("an edit of one file of world L, all findings", known->unit->meaning()->policy.rules.size(), took,
        fmt::format("{:.3f} s of it reading; the first time {:.3f} s; {} findings, {} before", reading, first,
                    known->verdicts->diagnostics.all().size(), before));
}

}  // namespace

int main(int count, char** words) {
  const std::vector<std::string> all{"ask", "diff", "dead", "edit"};
  std::vector<std::string> wanted(words + 1, words + count);
  for (const std::string& word : wanted) {
    if (std::ranges::find(all, word) != all.end()) continue;
    fmt::print(stderr, "usage: weft_bench_verify [ask|diff|dead|edit]...\n");
    return 2;
  }
  if (wanted.empty()) wanted = all;
  char directory[] = "/tmp/weft-verify-XXXXXX";
  if (!mkdtemp(directory)) fail("cannot make a directory for the policies");
  const fs::path root = directory;
  fmt::print("processor time, and the peak memory of the whole process\n\n{:<46} {:>6} {:>10} {:>9}\n", "", "rules",
             "time", "peak");
  bool right = true;
  for (const std::string& word : wanted) {
    const auto step = [&](auto measure) { right = in_own_process(measure) && right; };
    if (word == "ask") {
      step([&] {
        ask(root / "refuted", "never app == \"web\" -> ns == \"vault\" && app == \"vault\" : tcp/8200\n", false);
      });
      step([&] { ask(root / "proved", "never ns == \"vault\" -> ns == \"registry\" : tcp/25\n", true); });
    }
    if (word == "diff") step([&] { compare(root / "diff"); });
    if (word == "dead") step([&] { scan(root / "dead"); });
    if (word == "edit") step([&] { edit(root / "edit"); });
  }
  fs::remove_all(root);
  return right ? 0 : 1;
}
