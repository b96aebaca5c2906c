#pragma once

// Private to this folder.

#include <filesystem>
#include <string>
#include <string_view>

#include "verifier/query.h"

namespace weft::verifier {

/// The question as SMT-LIB 2, as it stands before it is asked.
std::string smt_of(const z3::solver& question);

/// Writes such a question into a folder, which is created, with the answer that was given to it, so that another
/// solver can be asked the same. `sat_means` says what a model would be. What cannot be written changes no answer.
void write_smt(const std::filesystem::path& folder, const std::string& name, std::string_view sat_means,
               const std::string& question, z3::check_result answer);

}  // namespace weft::verifier
