-- The scenario in Neovim: see scenario.py. What happened is written to $WEFT_LOG, a line for each step.
local log = {}
local function note(text)
  log[#log + 1] = text
end

local function finish(problem)
  if problem then
    note("FAILED " .. problem)
  end
  vim.fn.writefile(log, vim.env.WEFT_LOG)
  vim.cmd("qall!")
end

local function wait_for(what, condition)
  if not vim.wait(20000, condition, 20) then
    error("waited in vain for " .. what, 0)
  end
end

local function request(method, params)
  local answers, problem = vim.lsp.buf_request_sync(0, method, params, 20000)
  if not answers then
    error(method .. ": " .. tostring(problem), 0)
  end
  for _, answer in pairs(answers) do
    if answer.error then
      error(method .. ": " .. answer.error.message, 0)
    end
    return answer.result
  end
end

local function errors()
  return vim.diagnostic.get(0, { severity = vim.diagnostic.severity.ERROR })
end

local function position_of(text)
  for number, line in ipairs(vim.api.nvim_buf_get_lines(0, 0, -1, false)) do
    local column = line:find(text, 1, true)
    if column then
      return number, column - 1
    end
  end
  error("`" .. text .. "` is not in the policy", 0)
end

local function scenario()
  vim.cmd("edit shop.weft")
  wait_for("the language server", function()
    return require("weft").client(0) ~= nil
  end)
  wait_for("a finding", function()
    return #errors() > 0
  end)
  for _, each in ipairs(errors()) do
    local line = vim.api.nvim_buf_get_lines(0, each.lnum, each.lnum + 1, false)[1]
    note(("finding %s at `%s`"):format(each.code, line:sub(each.col + 1, each.end_col)))
  end

  local client = require("weft").client(0)
  local params = vim.lsp.util.make_range_params()
  params.range.start = { line = errors()[1].lnum, character = 0 }
  params.range["end"] = { line = errors()[1].lnum + 1, character = 0 }
  params.context = { diagnostics = {}, only = { "quickfix" } }
  local actions = request("textDocument/codeAction", params)
  note(("fix: %s"):format(actions[1].title))
  vim.lsp.util.apply_workspace_edit(actions[1].edit, client.offset_encoding)
  wait_for("no finding", function()
    return #errors() == 0
  end)

  local line, column = position_of("`märkte` : tcp")
  vim.api.nvim_win_set_cursor(0, { line, column + 1 })
  local before = vim.api.nvim_buf_get_lines(0, 0, -1, false)
  -- What one script does is one step to undo, unless it says otherwise.
  vim.cmd("let &undolevels = &undolevels")
  vim.lsp.buf.rename("markets")
  wait_for("the new name", function()
    return vim.fn.search("markets", "nw") ~= 0
  end)
  vim.cmd("undo")
  note("undone: " .. tostring(vim.deep_equal(before, vim.api.nvim_buf_get_lines(0, 0, -1, false))))
  vim.cmd("redo")

  if vim.lsp.buf.format then
    vim.lsp.buf.format({ timeout_ms = 20000 })
  else
    vim.lsp.buf.formatting_sync(nil, 20000)
  end
  vim.cmd("silent wall")
  note("done")
end

local fine, problem = pcall(scenario)
finish(not fine and tostring(problem) or nil)
