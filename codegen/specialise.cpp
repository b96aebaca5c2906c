#include "codegen/specialise.h"

#include <algorithm>
#include <bit>
#include <limits>
#include <map>

#include <llvm/BinaryFormat/Dwarf.h>
#include <llvm/IR/Constants.h>
#include <llvm/IR/DIBuilder.h>
#include <llvm/IR/DebugInfo.h>
#include <llvm/IR/IRBuilder.h>
#include <llvm/IR/InlineAsm.h>

#include "base/assert.h"

namespace weft::codegen {
namespace {

/// Debug information for what is generated: the kernel's BTF is made from it.
class Types {
 public:
  explicit Types(llvm::Module& module)
      : builder_(module, true, *module.debug_compile_units_begin()), unit_(*module.debug_compile_units_begin()) {
    llvm::DebugInfoFinder finder;
    finder.processModule(module);
    for (llvm::DIType* type : finder.types()) {
      if (type->getTag() == llvm::dwarf::DW_TAG_structure_type && !type->isForwardDecl()) {
        structures_.emplace(type->getName().str(), type);
      }
    }
  }
  ~Types() { builder_.finalize(); }
  Types(const Types&) = delete;
  Types& operator=(const Types&) = delete;

  llvm::DIType* unsigned_of(std::uint32_t bytes) {
    static constexpr const char* names[] = {"", "unsigned char",     "unsigned short", "", "unsigned int", "", "",
                                            "", "unsigned long long"};
    return builder_.createBasicType(names[bytes], std::uint64_t{bytes} * 8,
                                    bytes == 1 ? llvm::dwarf::DW_ATE_unsigned_char : llvm::dwarf::DW_ATE_unsigned);
  }

  llvm::DIType* array_of(llvm::DIType* element, std::uint64_t count) {
    llvm::Metadata* range = builder_.getOrCreateSubrange(0, static_cast<std::int64_t>(count));
    return builder_.createArrayType(count * element->getSizeInBits(), 0, element, builder_.getOrCreateArray({range}));
  }

  /// A structure of the data path; where it has none of that name, a number or bytes of that size.
  llvm::DIType* named(const std::string& name, std::uint32_t bytes) {
    if (const auto found = structures_.find(name); !name.empty() && found != structures_.end()) return found->second;
    return bytes == 4 || bytes == 8 ? unsigned_of(bytes) : array_of(unsigned_of(1), bytes);
  }

  llvm::DIType* pointer_to(llvm::DIType* type) { return builder_.createPointerType(type, 64); }

  /// The structure through which libbpf reads the definition of a map: each member points to a type that says it.
  llvm::DIType* definition(const std::vector<std::pair<std::string, llvm::DIType*>>& members) {
    std::vector<llvm::Metadata*> fields;
    std::uint64_t offset = 0;
    for (const auto& [name, type] : members) {
      fields.push_back(builder_.createMemberType(unit_, name, unit_->getFile(), 0, 64, 64, offset,
                                                 llvm::DINode::FlagZero, pointer_to(type)));
      offset += 64;
    }
    return builder_.createStructType(unit_, "", unit_->getFile(), 0, offset, 64, llvm::DINode::FlagZero, nullptr,
                                     builder_.getOrCreateArray(fields));
  }

  void describe(llvm::GlobalVariable& variable, llvm::DIType* type) {
    variable.addDebugInfo(
        builder_.createGlobalVariableExpression(unit_, variable.getName(), {}, unit_->getFile(), 0, type, false));
  }

 private:
  llvm::DIBuilder builder_;
  llvm::DICompileUnit* unit_;
  std::map<std::string, llvm::DIType*> structures_;
};

class Specialiser {
 public:
  Specialiser(llvm::Module& module, const Layout& layout)
      : module_(module), context_(module.getContext()), layout_(layout), types_(module) {}

  void run() {
    for (const auto& [name, value] : layout_.constants) constant(name, value);
    for (const Table& table : layout_.tables) add(table);
    for (const Map& map : layout_.maps) add(map);
    direct4();
    direct6();
    atom();
    held();
  }

 private:
  void constant(const std::string& name, std::uint32_t value) {
    llvm::GlobalVariable* variable = module_.getNamedGlobal(name);
    if (!variable) return;  // clang drops a declaration nobody reads
    variable->setInitializer(llvm::ConstantInt::get(llvm::Type::getInt32Ty(context_), value));
    variable->setConstant(true);
    variable->setLinkage(llvm::GlobalValue::InternalLinkage);
    variable->eraseMetadata(llvm::LLVMContext::MD_dbg);
  }

