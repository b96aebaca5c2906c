# Writes the bytes of INPUT as a C++ array to OUTPUT.
file(READ ${INPUT} hex HEX)
string(LENGTH "${hex}" digits)
math(EXPR size "${digits} / 2")
string(REGEX REPLACE "(................................)" "\\1\n" hex "${hex}")
string(REGEX REPLACE "([0-9a-f][0-9a-f])" "0x\\1," hex "${hex}")
file(WRITE ${OUTPUT} "#include \"codegen/datapath_bitcode.h\"

namespace weft::codegen {

static constexpr std::uint8_t bytes[${size}] = {
${hex}};

std::span<const std::uint8_t> datapath_bitcode() { return bytes; }

}  // namespace weft::codegen
")
