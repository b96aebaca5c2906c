#pragma once

/// The language server.
namespace weft::lsp {

/// Speaks the Language Server Protocol 3.17 over two descriptors until the client says `exit` or is gone.
/// The exit code: 0 after `shutdown` and `exit`, 1 otherwise.
int serve(int input, int output);

}  // namespace weft::lsp
