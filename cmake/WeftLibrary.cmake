# weft_library(NAME [PUBLIC libs...] [PRIVATE libs...]): the library of one folder, with every .cpp in it.
# PUBLIC names the folders whose headers this folder's headers may show; PRIVATE those (and the third parties) that stay
# inside its .cpp files. Includes are written from the top: #include "model/policy.h".

add_library(weft_options INTERFACE)
target_compile_options(weft_options INTERFACE
  -Wall -Wextra -Wpedantic -Wshadow -Wconversion -Werror
  # g++ 12 sees overlapping copies in plain `text + string` (GCC bug 105651); 13 does not.
  $<$<CXX_COMPILER_ID:GNU>:-Wno-restrict>)
if(WEFT_SANITIZE)
  add_compile_options(-fsanitize=address,undefined -fno-sanitize-recover=undefined -fno-omit-frame-pointer)
  add_link_options(-fsanitize=address,undefined)
endif()
if(WEFT_FUZZ)
  add_compile_options(-fsanitize=fuzzer-no-link)
endif()

function(weft_library name)
  cmake_parse_arguments(ARG "" "" "PUBLIC;PRIVATE" ${ARGN})
  file(GLOB sources CONFIGURE_DEPENDS ${CMAKE_CURRENT_SOURCE_DIR}/*.cpp)
  if(sources)
    add_library(weft_${name} STATIC ${sources})
    target_include_directories(weft_${name} PUBLIC ${CMAKE_SOURCE_DIR})
    target_link_libraries(weft_${name} PUBLIC ${ARG_PUBLIC} PRIVATE weft_options ${ARG_PRIVATE})
  else()
    add_library(weft_${name} INTERFACE)
    target_include_directories(weft_${name} INTERFACE ${CMAKE_SOURCE_DIR})
    target_link_libraries(weft_${name} INTERFACE ${ARG_PUBLIC})
  endif()
endfunction()
