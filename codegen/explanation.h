#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "codegen/codegen.h"

namespace weft::codegen {

/// One way to find an answer that was weighed.
struct Way {
  std::string name;
  bool chosen = false;
  std::uint64_t bytes = 0;
  /// How often a packet looks into memory for it, in the best and in the worst case.
  std::uint32_t least_looks = 0;
  std::uint32_t most_looks = 0;
  std::string why;  ///< chosen, or not
};

/// One thing a packet is judged by, the ways to find it, and what the chosen one takes.
struct Part {
  struct Table {
    std::uint64_t bytes = 0;
    std::string what;
  };

  std::string name;  ///< "egress gate", "IPv4 addresses", …
  std::vector<Way> ways;
  std::vector<Table> tables;
  std::vector<std::string> remarks;
};

/// How a program finds its answers, and why so.
struct Explanation {
  std::uint64_t bytes = 0;   ///< of all tables
  std::uint64_t budget = 0;  ///< that they may take
  std::uint64_t addresses = 0;
  std::uint64_t classes = 0;
  std::uint64_t rows = 0;
  std::uint64_t services = 0;
  std::vector<Part> parts;
};

Explanation explanation(const plan::DecisionPlan& plan, const Options& options);

/// The same for people.
std::string to_string(const Explanation& explanation);

/// What tells the ways of one part apart in time, as far as it was measured, and where; empty if it was not.
std::string_view measured(std::string_view part);

}  // namespace weft::codegen
