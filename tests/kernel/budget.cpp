#include "tests/kernel/budget.h"

#include <algorithm>
#include <cstdlib>
#include <map>
#include <memory>
#include <optional>
#include <set>

#include <bpf/bpf.h>
#include <bpf/btf.h>
#include <bpf/libbpf.h>
#include <fmt/format.h>
#include <linux/bpf.h>

namespace weft::test {
namespace {

unsigned number_after(const std::string& log, const std::string& word) {
  const std::size_t at = log.rfind(word);
  return at == std::string::npos ? 0 : static_cast<unsigned>(std::strtoul(log.c_str() + at + word.size(), nullptr, 10));
}

// "stack depth 104+0+64": of the program and of its functions, in the order of the text.
std::vector<unsigned> depths(const std::string& log) {
  std::vector<unsigned> out;
  const std::size_t at = log.rfind("stack depth ");
  if (at == std::string::npos) return out;
  const char* next = log.c_str() + at + 12;
  for (bool more = true; more; ++next) {
    char* end = nullptr;
    out.push_back(static_cast<unsigned>(std::strtoul(next, &end, 10)));
    more = *end == '+';
    next = end;
  }
  return out;
}

/// The functions of a program, and whom each calls.
struct Function {
  std::string name;
  unsigned depth = 0;
  std::set<std::size_t> calls{};
};

struct Text {
  std::vector<bpf_func_info> functions;
  std::vector<bpf_insn> instructions;
  std::vector<std::string> names;
};

bool is_call(const bpf_insn& instruction, int kind) {
  return instruction.code == (BPF_JMP | BPF_CALL) && instruction.src_reg == kind;
}

// The text as the kernel runs it: what it has found to be dead is gone.
Result<Text> text_of(int program, const std::string& name) {
  const auto failed = [&](const char* what) {
    return std::unexpected(Error{"", fmt::format("{}: {}", name, what), {}});
  };
  bpf_prog_info info{};
  __u32 size = sizeof(info);
  if (bpf_obj_get_info_by_fd(program, &info, &size) != 0) return failed("the kernel says nothing of it");
  if (info.jited_prog_len == 0) return failed("the kernel does not compile it, so its stack cannot be told");
  Text out;
  out.functions.resize(info.nr_func_info);
  out.instructions.resize(info.xlated_prog_len / sizeof(bpf_insn));
  const __u32 types = info.btf_id, count = info.nr_func_info, bytes = info.xlated_prog_len;
  info = {};
  info.nr_func_info = count;
  info.func_info_rec_size = sizeof(bpf_func_info);
  info.func_info = reinterpret_cast<std::uintptr_t>(out.functions.data());
  info.xlated_prog_len = bytes;
  info.xlated_prog_insns = reinterpret_cast<std::uintptr_t>(out.instructions.data());
  size = sizeof(info);
  if (bpf_obj_get_info_by_fd(program, &info, &size) != 0 || info.xlated_prog_insns == 0) {
    return failed("the kernel does not show its text");
  }
  const std::unique_ptr<btf, decltype(&btf__free)> named(btf__load_from_kernel_by_id(types), btf__free);
  if (!named) return failed("the kernel does not show its types");
  for (const bpf_func_info& function : out.functions) {
    out.names.emplace_back(btf__name_by_offset(named.get(), btf__type_by_id(named.get(), function.type_id)->name_off));
  }
  return out;
}

// Of calls in a compiled program the kernel says the number of the function that is called.
std::vector<Function> functions_of(const Text& text, const std::vector<unsigned>& stacks) {
  std::vector<Function> out;
  for (std::size_t i = 0; i < text.names.size(); ++i) out.push_back({text.names[i], stacks[i]});
  for (std::size_t i = 0, now = 0; i < text.instructions.size(); ++i) {
    while (now + 1 < out.size() && text.functions[now + 1].insn_off <= i) ++now;
    if (is_call(text.instructions[i], BPF_PSEUDO_CALL)) {
      out[now].calls.insert(static_cast<std::size_t>(text.instructions[i].imm));
    }
  }
  return out;
}

/// The row of calls from a function on that takes the most stack.
struct Row {
  unsigned stack = 0;
  std::vector<std::size_t> functions{};
};

Row deepest(const std::vector<Function>& all, std::size_t from, unsigned rounding) {
  Row out;
  for (const std::size_t called : all[from].calls) {
    Row further = deepest(all, called, rounding);
    if (further.stack > out.stack) out = std::move(further);
  }
  out.stack += (std::max(all[from].depth, 1U) + rounding - 1) / rounding * rounding;
  out.functions.insert(out.functions.begin(), from);
  return out;
}

// The helpers that the text of the object calls; in the kernel's own text some are instructions of their own by now.
void add_calls(Verified& out, const bpf_program* program) {
  std::set<int> helpers;
  for (std::size_t i = 0; i < bpf_program__insn_cnt(program); ++i) {
    const bpf_insn& each = bpf_program__insns(program)[i];
    if (is_call(each, 0)) helpers.insert(each.imm);
    out.calls_kernel_by_name = out.calls_kernel_by_name || is_call(each, BPF_PSEUDO_KFUNC_CALL);
  }
  out.helpers.assign(helpers.begin(), helpers.end());
}

Result<Verified> figures(const bpf_program* program, const std::string& log) {
  Verified out;
  out.program = bpf_program__name(program);
  out.walked = number_after(log, "processed ");
  const Result<Text> text = text_of(bpf_program__fd(program), out.program);
  if (!text) return std::unexpected(text.error());
  const std::vector<unsigned> stacks = depths(log);
  if (stacks.size() != text->names.size()) {
    return std::unexpected(Error{"", out.program + ": the verifier's log speaks of other functions: " + log, {}});
  }
  const std::vector<Function> functions = functions_of(*text, stacks);
  const Row row = deepest(functions, 0, 32);
  out.stack = deepest(functions, 0, 16).stack;
  out.stack_before_6_9 = row.stack;
  out.calls = static_cast<unsigned>(row.functions.size());
  for (const std::size_t each : row.functions) {
    out.deepest += fmt::format("{}{} {}", out.deepest.empty() ? "" : ", ", functions[each].name, functions[each].depth);
  }
  add_calls(out, program);
  return out;
}

}  // namespace

Result<std::vector<Verified>> verified(const bundle::Bundle& bundle) {
  const std::unique_ptr<bpf_object, decltype(&bpf_object__close)> object(
      bpf_object__open_mem(bundle.object.data(), bundle.object.size(), nullptr), bpf_object__close);
  if (!object) return std::unexpected(Error{"", "libbpf cannot open the object", {}});
  constexpr unsigned statistics = 4;  // BPF_LOG_STATS
  constexpr std::size_t log_bytes = 1U << 16U;
  std::map<const bpf_program*, std::vector<char>> logs;
  bpf_program* program = nullptr;
  bpf_object__for_each_program(program, object.get()) {
    std::vector<char>& log = logs.emplace(program, log_bytes).first->second;
    bpf_program__set_log_level(program, statistics);
    bpf_program__set_log_buf(program, log.data(), log.size());
  }
  if (bpf_object__load(object.get()) != 0) {
    std::string said;
    bpf_object__for_each_program(program, object.get()) {
      const std::string log = logs.at(program).data();
      if (bpf_program__fd(program) < 0 && !log.empty()) said += fmt::format(" {}: {}", bpf_program__name(program), log);
    }
    return std::unexpected(Error{"", "the kernel refuses the programs:" + said, {}});
  }
  std::vector<Verified> out;
  bpf_object__for_each_program(program, object.get()) {
    Result<Verified> one = figures(program, logs.at(program).data());
    if (!one) return std::unexpected(one.error());
    out.push_back(std::move(*one));
  }
  return out;
}

}  // namespace weft::test
