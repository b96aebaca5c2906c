#include "base/only_place.h"

#include <catch2/catch.hpp>

using namespace weft;

namespace {

std::optional<std::uint32_t> place(const std::string& text, std::string_view wanted) {
  Sources sources;
  const SourceId source = sources.add("p.weft", "// before\n" + text);
  const auto found = only_place(sources, {source, 10, 10 + static_cast<std::uint32_t>(text.size())}, wanted);
  if (!found) return {};
  CHECK(sources.text(*found) == wanted);
  return found->begin - 10;
}

}  // namespace

TEST_CASE("the only place of some words in policy text", "[base]") {
  CHECK(place(R"(allow app == "db" -> any : tcp/80)", R"("db")") == 13);
  CHECK(place(R"(allow app == "db" -> any : tcp/80)", "tcp/80") == 27);
  SECTION("not where it stands twice, or not at all") {
    CHECK_FALSE(place(R"("db" "db")", R"("db")"));
    CHECK_FALSE(place(R"("db2")", R"("db")"));
    CHECK_FALSE(place("", "x"));
  }
  SECTION("comments and longer words are none") {
    CHECK(place("\"db\" // \"db\"\n", R"("db")") == 0);
    CHECK(place("tcp/http-2 tcp/http", "tcp/http") == 11);
    CHECK(place("xtcp/http tcp/http2 tcp/http", "tcp/http") == 20);
  }
  SECTION("nor what a text in quotes holds") {
    CHECK(place(R"("say \"tcp/80" tcp/80)", "tcp/80") == 15);
    CHECK(place(R"("tcp/80" tcp/80)", "tcp/80") == 9);
    CHECK(place(R"(because "// no comment" tcp/80)", "tcp/80") == 24);
  }
}
