#pragma once

#include <memory>
#include <span>
#include <string>
#include <vector>

#include "model/policy.h"
#include "verifier/precedence.h"
#include "verifier/universe.h"
#include "verifier/verifier.h"

namespace weft::verifier {

/// A question about one statement and others: is there a flow that passes the gate of `direction`, matches `target`,
/// and is not taken by one of `others`?
struct CoverageQuestion {
  Statement target;
  model::Direction direction = model::Direction::Egress;
  /// Where not all are needed for a "no", the last ones go first.
  std::vector<Statement> others;
  /// False: a flow is taken by what matches it. True: by what ends its walk, or leads it past the target, before it
  /// comes there; then all of `others` stand before the target. The same, unless a pass leads around one of them.
  bool by_walk = false;
  std::string name;  ///< of the dump
};

struct CoverageAnswer {
  enum class Kind : std::uint8_t {
    Left,     ///< there is such a flow
    Nothing,  ///< there is none
    Unknown,
  };

  Kind kind = Kind::Unknown;
  Valuation flow{};                ///< of Left
  std::vector<Statement> cover{};  ///< of Nothing: enough to leave no flow, and none of them can go
  std::string why{};               ///< of Unknown
};

/// Puts such questions to Z3. One solver for each direction learns from every question; it is made for the first one,
/// and stays on one thread.
class Coverage {
 public:
  /// All three must outlive it.
  Coverage(const model::Policy& policy, const Universe& universe, const Options& options);
  ~Coverage();
  Coverage(const Coverage&) = delete;
  Coverage& operator=(const Coverage&) = delete;

  CoverageAnswer ask(const CoverageQuestion& question);
  std::size_t questions() const { return questions_; }

 private:
  struct Engine;
  void dump(const CoverageQuestion& question, int answer) const;  // as the solver's C++ interface numbers it

  const model::Policy& policy_;
  const Universe& universe_;
  const Options& options_;
  std::unique_ptr<Engine> egress_;
  std::unique_ptr<Engine> ingress_;
  std::size_t questions_ = 0;
};

}  // namespace weft::verifier
