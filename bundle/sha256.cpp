#include <sha2.h>

#include <array>
#include <span>

#include "bundle/bundle.h"
#include "bundle/maps.h"

namespace weft::bundle {

std::string sha256(std::string_view bytes) {
  SHA2_CTX context;
  SHA256Init(&context);
  SHA256Update(&context, reinterpret_cast<const std::uint8_t*>(bytes.data()), bytes.size());
  std::array<std::uint8_t, SHA256_DIGEST_LENGTH> digest;
  SHA256Final(digest.data(), &context);
  return hexadecimal(digest);
}

}  // namespace weft::bundle
