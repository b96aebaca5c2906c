#include "bundle/bundle.h"

#include <sys/stat.h>
#include <unistd.h>

#include <atomic>
#include <catch2/catch.hpp>
#include <filesystem>
#include <fstream>
#include <nlohmann/json.hpp>
#include <sstream>
#include <thread>

#include "bundle/maps.h"

using namespace weft;
using namespace weft::bundle;
namespace fs = std::filesystem;

namespace {

/// A directory of its own for each test.
struct Scratch {
  fs::path path;

  Scratch() {
    std::string name = (fs::temp_directory_path() / "weft-bundle-test-XXXXXX").string();
    path = ::mkdtemp(name.data());
  }
  ~Scratch() { fs::remove_all(path); }
};

std::string contents(const fs::path& path) {
  std::ifstream in(path, std::ios::binary);
  std::stringstream out;
  out << in.rdbuf();
  return out.str();
}

void put(const fs::path& path, std::string_view text) {
  std::ofstream(path, std::ios::binary).write(text.data(), static_cast<std::streamsize>(text.size()));
}

std::vector<std::string> names_in(const fs::path& directory) {
  std::vector<std::string> out;
  for (const auto& entry : fs::directory_iterator(directory)) out.push_back(entry.path().filename().string());
  std::ranges::sort(out);
  return out;
}

const std::vector<std::string> all_names = {"manifest.json", "maps.bin", "maps.json", "program.o"};

Bundle example() {
  Bundle out;
  out.object = {0x7f, 'E', 'L', 'F', 0, 1, 2, 3};
  out.images = {
      {"rows", MapImage::Kind::Global, 2, {1, 0, 255, 255, 0, 0}, {}},
      {"exact4", MapImage::Kind::Hash, 0, {}, {{{10, 0, 0, 1}, {1, 0}}, {{10, 0, 0, 2}, {2, 0}}}},
      {"prefixes4", MapImage::Kind::Lpm, 0, {}, {{{8, 0, 0, 0, 10, 0, 0, 0}, {3, 0, 0, 0}}}},
      {"empty", MapImage::Kind::Hash, 0, {}, {}},
  };
  out.manifest = {"0.1.0",
                  "strict",
                  {{"shop.weft", sha256("policy")}},
                  {{"shop/web", "veth1", 3, {{"10.0.0.1", 7}, {"fd00::1", 7}}}},
                  {{8, "allow", "rule", "shop", "default", "shop.weft:14:3", "allow web -> db : tcp/5432 \"ä\""}},
                  {{8, "deny", "profile", "", "", "", ""}},
                  {{"nobody", "", 0}, {"app == \"wéb\"", "shop/web", 2}},
                  {{"atoms", 12}, {"classes", std::numeric_limits<std::uint64_t>::max()}}};
  return out;
}

/// The manifest with its hashes set right again, as somebody would who forges a bundle.
void sign(const fs::path& directory) {
  auto json = nlohmann::ordered_json::parse(contents(directory / "manifest.json"));
  for (const std::string& name : {std::string("program.o"), std::string("maps.bin"), std::string("maps.json")}) {
    const std::string file = contents(directory / name);
    json["files"][name] = {{"sha256", sha256(file)}, {"bytes", file.size()}};
  }
  json.erase("sha256");
  const std::string hash = sha256(json.dump(2));
  json["sha256"] = hash;
  put(directory / "manifest.json", json.dump(2) + "\n");
}

void check_refused(const fs::path& directory, const std::string& code, const std::string& says) {
  const auto got = read(directory);
  REQUIRE_FALSE(got.has_value());
  CHECK(got.error().code == code);
  CHECK_THAT(got.error().message, Catch::Contains(says));
}

}  // namespace

