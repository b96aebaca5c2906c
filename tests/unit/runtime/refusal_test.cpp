// What is said when the kernel's verifier refuses a program, by its log.
#include "runtime/refusal.h"

#include <catch2/catch.hpp>
#include <string>

using namespace weft;
using namespace weft::runtime;

namespace {

bundle::Manifest manifest() {
  bundle::Manifest out;
  out.egress.push_back({8, "allow", "rule", "shop", "default", "shop/shop.weft:7:3", "allow web -> db : tcp/5432"});
  return out;
}

std::string first_line(const std::string& text) { return text.substr(0, text.find('\n')); }

}  // namespace

TEST_CASE("a refusal names the statement, and the log follows in lines of its own", "[runtime]") {
  const Error error = refusal(manifest(), "weft_from_workload", "Permission denied",
                              "; allow web -> db : tcp/5432 @ shop.weft:7\n12: (79) r0 = *(u64 *)(r10 +8)\n"
                              "invalid read from stack\nprocessed 12 insns\n");
  CHECK(error.code == "W6003");
  CHECK(first_line(error.message) ==
        "the kernel's verifier refused `weft_from_workload` at shop/shop.weft:7:3, `allow web -> db : tcp/5432`: "
        "Permission denied");
  CHECK(error.message.ends_with("\n12: (79) r0 = *(u64 *)(r10 +8)\ninvalid read from stack\nprocessed 12 insns"));
  CHECK_THAT(error.help, Catch::Contains("that statement, without which the policy may load"));
}

TEST_CASE("a refusal for want of stack says so, and blames no line", "[runtime]") {
  const std::string lines = "; allow web -> db : tcp/5432 @ shop.weft:7\n95: (95) exit\n";
  for (const std::string said : {"combined stack size of 4 calls is 544. Too large\n",
                                 "stack size of subprog 3 is 520. Too large\n",
                                 "the call stack of 9 frames is too deep !\n"}) {
    const Error error = refusal(manifest(), "weft_to_workload", "Permission denied", lines + said);
    CHECK(first_line(error.message) == "the kernel's verifier refused `weft_to_workload`: it takes more stack than the "
                                       "kernel grants (" +
                                           said.substr(0, said.find_first_of(".!")) + ")");
    CHECK_THAT(error.message, Catch::Contains("\n95: (95) exit\n"));
    CHECK_THAT(error.help, !Catch::Contains("that statement"));
  }
}
