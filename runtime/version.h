#pragma once

#include <string>

namespace weft::runtime {

/// The version of the libbpf this process runs with: "1.1".
std::string libbpf_version();

}  // namespace weft::runtime
