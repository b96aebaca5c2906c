#include "tests/kernel/budget.h"

#include <algorithm>
#include <cstdlib>

#include <bpf/libbpf.h>

namespace weft::test {
namespace {

unsigned number_after(const std::string& log, const std::string& word) {
  const std::size_t at = log.rfind(word);
  return at == std::string::npos ? 0 : static_cast<unsigned>(std::strtoul(log.c_str() + at + word.size(), nullptr, 10));
}

// "stack depth 104+0+64": of the program and of its functions, in the order of the text.
unsigned deepest(const std::string& log) {
  std::size_t at = log.rfind("stack depth ");
  unsigned most = 0;
  if (at == std::string::npos) return 0;
  const char* next = log.c_str() + at + 12;
  for (bool more = true; more; ++next) {
    char* end = nullptr;
    most = std::max(most, static_cast<unsigned>(std::strtoul(next, &end, 10)));
    more = *end == '+';
    next = end;
  }
  return most;
}

Result<Verified> verify_one(const bundle::Bundle& bundle, const std::string& name) {
  bpf_object* object = bpf_object__open_mem(bundle.object.data(), bundle.object.size(), nullptr);
  if (!object) return std::unexpected(Error{"", "libbpf cannot open the object", {}});
  bpf_program* program = nullptr;
  bpf_object__for_each_program(program, object) {
    bpf_program__set_autoload(program, bpf_program__name(program) == name);
  }
  program = bpf_object__find_program_by_name(object, name.c_str());
  constexpr unsigned statistics = 4;  // BPF_LOG_STATS
  std::vector<char> log(1U << 20U);
  bpf_program__set_log_level(program, statistics);
  bpf_program__set_log_buf(program, log.data(), log.size());
  const int loaded = bpf_object__load(object);
  bpf_object__close(object);
  const std::string text = log.data();
  if (loaded != 0) return std::unexpected(Error{"", "the kernel refuses " + name + ": " + text, {}});
  return Verified{name, number_after(text, "processed "), deepest(text)};
}

}  // namespace

Result<std::vector<Verified>> verified(const bundle::Bundle& bundle) {
  bpf_object* object = bpf_object__open_mem(bundle.object.data(), bundle.object.size(), nullptr);
  if (!object) return std::unexpected(Error{"", "libbpf cannot open the object", {}});
  std::vector<std::string> names;
  bpf_program* program = nullptr;
  bpf_object__for_each_program(program, object) names.emplace_back(bpf_program__name(program));
  bpf_object__close(object);
  std::vector<Verified> out;
  for (const std::string& name : names) {
    Result<Verified> one = verify_one(bundle, name);
    if (!one) return std::unexpected(one.error());
    out.push_back(std::move(*one));
  }
  return out;
}

}  // namespace weft::test
