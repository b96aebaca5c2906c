#pragma once

#include <concepts>
#include <cstddef>
#include <optional>
#include <ranges>
#include <string>
#include <tuple>
#include <type_traits>
#include <utility>
#include <variant>

#include "base/source.h"

/// Any plain data as text, so that a test can compare what has no `==`. Spans are left out: they say where something
/// stood, not what it is.
namespace weft::test {

namespace dump_detail {

// Stands for a value of whatever type a field has.
struct Anything {
  template <typename Field>
  operator Field() const;  // NOLINT: never defined, only asked for
};

template <typename Aggregate, typename... Fields>
constexpr std::size_t fields() {
  if constexpr (requires { Aggregate{Fields{}..., Anything{}}; }) {
    return fields<Aggregate, Fields..., Anything>();
  } else {
    return sizeof...(Fields);
  }
}

// References to the fields of a plain struct.
template <std::size_t N, typename Aggregate>
auto tie(const Aggregate& value) {
  static_assert(N > 0 && N <= 21, "a struct of more fields than this knows to take apart");
  if constexpr (N == 1) {
    const auto& [a] = value;
    return std::tie(a);
  } else if constexpr (N == 2) {
    const auto& [a, b] = value;
    return std::tie(a, b);
  } else if constexpr (N == 3) {
    const auto& [a, b, c] = value;
    return std::tie(a, b, c);
  } else if constexpr (N == 4) {
    const auto& [a, b, c, d] = value;
    return std::tie(a, b, c, d);
  } else if constexpr (N == 5) {
    const auto& [a, b, c, d, e] = value;
    return std::tie(a, b, c, d, e);
  } else if constexpr (N == 6) {
    const auto& [a, b, c, d, e, f] = value;
    return std::tie(a, b, c, d, e, f);
  } else if constexpr (N == 7) {
    const auto& [a, b, c, d, e, f, g] = value;
    return std::tie(a, b, c, d, e, f, g);
  } else if constexpr (N == 8) {
    const auto& [a, b, c, d, e, f, g, h] = value;
    return std::tie(a, b, c, d, e, f, g, h);
  } else if constexpr (N == 9) {
    const auto& [a, b, c, d, e, f, g, h, i] = value;
    return std::tie(a, b, c, d, e, f, g, h, i);
  } else if constexpr (N == 10) {
    const auto& [a, b, c, d, e, f, g, h, i, j] = value;
    return std::tie(a, b, c, d, e, f, g, h, i, j);
  } else if constexpr (N == 11) {
    const auto& [a, b, c, d, e, f, g, h, i, j, k] = value;
    return std::tie(a, b, c, d, e, f, g, h, i, j, k);
  } else if constexpr (N == 12) {
    const auto& [a, b, c, d, e, f, g, h, i, j, k, l] = value;
    return std::tie(a, b, c, d, e, f, g, h, i, j, k, l);
  } else if constexpr (N == 13) {
    const auto& [a, b, c, d, e, f, g, h, i, j, k, l, m] = value;
    return std::tie(a, b, c, d, e, f, g, h, i, j, k, l, m);
  } else if constexpr (N == 14) {
    const auto& [a, b, c, d, e, f, g, h, i, j, k, l, m, n] = value;
    return std::tie(a, b, c, d, e, f, g, h, i, j, k, l, m, n);
  } else if constexpr (N == 15) {
    const auto& [a, b, c, d, e, f, g, h, i, j, k, l, m, n, o] = value;
    return std::tie(a, b, c, d, e, f, g, h, i, j, k, l, m, n, o);
  } else if constexpr (N == 16) {
    const auto& [a, b, c, d, e, f, g, h, i, j, k, l, m, n, o, p] = value;
    return std::tie(a, b, c, d, e, f, g, h, i, j, k, l, m, n, o, p);
  } else if constexpr (N == 17) {
    const auto& [a, b, c, d, e, f, g, h, i, j, k, l, m, n, o, p, q] = value;
    return std::tie(a, b, c, d, e, f, g, h, i, j, k, l, m, n, o, p, q);
  } else if constexpr (N == 18) {
    const auto& [a, b, c, d, e, f, g, h, i, j, k, l, m, n, o, p, q, r] = value;
    return std::tie(a, b, c, d, e, f, g, h, i, j, k, l, m, n, o, p, q, r);
  } else if constexpr (N == 19) {
    const auto& [a, b, c, d, e, f, g, h, i, j, k, l, m, n, o, p, q, r, s] = value;
    return std::tie(a, b, c, d, e, f, g, h, i, j, k, l, m, n, o, p, q, r, s);
  } else if constexpr (N == 20) {
    const auto& [a, b, c, d, e, f, g, h, i, j, k, l, m, n, o, p, q, r, s, t] = value;
    return std::tie(a, b, c, d, e, f, g, h, i, j, k, l, m, n, o, p, q, r, s, t);
  } else if constexpr (N == 21) {
    const auto& [a, b, c, d, e, f, g, h, i, j, k, l, m, n, o, p, q, r, s, t, u] = value;
    return std::tie(a, b, c, d, e, f, g, h, i, j, k, l, m, n, o, p, q, r, s, t, u);
  }
}

template <typename Value>
concept Optional = requires(const Value& value) {
  value.has_value();
  *value;
};
template <typename Value>
concept Alternatives = requires(const Value& value) { value.index(); };
template <typename Value>
concept Ranges = requires(const Value& value) { value.ranges(); };

}  // namespace dump_detail

template <typename Value>
void dump(const Value& value, std::string& out) {
  using namespace dump_detail;
  if constexpr (std::same_as<Value, Span>) {
    return;
  } else if constexpr (std::convertible_to<const Value&, std::string_view>) {
    out += '"';
    out += std::string_view(value);
    out += '"';
  } else if constexpr (std::is_enum_v<Value>) {
    out += std::to_string(static_cast<long long>(value));
  } else if constexpr (std::is_arithmetic_v<Value>) {
    out += std::to_string(value);
  } else if constexpr (Optional<Value>) {
    out += value.has_value() ? '+' : '-';
    if (value.has_value()) dump(*value, out);
  } else if constexpr (requires { *value.get(); }) {  // what a pointer that owns points to
    out += value ? '+' : '-';
    if (value) dump(*value, out);
  } else if constexpr (Alternatives<Value>) {
    out += std::to_string(value.index()) + ':';
    std::visit([&](const auto& alternative) { dump(alternative, out); }, value);
  } else if constexpr (std::ranges::range<Value>) {
    out += '[';
    for (const auto& element : value) {
      dump(element, out);
      out += ',';
    }
    out += ']';
  } else if constexpr (Ranges<Value>) {  // sets of addresses or services keep their ranges to themselves
    dump(value.ranges(), out);
  } else {
    out += '{';
    if constexpr (!std::is_empty_v<Value>) {
      std::apply([&](const auto&... field) { ((dump(field, out), out += ' '), ...); },
                 dump_detail::tie<dump_detail::fields<Value>()>(value));
    }
    out += '}';
  }
}

template <typename Value>
std::string dump(const Value& value) {
  std::string out;
  dump(value, out);
  return out;
}

}  // namespace weft::test
