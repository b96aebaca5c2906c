#include "driver/background.h"

#include <utility>

namespace weft::driver {
namespace {

Verdicts check(const std::shared_ptr<const Meaning>& about, const LintLevels& levels,
               verifier::Cancellation& cancellation) {
  const Meaning& meaning = *about;
  verifier::Options options;
  options.now = meaning.now;
  options.cancellation = &cancellation;
  options.memory = meaning.memory.get();
  Verdicts out{
      about, verifier::check(meaning.policy, meaning.has_inventory ? meaning.inventory.get() : nullptr, options), {}};
  if (verifier::cancelled(options.cancellation)) return out;
  out.diagnostics.set_levels(levels);
  verifier::report_to(out.report, meaning.policy, meaning.sources, out.diagnostics, meaning.diagnostics);
  return out;
}

}  // namespace

void BackgroundChecks::start(std::shared_ptr<const Meaning> meaning, LintLevels levels) {
  auto work = [meaning, levels = std::move(levels)](verifier::Cancellation& cancellation) {
    return check(meaning, levels, cancellation);
  };
  worker_.start(std::move(meaning), std::move(work));
}

std::vector<Verdicts> BackgroundChecks::collect() {
  std::vector<Verdicts> out;
  for (auto& done : worker_.collect()) {
    if (!done.cancelled) out.push_back(std::move(done.result));
  }
  return out;
}

}  // namespace weft::driver
