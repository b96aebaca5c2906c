#pragma once

#include "frontend/declarations.h"

// Private to this folder.
namespace weft::frontend {

/// Network expressions to sets of addresses. Nothing where a part could not be understood, which is reported.
class NetworkResolver {
 public:
  NetworkResolver(Declarations& declarations, Reporter& reporter) : declarations_(declarations), reporter_(reporter) {}

  std::optional<model::AddressSet> resolve(const ast::Networks& networks);
  /// The network of that name, which must be declared.
  std::optional<model::AddressSet> named(const ast::Name& name);

 private:
  std::optional<model::AddressSet> resolve(const ast::NetworkDifference& difference);
  std::optional<model::AddressSet> resolve(const ast::NetworkItem& item);
  std::optional<model::AddressSet> resolve(const ast::Literal& literal);

  Declarations& declarations_;
  Reporter& reporter_;
  std::size_t depth_ = 0;
  bool depth_reported_ = false;
};

}  // namespace weft::frontend
