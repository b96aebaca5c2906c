#pragma once

#include <cstddef>
#include <optional>
#include <set>
#include <string>
#include <vector>

namespace weft::model {

/// What policy text says about the values of one label key.
struct ValueUse {
  std::set<std::string> constants;                 ///< compared with
  std::set<std::string> globs;                     ///< matched against
  std::optional<std::vector<std::string>> domain;  ///< the only values there are
  std::set<std::string> reserved;                  ///< values whose bearers are known: never a stand-in for others
  std::size_t effort = 20'000;                     ///< how many ways of reading a text side by side are looked at
  std::size_t copies = 1;  ///< stand-ins wanted for each way, so that values the policy treats alike can still differ
};

/// One text for every way in which a value can stand to all constants and globs: two values in one class are the same
/// to the policy, but for relations, which tell every two texts apart: hence `copies`, as many as there are texts of
/// that kind. Constants come first, ascending.
struct ValueClasses {
  std::vector<std::string> texts;
  bool exact = true;  ///< false: the globs combine in more ways than were looked at, so classes may be missing
};

/// Exact up to the `effort` asked for. With a domain the classes are its values.
ValueClasses value_classes(const ValueUse& use);

}  // namespace weft::model
