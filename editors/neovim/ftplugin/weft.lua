-- Every policy that is opened gets the language server. `vim.g.weft_autostart = false` leaves that to
-- `require("weft").start()`.
if vim.g.weft_autostart ~= false then
  require("weft").start()
end
