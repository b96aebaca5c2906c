#include "runtime/version.h"

#include <bpf/libbpf.h>

namespace weft::runtime {

std::string libbpf_version() {
  const std::string text = libbpf_version_string();  // "v1.1"
  return text.starts_with('v') ? text.substr(1) : text;
}

}  // namespace weft::runtime
