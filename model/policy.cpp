#include "model/policy.h"

#include <utility>

namespace weft::model {

std::string_view to_string(Verdict verdict) {
  switch (verdict) {
    case Verdict::Allow:
      return "allow";
    case Verdict::Deny:
      return "deny";
    case Verdict::Pass:
      return "pass";
  }
  std::unreachable();
}

}  // namespace weft::model
