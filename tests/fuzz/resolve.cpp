// From texts to their meaning: imports are answered from the input and from the standard modules.
#include <algorithm>
#include <map>

#include "frontend/format.h"
#include "frontend/frontend.h"
#include "stdlib-policies/modules.h"
#include "tests/fuzz/promises.h"
#include "tests/support/dump.h"

using namespace weft;

namespace {

// A line `//// NAME` begins another file.
class Memory final : public frontend::ImportReader {
 public:
  Memory(Sources& sources, const std::vector<fuzz::Text>& texts) : sources_(sources) {
    for (const fuzz::Text& text : texts) files_.try_emplace(text.name, sources.add(text.name, text.text));
  }

  std::optional<SourceId> file(std::string_view path, Span at, Diagnostics& diagnostics) override {
    if (const auto found = files_.find(path); found != files_.end()) return found->second;
    static constexpr DiagnosticKind<> missing{"W9002", Severity::Error, "there is no such file"};
    diagnostics.report(missing, at);
    return {};
  }

  std::vector<std::string> modules() const override {
    std::vector<std::string> out;
    for (const auto& module : stdlib_policies::modules()) out.emplace_back(module.name);
    return out;
  }

  SourceId module(std::string_view name) override {
    const auto found = modules_.find(name);
    if (found != modules_.end()) return found->second;
    const auto all = stdlib_policies::modules();
    const auto module = std::ranges::find(all, name, &stdlib_policies::Module::name);
    WEFT_ASSERT(module != all.end(), "only modules there are get asked for");
    return modules_[std::string(name)] = sources_.add(std::string(module->path), std::string(module->text));
  }

 private:
  Sources& sources_;
  std::map<std::string, SourceId, std::less<>> files_;
  std::map<std::string, SourceId, std::less<>> modules_;
};

struct Read {
  Sources sources;
  Diagnostics diagnostics;
  std::vector<SourceId> files;
  model::Policy policy;

  explicit Read(const std::vector<fuzz::Text>& texts) {
    Memory memory(sources, texts);
    files.push_back(SourceId{0});
    const model::Moment now{1'800'000'000};  // 2027-01-15
    policy = frontend::read_policy(sources, files, memory, diagnostics, {.now = now});
  }
};

template <typename Id, typename Things>
void check_id(Id id, const Things& things) {
  WEFT_ASSERT(static_cast<std::size_t>(id) < things.size(), "an id is of something there is");
}

void check(const model::Policy& policy) {
  WEFT_ASSERT(!policy.tiers.empty(), "there is a tier");
  for (const model::PolicyBlock& block : policy.blocks) check_id(block.tier, policy.tiers);
  for (const model::Rule& rule : policy.rules) {
    check_id(rule.tier, policy.tiers);
    check_id(rule.block, policy.blocks);
    if (rule.pass_to) check_id(*rule.pass_to, policy.tiers);
    WEFT_ASSERT(policy[rule.block].tier == rule.tier, "a rule is in the tier of its policy");
  }
  for (const model::Isolation& isolation : policy.isolations) {
    check_id(isolation.tier, policy.tiers);
    check_id(isolation.block, policy.blocks);
  }
  for (const model::Test& test : policy.tests) {
    for (const model::Expectation& expectation : test.expectations) {
      if (expectation.by && expectation.by->block) check_id(*expectation.by->block, policy.blocks);
      if (expectation.by && expectation.by->rule) check_id(*expectation.by->rule, policy.rules);
    }
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  std::vector<fuzz::Text> texts = fuzz::texts_of(data, size, "////", "input.weft");
  const Read once(texts);
  fuzz::check(once.diagnostics, once.sources);
  check(once.policy);
  const Read again(texts);
  WEFT_ASSERT(fuzz::shown(once.diagnostics, once.sources) == fuzz::shown(again.diagnostics, again.sources),
              "the same texts get the same answer");
  if (once.diagnostics.has_errors()) return 0;

  // The layout of a text is no part of what it means.
  for (fuzz::Text& text : texts) {
    Sources sources;
    Diagnostics diagnostics;
    const SourceId source = sources.add(text.name, text.text);
    text.text = frontend::format(sources, source, diagnostics).value_or(text.text);
  }
  const Read formatted(texts);
  WEFT_ASSERT(!formatted.diagnostics.has_errors(), "what was right is so in another layout");
  WEFT_ASSERT(test::dump(once.policy) == test::dump(formatted.policy),
              "the layout of a text is no part of its meaning");
  return 0;
}
