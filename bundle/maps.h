#pragma once

#include <span>
#include <string>
#include <vector>

#include "base/result.h"
#include "bundle/bundle.h"
#include "bundle/files.h"

namespace weft::bundle {

/// `maps.bin`: the images for the loader. All numbers are little-endian.
///
///     magic "WEFTMAPS", u32 version (1), u32 number of images, then for each image:
///     u8 kind (0 global, 1 hash, 2 LPM), u8 element bytes (0 where unused), u16 length of the name,
///     u32 key bytes, u32 value bytes (both 0 for global data), u64 bytes of the table or number of entries,
///     the name, then the table or the entries, each its key and its value without padding.
///
/// Tables go to the sink as they lie in the images, which may be hundreds of megabytes; nothing of that size is copied.
///
/// Errors: W5001 where an image cannot be written: entries of different sizes, an empty or too long name. Those of the
/// sink.
Result<void> encode_maps(const std::vector<MapImage>& images, const Sink& sink);
/// The same as one text.
Result<std::string> encode_maps(const std::vector<MapImage>& images);

/// The inverse. Nothing is allocated that `bytes` does not hold.
///
/// Errors: W5003 with the offset and what is wrong there.
Result<std::vector<MapImage>> decode_maps(std::string_view bytes);

/// `maps.json`: the same for people and tools. Tables are arrays of numbers, without the zeros they end in; `rest` says
/// so. Keys and values are hexadecimal, of LPM keys the prefix length is a number of its own. A table or map of more
/// than `maps_json_limit` elements only has its hash: its contents are in maps.bin.
std::string render_maps_json(const std::vector<MapImage>& images);

inline constexpr std::size_t maps_json_limit = 4096;

std::string hexadecimal(std::span<const std::uint8_t> bytes);

}  // namespace weft::bundle
