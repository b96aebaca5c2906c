#pragma once

#include "cli/arguments.h"
#include "cli/exit_code.h"
#include "cli/output.h"

/// One function a command: it speaks through the console and says how it went. What standard output made of the results
/// is the caller's to ask.
namespace weft::cli {

ExitCode run(const CheckArguments& arguments, Console& console);
ExitCode run(const ExplainArguments& arguments, Console& console);
ExitCode run(const BuildArguments& arguments, Console& console);
ExitCode run(const QueryArguments& arguments, Console& console);
ExitCode run(const ReachArguments& arguments, Console& console);
ExitCode run(const GraphArguments& arguments, Console& console);
ExitCode run(const TestArguments& arguments, Console& console);
ExitCode run(const DiffArguments& arguments, Console& console);
ExitCode run(const LabelsArguments& arguments, Console& console);
ExitCode run(const ProfileArguments& arguments, Console& console);
ExitCode run(const FmtArguments& arguments, Console& console);
ExitCode run(const LoadArguments& arguments, Console& console);
ExitCode run(const UnloadArguments& arguments, Console& console);
ExitCode run(const StatusArguments& arguments, Console& console);
ExitCode run(const MonitorArguments& arguments, Console& console);
ExitCode run(const DoctorArguments& arguments, Console& console);
ExitCode run(const LspArguments& arguments, Console& console);
ExitCode run(const VersionArguments& arguments, Console& console);
ExitCode run(const HelpArguments& arguments, Console& console);

}  // namespace weft::cli
