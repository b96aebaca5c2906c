#include "codegen/program.h"

#include <mutex>

#include <llvm/Analysis/CGSCCPassManager.h>
#include <llvm/Analysis/LoopAnalysisManager.h>
#include <llvm/Bitcode/BitcodeReader.h>
#include <llvm/IR/DebugInfo.h>
#include <llvm/IR/DiagnosticInfo.h>
#include <llvm/IR/DiagnosticPrinter.h>
#include <llvm/IR/LLVMContext.h>
#include <llvm/IR/LegacyPassManager.h>
#include <llvm/IR/Module.h>
#include <llvm/IR/Verifier.h>
#include <llvm/MC/TargetRegistry.h>
#include <llvm/ObjCopy/CommonConfig.h>
#include <llvm/ObjCopy/ConfigManager.h>
#include <llvm/ObjCopy/ObjCopy.h>
#include <llvm/Object/ObjectFile.h>
#include <llvm/Passes/PassBuilder.h>
#include <llvm/Support/MemoryBuffer.h>
#include <llvm/Support/TargetSelect.h>
#include <llvm/Support/raw_ostream.h>
#include <llvm/Target/TargetMachine.h>
#include <llvm/TargetParser/Triple.h>
#include <llvm/Transforms/IPO/GlobalDCE.h>
#include <llvm/Transforms/IPO/StripDeadPrototypes.h>
#include <llvm/Transforms/IPO/StripSymbols.h>
#include <llvm/Transforms/Utils/ModuleUtils.h>

#include "codegen/datapath_bitcode.h"
#include "codegen/specialise.h"
#include "codegen/stack.h"

namespace weft::codegen {
namespace {

constexpr const char* programs[] = {"weft_from_workload", "weft_to_workload"};
constexpr const char* programs_of_cgroups[] = {"weft_cgroup_egress", "weft_cgroup_ingress", "weft_cgroup_prepare",
                                               "weft_connect4",      "weft_connect6",       "weft_sendmsg4",
                                               "weft_sendmsg6"};
constexpr std::uint64_t instruction_bytes = 8;

Error failed(std::string what) { return {"W4103", "LLVM cannot compile the program: " + std::move(what), {}}; }

Error failed(llvm::Error error) { return failed(llvm::toString(std::move(error))); }

const llvm::Target* bpf_target() {
  static std::once_flag once;  // LLVM keeps its targets in a table of the process
  std::call_once(once, [] {
    LLVMInitializeBPFTargetInfo();
    LLVMInitializeBPFTarget();
    LLVMInitializeBPFTargetMC();
    LLVMInitializeBPFAsmPrinter();
    LLVMInitializeBPFAsmParser();
  });
  std::string error;
  return llvm::TargetRegistry::lookupTarget("bpfel", error);
}

/// The data path on its way from bitcode to a program of one policy.
class Compiler {
 public:
  Compiler() {
    context_.setDiagnosticHandlerCallBack(
        [](const llvm::DiagnosticInfo* info, void* self) {
          if (info->getSeverity() != llvm::DS_Error) return;
          llvm::raw_string_ostream out(static_cast<Compiler*>(self)->complaints_);
          llvm::DiagnosticPrinterRawOStream printer(out);
          info->print(printer);
          out << "; ";
        },
        this);
  }

  /// Bitcode, specialised and optimised.
  Result<void> prepare(const Layout& layout) {
    const auto bitcode = datapath_bitcode();
    const llvm::StringRef bytes(reinterpret_cast<const char*>(bitcode.data()), bitcode.size());
    auto parsed = llvm::parseBitcodeFile(llvm::MemoryBufferRef(bytes, "datapath.bpf.c"), context_);
    if (!parsed) return std::unexpected(failed(parsed.takeError()));
    module_ = std::move(*parsed);

    const llvm::Target* target = bpf_target();
    if (!target) return std::unexpected(failed("it was built without the BPF target"));
    machine_.reset(target->createTargetMachine("bpfel", "v3", "", llvm::TargetOptions(), llvm::Reloc::Static, {},
                                               llvm::CodeGenOptLevel::Default));
    module_->setTargetTriple("bpfel");
    module_->setDataLayout(machine_->createDataLayout());

    if (!layout.cgroups) remove(programs_of_cgroups);
    specialise(*module_, layout);
    set_linkage(llvm::GlobalValue::WeakAnyLinkage);
    if (auto sound = check("the specialised data path"); !sound) return sound;
    optimise();
    set_linkage(llvm::GlobalValue::ExternalLinkage);
    remove_unused();
    if (auto whole = all_defined(); !whole) return whole;
    return check("the optimised data path");
  }

