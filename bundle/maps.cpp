#include "bundle/maps.h"

#include <fmt/format.h>

#include <algorithm>
#include <bit>
#include <cstring>

#include "bundle/abi.h"
#include "bundle/sha256.h"

static_assert(std::endian::native == std::endian::little, "maps.bin is written as the machine has its numbers");

namespace weft::bundle {
namespace {

constexpr std::string_view magic = WEFT_MAPS_MAGIC;
constexpr std::uint32_t version = WEFT_MAPS_VERSION;
static_assert(sizeof(weft_maps_header) == 16 && sizeof(weft_maps_image) == 20, "whoever embeds a bundle reads these");
constexpr std::size_t longest_name = 255;
constexpr std::uint32_t longest_key_or_value = 64 * 1024;

std::unexpected<Error> unwritable(std::string message) {
  return std::unexpected(Error{"W5001", std::move(message), ""});
}

template <typename Number>
void put(std::string& out, Number number) {
  char bytes[sizeof(Number)];
  std::memcpy(bytes, &number, sizeof number);
  out.append(bytes, sizeof number);
}

void put(std::string& out, const Bytes& bytes) {
  out.append(reinterpret_cast<const char*>(bytes.data()), bytes.size());
}

std::string_view text_of(const Bytes& bytes) { return {reinterpret_cast<const char*>(bytes.data()), bytes.size()}; }

/// Reads numbers and byte strings off the front, never past the end.
class Reader {
 public:
  explicit Reader(std::string_view bytes) : bytes_(bytes) {}

  std::size_t left() const { return bytes_.size() - at_; }
  bool failed() const { return failed_; }

  template <typename Number>
  Number number() {
    Number value{};
    if (const std::string_view raw = take(sizeof value); !failed_) std::memcpy(&value, raw.data(), sizeof value);
    return value;
  }

  std::string_view take(std::uint64_t size) {
    if (failed_ || size > left()) {
      failed_ = true;
      return {};
    }
    const std::string_view taken = bytes_.substr(at_, static_cast<std::size_t>(size));
    at_ += taken.size();
    return taken;
  }

  Bytes take_bytes(std::uint64_t size) {
    const std::string_view raw = take(size);
    return {raw.begin(), raw.end()};
  }

  std::unexpected<Error> malformed(std::string_view what) const {
    return std::unexpected(Error{"W5003", fmt::format("maps.bin is malformed at byte {}: {}", at_, what), ""});
  }