  // Puts a definition in the place of the declaration of that name, if there is one.
  llvm::GlobalVariable* define(const std::string& name, llvm::Type* type, const std::string& section) {
    auto* variable = new llvm::GlobalVariable(module_, type, false, llvm::GlobalValue::ExternalLinkage,
                                              llvm::Constant::getNullValue(type));
    if (llvm::GlobalVariable* declaration = module_.getNamedGlobal(name)) {
      declaration->replaceAllUsesWith(variable);
      declaration->eraseFromParent();
    }
    variable->setName(name);
    variable->setSection(section);
    return variable;
  }

  // One section for all tables: libbpf before 1.1, which bpftool carries, knows no other of zeros.
  void add(const Table& table) {
    const std::uint64_t count = table.contents.size() / table.element_bytes;
    llvm::Type* element = llvm::IntegerType::get(context_, table.element_bytes * 8);
    llvm::GlobalVariable* variable = define(table.name, llvm::ArrayType::get(element, count), ".bss");
    variable->setAlignment(llvm::Align(64));  // rows begin where cache lines do
    types_.describe(*variable, types_.array_of(types_.unsigned_of(table.element_bytes), count));
  }

  void add(const Map& map) {
    const auto number = [&](std::uint32_t value) {
      return types_.array_of(types_.named("", 4), value);  // libbpf reads the count of elements
    };
    std::vector<std::pair<std::string, llvm::DIType*>> members{{"type", number(kernel_type(map.kind))},
                                                               {"max_entries", number(map.most_entries)}};
    if (map.kind != Map::Kind::RingBuffer) {
      members.emplace_back("key", types_.named(map.key_type, map.key_bytes));
      members.emplace_back("value", types_.named(map.value_type, map.value_bytes));
    }
    constexpr std::uint32_t no_preallocation = 1;  // BPF_F_NO_PREALLOC, which tries and storage of sockets require
    if (map.kind == Map::Kind::Lpm || map.kind == Map::Kind::SocketStorage)
      members.emplace_back("map_flags", number(no_preallocation));
    llvm::Type* type = llvm::ArrayType::get(llvm::PointerType::get(context_, 0), members.size());
    llvm::GlobalVariable* variable = define(map.name, type, ".maps");
    variable->setAlignment(llvm::Align(8));
    types_.describe(*variable, types_.definition(members));
  }

  // enum bpf_map_type of linux/bpf.h.
  static std::uint32_t kernel_type(Map::Kind kind) {
    switch (kind) {
      case Map::Kind::Hash:
        return 1;
      case Map::Kind::PerCpuArray:
        return 6;
      case Map::Kind::LruHash:
        return 9;
      case Map::Kind::LruPerCpuHash:
        return 10;
      case Map::Kind::Lpm:
        return 11;
      case Map::Kind::CgroupStorage:
        return 19;
      case Map::Kind::SocketStorage:
        return 24;
      case Map::Kind::RingBuffer:
        return 27;
    }
    std::unreachable();
  }

  llvm::Function* begin(const std::string& name) {
    llvm::Function* function = module_.getFunction(name);
    if (!function) return nullptr;
    WEFT_ASSERT(function->isDeclaration(), "generated functions are only declared in the data path");
    function->setLinkage(llvm::GlobalValue::InternalLinkage);
    function->addFnAttr(llvm::Attribute::AlwaysInline);
    function->addFnAttr(llvm::Attribute::NoUnwind);
    return function;
  }

  llvm::BasicBlock* block(llvm::Function* function, const char* name) {
    return llvm::BasicBlock::Create(context_, name, function);
  }

  llvm::Value* element(llvm::IRBuilder<>& ir, const std::string& table, llvm::Type* type, llvm::Value* index) {
    llvm::GlobalVariable* variable = module_.getNamedGlobal(table);
    WEFT_ASSERT(variable, "tables are defined before the functions that read them");
    llvm::Value* at = ir.CreateInBoundsGEP(type, variable, ir.CreateZExt(index, ir.getInt64Ty()));
    return ir.CreateLoad(type, at);
  }

