# cmake -DINPUT=FILE -DOUTPUT=FILE -DHEADER=FILE -DNAMESPACE=NAME -DFUNCTION=NAME -P EmbedText.cmake: a C++ file with a
# function that returns the text of INPUT.
file(READ "${INPUT}" text)
if(text MATCHES "\\)text\"")
  message(FATAL_ERROR "${INPUT} holds the text that ends its literal")
endif()
file(WRITE "${OUTPUT}" "#include \"${HEADER}\"

namespace ${NAMESPACE} {

std::string_view ${FUNCTION}() { return R\"text(${text})text\"; }

}  // namespace ${NAMESPACE}
")
