#pragma once

#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "base/result.h"
#include "model/evaluate.h"
#include "model/inventory.h"
#include "model/policy.h"

namespace weft::driver {

/// A workload or node of the inventory.
struct NamedPeer {
  std::string name;

  bool operator==(const NamedPeer&) const = default;
};

/// Whoever owns the address.
struct AddressPeer {
  std::string address;

  bool operator==(const AddressPeer&) const = default;
};

/// A workload that need not exist. It is an instance of its own, and has only the ports it lists.
struct ImaginedPeer {
  std::map<std::string, std::string> labels;
  std::optional<std::string> ns;
  std::map<std::string, std::string> ns_labels;  ///< of a namespace the inventory lists: its own labels are added
  std::optional<std::string> sa;
  std::optional<std::string> cluster;
  std::optional<std::string> node;  ///< a name of the inventory
  std::vector<std::string> addresses;
  std::map<std::string, std::vector<std::string>> ports;  ///< {"http": ["tcp/8080"]}

  bool operator==(const ImaginedPeer&) const = default;
};

using PeerQuestion = std::variant<NamedPeer, AddressPeer, ImaginedPeer>;

/// May `source` open a connection to `destination` for `service` ("tcp/443", "icmp/8/0", "ip/47", or a port the
/// destination declares by name: "tcp/http")?
struct Question {
  PeerQuestion source;
  PeerQuestion destination;
  std::string service;

  bool operator==(const Question&) const = default;
};

/// The decision for one pair of addresses; an end without addresses is judged without one.
struct Judgement {
  std::optional<model::Address> source;
  std::optional<model::Address> destination;
  model::Decision decision;
};

/// What is likely a slip in a question that has an answer all the same.
struct Doubt {
  std::string message;  ///< "the policy declares no label `ap`"
  std::string help;     ///< "did you mean `app`?"; empty where nothing is near
};

/// One judgement, or several where the addresses of the ends make a difference to who decides.
struct Answer {
  enum class Verdict { Allow, Deny, Mixed };

  Verdict verdict = Verdict::Deny;  ///< `Mixed`: some pairs of addresses are allowed, others denied
  model::ServicePoint service{};
  std::vector<Judgement> judgements;  ///< the first pair, then those that are decided otherwise than one before
  std::vector<std::string> notes;     ///< "`shop/agent-1` uses the network of its node and is judged as `n1`"
};

/// Answers questions about one policy and one inventory, which must outlive it.
class Judge {
 public:
  /// `now` is when the flows happen.
  Judge(const model::Policy& policy, const model::Inventory& inventory, model::Moment now = model::before_all);

  /// Every pair of addresses of one family is judged by model::evaluate.
  ///
  /// Errors: W9102 to W9106, with a remedy where there is one.
  Result<Answer> answer(const Question& question) const;

  /// Labels of imagined workloads that no rule can tell: their key is not declared, or their value is none of those
  /// declared.
  std::vector<Doubt> doubts(const Question& question) const;
  std::vector<Doubt> doubts(const PeerQuestion& end) const;

 private:
  const model::Policy& policy_;
  const model::Inventory& inventory_;
  model::Moment now_;
  bool addresses_matter_ = false;  // some selector looks at addresses
};

/// Reads "shop/web-1 -> 10.0.0.7 : tcp/443"; an end is a name, which may stand in double quotes, an address, or a label
/// map such as `{app: "web", ns: "shop", ns.team: "x"}`.
///
/// Errors: W9101 with what was expected.
Result<Question> parse_question(std::string_view text);

}  // namespace weft::driver
