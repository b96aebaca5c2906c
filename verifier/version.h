#pragma once

#include <string>

namespace weft::verifier {

/// The version of the solver this process runs with: "4.8.12.0".
std::string solver_version();

}  // namespace weft::verifier
