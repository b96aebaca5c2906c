#include "bundle/sha256.h"

#include <array>
#include <cstdint>

#include "bundle/bundle.h"
#include "bundle/maps.h"

namespace weft::bundle {

Sha256::Sha256() { sha256_init(&context_); }

void Sha256::add(std::string_view bytes) {
  sha256_update(&context_, bytes.size(), reinterpret_cast<const std::uint8_t*>(bytes.data()));
}

std::string Sha256::hash() {
  std::array<std::uint8_t, SHA256_DIGEST_SIZE> digest;
  sha256_digest(&context_, digest.size(), digest.data());
  return hexadecimal(digest);
}

std::string sha256(std::string_view bytes) {
  Sha256 out;
  out.add(bytes);
  return out.hash();
}

}  // namespace weft::bundle
