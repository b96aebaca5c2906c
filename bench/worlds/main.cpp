// Writes generated worlds, each to a directory of its own, so that every command can be tried on them:
// `weft_bench_worlds /tmp/worlds S M` and then `weft check /tmp/worlds/M`.

#include <cstdio>
#include <filesystem>
#include <fstream>
#include <string>

#include <fmt/format.h>

#include "bench/worlds/worlds.h"

namespace {

using namespace weft::bench;

bool write(const std::filesystem::path& path, const std::string& text) {
  std::filesystem::create_directories(path.parent_path());
  std::ofstream file(path, std::ios::binary);
  file << text;
  file.close();
  if (!file) fmt::print(stderr, "worlds: cannot write {}\n", path.string());
  return static_cast<bool>(file);
}

}  // namespace

int main(int count, char** words) {
  if (count < 3) {
    fmt::print(stderr, "usage: weft_bench_worlds DIRECTORY NAME...\n\nnames:\n");
    for (const WorldSize& size : world_sizes()) {
      fmt::print(stderr, "  {:<3} {}: {} nodes, {} pods, {} namespaces, {} policies\n", size.name, size.modelled_on,
                 size.nodes, size.pods, size.namespaces, size.policies);
    }
    return 2;
  }
  for (int i = 2; i < count; ++i) {
    const WorldSize* size = find_world(words[i]);
    if (!size) {
      fmt::print(stderr, "worlds: there is no world `{}`\n", words[i]);
      return 2;
    }
    const std::filesystem::path root = std::filesystem::path(words[1]) / std::string(size->name);
    const WorldTexts texts = generate_texts(*size);
    bool written = write(root / texts.inventory.path, texts.inventory.text);
    for (const WorldFile& file : texts.policies) written = written && write(root / file.path, file.text);
    if (!written) return 1;
    fmt::print("{}\n", root.string());
  }
  return 0;
}