  Result<bundle::Bytes> object() {
    const auto elf = written(llvm::CodeGenFileType::ObjectFile);
    if (!elf) return std::unexpected(elf.error());
    return without_dwarf({elf->data(), elf->size()});
  }

  /// The tables in global data are left out: they are zeros here, and filled when the bundle is loaded.
  Result<std::string> assembly() {
    llvm::StripDebugInfo(*module_);
    const auto text = written(llvm::CodeGenFileType::AssemblyFile);
    if (!text) return std::unexpected(text.error());
    return std::string(text->data(), text->size());
  }

  std::string text() const {
    std::string out;
    llvm::raw_string_ostream stream(out);
    module_->print(stream, nullptr);
    return out;
  }

 private:
  Result<llvm::SmallVector<char, 0>> written(llvm::CodeGenFileType type) {
    llvm::SmallVector<char, 0> bytes;
    llvm::raw_svector_ostream out(bytes);
    llvm::legacy::PassManager passes;
    if (machine_->addPassesToEmitFile(passes, out, nullptr, type)) {
      return std::unexpected(failed("it cannot write BPF code"));
    }
    passes.run(*module_);
    if (!complaints_.empty()) return std::unexpected(failed(complaints_));
    return bytes;
  }

  Result<void> check(const char* what) const {
    std::string complaint;
    llvm::raw_string_ostream out(complaint);
    if (llvm::verifyModule(*module_, &out)) return std::unexpected(failed(std::string(what) + ": " + out.str()));
    if (!complaints_.empty()) return std::unexpected(failed(complaints_));
    return {};
  }

  // The kernel checks each function on its own, for every argument and with nothing known of what it returns. Weak
  // functions are the ones of which the optimiser does not tell callers anything either: a mask stays where it is.
  void set_linkage(llvm::GlobalValue::LinkageTypes linkage) {
    for (llvm::Function& function : *module_) {
      if (function.isDeclaration() || function.hasLocalLinkage() || is_program(function)) continue;
      function.setLinkage(linkage);
    }
  }

  static bool is_program(const llvm::Function& function) {
    return llvm::is_contained(programs, function.getName()) ||
           llvm::is_contained(programs_of_cgroups, function.getName());
  }

  // Programs are marked as used, for nobody calls them.
  void remove(llvm::ArrayRef<const char*> names) {
    llvm::removeFromUsedLists(*module_, [&](llvm::Constant* used) {
      return llvm::is_contained(names, used->stripPointerCasts()->getName());
    });
    for (const char* name : names) module_->getFunction(name)->eraseFromParent();
  }

  void optimise() {
    llvm::PipelineTuningOptions options;
    options.LoopUnrolling = false;  // only loops that ask for it: instructions are what the kernel counts
    options.LoopInterleaving = false;
    options.LoopVectorization = false;
    options.SLPVectorization = false;
    run_passes(options, [](llvm::PassBuilder& builder) {
      return builder.buildPerModuleDefaultPipeline(llvm::OptimizationLevel::O2);
    });
  }

  // A function that no program of this policy calls is gone: IPv6 where nobody has such an address, state where there
  // is none.
  void remove_unused() {
    for (bool more = true; more;) {
      more = false;
      for (llvm::Function& function : llvm::make_early_inc_range(*module_)) {
        if (is_program(function) || !function.use_empty()) continue;
        function.eraseFromParent();
        more = true;
      }
    }
    run_passes({}, [](llvm::PassBuilder&) {
      llvm::ModulePassManager passes;
      passes.addPass(llvm::GlobalDCEPass());
      passes.addPass(llvm::StripDeadPrototypesPass());
      passes.addPass(llvm::StripDeadDebugInfoPass());
      return passes;
    });
  }

