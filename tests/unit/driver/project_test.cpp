#include <catch2/catch.hpp>

#include <filesystem>
#include <fstream>

#include <unistd.h>

#include "driver/compile.h"
#include "driver/project.h"

using namespace weft;
using namespace weft::driver;
namespace fs = std::filesystem;

namespace {

// A project directory, gone afterwards.
class Directory {
 public:
  Directory() {
    std::string pattern = (fs::temp_directory_path() / "weft-project-XXXXXX").string();
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
  Directory directory;
  Sources sources;
  Diagnostics diagnostics;
  Project project;

  explicit Read(const std::string& text, const std::vector<std::string>& files = {}) {
    for (const std::string& file : files) directory.write(file, "x");
    project = read_project(directory.write("weft.toml", text), sources, diagnostics);
  }

  // "W9021 2:1 key: message; help"
  std::vector<std::string> said() const {
    std::vector<std::string> out;
    for (const Diagnostic& each : diagnostics.all()) {
      REQUIRE(each.span.has_value());
      const Position at = sources[each.span->source].position(each.span->begin);
      out.push_back(fmt::format("{} {}:{} {}: {}; {}", each.code, at.line, at.column, sources.text(*each.span),
                                each.message, each.suggestions.empty() ? "" : each.suggestions[0]));
    }
    return out;
  }
};

using Said = std::vector<std::string>;

}  // namespace

TEST_CASE("a project says where everything is", "[driver]") {
  const Read read(
      "[project]\n"
      "name = \"shop\"\n"
      "sources = [\"policy\", \"extra.weft\"]\n"
      "inventory = [\"cluster.yaml\"]\n"
      "profile = \"k8s\"\n"
      "[lint]\n"
      "W1042 = \"deny\"\n"
      "W3001 = \"allow\"\n"
      "[build]\n"
      "output = \"out/\"\n"
      "stateless = true\n",
      {"policy/a.weft", "extra.weft", "cluster.yaml"});
  CHECK(read.said() == Said{});
  CHECK(read.project.name == "shop");
  CHECK(read.project.policies == Said{read.directory.path("policy"), read.directory.path("extra.weft")});
  CHECK(read.project.inventories == std::optional(Said{read.directory.path("cluster.yaml")}));
  CHECK(read.project.profile->profile.name == "k8s");
  CHECK(read.project.levels == LintLevels{{"W1042", LintLevel::Deny}, {"W3001", LintLevel::Allow}});
  CHECK(read.project.output == read.directory.path("out"));
  CHECK(read.project.stateless);
}

TEST_CASE("an empty project file stands for its directory", "[driver]") {
  const Read read("", {"p.weft", "inventory.yml"});
  CHECK(read.said() == Said{});
  CHECK(read.project.name == fs::path(read.directory.path("x")).parent_path().filename());
  CHECK(fs::equivalent(read.project.policies.at(0), read.directory.path(".")));
  CHECK(read.project.inventories == std::optional(Said{read.directory.path("inventory.yml")}));
  CHECK(!read.project.output);
}

TEST_CASE("patterns name files in the order of their names", "[driver]") {
  const Read read("[project]\nsources = [\"p?/*.weft\", \"deep/**/*.weft\"]\n",
                  {"p1/b.weft", "p1/a.weft", "p2/c.weft", "p33/no.weft", "p1/.hidden.weft", "p1/notes.txt",
                   "deep/0.weft", "deep/x/y/1.weft", "deep/.git/no.weft"});
  CHECK(read.said() == Said{});
  Said expected;
  for (const char* each : {"p1/a.weft", "p1/b.weft", "p2/c.weft", "deep/0.weft", "deep/x/y/1.weft"}) {
    expected.push_back(read.directory.path(each));
  }
  CHECK(read.project.policies == expected);
}

TEST_CASE("what a project gets wrong is told at its place", "[driver]") {
  const auto check = [](const std::string& text, const Said& expected) {
    const Read read(text, {"policy/a.weft"});
    INFO(text);
    CHECK(read.said() == expected);
  };
  SECTION("keys") {
    check("[project]\nsourecs = []\n",
          {"W9021 2:1 sourecs: a project file has no key `project.sourecs`; did you mean `sources`?"});
    check("sources = [\"policy\"]\n",
          {"W9021 1:1 sources: a project file has no key `sources`; `sources` belongs under `[project]`"});
    check("[projekt]\n", {"W9021 1:2 projekt: a project file has no key `projekt`; did you mean `project`?"});
    check("[build]\nfoo = 1\n",
          {"W9021 2:1 foo: a project file has no key `build.foo`; its keys are output, max_table_bytes, stateless"});
    check("[project]\n\"größe\" = 1\n",
          {"W9021 2:1 \"größe\": a project file has no key `project.größe`; its keys are name, sources, inventory, "
           "profile"});
  }
  SECTION("types") {
    check("project = 1\n",
          {"W9022 1:11 1: `project` is a number, and not a table; write `[project]` on a line of its own"});
    check("[project]\nsources = \"policy\"\n",
          {"W9022 2:11 \"policy\": `sources` is a text, and not an array of names; write it as `sources = "
           "[\"policy\"]`"});
    check("[project]\nsources = [\"policy\", 7]\n",
          {"W9022 2:22 7: `sources` is a number, and not a text; write it as `sources = [\"policy\"]`"});
    check("[build]\nstateless = \"yes\"\n",
          {"W9022 2:13 \"yes\": `stateless` is a text, and not true or false; write it as `stateless = true`"});
    check("[project]\nname = 2027-03-01\n",
          {"W9022 2:8 2027-03-01: `name` is a date or time, and not a text; write it as `name = \"shop\"`"});
  }
  SECTION("values") {
    check("[project]\nprofile = \"none\"\n",
          {"W9023 2:11 \"none\": `none` is no profile; the profiles are strict, k8s, cilium, calico"});
    check("[project]\nprofile = \"strikt\"\n",
          {"W9023 2:11 \"strikt\": `strikt` is no profile; did you mean `strict`?"});
    check("[project]\nname = \"\"\n", {"W9023 2:8 \"\": `` is no name; write it as `name = \"shop\"`"});
    check("[project]\nsources = []\n",
          {"W9023 2:11 []: `[]` is no list of sources; name a file or a directory: `sources = [\"policy\"]`"});
  }
  SECTION("levels") {
    check("[lint]\nW1024 = \"deny\"\n",
          {"W9025 2:1 W1024: `W1024` is an error whatever a project says: only warnings have "
           "levels; "});
    check("[lint]\nW3002 = \"warn\"\nW3003 = \"deny\"\n", {});
    check("[lint]\nW3002 = \"allow\"\n", {"W9023 2:9 \"allow\": `allow` is no level; `W3002` is an error (deny) or a "
                                          "warning (warn), and never silent"});
    check("[lint]\nW1402 = \"deny\"\n", {"W9024 2:1 W1402: there is no finding `W1402`; did you mean `W1042`?"});
    check("[lint]\nW1042 = \"denny\"\n",
          {"W9023 2:9 \"denny\": `denny` is no level; the levels are allow, warn, deny"});
    check("[lint]\nW1042 = true\n",
          {"W9022 2:9 true: `W1042` is true or false, and not a text; write it as `W1042 = \"deny\"`"});
  }
  SECTION("files") {
    check("[project]\nsources = [\"polici\"]\n",
          {"W9002 2:12 \"polici\": there is no file or directory `polici`; did you mean `policy`?"});
    check("[project]\ninventory = [\"*.yaml\"]\n",
          {"W9027 2:14 \"*.yaml\": no file matches `*.yaml`; `*` stands for any text within a name, `**` for any "
           "directories"});
  }
  SECTION("several mistakes are told in the order of the text") {
    const Read read("[project]\nzzz = 1\nname = 2\n[build]\noutput = 3\n");
    CHECK(read.said().size() == 3);
    CHECK(read.said()[0].starts_with("W9021 2:1"));
    CHECK(read.said()[1].starts_with("W9022 3:8"));
    CHECK(read.said()[2].starts_with("W9022 5:10"));
  }
}

TEST_CASE("a project file that is no TOML is told where it stops being one", "[driver]") {
  const auto check = [](const std::string& text, std::string_view begin) {
    const Read read(text);
    INFO(text);
    REQUIRE(read.said().size() == 1);
    CHECK(read.said()[0].starts_with(begin));
    INFO(read.said()[0]);
    CHECK(!read.said()[0].contains("Error while"));
  };
  check("[project\n", "W9020 1:9");
  check("[project]\nname = \n", "W9020 2:8");
  check("[project]\nname = \"ä\" x\n", "W9020 2:13");  // columns are bytes
  check("a = 1\na = 2\n", "W9020 2:");
  check("a = \"\xff\"\n", "W9020 1:");
}

TEST_CASE("a project completes the names that a run was given", "[driver]") {
  Directory directory;
  const std::string policy = "label app : \"web\"\ntiers app\npolicy p in app { allow app == \"web\" -> any : any }\n";
  directory.write("policy/a.weft", policy);
  directory.write("other.weft", policy);
  directory.write("cluster.yaml", "workloads: []\n");
  directory.write("cluster2.yaml", "workloads: []\n");
  const std::string toml = directory.write(
      "weft.toml", "[project]\nsources = [\"policy\"]\ninventory = [\"cluster.yaml\"]\nprofile = \"k8s\"\n");
  InputNames names;
  names.project = toml;

  SECTION("all of them") {
    const Compilation out = compile(names, Goal::Understand);
    REQUIRE(out.understood);
    CHECK(out.names.policies == Said{directory.path("policy")});
    CHECK(out.names.inventories == Said{directory.path("cluster.yaml")});
    CHECK(out.policy.profile.name == "k8s");
  }
  SECTION("but none that was given") {
    names.policies = {directory.path("other.weft")};
    CHECK(compile(names, Goal::Understand).names.inventories == Said{directory.path("cluster.yaml")});
    names.inventories = {directory.path("cluster2.yaml")};
    const Compilation out = compile(names, Goal::Understand);
    CHECK(out.names.policies == Said{directory.path("other.weft")});
    CHECK(out.names.inventories == Said{directory.path("cluster2.yaml")});
  }
  SECTION("a policy directory with an inventory brings its own") {
    directory.write("alone/a.weft", policy);
    directory.write("alone/inventory.yaml", "workloads: []\n");
    names.policies = {directory.path("alone")};
    const Compilation out = compile(names, Goal::Understand);
    REQUIRE(out.files.inventories.size() == 1);
    CHECK(out.sources[out.files.inventories[0]].name() == directory.path("alone/inventory.yaml"));
  }
  SECTION("a profile of a source agrees, or is an error") {
    directory.write("policy/a.weft", "tiers app\n");
    CHECK(compile(names, Goal::Understand).diagnostics.all().at(0).message ==
          "there is no rule: the profile `k8s` allows every flow");
    directory.write("policy/a.weft", "profile k8s\n" + policy);
    CHECK(compile(names, Goal::Understand).understood);
    directory.write("policy/a.weft", "profile calico\n" + policy);
    const Compilation out = compile(names, Goal::Understand);
    CHECK(!out.understood);
    REQUIRE(out.diagnostics.all().size() == 1);
    const Diagnostic& said = out.diagnostics.all()[0];
    CHECK(said.code == "W9026");
    CHECK(out.sources.text(*said.span) == "profile calico");
    CHECK(out.sources.text(said.labels.at(0).span) == "\"k8s\"");
  }
}
