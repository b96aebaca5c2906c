#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>

#include "model/policy.h"
#include "model/selector.h"

namespace weft::model {

/// What label keys may hold, as a policy declares it. Of a key that is not declared nothing is known: any text.
using Schema = std::map<LabelKey, KeyDomain>;

/// A peer somebody could deploy, and the address its packets carry.
struct Example {
  PeerKind kind = PeerKind::Workload;
  Labels labels{};
  std::optional<Address> address{};
  bool apiserver = false;  ///< the API server answers at `address`

  Peer peer() const;
  bool operator==(const Example&) const = default;
};

/// `workload {app: "web", ns: "shop"}`, `node`, `world 203.0.113.1`.
std::string to_string(const Example& example);

/// May some peer match?
struct Satisfiable {
  enum class Answer : std::uint8_t { Yes, No, Unknown };

  Answer answer = Answer::Unknown;
  std::optional<Example> example{};  ///< of Yes
};

/// Decides over all peers and addresses there could be, in an inventory or not: any set of labels within the schema,
/// any address (an end always has one). Exact without a solver; Unknown only past a bound on work, or where more
/// patterns meet at one key than can be told apart.
///
/// The example is the same in every run and no bigger than it must be: it matches, and without any of its labels it
/// would not. It has an address only where the selector would not match without, or where it is of the world and the
/// selector asks for addresses.
Satisfiable satisfiable(const Selector& selector, const Schema& schema);

/// The example of `satisfiable`; nothing where no peer can match, or none was found.
std::optional<Example> example_of(const Selector& selector, const Schema& schema);

/// Does every peer that matches `narrow` match `wide`?
struct Implication {
  enum class Answer : std::uint8_t { Yes, No, Unknown };

  Answer answer = Answer::Unknown;
  std::optional<Example> example{};  ///< of No: it matches `narrow` and not `wide`
};

/// Decides as `satisfiable` does. What matches nobody implies everything.
Implication implies(const Selector& narrow, const Selector& wide, const Schema& schema);

}  // namespace weft::model
