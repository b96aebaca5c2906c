#include "cli/check_fix.h"

#include <fmt/format.h>

#include <nlohmann/json.hpp>

#include "base/diff.h"
#include "base/text.h"

namespace weft::cli {

std::string fixed_text(const driver::FixOutcome& outcome, bool dry_run) {
  std::string out;
  if (dry_run) {
    for (const driver::FixedFile& file : outcome.files) out += unified_diff(file.name, file.before, file.after);
    return out;
  }
  for (const driver::MadeFix& fix : outcome.made) {
    out += fmt::format("fixed {}: {} ({})\n", printable(fix.location), printable(fix.title), fix.code);
  }
  return out;
}

std::string fixed_json(const driver::FixOutcome& outcome) {
  using Json = nlohmann::ordered_json;
  Json out = Json::array();
  for (const driver::MadeFix& fix : outcome.made) {
    out.push_back({{"at", fix.location}, {"code", fix.code}, {"title", fix.title}});
  }
  return out.dump(-1, ' ', false, Json::error_handler_t::replace);
}

bool write_fixes(const driver::FixOutcome& outcome, const Messages& messages) {
  bool all = true;
  for (const driver::FixedFile& file : outcome.files) {
    if (const auto written = driver::write_fixed(file); !written) {
      messages.tell(written.error());
      all = false;
    }
  }
  return all;
}

}  // namespace weft::cli
