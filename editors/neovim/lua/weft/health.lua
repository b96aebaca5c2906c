-- `:checkhealth weft`: is the program there, does it have a language server, is it running.
local M = {}

local health = vim.health or require("health")
local start = health.start or health.report_start
local ok = health.ok or health.report_ok
local bad = health.error or health.report_error
local info = health.info or health.report_info

function M.check()
  local weft = require("weft")
  start("weft")
  local program = weft.options().cmd[1]
  if vim.fn.executable(program) == 0 then
    bad("`" .. program .. "` is not there", { 'put weft on the PATH, or say `vim.g.weft_path = "/where/it/is/weft"`' })
    return
  end
  ok("`" .. vim.fn.exepath(program) .. "`: " .. (vim.fn.systemlist({ program, "version" })[1] or "?"))
  vim.fn.system({ program, "lsp", "--help" })
  if vim.v.shell_error == 0 then
    ok("it has a language server")
  else
    bad("it has no language server: `" .. program .. " lsp --help` fails", { "this weft is too old" })
  end
  for _, client in pairs(vim.lsp.get_active_clients and vim.lsp.get_active_clients() or vim.lsp.get_clients()) do
    if client.name == "weft" then
      info("running for " .. (client.config.root_dir or "?"))
    end
  end
end

return M
