#pragma once

#include <cstdint>

#include "base/result.h"
#include "runtime/record.h"
#include "runtime/system.h"

/// Gates that wait: they leave every packet to the gate behind them, until one store puts all gates of a load into
/// force, in whichever interfaces, cgroups and network namespaces.
namespace weft::runtime {

/// The flag in the program's data (`codegen/datapath/tables.h`), and the section that has it to itself, so that the
/// objects of one load can share it.
inline constexpr const char* waiting_flag = "weft_waiting";
inline constexpr const char* waiting_section = ".data.waiting";

/// Lets all gates that share this flag wait, or puts them into force. Errors: W6001, W6008.
Result<void> set_waiting(int flag, bool waiting);
/// The flag of a program that is in the kernel; an invalid descriptor where there is no such program, or one that
/// cannot wait: its bundle is of before there was a flag. Errors: W6001, W6008.
Result<Descriptor> waiting_flag_of(std::uint32_t program);
/// The one that all programs of a load share, asked of whichever is still there. Errors: W6001, W6008.
Result<Descriptor> waiting_flag_of(const Record& record);
/// Do gates with this flag wait? Errors: W6001, W6008.
Result<bool> is_waiting(const Descriptor& flag);

}  // namespace weft::runtime
