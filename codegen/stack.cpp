#include "codegen/stack.h"

#include <algorithm>
#include <cstring>
#include <map>
#include <set>
#include <utility>
#include <vector>

#include <fmt/format.h>
#include <linux/bpf.h>
#include <llvm/Object/ObjectFile.h>
#include <llvm/Object/SymbolSize.h>
#include <llvm/Support/MemoryBuffer.h>

namespace weft::codegen {
namespace {

/// A function of the object: what lies on its stack, and whom it calls.
struct Function {
  std::string name;
  unsigned depth = 0;
  std::set<std::size_t> calls{};
};

struct Functions {
  std::vector<Function> all;
  std::map<llvm::object::DataRefImpl, std::size_t> by_symbol{};
};

bpf_insn instruction_at(llvm::StringRef text, std::uint64_t at) {
  bpf_insn out{};
  std::memcpy(&out, text.data() + at, sizeof out);
  return out;
}

// Below the frame pointer: what is loaded or stored there, and what a pointer to it is made of in two instructions.
unsigned depth_of(const bpf_insn& instruction, const bpf_insn& next) {
  const unsigned kind = BPF_CLASS(instruction.code);
  int lowest = 0;
  if (kind == BPF_LDX && instruction.src_reg == BPF_REG_10) lowest = instruction.off;
  if ((kind == BPF_ST || kind == BPF_STX) && instruction.dst_reg == BPF_REG_10) lowest = instruction.off;
  if (instruction.code == (BPF_ALU64 | BPF_MOV | BPF_X) && instruction.src_reg == BPF_REG_10 &&
      next.code == (BPF_ALU64 | BPF_ADD | BPF_K) && next.dst_reg == instruction.dst_reg) {
    lowest = next.imm;
  }
  return lowest < 0 ? static_cast<unsigned>(-lowest) : 0;
}

template <typename T>
T value_or(llvm::Expected<T> value, T otherwise) {
  if (value) return std::move(*value);
  llvm::consumeError(value.takeError());
  return otherwise;
}

void read(Function& function, const Functions& functions, const llvm::object::SymbolRef& symbol, std::uint64_t size,
          const llvm::object::ObjectFile& file) {
  const llvm::object::section_iterator section = value_or(symbol.getSection(), file.section_end());
  if (section == file.section_end()) return;
  const llvm::StringRef text = value_or(section->getContents(), llvm::StringRef());
  const std::uint64_t begin = value_or(symbol.getValue(), std::uint64_t{0});
  const std::uint64_t end = std::min<std::uint64_t>(begin + size, text.size());
  for (std::uint64_t at = begin; at + sizeof(bpf_insn) <= end; at += sizeof(bpf_insn)) {
    const bpf_insn next = at + 2 * sizeof(bpf_insn) <= end ? instruction_at(text, at + sizeof(bpf_insn)) : bpf_insn{};
    function.depth = std::max(function.depth, depth_of(instruction_at(text, at), next));
  }
  // Functions are called by their symbol, and named by nothing else that is in a text.
  for (const llvm::object::SectionRef& relocations : file.sections()) {
    const auto target = value_or(relocations.getRelocatedSection(), file.section_end());
    if (target == file.section_end() || *target != *section) continue;
    for (const llvm::object::RelocationRef& relocation : relocations.relocations()) {
      if (relocation.getOffset() < begin || relocation.getOffset() >= end) continue;
      const auto called = functions.by_symbol.find(relocation.getSymbol()->getRawDataRefImpl());
      if (called != functions.by_symbol.end()) function.calls.insert(called->second);
    }
  }
}

struct Row {
  unsigned stack = 0;
  std::vector<std::size_t> functions{};
};

Row deepest(const std::vector<Function>& all, std::size_t from, unsigned rounding, unsigned left) {
  Row out;
  // Whoever calls himself is refused as well, for too many calls.
  if (left > 0) {
    for (const std::size_t called : all[from].calls) {
      Row further = deepest(all, called, rounding, left - 1);
      if (further.stack > out.stack) out = std::move(further);
    }
  }
  out.stack += (std::max(all[from].depth, 1U) + rounding - 1) / rounding * rounding;
  out.functions.insert(out.functions.begin(), from);
  return out;
}

}  // namespace

CallRow deepest_row(const bundle::Bytes& object, unsigned rounding) {
  const llvm::StringRef bytes(reinterpret_cast<const char*>(object.data()), object.size());
  auto file = llvm::object::ObjectFile::createELFObjectFile(llvm::MemoryBufferRef(bytes, "program.o"));
  if (!file) {
    llvm::consumeError(file.takeError());
    return {};
  }
  Functions functions;
  std::vector<std::pair<llvm::object::SymbolRef, std::uint64_t>> symbols;
  for (const auto& [symbol, size] : llvm::object::computeSymbolSizes(**file)) {
    const auto type = value_or(symbol.getType(), llvm::object::SymbolRef::ST_Unknown);
    if (type != llvm::object::SymbolRef::ST_Function) continue;
    functions.by_symbol.emplace(symbol.getRawDataRefImpl(), functions.all.size());
    functions.all.push_back({value_or(symbol.getName(), llvm::StringRef()).str()});
    symbols.emplace_back(symbol, size);
  }
  for (std::size_t i = 0; i < symbols.size(); ++i) {
    read(functions.all[i], functions, symbols[i].first, symbols[i].second, **file);
  }
  Row most;
  for (std::size_t i = 0; i < functions.all.size(); ++i) {
    Row row = deepest(functions.all, i, rounding, most_calls);
    if (row.stack > most.stack) most = std::move(row);
  }
  CallRow out{most.stack, static_cast<unsigned>(most.functions.size()), {}};
  for (const std::size_t each : most.functions) {
    out.functions +=
        fmt::format("{}{} {}", out.functions.empty() ? "" : ", ", functions.all[each].name, functions.all[each].depth);
  }
  return out;
}

}  // namespace weft::codegen
