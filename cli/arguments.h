#pragma once

#include <expected>
#include <map>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "base/result.h"
#include "driver/diff_names.h"
#include "driver/files.h"
#include "model/evaluate.h"
#include "runtime/runtime.h"

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
  enum class Format { Text, Json, Junit, Sarif, Github, Gitlab, Html };

  driver::InputNames inputs;
  Format format = Format::Text;
  std::string dump_smt;  ///< empty: nowhere
  bool strict = false;   ///< warnings are findings
  model::Moment now = model::before_all;
  bool fix = false;      ///< makes the fixes that need no judgement
  bool dry_run = false;  ///< shows them instead
  bool verbose = false;  ///< says what proofs rest on
  unsigned effort = 1;   ///< how many times the usual work a question may cost
  std::optional<std::uint64_t> max_table_bytes{};
};

struct BuildArguments {
  enum class Emit { Bundle, Plan, Explanation, Ir, Assembly, Object, Maps, Header };
  enum class Strategy { Rows, Matrix };

  driver::InputNames inputs;
  std::string output;  ///< empty: where the project says
  Emit emit = Emit::Bundle;
  std::string dump_smt;
  model::Moment now = model::before_all;
  bool widen_obligations = false;
  std::optional<std::uint32_t> events;  ///< that the program tells of, a second
  std::uint32_t counted_pairs = 0;
  std::optional<std::uint64_t> max_table_bytes{};
  Strategy strategy = Strategy::Rows;
};

struct QueryArguments {
  driver::InputNames inputs;
  std::vector<std::string> flows;
  std::string batch;  ///< empty: no batch
  bool exit_code = false;
  model::Moment now = model::before_all;
};

struct ReachArguments {
  enum class Format { Text, Json, Csv, Markdown, Dot, Svg, Html };
  enum class What { Groups, Chains, BlastRadius, Exposed };

  driver::InputNames inputs;
  Format format = Format::Text;
  What what = What::Groups;
  std::string from;     ///< empty: everybody
  std::string to;       ///< empty: everybody
  std::string service;  ///< empty: any
  std::string by;       ///< empty: as the answer is shortest
  model::Moment now = model::before_all;
};

struct GraphArguments {
  enum class Format { Text, Json, Dot, Svg, Mermaid, Html };

  driver::InputNames inputs;
  Format format = Format::Text;
  std::string focus;      ///< empty: all
  std::size_t depth = 1;  ///< arrows from the focus
  std::string service;    ///< empty: any
  std::string by;         ///< empty: as the answer is shortest
  std::string against;    ///< the policy before; empty: none
  model::Moment now = model::before_all;
};

struct TestArguments {
  enum class Format { Text, Json, Junit, Tap, Sarif, Github, Gitlab };

  driver::InputNames inputs;
  Format format = Format::Text;
  std::string filter;  ///< empty: every test
  bool coverage = false;
  bool watch = false;
  model::Moment now = model::before_all;
};

struct DiffArguments {
  enum class Format { Text, Json, Markdown, Sarif };
  enum class FailOn { Nothing, Widened, Narrowed, Any };

  driver::DiffNames names;
  Format format = Format::Text;
  FailOn fail_on = FailOn::Nothing;
  std::string dump_smt;  ///< empty: nowhere
  model::Moment now = model::before_all;
};

struct LabelsArguments {
  driver::InputNames inputs;
};

struct ProfileArguments {
  driver::InputNames inputs;  ///< may name nothing: then no profile is marked
  std::string name;           ///< empty: all
};

struct FmtArguments {
  std::vector<std::string> paths;  ///< files, directories, or `-`
  std::string project;             ///< the `weft.toml` whose policies are meant; empty: the paths say all
  bool write = false;
  bool check = false;
  bool diff = false;

  /// The formatted text itself is the result.
  bool prints() const { return !write && !check && !diff; }
};

struct LoadArguments {
  std::string bundle;
  std::map<std::string, std::string> interfaces;  ///< by workload
  std::vector<std::string> only;
  bool skip_missing = false;
  runtime::Hook hook = runtime::Hook::Auto;
  bool anew = false;
};

struct MonitorArguments {
  enum class Verdict { Any, Allow, Deny, Audited };

  std::vector<std::string> workloads;
  Verdict verdict = Verdict::Any;
  std::vector<std::string> rules;
  std::optional<std::uint64_t> count;
  std::optional<std::uint64_t> seconds;
};

struct UnloadArguments {};
struct StatusArguments {
  std::string verify;  ///< a bundle whose tables are to be those in the kernel; empty: not asked
  bool pairs = false;  ///< what was counted by pair of classes, in place of the rest
};
struct DoctorArguments {};
struct LspArguments {};
struct VersionArguments {};

struct ExplainArguments {
  std::string code;  ///< as it was given; empty: all of them
  driver::InputNames inputs;
  std::vector<std::string> flows;  ///< if there are any, they are what is explained
  model::Moment now = model::before_all;
};

/// A text the user asked for.
struct HelpArguments {
  std::string text;
};

using Command = std::variant<HelpArguments, ExplainArguments, CheckArguments, BuildArguments, QueryArguments,
                             ReachArguments, GraphArguments, TestArguments, DiffArguments, LabelsArguments,
                             ProfileArguments, FmtArguments, LoadArguments, UnloadArguments, StatusArguments,
                             MonitorArguments, DoctorArguments, LspArguments, VersionArguments>;

struct Invocation {
  Common common;
  Command command;
};

/// Reads the command line. What it leaves open comes from `WEFT_POLICY` and `WEFT_INVENTORY` (names with `:` between
/// them), `WEFT_CONFIG`, `WEFT_NOW`, `WEFT_FORMAT` and `WEFT_COLOR`; what these leave open too, from the project file.
///
/// Errors: W9001, with the nearest command or option where a word is unknown; W9018 for a `--now` that is no time.
Result<Invocation> parse_arguments(int count, const char* const* words);

}  // namespace weft::cli