  // u64 weft_direct4(u32 address): one unsigned compare for each range, because address - first <u size is inside.
  void direct4() {
    llvm::Function* function = begin("weft_direct4");
    if (!function) return;
    llvm::IRBuilder<> ir(block(function, "entry"));
    Lines(*function, unit()).stand_at(ir, {});
    llvm::Value* address = function->getArg(0);
    for (const DirectRange& range : layout_.direct4) {
      llvm::Value* offset = ir.CreateSub(address, ir.getInt32(static_cast<std::uint32_t>(range.first)), "offset");
      llvm::BasicBlock* inside = block(function, "inside");
      llvm::BasicBlock* outside = block(function, "outside");
      ir.CreateCondBr(ir.CreateICmpULE(offset, ir.getInt32(range.size - 1)), inside, outside);

      ir.SetInsertPoint(inside);
      // The optimiser may drop the mask, which repeats the compare; the kernel's verifier knows the bound by either.
      llvm::Value* index = ir.CreateAnd(offset, ir.getInt32(range.size - 1), "index");
      ir.CreateRet(identity_at(ir, range, index));
      ir.SetInsertPoint(outside);
    }
    ir.CreateRet(ir.getInt64(~std::uint64_t{0}));  // WEFT_NOT_DIRECT
  }

  // u64 weft_direct6(u64 high, u64 low): one compare for each range, because ranges are aligned. Of the halves, which
  // are as in the packet, only that which is indexed with has to be turned.
  void direct6() {
    llvm::Function* function = begin("weft_direct6");
    if (!function) return;
    llvm::IRBuilder<> ir(block(function, "entry"));
    Lines(*function, unit()).stand_at(ir, {});
    llvm::Value* low = ir.CreateUnaryIntrinsic(llvm::Intrinsic::bswap, function->getArg(1));
    for (const DirectRange& range : layout_.direct6) {
      llvm::Value* network = ir.CreateXor(function->getArg(0), ir.getInt64(std::byteswap(range.network)), "network");
      llvm::Value* place = ir.CreateXor(low, ir.getInt64(range.first), "place");
      llvm::Value* beyond = ir.CreateOr(network, ir.CreateLShr(place, std::bit_width(range.size) - 1U));
      llvm::BasicBlock* inside = block(function, "inside");
      llvm::BasicBlock* outside = block(function, "outside");
      ir.CreateCondBr(ir.CreateICmpEQ(beyond, ir.getInt64(0)), inside, outside);

      ir.SetInsertPoint(inside);
      // Here the mask says what the compare has said already, but the kernel's verifier does not follow that.
      llvm::Value* index = ir.CreateAnd(unknown(ir, place), ir.getInt64(range.size - 1), "index");
      ir.CreateRet(identity_at(ir, range, index));
      ir.SetInsertPoint(outside);
    }
    ir.CreateRet(ir.getInt64(~std::uint64_t{0}));  // WEFT_NOT_DIRECT
  }

  llvm::Value* identity_at(llvm::IRBuilder<>& ir, const DirectRange& range, llvm::Value* index) {
    llvm::Value* identity = ir.CreateZExt(element(ir, range.classes, ir.getInt16Ty(), index), ir.getInt64Ty());
    if (range.homes.empty()) return identity;
    llvm::Value* home = ir.CreateZExt(element(ir, range.homes, ir.getInt16Ty(), index), ir.getInt64Ty());
    return ir.CreateOr(identity, ir.CreateShl(home, 16));
  }

  // The same value, of which the optimiser knows nothing.
  static llvm::Value* unknown(llvm::IRBuilder<>& ir, llvm::Value* value) {
    llvm::Type* type = value->getType();
    return ir.CreateCall(llvm::InlineAsm::get(llvm::FunctionType::get(type, {type}, false), "", "=r,0", true), {value});
  }

  // u32 weft_atom(u32 protocol, u32 value): at most five compares, then one load.
  void atom() {
    llvm::Function* function = begin("weft_atom");
    if (!function) return;
    const AtomTables& atoms = layout_.atoms;
    llvm::IRBuilder<> ir(block(function, "entry"));
    Lines lines(*function, unit());
    llvm::Type* type = ir.getIntNTy(atoms.element_bytes * 8);
    llvm::Value* protocol = function->getArg(0);
    for (const AtomTables::OfProtocol& one : atoms.by_value) {
      llvm::BasicBlock* same = block(function, "same");
      llvm::BasicBlock* other = block(function, "other");
      const auto& places = layout_.places.protocols;
      const auto place = places.find(one.protocol);
      lines.stand_at(ir, place == places.end() ? std::nullopt : std::optional(place->second));
      ir.CreateCondBr(ir.CreateICmpEQ(protocol, ir.getInt32(one.protocol)), same, other);
      ir.SetInsertPoint(same);
      llvm::Value* value = ir.CreateAnd(function->getArg(1), ir.getInt32(0xFFFF), "value");
      ir.CreateRet(ir.CreateZExt(element(ir, one.table, type, value), ir.getInt32Ty()));
      ir.SetInsertPoint(other);
    }
    lines.stand_at(ir, {});
    llvm::Value* number = ir.CreateAnd(protocol, ir.getInt32(0xFF), "number");
    ir.CreateRet(ir.CreateZExt(element(ir, atoms.by_protocol, type, number), ir.getInt32Ty()));
  }

