#include "lsp/framing.h"

#include <catch2/catch.hpp>
#include <vector>

namespace weft::lsp {
namespace {

// The bodies that come out, and "!" for headers that are refused, whatever the pieces the bytes come in.
std::vector<std::string> read(const std::string& bytes, std::size_t piece) {
  std::vector<std::string> out;
  Framing framing;
  for (std::size_t at = 0; at < bytes.size(); at += piece) {
    framing.feed(std::string_view(bytes).substr(at, piece));
    while (const auto message = framing.next()) out.push_back(message->error.empty() ? message->body : "!");
  }
  return out;
}

void check(const std::string& bytes, const std::vector<std::string>& expected) {
  CHECK(read(bytes, bytes.size()) == expected);
  CHECK(read(bytes, 1) == expected);
}

}  // namespace

TEST_CASE("messages are taken out of a stream of bytes", "[lsp]") {
  SECTION("one after the other") { check(framed("{}") + framed("[1]"), {"{}", "[1]"}); }
  SECTION("an empty body is one") { check(framed("") + framed("{}"), {"", "{}"}); }
  SECTION("other headers, any case, spaces") {
    check("content-type: application/json\r\nCONTENT-LENGTH:  2 \r\n\r\n{}", {"{}"});
  }
  SECTION("line ends as some write them by hand") { check("Content-Length: 2\n\n{}" + framed("[]"), {"{}", "[]"}); }
  SECTION("nothing before all of it is there") { check("Content-Length: 5\r\n\r\n{}", {}); }
  SECTION("a body may hold what looks like headers") {
    check(framed("\r\n\r\nContent-Length: 3\r\n\r\n"), {"\r\n\r\nContent-Length: 3\r\n\r\n"});
  }
}

TEST_CASE("after headers that say nothing of use, the next message is read", "[lsp]") {
  const std::string good = framed("{}");
  CHECK(read("Content-Length: many\r\n\r\n{}" + good, 1000) == std::vector<std::string>{"!", "{}"});
  CHECK(read("Content-Length: -1\r\n\r\n" + good, 1000) == std::vector<std::string>{"!", "{}"});
  CHECK(read("Content-Length: 99999999999999999999\r\n\r\n" + good, 1000) == std::vector<std::string>{"!", "{}"});
  CHECK(read("Content-Type: x\r\n\r\n" + good, 1000) == std::vector<std::string>{"!", "{}"});
  CHECK(read("noise\r\n\r\n" + good, 1000) == std::vector<std::string>{"!", "{}"});
  CHECK(read(std::string(20'000, 'x') + good, 100'000) == std::vector<std::string>{"!", "{}"});
}

}  // namespace weft::lsp
