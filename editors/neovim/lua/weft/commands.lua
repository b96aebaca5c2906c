-- What the server does beyond the protocol, as commands of a policy; the answer is shown in a window of its own.
local M = {}

local titles = { ["weft.explainDecision"] = "decision", ["weft.runTest"] = "tests" }

--- Shows a text beside the policy, in the place of what was there under the same title.
local function show(title, text, filetype)
  local name = "weft://" .. title
  local buffer = vim.fn.bufnr("^" .. vim.fn.escape(name, "[]*?{}") .. "$")
  if buffer == -1 then
    buffer = vim.api.nvim_create_buf(false, true)
    vim.api.nvim_buf_set_name(buffer, name)
    vim.bo[buffer].bufhidden = "wipe"
    vim.bo[buffer].filetype = filetype or ""
  end
  vim.bo[buffer].modifiable = true
  vim.api.nvim_buf_set_lines(buffer, 0, -1, false, vim.split(text, "\n"))
  vim.bo[buffer].modifiable = false
  if vim.fn.bufwinid(buffer) == -1 then
    local window = vim.api.nvim_get_current_win()
    vim.cmd("split")
    vim.api.nvim_win_set_buf(0, buffer)
    vim.api.nvim_set_current_win(window)
  end
end

local function present(command, problem, answer)
  if problem then
    vim.notify("weft: " .. (problem.message or vim.inspect(problem)), vim.log.levels.ERROR)
  elseif type(answer) == "string" and answer ~= "" then
    show(titles[command], answer)
  end
end

--- Asks the server of this policy to do something of its own.
function M.execute(command, words)
  local client = require("weft").client(0)
  if not client then
    vim.notify("weft: no language server is running here", vim.log.levels.ERROR)
    return
  end
  client.request("workspace/executeCommand", { command = command, arguments = words }, function(problem, answer)
    present(command, problem, answer)
  end, 0)
end

-- Code lenses call the server by way of the editor, which throws the answer away: it is shown here.
for command in pairs(titles) do
  vim.lsp.commands[command] = function(call)
    M.execute(command, call.arguments)
  end
end

-- Shows what the policy on disk gains and loses against the last commit.
local function compare(file)
  local weft = require("weft")
  local directory = vim.fn.fnamemodify(file, ":p:h")
  local project = vim.loop.fs_stat(weft.root(file) .. "/weft.toml") ~= nil
  local words = { weft.options().cmd[1], "diff", "HEAD", "--format", "md" }
  if not project then
    table.insert(words, 4, ".")
  end
  local output, messages = {}, {}
  vim.fn.jobstart(words, {
    cwd = directory,
    stdout_buffered = true,
    stderr_buffered = true,
    on_stdout = function(_, lines)
      output = lines
    end,
    on_stderr = function(_, lines)
      messages = lines
    end,
    on_exit = function(_, code)
      if table.concat(output) ~= "" then
        show("differences from HEAD", table.concat(output, "\n"), "markdown")
      else
        vim.notify("weft: " .. (code == 0 and "nothing differs from HEAD" or messages[1] or "it failed"), vim.log.levels.WARN)
      end
    end,
  })
end

--- Defines the commands of a policy.
function M.define(buffer)
  local function command(name, description, takes, action)
    vim.api.nvim_buf_create_user_command(buffer, name, action, { desc = description, nargs = takes })
  end
  local uri = vim.uri_from_bufnr(buffer)
  command("WeftRestart", "start the language server again", 0, function()
    require("weft").restart()
  end)
  command("WeftExplain", "who decides about a flow, as `weft query` takes it", "+", function(call)
    M.execute("weft.explainDecision", { uri, call.args })
  end)
  command("WeftTest", "run the tests of this file; `vim.lsp.codelens.run()` runs the one at the cursor", 0, function()
    M.execute("weft.runTest", { uri, "" })
  end)
  command("WeftDiff", "which flows the policy on disk gains and loses against the last commit", 0, function()
    compare(vim.api.nvim_buf_get_name(buffer))
  end)
end

return M
