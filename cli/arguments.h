#pragma once

#include <expected>
#include <map>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "base/result.h"
#include "driver/files.h"

namespace weft::cli {

enum class Format { Text, Json };
enum class ColorChoice { Auto, Always, Never };

/// Options that every command takes.
struct Common {
  Format format = Format::Text;
  ColorChoice color = ColorChoice::Auto;
  bool quiet = false;
};

struct CheckArguments {
  driver::InputNames inputs;
  std::string dump_smt;  ///< empty: nowhere
  bool strict = false;   ///< warnings are findings
};

struct BuildArguments {
  enum class Emit { Bundle, Plan, Ir };

  driver::InputNames inputs;
  std::string output;
  Emit emit = Emit::Bundle;
  std::string dump_smt;
};

struct QueryArguments {
  driver::InputNames inputs;
  std::vector<std::string> flows;
  std::string batch;  ///< empty: no batch
  bool exit_code = false;
};

struct LoadArguments {
  std::string bundle;
  std::map<std::string, std::string> interfaces;  ///< by workload
  std::vector<std::string> only;
  bool skip_missing = false;
};

struct UnloadArguments {};
struct StatusArguments {};
struct DoctorArguments {};
struct VersionArguments {};

/// A text the user asked for.
struct HelpArguments {
  std::string text;
};

using Command = std::variant<HelpArguments, CheckArguments, BuildArguments, QueryArguments, LoadArguments,
                             UnloadArguments, StatusArguments, DoctorArguments, VersionArguments>;

struct Invocation {
  Common common;
  Command command;
};

/// Reads the command line. What it leaves open comes from `WEFT_POLICY` and `WEFT_INVENTORY` (names with `:` between
/// them), `WEFT_FORMAT` and `WEFT_COLOR`.
///
/// Errors: W9001, with the nearest command or option where a word is unknown.
Result<Invocation> parse_arguments(int count, const char* const* words);

}  // namespace weft::cli
