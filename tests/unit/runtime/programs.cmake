# The small programs that the tests of runtime/ load, as BPF objects: independent of our own code generator.
find_program(WEFT_BPF_CLANG NAMES clang-19 clang REQUIRED)
find_library(BPF_LIBRARY bpf REQUIRED)
set(weft_runtime_programs ${CMAKE_CURRENT_BINARY_DIR}/runtime_programs)
file(MAKE_DIRECTORY ${weft_runtime_programs})
foreach(variant good refused)
  set(object ${weft_runtime_programs}/${variant}.o)
  if(variant STREQUAL "refused")
    set(definition -DREFUSED)
  else()
    set(definition)
  endif()
  add_custom_command(OUTPUT ${object}
    COMMAND ${WEFT_BPF_CLANG} -target bpf -O2 -g -mcpu=v3 -Wall -Werror ${definition}
            -isystem /usr/include/${CMAKE_LIBRARY_ARCHITECTURE} -I${CMAKE_SOURCE_DIR}
            -c ${CMAKE_CURRENT_SOURCE_DIR}/unit/runtime/gate.bpf.c -o ${object}
    DEPENDS ${CMAKE_CURRENT_SOURCE_DIR}/unit/runtime/gate.bpf.c ${CMAKE_SOURCE_DIR}/bundle/abi.h
    COMMENT "Compiling the BPF test program ${variant}.o" VERBATIM)
  list(APPEND weft_runtime_objects ${object})
endforeach()
add_custom_target(weft_runtime_programs DEPENDS ${weft_runtime_objects})
