#include "base/fix.h"

#include <algorithm>
#include <tuple>

namespace weft {

std::vector<Edit> in_text_order(std::span<const Edit> edits) {
  std::vector<const Edit*> order;
  for (const Edit& edit : edits) order.push_back(&edit);
  std::ranges::sort(order, {}, [](const Edit* edit) {
    return std::tuple(edit->span.source, edit->span.begin, edit->span.end, edit);
  });
  std::vector<Edit> out;
  for (const Edit* edit : order) out.push_back(*edit);
  return out;
}

std::string apply_edits(std::string_view text, std::span<const Edit> edits) {
  std::string out;
  std::size_t at = 0;
  for (const Edit& edit : in_text_order(edits)) {
    out += text.substr(at, edit.span.begin - at);
    out += edit.replacement;
    at = edit.span.end;
  }
  out += text.substr(at);
  return out;
}

bool overlap(const Edit& a, const Edit& b) {
  if (a.span.source != b.span.source) return false;
  if (a.span.begin == b.span.begin) return true;
  const Edit& first = a.span.begin < b.span.begin ? a : b;
  const Edit& second = a.span.begin < b.span.begin ? b : a;
  return second.span.begin < first.span.end;
}

std::vector<std::pair<const Diagnostic*, const Fix*>> applicable_fixes(const Diagnostics& diagnostics) {
  std::vector<std::pair<const Diagnostic*, const Fix*>> taken;
  const auto free = [&](const Fix& fix) {
    return std::ranges::none_of(taken, [&](const auto& other) {
      return std::ranges::any_of(fix.edits, [&](const Edit& edit) {
        return std::ranges::any_of(other.second->edits, [&](const Edit& made) { return overlap(edit, made); });
      });
    });
  };
  for (const Diagnostic& diagnostic : diagnostics.all()) {
    for (const Fix& fix : diagnostic.fixes) {
      if (fix.applicability != Applicability::MachineApplicable || !free(fix)) continue;
      taken.emplace_back(&diagnostic, &fix);
      break;  // further fixes of one diagnostic are other ways out
    }
  }
  return taken;
}

}  // namespace weft
