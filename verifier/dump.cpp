#include "verifier/dump.h"

#include <fstream>
#include <sstream>

namespace weft::verifier {

std::string smt_of(const z3::solver& question) {
  // A solver that has answered before prints what it made of the question, in bits; one that was never asked prints it.
  z3::solver unasked(question.ctx());
  const z3::expr_vector assertions = question.assertions();
  for (unsigned i = 0; i < assertions.size(); ++i) unasked.add(assertions[static_cast<int>(i)]);
  std::ostringstream out;
  out << unasked;
  return out.str();
}

void write_smt(const std::filesystem::path& folder, const std::string& name, std::string_view sat_means,
               const std::string& question, z3::check_result answer) {
  std::error_code ignored;  // a missing file shows itself
  std::filesystem::create_directories(folder, ignored);
  std::ofstream file(folder / (name + ".smt2"), std::ios::binary);
  const char* status = answer == z3::sat ? "sat" : answer == z3::unsat ? "unsat" : "unknown";
  file << "; sat: " << sat_means << "\n(set-logic QF_BV)\n(set-info :status " << status << ")\n"
       << question << "(check-sat)\n";
}

}  // namespace weft::verifier
