#pragma once

#include <cstdint>
#include <cstdlib>

namespace weft::test {

/// What an environment variable says, as a number: how a test is asked for more runs, or for one seed.
inline std::uint64_t from_environment(const char* name, std::uint64_t otherwise) {
  const char* text = std::getenv(name);
  return text ? std::strtoull(text, nullptr, 10) : otherwise;
}

}  // namespace weft::test
