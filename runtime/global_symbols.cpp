#include "runtime/global_symbols.h"

#include <elf.h>
#include <fmt/format.h>

#include <cstring>
#include <vector>

#include "runtime/system.h"

namespace weft::runtime {
namespace {

using Object = std::span<const std::uint8_t>;

template <typename Header>
bool read_at(Object object, std::uint64_t offset, Header& out) {
  if (offset > object.size() || object.size() - offset < sizeof out) return false;
  std::memcpy(&out, object.data() + offset, sizeof out);
  return true;
}

std::string text_at(Object object, const Elf64_Shdr& strings, std::uint32_t at) {
  if (strings.sh_offset > object.size() || at >= strings.sh_size) return "";
  const Object rest = object.subspan(strings.sh_offset);
  if (at >= rest.size()) return "";
  const auto* const begin = reinterpret_cast<const char*>(rest.data()) + at;
  return {begin, ::strnlen(begin, std::min<std::uint64_t>(rest.size(), strings.sh_size) - at)};
}

bool is_data(const std::string& section) {
  for (const std::string_view name : {".bss", ".data", ".rodata"}) {
    if (section == name || section.starts_with(std::string(name) + ".")) return true;
  }
  return false;
}

std::unexpected<Error> malformed(std::string_view why) {
  return failure("W6006", fmt::format("the program is no BPF object: {}", why), "build the bundle again");
}

}  // namespace

Result<std::map<std::string, GlobalSymbol>> global_symbols(Object object) {
  Elf64_Ehdr header;
  if (!read_at(object, 0, header) || std::memcmp(header.e_ident, ELFMAG, SELFMAG) != 0)
    return malformed("no ELF header");
  if (header.e_ident[EI_CLASS] != ELFCLASS64 || header.e_ident[EI_DATA] != ELFDATA2LSB || header.e_machine != EM_BPF) {
    return malformed("it is for another machine");
  }
  if (header.e_shentsize != sizeof(Elf64_Shdr)) return malformed("its section headers have an unknown size");
  std::vector<Elf64_Shdr> sections(header.e_shnum);
  for (std::size_t i = 0; i < sections.size(); ++i) {
    // Cannot overflow by more than a wrap that read_at then refuses.
    if (!read_at(object, header.e_shoff + i * sizeof(Elf64_Shdr), sections[i]))
      return malformed("a section is cut off");
  }
  if (header.e_shstrndx >= sections.size()) return malformed("its sections have no names");
  const Elf64_Shdr& section_names = sections[header.e_shstrndx];

  std::map<std::string, GlobalSymbol> out;
  for (const Elf64_Shdr& table : sections) {
    if (table.sh_type != SHT_SYMTAB || table.sh_entsize != sizeof(Elf64_Sym) || table.sh_link >= sections.size())
      continue;
    for (std::uint64_t at = 0; at + sizeof(Elf64_Sym) <= table.sh_size; at += sizeof(Elf64_Sym)) {
      Elf64_Sym symbol;
      if (!read_at(object, table.sh_offset + at, symbol)) return malformed("its symbol table is cut off");
      if (ELF64_ST_TYPE(symbol.st_info) != STT_OBJECT || symbol.st_shndx >= sections.size()) continue;
      const std::string section = text_at(object, section_names, sections[symbol.st_shndx].sh_name);
      if (!is_data(section)) continue;
      out[text_at(object, sections[table.sh_link], symbol.st_name)] = {section, symbol.st_value, symbol.st_size};
    }
  }
  return out;
}

}  // namespace weft::runtime
