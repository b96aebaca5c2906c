#include <catch2/catch.hpp>

#include <filesystem>
#include <fstream>

#include <sys/stat.h>
#include <unistd.h>

#include "driver/files.h"

using namespace weft;
using namespace weft::driver;
namespace fs = std::filesystem;

namespace {

// A directory of its own for each test, gone afterwards.
class Directory {
 public:
  Directory() {
    std::string pattern = (fs::temp_directory_path() / "weft-files-XXXXXX").string();
    root_ = ::mkdtemp(pattern.data());
  }
  ~Directory() {
    std::error_code ignored;
    fs::remove_all(root_, ignored);
  }
  Directory(const Directory&) = delete;
  Directory& operator=(const Directory&) = delete;

  std::string path(const std::string& name) const { return (root_ / name).string(); }
  std::string write(const std::string& name, const std::string& text) const {
    fs::create_directories((root_ / name).parent_path());
    std::ofstream(path(name), std::ios::binary) << text;
    return path(name);
  }

 private:
  fs::path root_;
};

struct Read {
  Sources sources;
  Diagnostics diagnostics;
  InputFiles files;

  Read(std::vector<std::string> policies, std::vector<std::string> inventories) {
    files = read_inputs({std::move(policies), std::move(inventories)}, sources, diagnostics);
  }
  std::vector<std::string> texts(const std::vector<SourceId>& ids) const {
    std::vector<std::string> out;
    for (const SourceId id : ids) out.push_back(sources[id].text());
    return out;
  }
  std::vector<std::string> codes() const {
    std::vector<std::string> out;
    for (const Diagnostic& diagnostic : diagnostics.all()) out.push_back(diagnostic.code);
    return out;
  }
};

using Texts = std::vector<std::string>;

}  // namespace

TEST_CASE("a directory stands for its policies in name order, and its inventory", "[driver]") {
  const Directory at;
  at.write("p/b.weft", "b");
  at.write("p/a.weft", "a");
  at.write("p/.hidden.weft", "hidden");
  at.write("p/notes.txt", "notes");
  at.write("p/sub/c.weft", "c");
  at.write("p/inventory.yaml", "i");
  const Read read({at.path("p")}, {});
  CHECK(read.codes().empty());
  CHECK(read.texts(read.files.policies) == Texts{"a", "b"});
  CHECK(read.texts(read.files.inventories) == Texts{"i"});
  CHECK(read.sources[read.files.policies[0]].name() == at.path("p/a.weft"));
}

TEST_CASE("a named inventory replaces the one beside the policy", "[driver]") {
  const Directory at;
  at.write("p/a.weft", "a");
  at.write("p/inventory.yaml", "i");
  at.write("k8s/b.yml", "b");
  at.write("k8s/a.json", "a");
  at.write("k8s/readme.md", "no");
  const Read read({at.path("p")}, {at.path("k8s")});
  CHECK(read.texts(read.files.inventories) == Texts{"a", "b"});
}

TEST_CASE("a project named as an inventory is its inventory", "[driver]") {
  const Directory at;
  at.write("p/a.weft", "a");
  at.write("p/inventory.json", "i");
  at.write("p/other.yaml", "o");
  const Read read({at.path("p/a.weft")}, {at.path("p")});
  CHECK(read.texts(read.files.inventories) == Texts{"i"});
}

TEST_CASE("an empty policy is an error at its place", "[driver]") {
  const Directory at;
  const Read read({at.write("a.weft", " \n")}, {});
  REQUIRE(read.codes() == Texts{"W9010"});
  CHECK(read.diagnostics.all()[0].span == Span{read.files.policies[0], 0, 0});
}

TEST_CASE("a directory to write into is made, or is an error", "[driver]") {
  const Directory at;
  Diagnostics diagnostics;
  prepare_directory(at.path("new/deep"), diagnostics);
  CHECK(diagnostics.empty());
  CHECK(fs::is_directory(at.path("new/deep")));
  at.write("file", "");
  for (const std::string& name :
       {at.path("file"), at.path("file/x"), std::string("/proc/weft"), std::string("/dev/null")}) {
    Diagnostics refused;
    prepare_directory(name, refused);
    INFO(name);
    REQUIRE(refused.errors() == 1);
    CHECK(refused.all()[0].code == "W9012");
  }
}

TEST_CASE("a file alone brings no inventory, and is read once", "[driver]") {
  const Directory at;
  at.write("p/inventory.yaml", "i");
  const std::string file = at.write("p/a.weft", "a");
  CHECK(Read({file}, {}).files.inventories.empty());
  CHECK(Read({file, file, at.path("p"), at.path("p/../p/a.weft")}, {}).files.policies.size() == 1);
}