TEST_CASE("sha256 is the standard's", "[bundle]") {
  CHECK(sha256("") == "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
  CHECK(sha256("abc") == "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
}

TEST_CASE("what was written is read back", "[bundle]") {
  const Scratch scratch;
  for (const Bundle& bundle : {example(), Bundle{}}) {
    REQUIRE(write(bundle, scratch.path / "b").has_value());
    std::string name;
    const auto got = read(scratch.path / "b", name);
    REQUIRE(got.has_value());
    CHECK(*got == bundle);
    CHECK(name == identity(bundle));
    CHECK(names_in(scratch.path / "b") == all_names);
  }
  CHECK(names_in(scratch.path) == std::vector<std::string>{"b"});
}

TEST_CASE("the same bundle is the same bytes, and has the identity its manifest ends in", "[bundle]") {
  const Scratch scratch;
  REQUIRE(write(example(), scratch.path / "a").has_value());
  REQUIRE(write(example(), scratch.path / "deep/er/b/").has_value());
  for (const std::string& name : all_names) {
    CHECK(contents(scratch.path / "a" / name) == contents(scratch.path / "deep/er/b" / name));
  }
  const auto json = nlohmann::json::parse(contents(scratch.path / "a/manifest.json"));
  CHECK(json.at("sha256") == identity(example()));
  Bundle other = example();
  other.images[0].value[0] ^= 1;
  CHECK(identity(other) != identity(example()));
}

TEST_CASE("every flipped bit of a bundle is noticed", "[bundle]") {
  const Scratch scratch;
  const fs::path directory = scratch.path / "b";
  REQUIRE(write(example(), directory).has_value());
  for (const std::string& name : all_names) {
    const std::string good = contents(directory / name);
    for (std::size_t at = 0; at < good.size(); ++at) {
      std::string bad = good;
      bad[at] = static_cast<char>(bad[at] ^ (1 << (at % 8)));
      put(directory / name, bad);
      const auto got = read(directory);
      INFO(name << " byte " << at);
      REQUIRE_FALSE(got.has_value());
      REQUIRE(got.error().code == "W5003");
      REQUIRE_THAT(got.error().message, Catch::Contains(name));
    }
    put(directory / name, good);
  }
  CHECK(read(directory).has_value());
}

TEST_CASE("every truncation of a bundle is noticed", "[bundle]") {
  const Scratch scratch;
  const fs::path directory = scratch.path / "b";
  REQUIRE(write(example(), directory).has_value());
  for (const std::string& name : all_names) {
    const std::string good = contents(directory / name);
    for (std::size_t size = 0; size < good.size(); ++size) {
      put(directory / name, good.substr(0, size));
      const auto got = read(directory);
      REQUIRE_FALSE(got.has_value());
      REQUIRE(got.error().code == "W5003");
    }
    put(directory / name, good + "\n");
    CHECK_FALSE(read(directory).has_value());
    put(directory / name, good);
  }
}

TEST_CASE("maps.bin with right hashes and wrong contents is refused", "[bundle]") {
  const Scratch scratch;
  const fs::path directory = scratch.path / "b";
  REQUIRE(write(example(), directory).has_value());
  const std::string good = contents(directory / "maps.bin");

  // Whatever a forger writes, nothing crashes, and what is accepted can be written again.
  std::size_t accepted = 0;
  for (std::size_t at = 0; at < good.size(); ++at) {
    for (const int value : {0x00, 0x01, 0x7f, 0x80, 0xff}) {
      std::string bad = good;
      bad[at] = static_cast<char>(value);
      const auto images = decode_maps(bad);
      if (!images) {
        REQUIRE(images.error().code == "W5003");
        continue;
      }
      ++accepted;
      const auto again = encode_maps(*images);
      REQUIRE(again.has_value());
      REQUIRE(*again == bad);
    }
  }
  CHECK(accepted > 0);
  for (std::size_t size = 0; size < good.size(); ++size) CHECK_FALSE(decode_maps(good.substr(0, size)).has_value());

  std::string bad = good;
  bad[12] = static_cast<char>(0xff);  // number of images
  put(directory / "maps.bin", bad);
  check_refused(directory, "W5003", "was changed");
  sign(directory);
  check_refused(directory, "W5003", "maps.bin is malformed at byte");
}

TEST_CASE("sizes in maps.bin that lie allocate nothing", "[bundle]") {
  const auto header = [](std::uint8_t kind, std::uint32_t key, std::uint32_t value, std::uint64_t size) {
    std::string out = "WEFTMAPS";
    const auto append = [&](auto number) { out.append(reinterpret_cast<const char*>(&number), sizeof number); };
    append(std::uint32_t{1});
    append(std::uint32_t{1});
    append(kind);
    append(static_cast<std::uint8_t>(kind == 0 ? 1 : 0));
    append(std::uint16_t{1});
    append(key);
    append(value);
    append(size);
    return out + "m";
  };
  constexpr auto huge = std::numeric_limits<std::uint64_t>::max();
  constexpr auto wide = std::numeric_limits<std::uint32_t>::max();
  for (const std::string& text :
       {header(0, 0, 0, huge), header(0, 0, 0, huge / 2), header(1, 4, 4, huge), header(1, 4, 4, huge / 8),
        header(1, wide, wide, 1), header(1, 0, 0, huge), header(1, 1, 0, huge), header(2, 4, 4, 1), header(2, 5, 0, 1),
        header(3, 4, 4, 0), header(1, 4, 4, 0), header(0, 1, 0, 0)}) {
    const auto images = decode_maps(text);
    REQUIRE_FALSE(images.has_value());
    CHECK(images.error().code == "W5003");
  }
  CHECK(decode_maps(header(0, 0, 0, 0)).has_value());
  CHECK(decode_maps(header(1, 0, 0, 0)).has_value());
}

TEST_CASE("a manifest with a right hash and wrong members is refused", "[bundle]") {
  const Scratch scratch;
  const fs::path directory = scratch.path / "b";
  const auto forged = [&](const std::function<void(nlohmann::ordered_json&)>& change) {
    REQUIRE(write(example(), directory).has_value());
    auto json = nlohmann::ordered_json::parse(contents(directory / "manifest.json"));
    change(json);
    put(directory / "manifest.json", json.dump(2) + "\n");
    sign(directory);
    const auto got = read(directory);
    REQUIRE_FALSE(got.has_value());
    CHECK(got.error().code == "W5003");
  };
  forged([](auto& json) { json["format"] = "other"; });
  forged([](auto& json) { json["version"] = 2; });
  forged([](auto& json) { json["extra"] = 1; });
  forged([](auto& json) { json.erase("egress"); });
  forged([](auto& json) { json["egress"] = 3; });
  forged([](auto& json) { json["egress"][0]["number"] = -1; });
  forged([](auto& json) { json["egress"][0]["number"] = std::uint64_t{1} << 33; });
  forged([](auto& json) { json["egress"][0]["text"] = nullptr; });
  forged([](auto& json) { json["endpoints"][0]["home"] = 65536; });
  forged([](auto& json) { json["endpoints"][0]["addresses"][0] = "10.0.0.1"; });
  forged([](auto& json) { json["figures"]["atoms"] = 1.5; });
  forged([](auto& json) { json["figures"] = nlohmann::json::array(); });

  for (const std::string& text : {std::string(), std::string("{"), std::string("[]"), std::string("null"),
                                  std::string(1 << 20, '['), std::string(1 << 20, '\xff'), std::string("{}\n")}) {
    REQUIRE(write(example(), directory).has_value());
    put(directory / "manifest.json", text);
    check_refused(directory, "W5003", "manifest.json");
  }
}

TEST_CASE("a bundle that is not there or no bundle", "[bundle]") {
  const Scratch scratch;
  check_refused(scratch.path / "none", "W5002", "No such file");
  put(scratch.path / "file", "text");
  check_refused(scratch.path / "file", "W5002", "Not a directory");
  for (const std::string& name : all_names) {
    const fs::path directory = scratch.path / ("without-" + name);
    REQUIRE(write(example(), directory).has_value());
    fs::remove(directory / name);
    check_refused(directory, "W5002", name);
    fs::create_directory(directory / name);
    check_refused(directory, "W5002", "no plain file");
    fs::remove(directory / name);
    REQUIRE(::mkfifo((directory / name).c_str(), 0600) == 0);
    check_refused(directory, "W5002", "no plain file");
    fs::remove(directory / name);
    put(directory / name, "");
    fs::resize_file(directory / name, std::uintmax_t{1} << 40);  // a hole: takes no space
    check_refused(directory, "W5003", "larger than");
  }
}

TEST_CASE("write replaces bundles and nothing else", "[bundle]") {
  const Scratch scratch;
  const fs::path directory = scratch.path / "b";
  const auto refused = [&](const fs::path& path) {
    const auto got = write(example(), path);
    REQUIRE_FALSE(got.has_value());
    CHECK(got.error().code == "W5001");
    CHECK_THAT(got.error().message, Catch::Contains(path.filename().string()));
  };

  SECTION("an older bundle, damaged or not") {
    REQUIRE(write(Bundle{}, directory).has_value());
    put(directory / "manifest.json", "broken");
    REQUIRE(write(example(), directory).has_value());
    CHECK(*read(directory) == example());
  }
  SECTION("an empty directory") {
    fs::create_directory(directory);
    REQUIRE(write(example(), directory).has_value());
  }
  SECTION("not a directory with anything else in it") {
    REQUIRE(write(Bundle{}, directory).has_value());
    put(directory / "notes.txt", "mine");
    refused(directory);
    CHECK(contents(directory / "notes.txt") == "mine");
    CHECK(*read(directory) == Bundle{});
  }
  SECTION("not a directory with a manifest only") {
    fs::create_directory(directory);
    put(directory / "manifest.json", "{}");
    refused(directory);
    CHECK(contents(directory / "manifest.json") == "{}");
  }
  SECTION("not a bundle in which a name is a directory") {
    REQUIRE(write(Bundle{}, directory).has_value());
    fs::remove(directory / "maps.json");
    fs::create_directories(directory / "maps.json/precious");
    refused(directory);
    CHECK(fs::exists(directory / "maps.json/precious"));
  }
  SECTION("not a file") {
    put(directory, "mine");
    refused(directory);
    CHECK(contents(directory) == "mine");
  }
  SECTION("below a file") {
    put(directory, "mine");
    refused(directory / "c");
  }
  SECTION("what a symbolic link points at, not the link") {
    REQUIRE(write(Bundle{}, scratch.path / "real").has_value());
    fs::create_directory_symlink("real", directory);
    REQUIRE(write(example(), directory).has_value());
    CHECK(fs::is_symlink(directory));
    CHECK(*read(scratch.path / "real") == example());
  }
  for (const std::string& name : names_in(scratch.path)) CHECK_THAT(name, !Catch::Contains(".tmp"));
}

TEST_CASE("what cannot be written is refused before anything is touched", "[bundle]") {
  const Scratch scratch;
  const auto refused = [&](const std::function<void(Bundle&)>& change) {
    Bundle bundle = example();
    change(bundle);
    const auto got = write(bundle, scratch.path / "b");
    REQUIRE_FALSE(got.has_value());
    CHECK(got.error().code == "W5001");
    CHECK(fs::is_empty(scratch.path));
  };
  refused([](Bundle& bundle) { bundle.manifest.profile = "\xff"; });
  refused([](Bundle& bundle) { bundle.images[1].entries[1].key.push_back(0); });
  refused([](Bundle& bundle) { bundle.images[1].entries[1].value.pop_back(); });
  refused([](Bundle& bundle) { bundle.images[0].element_bytes = 3; });
  refused([](Bundle& bundle) { bundle.images[0].element_bytes = 4; });
  refused([](Bundle& bundle) { bundle.images[0].name.clear(); });
  refused([](Bundle& bundle) { bundle.images[2].entries[0].key.resize(4); });
}

TEST_CASE("a reader sees the old bundle or the new one while it is replaced", "[bundle]") {
  const Scratch scratch;
  const fs::path directory = scratch.path / "b";
  Bundle other = example();
  other.object.assign(100'000, 7);
  other.images[0].value.assign(60'000, 9);
  other.manifest.profile = "k8s";
  REQUIRE(write(example(), directory).has_value());
  std::atomic<bool> done = false;
  std::thread writer([&] {
    for (int i = 0; i < 60; ++i) {
      if (!write(i % 2 == 0 ? other : example(), directory)) std::abort();
    }
    done = true;
  });
  std::size_t reads = 0;
  std::string trouble;
  while (!done) {
    const auto got = read(directory);
    if (!got)
      trouble = got.error().message;
    else if (*got != example() && *got != other)
      trouble = "a mix";
    ++reads;
  }
  writer.join();
  CHECK(trouble.empty());
  CHECK(reads > 10);
}

TEST_CASE("maps.json is JSON that shows small tables and counts big ones", "[bundle]") {
  Bundle bundle = example();
  bundle.images.push_back({"big", MapImage::Kind::Global, 8, Bytes(8 * 5000, 0), {}});
  bundle.images.back().value[16] = 1;
  bundle.images.push_back({"odd \"name\"\n\xff", MapImage::Kind::Global, 1, Bytes(40, 1), {}});
  bundle.images.push_back({"many", MapImage::Kind::Hash, 0, {}, {}});
  for (std::uint8_t i = 0; i < 100; ++i) {
    for (std::uint8_t j = 0; j < 50; ++j) bundle.images.back().entries.push_back({{i, j}, {1}});
  }
  const auto json = nlohmann::json::parse(render_maps_json(bundle.images));
  const auto& maps = json.at("maps");
  CHECK(maps.at(0).at("values") == nlohmann::json::array({1, 65535}));
  CHECK(maps.at(0).at("rest") == 0);
  CHECK(maps.at(1).at("entries").at(0) == nlohmann::json{{"key", "0a000001"}, {"value", "0100"}});
  CHECK(maps.at(2).at("entries").at(0) == nlohmann::json{{"prefix", 8}, {"key", "0a000000"}, {"value", "03000000"}});
  CHECK(maps.at(3).at("entries").empty());
  CHECK(maps.at(4).at("nonzero") == 1);
  CHECK(maps.at(4).at("bytes") == 40000);
  CHECK(maps.at(4).at("in") == "maps.bin");
  CHECK(maps.at(5).at("values").size() == 40);
  CHECK_FALSE(maps.at(5).contains("rest"));
  CHECK(maps.at(6).at("elements") == 5000);
  CHECK_FALSE(maps.at(6).contains("entries"));
}