  // u64 weft_held(u32 source, u32 destination, u64 now, u32 own_node): a bit for each condition, without a branch.
  void held() {
    llvm::Function* function = begin("weft_held");
    if (!function) return;
    llvm::IRBuilder<> ir(block(function, "entry"));
    Lines lines(*function, unit());
    lines.stand_at(ir, {});
    const auto value_of = [&](llvm::Value* of_class, std::uint16_t column) {
      llvm::Value* index = ir.CreateMul(of_class, ir.getInt32(layout_.value_columns));
      return element(ir, "weft_values", ir.getInt16Ty(), ir.CreateAdd(index, ir.getInt32(column)));
    };
    llvm::Value* out = ir.getInt64(0);
    // One condition after the other: with what all of them compare side by side, dozens would not fit on the stack.
    const auto in_order = [&](llvm::Value* value) { return unknown(ir, value); };
    llvm::Value* now = function->getArg(2);
    llvm::Value* mask = ir.getInt32(constant_value("weft_class_mask"));
    llvm::Value* source = ir.CreateAnd(function->getArg(0), mask, "source");
    llvm::Value* destination = ir.CreateAnd(function->getArg(1), mask, "destination");
    for (std::size_t i = 0; i < layout_.conditions.size(); ++i) {
      llvm::Value* holds = nullptr;
      lines.stand_at(ir, layout_.places.conditions[i]);
      if (const auto* relation = std::get_if<plan::Relation>(&layout_.conditions[i])) {
        source = in_order(source);
        destination = in_order(destination);
        llvm::Value* from = value_of(source, relation->source);
        llvm::Value* to = value_of(destination, relation->destination);
        // 0 is no value: equal values are present if one is, different ones if both are.
        llvm::Value* zero = ir.getInt16(0);
        holds = ir.CreateAnd(relation->equal ? ir.CreateICmpEQ(from, to) : ir.CreateICmpNE(from, to),
                             ir.CreateICmpNE(from, zero));
        if (!relation->equal) holds = ir.CreateAnd(holds, ir.CreateICmpNE(to, zero));
      } else if (const auto* deadline = std::get_if<plan::Deadline>(&layout_.conditions[i])) {
        now = in_order(now);
        holds = ir.CreateICmpULT(now, ir.getInt64(nanoseconds(deadline->expires)));
      } else if (std::holds_alternative<plan::Audited>(layout_.conditions[i])) {
        continue;  // never
      } else {
        // The row of the peer says already that it is a node.
        const bool own = std::get<plan::OwnNode>(layout_.conditions[i]).own;
        holds =
            ir.CreateICmp(own ? llvm::CmpInst::ICMP_NE : llvm::CmpInst::ICMP_EQ, function->getArg(3), ir.getInt32(0));
      }
      llvm::Value* bit = ir.CreateShl(ir.CreateZExt(holds, ir.getInt64Ty()), ir.getInt64(i));
      out = in_order(ir.CreateOr(out, bit));
    }
    lines.stand_at(ir, {});
    ir.CreateRet(out);
  }

  llvm::DICompileUnit* unit() { return *module_.debug_compile_units_begin(); }

  // Since 1970: what is before has passed, and what is after the year 2554 never comes.
  static std::uint64_t nanoseconds(model::Moment moment) {
    constexpr std::uint64_t second = 1'000'000'000, most = std::numeric_limits<std::uint64_t>::max() / second;
    const auto seconds = static_cast<std::int64_t>(moment);
    if (seconds <= 0) return 0;
    return std::min(static_cast<std::uint64_t>(seconds), most) * second;
  }

  std::uint32_t constant_value(std::string_view name) const {
    const auto found = std::ranges::find(layout_.constants, name, [](const auto& one) { return one.first; });
    WEFT_ASSERT(found != layout_.constants.end(), "the layout has every constant");
    return found->second;
  }

  llvm::Module& module_;
  llvm::LLVMContext& context_;
  const Layout& layout_;
  Types types_;
};

}  // namespace

void specialise(llvm::Module& module, const Layout& layout) { Specialiser(module, layout).run(); }

}  // namespace weft::codegen
