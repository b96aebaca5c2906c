#pragma once

#include <cstdint>
#include <string>

#include "codegen/codegen.h"

namespace weft::codegen {

/// How the rows of one gate lie in memory.
struct GateShape {
  std::uint32_t words = 0;      ///< of 64 entries
  std::uint32_t word_mask = 0;  ///< a word number is masked with it
  std::uint32_t summary = 0;    ///< words before them: which of them are not zero
  std::uint32_t stride = 0;     ///< words from row to row
  std::uint32_t slack = 0;      ///< words behind the last row that a masked number reaches
};

/// How one gate decides, why, and what it takes.
struct GateSizes {
  Strategy strategy = Strategy::Rows;
  std::string reason;         ///< why not the other
  GateShape shape;            ///< of Rows
  bool first_words = false;   ///< of Rows: there are tables that say where to begin
  std::uint64_t rows = 0;     ///< bytes of the rows of subjects, peers and services
  std::uint64_t first = 0;    ///< bytes of where to begin
  std::uint64_t guards = 0;   ///< bytes of which entries have conditions
  std::uint64_t actions = 0;  ///< bytes of what entries do
  std::uint64_t matrix = 0;   ///< bytes that a matrix takes, or would take

  std::uint64_t total() const { return strategy == Strategy::Matrix ? matrix : rows + first + guards + actions; }
};

/// What the tables of a program take, known before there are any.
struct TableSizes {
  GateSizes egress;
  GateSizes ingress;
  std::uint64_t direct = 0;   ///< bytes of directly indexed addresses
  std::uint64_t buckets = 0;  ///< bytes of the other hosts of IPv6
  std::uint64_t atoms = 0;    ///< bytes of services by protocol and port
  std::uint64_t values = 0;   ///< bytes of what relations compare

  std::uint64_t total() const { return egress.total() + ingress.total() + direct + buckets + atoms + values; }
};

/// How many elements a table has that is indexed by a masked number: a power of two, and never fewer than two. The
/// program has one text for every policy; a mask of zero would be optimised away, and the small policy would run other
/// instructions.
std::uint32_t rows_for(std::size_t count);
/// Rows there are: ends that differ only in values which relations compare share one.
std::size_t row_count(const plan::DecisionPlan& plan);
/// The service points of a protocol fall into several atoms, so that it has a table of its own.
bool tells_values_apart(const plan::DecisionPlan& plan, std::uint8_t protocol);

/// The sizes of the tables that `emit` makes of this plan, to the byte.
TableSizes table_sizes(const plan::DecisionPlan& plan, const Options& options);

}  // namespace weft::codegen
