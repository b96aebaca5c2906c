-- What the server does beyond the protocol, as commands of a policy; the answer is shown in a window of its own.
local M = {}

local titles = {
  ["weft.explainDecision"] = "decision",
  ["weft.showGraph"] = "reachability",
  ["weft.runTest"] = "test",
  ["weft.diffAgainstHead"] = "differences from HEAD",
}

--- Shows a text beside the policy, in the place of what was there under the same title.
local function show(title, text)
  local name = "weft://" .. title
  local buffer = vim.fn.bufnr("^" .. vim.fn.escape(name, "[]*?{}") .. "$")
  if buffer == -1 then
    buffer = vim.api.nvim_create_buf(false, true)
    vim.api.nvim_buf_set_name(buffer, name)
    vim.bo[buffer].bufhidden = "wipe"
    vim.bo[buffer].filetype = "markdown"
  end
  vim.bo[buffer].modifiable = true
  vim.api.nvim_buf_set_lines(buffer, 0, -1, false, vim.split(text, "\n"))
  vim.bo[buffer].modifiable = false
  if vim.fn.bufwinid(buffer) == -1 then
    vim.cmd("split")
    vim.api.nvim_win_set_buf(0, buffer)
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
  command("WeftGraph", "who reaches whom", 0, function()
    M.execute("weft.showGraph", { uri })
  end)
  command("WeftTest", "run the test at the cursor", 0, function()
    M.execute("weft.runTest", { uri, vim.lsp.util.make_position_params().position })
  end)
  command("WeftDiff", "what differs from HEAD", 0, function()
    M.execute("weft.diffAgainstHead", { uri })
  end)
end

return M
