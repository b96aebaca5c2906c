#pragma once

#include <nettle/sha2.h>

#include <string>
#include <string_view>

// Private to this folder.
namespace weft::bundle {

/// SHA-256 of bytes that come piece by piece.
class Sha256 {
 public:
  Sha256();
  void add(std::string_view bytes);
  /// Of all that was added, in lower-case hexadecimal. To be called once, at the end.
  std::string hash();

 private:
  sha256_ctx context_;
};

}  // namespace weft::bundle
