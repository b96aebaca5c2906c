-- The language server for Weft policies, `weft lsp`, in Neovim 0.7 and later.
local M = {}

local defaults = {
  -- How the server is started.
  cmd = { vim.g.weft_path or "weft", "lsp" },
  -- Inventories and levels of warnings, where no weft.toml says them: { inventory = {…}, lint = { W3001 = "deny" } }.
  init_options = vim.empty_dict(),
  -- Called with (client, buffer) once the server is there: the place for mappings.
  on_attach = nil,
  -- What the editor can do beyond Neovim itself, such as require("cmp_nvim_lsp").default_capabilities().
  capabilities = nil,
  -- Shows code lenses, and asks again when a policy is entered or left alone for a while.
  code_lenses = true,
  -- Opens a page that was written to a file.
  open_page = function(file)
    local program = vim.fn.has("mac") == 1 and "open" or "xdg-open"
    if vim.fn.executable(program) == 1 then
      vim.fn.jobstart({ program, file }, { detach = true })
    else
      vim.notify("weft: the page is in " .. file)
    end
  end,
}

local options = vim.deepcopy(defaults)
-- Servers by the directory they were started for.
local clients = {}

--- Changes the defaults; for policies that are opened from then on.
function M.setup(given)
  options = vim.tbl_deep_extend("force", vim.deepcopy(defaults), given or {})
end

--- The settings in force.
function M.options()
  return options
end

--- The directory of the project a file belongs to: that of its weft.toml, else of its .git, else its own.
function M.root(file)
  local own = vim.fn.fnamemodify(file, ":p:h")
  for _, mark in ipairs({ "weft.toml", ".git" }) do
    local directory = own
    while true do
      if vim.loop.fs_stat(directory .. "/" .. mark) then
        return directory
      end
      local above = vim.fn.fnamemodify(directory, ":h")
      if above == directory then
        break
      end
      directory = above
    end
  end
  return own
end

local function client_of(buffer)
  for id in pairs(vim.lsp.buf_get_clients(buffer)) do
    local client = vim.lsp.get_client_by_id(id)
    if client and client.name == "weft" then
      return client
    end
  end
end

local function provides(client, name)
  -- Neovim 0.7 keeps what a server can do under another name.
  return (client.server_capabilities or client.resolved_capabilities or {})[name]
end

local function capabilities()
  local out = vim.deepcopy(options.capabilities or vim.lsp.protocol.make_client_capabilities())
  -- What commands of the server give back is shown, so that it needs no message for it.
  out.experimental = vim.tbl_extend("force", out.experimental or {}, { weftAnswers = true })
  return out
end

local function attached(client, buffer)
  vim.bo[buffer].omnifunc = "v:lua.vim.lsp.omnifunc"
  vim.bo[buffer].tagfunc = "v:lua.vim.lsp.tagfunc"
  vim.bo[buffer].formatexpr = "v:lua.vim.lsp.formatexpr()"
  if options.code_lenses and provides(client, "codeLensProvider") then
    local group = vim.api.nvim_create_augroup("weft_code_lenses_" .. buffer, { clear = true })
    vim.api.nvim_create_autocmd({ "BufEnter", "CursorHold", "InsertLeave" }, {
      group = group,
      buffer = buffer,
      callback = function()
        vim.lsp.codelens.refresh()
      end,
    })
  end
  require("weft.commands").define(buffer)
  if options.on_attach then
    options.on_attach(client, buffer)
  end
end

--- Starts the server for a policy, or joins the one that its project has already.
function M.start(buffer)
  buffer = buffer or vim.api.nvim_get_current_buf()
  if vim.bo[buffer].buftype ~= "" or client_of(buffer) then
    return
  end
  if vim.fn.executable(options.cmd[1]) == 0 then
    vim.notify_once(
      "weft: `" .. options.cmd[1] .. "` is not there: policies have their colours only (:checkhealth weft)",
      vim.log.levels.WARN
    )
    return
  end
  local root = M.root(vim.api.nvim_buf_get_name(buffer))
  local id = clients[root]
  if not (id and vim.lsp.get_client_by_id(id)) then
    id = vim.lsp.start_client({
      name = "weft",
      cmd = options.cmd,
      root_dir = root,
      workspace_folders = { { uri = vim.uri_from_fname(root), name = vim.fn.fnamemodify(root, ":t") } },
      init_options = options.init_options,
      capabilities = capabilities(),
      on_attach = attached,
      on_exit = function()
        clients[root] = nil
      end,
    })
    if not id then
      return
    end
    clients[root] = id
  end
  vim.lsp.buf_attach_client(buffer, id)
end

--- Ends the servers, and starts those of the policies that are open again.
function M.restart()
  local buffers = {}
  for _, id in pairs(clients) do
    for _, buffer in ipairs(vim.lsp.get_buffers_by_client_id(id)) do
      buffers[#buffers + 1] = buffer
    end
    vim.lsp.stop_client(id)
  end
  vim.wait(2000, function()
    return vim.tbl_isempty(clients)
  end, 20)
  clients = {}
  for _, buffer in ipairs(buffers) do
    M.start(buffer)
  end
end

--- The server of a policy, or nothing.
M.client = client_of

return M
