#include "bundle/bundle.h"

#include <fmt/format.h>

#include <array>

#include "bundle/files.h"
#include "bundle/manifest.h"
#include "bundle/maps.h"
#include "bundle/sha256.h"

namespace weft::bundle {
namespace {

constexpr std::array<std::string_view, 4> file_names = {"manifest.json", "program.o", "maps.bin", "maps.json"};
/// More than any program and its tables need; a bundle is read into memory whole.
constexpr std::size_t largest_file = std::size_t{1} << 30;

std::string_view text_of(const Bytes& bytes) { return {reinterpret_cast<const char*>(bytes.data()), bytes.size()}; }

FileHashes::Hash hash_of(std::string_view contents) { return {sha256(contents), contents.size()}; }

// Of maps.bin, which is not made for it: the tables of a large policy are hundreds of megabytes.
Result<FileHashes::Hash> hash_of_maps(const std::vector<MapImage>& images) {
  Sha256 hash;
  std::uint64_t bytes = 0;
  const auto encoded = encode_maps(images, [&](std::string_view piece) -> Result<void> {
    hash.add(piece);
    bytes += piece.size();
    return {};
  });
  if (!encoded) return std::unexpected(encoded.error());
  return FileHashes::Hash{hash.hash(), bytes};
}

Result<void> check(std::string_view name, std::string_view contents, const FileHashes::Hash& expected) {
  if (contents.size() != expected.bytes) {
    return std::unexpected(Error{
        "W5003", fmt::format("{} has {} bytes where the manifest says {}", name, contents.size(), expected.bytes), ""});
  }
  if (sha256(contents) != expected.sha256) {
    return std::unexpected(Error{"W5003", fmt::format("{} was changed: its hash is not the manifest's", name), ""});
  }
  return {};
}

}  // namespace

std::string identity(const Bundle& bundle) {
  const auto maps_bin = hash_of_maps(bundle.images);
  return manifest_identity(bundle.manifest, {hash_of(text_of(bundle.object)), maps_bin.value_or(hash_of("")),
                                             hash_of(render_maps_json(bundle.images))});
}

Result<void> write(const Bundle& bundle, const std::filesystem::path& directory) {
  const auto failed = [&](Error error) {
    error.message = fmt::format("cannot write `{}`: {}", directory.string(), error.message);
    return std::unexpected(std::move(error));
  };
  const auto maps_bin = hash_of_maps(bundle.images);
  if (!maps_bin) return failed(maps_bin.error());
  const std::string maps_json = render_maps_json(bundle.images);
  const std::string_view object = text_of(bundle.object);
  const auto manifest = render_manifest(bundle.manifest, {hash_of(object), *maps_bin, hash_of(maps_json)});
  if (!manifest) return failed(manifest.error());

  const auto whole = [](std::string_view text) { return [text](const Sink& sink) { return sink(text); }; };
  const auto maps = [&](const Sink& sink) { return encode_maps(bundle.images, sink); };
  const std::array<NamedFile, 4> files = {NamedFile{"manifest.json", whole(*manifest)},
                                          NamedFile{"program.o", whole(object)}, NamedFile{"maps.bin", maps},
                                          NamedFile{"maps.json", whole(maps_json)}};
  // maps.json may be missing: people delete what only people read.
  return replace_directory(directory, files, std::span(file_names).first(3));
}

Result<Bundle> read(const std::filesystem::path& directory) {
  std::string ignored;
  return read(directory, ignored);
}

Result<Bundle> read(const std::filesystem::path& directory, std::string& identity) {
  const auto damaged = [&](const Error& error) {
    return std::unexpected(Error{error.code, fmt::format("`{}` is damaged: {}", directory.string(), error.message),
                                 "build it again with `weft build`"});
  };
  const auto files = read_directory(directory, file_names, largest_file);
  if (!files) return std::unexpected(files.error());
  const std::string& object = (*files)[1];
  const std::string& maps_bin = (*files)[2];
  const std::string& maps_json = (*files)[3];

  auto manifest = parse_manifest((*files)[0]);
  if (!manifest) return damaged(manifest.error());
  if (const auto same = check("program.o", object, manifest->files.object); !same) return damaged(same.error());
  if (const auto same = check("maps.bin", maps_bin, manifest->files.maps_bin); !same) return damaged(same.error());
  if (const auto same = check("maps.json", maps_json, manifest->files.maps_json); !same) return damaged(same.error());
  auto images = decode_maps(maps_bin);
  if (!images) return damaged(images.error());
  identity = manifest->sha256;
  return Bundle{Bytes(object.begin(), object.end()), std::move(*images), std::move(manifest->manifest)};
}

}  // namespace weft::bundle