  // A table that a policy does not have and its program asks for would be found only by whoever loads it.
  Result<void> all_defined() const {
    for (const llvm::GlobalVariable& variable : module_->globals()) {
      if (variable.isDeclaration() && !variable.use_empty()) {
        return std::unexpected(
            failed("the data path asks for " + variable.getName().str() + ", which this policy has not"));
      }
    }
    return {};
  }

  template <typename Build>
  void run_passes(const llvm::PipelineTuningOptions& options, const Build& build) {
    llvm::LoopAnalysisManager loops;
    llvm::FunctionAnalysisManager functions;
    llvm::CGSCCAnalysisManager graphs;
    llvm::ModuleAnalysisManager modules;
    llvm::PassBuilder builder(machine_.get(), options);
    builder.registerModuleAnalyses(modules);
    builder.registerCGSCCAnalyses(graphs);
    builder.registerFunctionAnalyses(functions);
    builder.registerLoopAnalyses(loops);
    builder.crossRegisterProxies(loops, functions, graphs, modules);
    build(builder).run(*module_, modules);
  }

  // The kernel reads BTF; DWARF would be ten times the program.
  static Result<bundle::Bytes> without_dwarf(llvm::StringRef elf) {
    auto file = llvm::object::ObjectFile::createELFObjectFile(llvm::MemoryBufferRef(elf, "program.o"));
    if (!file) return std::unexpected(failed(file.takeError()));
    llvm::objcopy::ConfigManager config;
    config.Common.StripDebug = true;
    config.Common.InputFilename = config.Common.OutputFilename = "program.o";
    llvm::SmallVector<char, 0> stripped;
    llvm::raw_svector_ostream out(stripped);
    if (auto error = llvm::objcopy::executeObjcopyOnBinary(config, **file, out)) {
      return std::unexpected(failed(std::move(error)));
    }
    return bundle::Bytes(stripped.begin(), stripped.end());
  }

  llvm::LLVMContext context_;
  std::string complaints_;
  std::unique_ptr<llvm::Module> module_;
  std::unique_ptr<llvm::TargetMachine> machine_;
};

std::uint64_t count_instructions(const bundle::Bytes& object) {
  const llvm::StringRef bytes(reinterpret_cast<const char*>(object.data()), object.size());
  auto file = llvm::object::ObjectFile::createELFObjectFile(llvm::MemoryBufferRef(bytes, "program.o"));
  if (!file) {
    llvm::consumeError(file.takeError());
    return 0;
  }
  std::uint64_t out = 0;
  for (const llvm::object::SectionRef& section : (*file)->sections()) {
    if (section.isText()) out += section.getSize() / instruction_bytes;
  }
  return out;
}

}  // namespace

Result<Program> compile(const Layout& layout) {
  Compiler compiler;
  if (auto ready = compiler.prepare(layout); !ready) return std::unexpected(ready.error());
  auto object = compiler.object();
  if (!object) return std::unexpected(object.error());
  // The kernel would refuse it, on the node and after everything else was done. Kernels before 6.9 count more, but that
  // a program fits them, too, is the matter of tests: the policy is not to blame, and newer ones load it.
  const CallRow row = deepest_row(*object, 16);
  if (row.stack > most_stack || row.calls > most_calls) {
    return std::unexpected(failed("it takes more stack than the " + std::to_string(most_stack) + " bytes in " +
                                  std::to_string(most_calls) + " functions that the kernel grants: " + row.functions));
  }
  Program out{std::move(*object), 0};
  out.instructions = count_instructions(out.object);
  return out;
}

Result<std::string> compile_to_assembly(const Layout& layout) {
  Compiler compiler;
  if (auto ready = compiler.prepare(layout); !ready) return std::unexpected(ready.error());
  return compiler.assembly();
}

Result<std::string> compile_to_ir(const Layout& layout) {
  Compiler compiler;
  if (auto ready = compiler.prepare(layout); !ready) return std::unexpected(ready.error());
  return compiler.text();
}

}  // namespace weft::codegen
