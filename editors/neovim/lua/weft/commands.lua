-- What the server does beyond the protocol, as commands of a policy; the answer is shown in a window of its own.
local M = {}

-- Under which title an answer is shown, and as what.
local shown = {
  ["weft.explainDecision"] = { "decision" },
  ["weft.runTest"] = { "tests" },
  ["weft.showGraph"] = { "who reaches whom", "markdown" },
  ["weft.diffAgainstHead"] = { "differences from HEAD", "markdown" },
}

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
    show(shown[command][1], answer, shown[command][2])
  end
end

--- Asks the server of this policy to do something of its own.
function M.execute(command, words)
  local client = require("weft").client(0)
  if not client then
    vim.notify("weft: no language server is running here", vim.log.levels.ERROR)
    return
  end
  -- With a number that is not 0, what has been typed is told to the server before it is asked.
  client.request("workspace/executeCommand", { command = command, arguments = words }, function(problem, answer)
    present(command, problem, answer)
  end, vim.api.nvim_get_current_buf())
end

-- Code lenses call the server by way of the editor, which throws the answer away: it is shown here.
for command in pairs(shown) do
  vim.lsp.commands[command] = function(call)
    M.execute(command, call.arguments)
  end
end

-- Opens the page of `weft graph`, of what is saved, as the system opens pages.
local function draw(file)
  local weft = require("weft")
  local page = vim.fn.tempname() .. ".html"
  local words = { weft.options().cmd[1], "graph", "--format", "html", "--color=never" }
  if not vim.loop.fs_stat(weft.root(file) .. "/weft.toml") then
    table.insert(words, 3, ".")
  end
  local output, messages = {}, {}
  vim.fn.jobstart(words, {
    cwd = vim.fn.fnamemodify(file, ":p:h"),
    stdout_buffered = true,
    stderr_buffered = true,
    on_stdout = function(_, lines)
      output = lines
    end,
    on_stderr = function(_, lines)
      messages = lines
    end,
    on_exit = function(_, code)
      if code ~= 0 then
        vim.notify("weft: " .. (messages[1] or "it failed"), vim.log.levels.ERROR)
        return
      end
      vim.fn.writefile(output, page)
      weft.options().open_page(page)
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
  command("WeftDiff", "which flows the policy, saved or not, gains and loses against the last commit", 0, function()
    M.execute("weft.diffAgainstHead", { uri })
  end)
  command("WeftReach", "whom each group may reach, by the rules that allow it", 0, function()
    M.execute("weft.showGraph", { uri })
  end)
  command("WeftGraph", "draw who may talk to whom, of what is saved, as a page in the browser", 0, function()
    draw(vim.api.nvim_buf_get_name(buffer))
  end)
end

return M
