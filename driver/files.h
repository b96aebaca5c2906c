#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "base/diagnostics.h"
#include "base/source.h"

namespace weft::driver {

/// What a run is asked to read: names of files or directories, `-` for standard input.
struct InputNames {
  std::vector<std::string> policies;
  std::vector<std::string> inventories;
  std::string project{};                       ///< the `weft.toml` that says what is not given here; empty: none
  bool look_for_inventory = true;              ///< beside the policies, where no inventory is named
  std::map<std::string, std::string> texts{};  ///< by the name of a file: what is read in its place
};

/// What was read, in the order of the names; the files of a directory in the order of theirs.
struct InputFiles {
  std::vector<SourceId> policies;
  std::vector<SourceId> inventories;
};

/// Reads every file into `sources`. A directory of policies stands for its `*.weft` files, one of inventories for its
/// `*.yaml`, `*.yml` and `*.json` files, or its `inventory.yaml` alone where it has one; subdirectories and hidden
/// files are left alone, and a file reached twice is read once. Where no inventory is named, the `inventory.yaml` (or
/// `.yml`, `.json`) of a policy directory is one.
///
/// Errors: W9002 to W9006 and W9015 to W9017, one for every name that cannot be read; the others are still read. W9010
/// for an empty policy.
InputFiles read_inputs(const InputNames& names, Sources& sources, Diagnostics& diagnostics);

/// True if a policy directory among the names holds an inventory, which is then read with it.
bool brings_inventory(const InputNames& names);

/// Reads one small file, such as a `weft.toml`. Errors: W9002, W9003, W9005, W9016.
std::optional<SourceId> read_file(const std::string& name, Sources& sources, Diagnostics& diagnostics);

/// Reads one more policy file, which the text at `place` asks for; what is wrong is reported there, with the codes of
/// `read_inputs`.
std::optional<SourceId> read_policy_file(const std::string& name, Span place, const InputNames& names, Sources& sources,
                                         Diagnostics& diagnostics);

/// Makes sure that files can be written into the directory, creating it where it is missing. Errors: W9012.
void prepare_directory(const std::string& name, Diagnostics& diagnostics);

}  // namespace weft::driver
