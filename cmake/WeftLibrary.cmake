# weft_library(NAME [LIGHT] [PUBLIC libs...] [PRIVATE libs...]): the library of one folder, with every .cpp in it.
# LIGHT is for a folder whose time goes by in the folders it calls: it is optimised less, and builds in half the time.
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

# The same with less optimisation, in the builds that optimise at all.
add_library(weft_light_options INTERFACE)
target_link_libraries(weft_light_options INTERFACE weft_options)
target_compile_options(weft_light_options INTERFACE $<$<AND:$<CXX_COMPILER_ID:GNU>,$<CONFIG:Release>>:-O1>)

include(WeftHeaders)
find_package(fmt 9 REQUIRED)
find_package(nlohmann_json 3.11 REQUIRED)
weft_headers(weft_light_headers LIBRARIES weft_light_options fmt::fmt nlohmann_json::nlohmann_json
             HEADERS ${weft_standard_headers} <nlohmann/json.hpp>)
if(CMAKE_CXX_COMPILER_ID STREQUAL Clang)
  weft_headers(weft_full_headers LIBRARIES weft_options fmt::fmt HEADERS ${weft_standard_headers})
endif()

function(weft_library name)
  cmake_parse_arguments(ARG "LIGHT" "" "PUBLIC;PRIVATE" ${ARGN})
  file(GLOB sources CONFIGURE_DEPENDS ${CMAKE_CURRENT_SOURCE_DIR}/*.cpp)
  if(sources)
    add_library(weft_${name} STATIC ${sources})
    target_include_directories(weft_${name} PUBLIC ${CMAKE_SOURCE_DIR})
    target_link_libraries(weft_${name} PUBLIC ${ARG_PUBLIC} PRIVATE ${ARG_PRIVATE})
    if(ARG_LIGHT)
      target_link_libraries(weft_${name} PRIVATE weft_light_options)
      weft_takes_headers(weft_${name} weft_light_headers)
    else()
      target_link_libraries(weft_${name} PRIVATE weft_options)
      if(TARGET weft_full_headers)
        weft_takes_headers(weft_${name} weft_full_headers)
      endif()
    endif()
  else()
    add_library(weft_${name} INTERFACE)
    target_include_directories(weft_${name} INTERFACE ${CMAKE_SOURCE_DIR})
    target_link_libraries(weft_${name} INTERFACE ${ARG_PUBLIC})
  endif()
endfunction()
