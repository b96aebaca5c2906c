# Precompiled headers. A good part of a clean build went into reading the same headers of the standard library, of fmt, of
# nlohmann's JSON and of Catch2 again and again; these are read once for each set of compiler options.
#
# With g++ only weft_library's LIGHT takes them, built at -O1: elsewhere g++ 12 warns of overlaps and overflows inside the
# standard library's own functions where those come from a precompiled header, and a warning is an error here. So most
# files still show that they include what they use. No header of ours belongs here: a change to it
# would build everything anew.

set(weft_standard_headers
  <algorithm> <array> <charconv> <chrono> <condition_variable> <cstdint> <deque> <expected> <filesystem> <fstream>
  <functional> <map> <memory> <mutex> <optional> <ranges> <set> <span> <sstream> <string> <string_view> <thread> <tuple>
  <unordered_map> <utility> <variant> <vector> <fmt/format.h>)

# weft_headers(NAME LIBRARIES lib... HEADERS header...): a set that other targets take with weft_takes_headers.
function(weft_headers name)
  cmake_parse_arguments(ARG "" "" "LIBRARIES;HEADERS" ${ARGN})
  set(empty ${CMAKE_CURRENT_BINARY_DIR}/${name}.cpp)
  file(CONFIGURE OUTPUT ${empty} CONTENT "")
  add_library(${name} OBJECT ${empty})
  target_link_libraries(${name} PRIVATE ${ARG_LIBRARIES})
  target_precompile_headers(${name} PRIVATE ${ARG_HEADERS})
endfunction()

# The options of `target` have to be those of `headers`: the compiler warns where they are not, and so the build fails.
function(weft_takes_headers target headers)
  target_precompile_headers(${target} REUSE_FROM ${headers})
endfunction()