TEST_CASE("what cannot be read says so, and the rest is read", "[driver]") {
  const Directory at;
  const std::string file = at.write("shop.weft", "a");
  fs::create_directories(at.path("empty"));
  const Read read({at.path("shpo.weft"), at.path("empty"), file}, {at.path("empty"), at.path("none.yaml")});
  CHECK(read.codes() == Texts{"W9002", "W9004", "W9004", "W9002"});
  CHECK(read.texts(read.files.policies) == Texts{"a"});
  CHECK(read.diagnostics.all()[0].suggestions == Texts{"did you mean `" + file + "`?"});
  CHECK(read.diagnostics.all()[1].message == "the directory `" + at.path("empty") + "` holds no file named `*.weft`");
}

TEST_CASE("a file below a file is unreadable", "[driver]") {
  const Directory at;
  const std::string file = at.write("shop.weft", "a");
  CHECK(Read({file + "/x"}, {}).codes() == Texts{"W9003"});
}

TEST_CASE("an endless file is too big", "[driver]") {
  const Directory at;
  const std::string file = at.write("big.weft", "a");
  fs::resize_file(file, (64u << 20) + 1);
  const Read read({file}, {});
  CHECK(read.codes() == Texts{"W9005"});
  CHECK(read.diagnostics.all()[0].message == "`" + file + "` is bigger than 64 MiB, the most that is read");
}

TEST_CASE("what is no file is not opened", "[driver]") {
  const Directory at;
  const std::string pipe = at.path("pipe.weft");
  REQUIRE(::mkfifo(pipe.c_str(), 0600) == 0);
  fs::create_directories(at.path("p"));
  REQUIRE(::mkfifo(at.path("p/pipe.weft").c_str(), 0600) == 0);
  const Read read({pipe, "/dev/zero", at.path("p")}, {"/dev/null"});
  CHECK(read.codes() == Texts(4, "W9016"));
  CHECK(read.diagnostics.all()[0].message == "`" + pipe + "` is a named pipe, and no file");
  CHECK(read.diagnostics.all()[1].message == "`/dev/zero` is a device, and no file");
}

TEST_CASE("a policy is no inventory, and an inventory no policy", "[driver]") {
  const Directory at;
  const std::string policy = at.write("a.weft", "a");
  const std::string inventory = at.write("i.yaml", "i");
  const Read read({policy, inventory}, {policy, inventory});
  REQUIRE(read.codes() == Texts{"W9015", "W9015"});
  CHECK(read.diagnostics.all()[0].message == "`" + inventory + "` looks like an inventory");
  CHECK(read.diagnostics.all()[0].suggestions == Texts{"give it with `--inventory " + inventory + "`"});
  CHECK(read.diagnostics.all()[1].message == "`" + policy + "` looks like a policy");
  CHECK(read.texts(read.files.policies) == Texts{"a"});
  CHECK(read.texts(read.files.inventories) == Texts{"i"});
  CHECK(Read({at.path("no.yaml")}, {}).codes() == Texts{"W9002"});
}

TEST_CASE("a file is read once for each use it is put to", "[driver]") {
  const Directory at;
  const std::string file = at.write("text", "a");
  const Read read({file, file}, {file, file});
  CHECK(read.files.policies.size() == 1);
  CHECK(read.files.inventories.size() == 1);
}

TEST_CASE("a policy in UTF-16 is told in a word", "[driver]") {
  const Directory at;
  using namespace std::string_literals;
  const std::string little = at.write("l.weft", "\xFF\xFEt\0"s);
  const Read read({little, at.write("b.weft", "\xFE\xFF\0t"s)}, {});
  CHECK(read.codes() == Texts{"W9017", "W9017"});
  CHECK(read.diagnostics.all()[0].message == "`" + little + "` is UTF-16 text");
}

TEST_CASE("a pipe of the shell's is read to its end", "[driver]") {
  const std::string text(300'000, 'x');
  for (const std::string place : {"/dev/fd/", "/proc/self/fd/"}) {
    int ends[2];
    REQUIRE(::pipe(ends) == 0);
    const std::string name = place + std::to_string(ends[1]);
    if (::fork() == 0) {
      ::close(ends[0]);
      std::ofstream(name) << text;
      std::_Exit(0);
    }
    ::close(ends[1]);
    const Read read({place + std::to_string(ends[0])}, {});
    CHECK(read.texts(read.files.policies) == Texts{text});
    ::close(ends[0]);
  }
}