 private:
  std::string_view bytes_;
  std::size_t at_ = 0;
  bool failed_ = false;
};

bool is_element_size(std::uint32_t bytes) { return bytes == 1 || bytes == 2 || bytes == 4 || bytes == 8; }

Result<void> check_writable(const MapImage& image) {
  if (image.name.empty() || image.name.size() > longest_name) {
    return unwritable(fmt::format("the map image `{}` needs a name of 1 to {} bytes", image.name, longest_name));
  }
  if (image.kind == MapImage::Kind::Global) {
    if (!image.entries.empty()) return unwritable(fmt::format("the table `{}` has entries", image.name));
    if (!is_element_size(image.element_bytes) || image.value.size() % image.element_bytes != 0) {
      return unwritable(fmt::format("the table `{}` of {} bytes has elements of {} bytes", image.name,
                                    image.value.size(), image.element_bytes));
    }
    return {};
  }
  if (!image.value.empty() || image.element_bytes != 0) {
    return unwritable(fmt::format("the map `{}` has a table", image.name));
  }
  for (const MapEntry& entry : image.entries) {
    if (entry.key.size() != image.entries.front().key.size() ||
        entry.value.size() != image.entries.front().value.size()) {
      return unwritable(fmt::format("the entries of the map `{}` differ in size", image.name));
    }
    if (entry.key.empty() || entry.key.size() > longest_key_or_value || entry.value.size() > longest_key_or_value) {
      return unwritable(fmt::format("the map `{}` has a key or value of an impossible size", image.name));
    }
    if (image.kind == MapImage::Kind::Lpm && entry.key.size() <= 4) {
      return unwritable(fmt::format("the keys of the map `{}` have no room for a prefix", image.name));
    }
  }
  return {};
}

std::uint64_t element(const Bytes& bytes, std::size_t index, std::uint32_t size) {
  std::uint64_t value = 0;
  std::memcpy(&value, bytes.data() + index * size, size);
  return value;
}

std::string_view kind_name(MapImage::Kind kind) {
  switch (kind) {
    case MapImage::Kind::Global:
      return "global";
    case MapImage::Kind::Hash:
      return "hash";
    case MapImage::Kind::Lpm:
      return "lpm";
  }
  return "";
}

/// Names are symbols of a C object, but nothing before this point checked that.
std::string json_string(std::string_view text) {
  std::string out = "\"";
  for (const char c : text) {
    if (c == '"' || c == '\\') out += '\\';
    if (static_cast<unsigned char>(c) < 0x20 || static_cast<unsigned char>(c) >= 0x7f) {
      out += fmt::format("\\u{:04x}", static_cast<unsigned char>(c));
    } else {
      out += c;
    }
  }
  return out += '"';
}

template <typename Element>
std::size_t count_nonzero(const Bytes& bytes) {
  std::size_t out = 0;
  for (std::size_t at = 0; at < bytes.size(); at += sizeof(Element)) {
    Element value;
    std::memcpy(&value, bytes.data() + at, sizeof value);
    out += value != 0;
  }
  return out;
}

// Of elements of a size that can be written. The compiler makes vector operations of each: these are the tables of
// hundreds of megabytes.
std::size_t count_nonzero(const Bytes& bytes, std::uint32_t size) {
  switch (size) {
    case 1:
      return count_nonzero<std::uint8_t>(bytes);
    case 2:
      return count_nonzero<std::uint16_t>(bytes);
    case 4:
      return count_nonzero<std::uint32_t>(bytes);
    default:
      return count_nonzero<std::uint64_t>(bytes);
  }
}

void render_table(std::string& out, const MapImage& image) {
  const std::uint32_t size = image.element_bytes;
  const std::size_t count = size == 0 ? 0 : image.value.size() / size;
  out += fmt::format(",\n     \"element_bytes\": {}, \"elements\": {}", size, count);
  if (count > maps_json_limit) {
    out += fmt::format(",\n     \"bytes\": {}, \"nonzero\": {}, \"sha256\": \"{}\", \"in\": \"maps.bin\"",
                       image.value.size(), count_nonzero(image.value, size), sha256(text_of(image.value)));
    return;
  }
  std::size_t shown = count;
  while (shown > 0 && element(image.value, shown - 1, size) == 0) --shown;
  out += ",\n     \"values\": [";
  for (std::size_t i = 0; i < shown; ++i) {
    out += i == 0 ? "" : i % 16 == 0 ? ",\n       " : ", ";
    out += std::to_string(element(image.value, i, size));
  }
  out += shown < count ? "], \"rest\": 0" : "]";
}

void render_entries(std::string& out, const MapImage& image) {
  const MapEntry none;
  const MapEntry& first = image.entries.empty() ? none : image.entries.front();
  out += fmt::format(",\n     \"key_bytes\": {}, \"value_bytes\": {}, \"elements\": {}", first.key.size(),
                     first.value.size(), image.entries.size());
  if (image.entries.size() > maps_json_limit) {
    Sha256 hash;
    for (const MapEntry& entry : image.entries) {
      hash.add(text_of(entry.key));
      hash.add(text_of(entry.value));
    }
    out += fmt::format(",\n     \"bytes\": {}, \"sha256\": \"{}\", \"in\": \"maps.bin\"",
                       image.entries.size() * (first.key.size() + first.value.size()), hash.hash());
    return;
  }
  out += ",\n     \"entries\": [";
  for (std::size_t i = 0; i < image.entries.size(); ++i) {
    const MapEntry& entry = image.entries[i];
    std::span<const std::uint8_t> key = entry.key;
    out += i == 0 ? "\n       {" : ",\n       {";
    if (image.kind == MapImage::Kind::Lpm && key.size() >= 4) {
      std::uint32_t prefix = 0;
      std::memcpy(&prefix, key.data(), sizeof prefix);
      key = key.subspan(4);
      out += fmt::format("\"prefix\": {}, ", prefix);
    }
    out += fmt::format("\"key\": \"{}\", \"value\": \"{}\"}}", hexadecimal(key), hexadecimal(entry.value));
  }
  out += "]";
}

}  // namespace

std::string hexadecimal(std::span<const std::uint8_t> bytes) {
  constexpr std::string_view digits = "0123456789abcdef";
  std::string out;
  out.reserve(bytes.size() * 2);
  for (const std::uint8_t byte : bytes) {
    out += digits[byte >> 4];
    out += digits[byte & 15];
  }
  return out;
}

Result<void> encode_maps(const std::vector<MapImage>& images, const Sink& sink) {
  constexpr std::size_t enough = 256 * 1024;
  std::string gathered;  // headers and entries are small: a sink that writes a file wants fewer and larger pieces
  const auto pass_on = [&](std::string_view more) -> Result<void> {
    if (auto taken = sink(gathered); !taken) return taken;
    gathered.clear();
    return more.empty() ? Result<void>() : sink(more);
  };
  gathered += magic;
  put(gathered, version);
  put(gathered, static_cast<std::uint32_t>(images.size()));
  for (const MapImage& image : images) {
    if (auto fits = check_writable(image); !fits) return fits;
    const bool global = image.kind == MapImage::Kind::Global;
    const MapEntry none;
    const MapEntry& first = image.entries.empty() ? none : image.entries.front();
    put(gathered, static_cast<std::uint8_t>(image.kind));
    put(gathered, static_cast<std::uint8_t>(image.element_bytes));
    put(gathered, static_cast<std::uint16_t>(image.name.size()));
    put(gathered, static_cast<std::uint32_t>(first.key.size()));
    put(gathered, static_cast<std::uint32_t>(first.value.size()));
    put(gathered, static_cast<std::uint64_t>(global ? image.value.size() : image.entries.size()));
    gathered += image.name;
    if (image.value.size() < enough) {
      put(gathered, image.value);
    } else if (auto taken = pass_on(text_of(image.value)); !taken) {
      return taken;
    }
    for (const MapEntry& entry : image.entries) {
      put(gathered, entry.key);
      put(gathered, entry.value);
      if (gathered.size() < enough) continue;
      if (auto taken = pass_on(""); !taken) return taken;
    }
  }
  return pass_on("");
}

Result<std::string> encode_maps(const std::vector<MapImage>& images) {
  std::string out;
  const auto done = encode_maps(images, [&](std::string_view piece) -> Result<void> {
    out += piece;
    return {};
  });
  if (!done) return std::unexpected(done.error());
  return out;
}

Result<std::vector<MapImage>> decode_maps(std::string_view bytes) {
  Reader in(bytes);
  if (in.take(magic.size()) != magic) return in.malformed("it does not begin with `WEFTMAPS`");
  if (const auto found = in.number<std::uint32_t>(); in.failed() || found != version) {
    return in.malformed(fmt::format("version {} instead of {}", found, version));
  }
  const auto count = in.number<std::uint32_t>();
  std::vector<MapImage> images;
  for (std::uint32_t i = 0; i < count; ++i) {
    MapImage image;
    const auto kind = in.number<std::uint8_t>();
    image.element_bytes = in.number<std::uint8_t>();
    const auto name_size = in.number<std::uint16_t>();
    const auto key_bytes = in.number<std::uint32_t>();
    const auto value_bytes = in.number<std::uint32_t>();
    const auto size = in.number<std::uint64_t>();
    image.name = in.take(name_size);
    if (in.failed()) return in.malformed(fmt::format("image {} of {} is cut off", i + 1, count));
    if (image.name.empty() || name_size > longest_name) return in.malformed("the name has an impossible length");
    if (kind > static_cast<std::uint8_t>(MapImage::Kind::Lpm))
      return in.malformed(fmt::format("unknown kind {}", kind));
    image.kind = static_cast<MapImage::Kind>(kind);
    if (image.kind == MapImage::Kind::Global) {
      if (!is_element_size(image.element_bytes) || size % image.element_bytes != 0 || key_bytes != 0 ||
          value_bytes != 0) {
        return in.malformed("the table has impossible sizes");
      }
      image.value = in.take_bytes(size);
    } else {
      const std::uint32_t smallest_key = image.kind == MapImage::Kind::Lpm ? 5 : 1;
      const bool sizes_fit = size == 0 ? key_bytes == 0 && value_bytes == 0
                                       : key_bytes >= smallest_key && key_bytes <= longest_key_or_value &&
                                             value_bytes <= longest_key_or_value;
      if (!sizes_fit || image.element_bytes != 0) return in.malformed("the entries have impossible sizes");
      // Dividing instead of multiplying: the count may be anything up to 2^64.
      if (size != 0 && size > in.left() / (key_bytes + value_bytes)) return in.malformed("the entries are cut off");
      image.entries.reserve(static_cast<std::size_t>(size));
      for (std::uint64_t entry = 0; entry < size; ++entry) {
        Bytes key = in.take_bytes(key_bytes);
        image.entries.push_back({std::move(key), in.take_bytes(value_bytes)});
      }
    }
    if (in.failed()) return in.malformed(fmt::format("the contents of `{}` are cut off", image.name));
    images.push_back(std::move(image));
  }
  if (in.failed()) return in.malformed("the header is cut off");
  if (in.left() != 0) return in.malformed(fmt::format("{} bytes follow the last image", in.left()));
  return images;
}

std::string render_maps_json(const std::vector<MapImage>& images) {
  std::string out = "{\n  \"format\": \"weft-maps\",\n  \"version\": 1,\n  \"maps\": [";
  for (std::size_t i = 0; i < images.size(); ++i) {
    const MapImage& image = images[i];
    out += i == 0 ? "\n" : ",\n";
    out += fmt::format("    {{\"name\": {}, \"kind\": \"{}\"", json_string(image.name), kind_name(image.kind));
    image.kind == MapImage::Kind::Global ? render_table(out, image) : render_entries(out, image);
    out += "}";
  }
  out += images.empty() ? "]\n}\n" : "\n  ]\n}\n";
  return out;
}

}  // namespace weft::bundle
