#pragma once

#include <cstdint>
#include <vector>

#include "base/result.h"
#include "bundle/bundle.h"
#include "runtime/runtime.h"

/// Packets by the classes of their two ends, for bundles that were built to count them.
namespace weft::runtime {

/// Packets that went one way between two classes and were judged alike.
struct PairHits {
  enum class Verdict : std::uint8_t {
    Denied,
    Allowed,
    Reply,  ///< allowed because the other way is: `source` is who answered
  };

  std::uint16_t source = 0;  ///< classes
  std::uint16_t destination = 0;
  bool egress = false;  ///< judged at the egress gate of the source, else at the ingress gate of the destination
  Verdict verdict = Verdict::Denied;
  std::uint64_t packets = 0;

  bool operator==(const PairHits&) const = default;
};

struct Pairs {
  std::vector<PairHits> hits;              ///< most packets first, then by classes
  std::vector<bundle::ClassName> classes;  ///< by number
  std::uint64_t room = 0;                  ///< pairs the table holds, in each network namespace
  std::uint64_t forgotten = 0;             ///< pairs that had to make room, with what they had counted
  std::uint64_t missed = 0;                ///< packets there was no room for
};

/// What was counted since the bundle was loaded, over all processors. Does not stop the counting: of pairs that come
/// and go meanwhile some may be missed.
///
/// Errors: W6001, W6008, W6010, W6011; W6020 where nothing is loaded, or a bundle that counts no pairs.
Result<Pairs> pairs(const StatusOptions& options = {});

}  // namespace weft::runtime
