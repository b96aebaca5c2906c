#include <catch2/catch.hpp>

#include "cli/decision_text.h"

using weft::cli::json_string;

TEST_CASE("a JSON string holds any bytes", "[cli]") {
  CHECK(json_string("") == "\"\"");
  CHECK(json_string("plain /text") == "\"plain /text\"");
  CHECK(json_string("a\"b\\c") == "\"a\\\"b\\\\c\"");
  CHECK(json_string("tab\tline\n\x01") == "\"tab\\u0009line\\u000a\\u0001\"");
  CHECK(json_string("caf\xc3\xa9") == "\"caf\xc3\xa9\"");
  CHECK(json_string("\xff\xc3") == "\"\xef\xbf\xbd\xef\xbf\xbd\"");
}
