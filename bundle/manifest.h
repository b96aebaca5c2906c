#pragma once

#include <string>
#include <string_view>

#include "base/result.h"
#include "bundle/bundle.h"

namespace weft::bundle {

/// What the manifest says of the other files of a bundle.
struct FileHashes {
  struct Hash {
    std::string sha256;
    std::uint64_t bytes = 0;

    bool operator==(const Hash&) const = default;
  };

  Hash object;
  Hash maps_bin;
  Hash maps_json;

  bool operator==(const FileHashes&) const = default;
};

struct ManifestFile {
  Manifest manifest;
  FileHashes files;
  std::string sha256;  ///< of the text without this member: the identity of the bundle
};

/// `manifest.json`: pretty, in a fixed order, ending in the hash of what stands before it.
///
/// Errors: W5001 where some text is no valid UTF-8.
Result<std::string> render_manifest(const Manifest& manifest, const FileHashes& files);

/// The hash that `render_manifest` ends in; text that is no UTF-8 counts with replacement characters.
std::string manifest_identity(const Manifest& manifest, const FileHashes& files);

/// The inverse, which takes only what `render_manifest` writes, byte for byte.
///
/// Errors: W5003.
Result<ManifestFile> parse_manifest(std::string_view text);

}  // namespace weft::bundle
