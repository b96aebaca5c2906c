"""The Neovim plugin with the language server."""

import pathlib
import shutil
import tempfile
import unittest

import scenario
from editor import EDITORS, needs, run, weft

HERE = pathlib.Path(__file__).parent


@needs("nvim", "neovim")
class InNeovim(unittest.TestCase):
    maxDiff = None

    def setUp(self):
        self.home = pathlib.Path(tempfile.mkdtemp())
        self.addCleanup(shutil.rmtree, self.home)
        self.work = scenario.prepare(self.home)

    def neovim(self, script, **environment):
        log = self.home / "log"
        paths = f"set runtimepath^={EDITORS}/vim,{EDITORS}/neovim | let g:weft_path = '{environment.pop('weft', weft())}'"
        run(["nvim", "--headless", "-u", "NONE", "-i", "NONE", "-n", "--cmd", paths, "--cmd", "filetype plugin indent on",
             "-c", f"luafile {script}"], self.home, cwd=self.work, WEFT_LOG=str(log), **environment)
        return log.read_text()

    def script(self, text):
        path = self.home / "script.lua"
        # Whatever goes wrong, Neovim ends.
        path.write_text(f"local fine, problem = pcall(function() {text}\nend)\n"
                        "if not fine then vim.fn.writefile({ problem }, vim.env.WEFT_LOG) end\nvim.cmd('qall!')")
        return path

    def test_the_scenario(self):
        scenario.check(self, self.neovim(HERE / "neovim_scenario.lua"), self.work)

    def test_two_policies_of_a_project_share_a_server_and_restart_brings_it_back(self):
        log = self.neovim(self.script("""
          local weft = require("weft")
          local function running() return vim.wait(10000, function() return weft.client(0) ~= nil end, 20) end
          vim.cmd("edit shop.weft") running()
          local first = weft.client(0).id
          vim.cmd("edit tests.weft") running()
          local same = weft.client(0).id == first
          vim.cmd("WeftRestart") running()
          vim.fn.writefile({ tostring(same), tostring(weft.client(0).id ~= first) }, vim.env.WEFT_LOG)"""))
        self.assertEqual(log.split(), ["true", "true"])

    def test_what_a_command_gives_back_is_shown_in_a_window_of_its_own(self):
        policy = self.work / "shop.weft"
        policy.write_text(policy.read_text().replace("=>", "->"))
        scenario.commit(self.work)
        log = self.neovim(self.script("""
          local weft = require("weft")
          vim.cmd("edit tests.weft")
          vim.wait(10000, function() return weft.client(0) ~= nil end, 20)
          local function answer(name)
            vim.wait(10000, function() return vim.fn.bufnr(name) ~= -1 end, 20)
            return vim.api.nvim_buf_get_lines(vim.fn.bufnr(name), 0, -1, false)
          end
          vim.cmd("WeftTest")
          local tests = answer("weft://tests")
          vim.cmd([[WeftExplain {app: "db"} -> {app: "kassa"} : tcp/1]])
          local decision = answer("weft://decision")
          vim.api.nvim_buf_set_lines(0, -1, -1, false, { "policy new { allow any -> any : tcp/7 }" })
          vim.cmd("WeftDiff")
          local difference = answer("weft://differences from HEAD")
          vim.fn.writefile({ tests[1], decision[1], difference[1], vim.fn.execute("messages") }, vim.env.WEFT_LOG)"""))
        tests, decision, difference, *messages = log.split("\n")
        self.assertIn("`purchases` passes", tests)
        self.assertIn("denied", decision)
        self.assertEqual(difference, "# HEAD → the editor: only widens")
        self.assertNotIn("passes", "".join(messages), "what is shown needs no message")

    def test_the_graph_is_a_page_and_whom_groups_reach_a_text(self):
        policy = self.work / "shop.weft"
        policy.write_text(policy.read_text().replace("=>", "->"))
        (self.work / "inventory.yaml").write_text("nodes:\n- name: node-1\nworkloads:\n- {name: a/b, node: node-1, addresses: [10.0.0.1], labels: {app: db}}\n")
        log = self.neovim(self.script("""
          local weft, page = require("weft"), nil
          weft.setup({ open_page = function(file) page = file end })
          vim.cmd("edit tests.weft")
          vim.wait(10000, function() return weft.client(0) ~= nil end, 20)
          vim.cmd("WeftGraph")
          vim.wait(10000, function() return page ~= nil end, 20)
          vim.cmd("WeftReach")
          vim.wait(10000, function() return vim.fn.bufnr("weft://who reaches whom") ~= -1 end, 20)
          local list = vim.api.nvim_buf_get_lines(vim.fn.bufnr("weft://who reaches whom"), 0, -1, false)
          vim.fn.writefile({ vim.fn.readfile(page)[1], list[1] }, vim.env.WEFT_LOG)"""))
        self.assertEqual(log.split("\n")[:2], ["<!DOCTYPE html>", "# Whom each group may reach"])

    def test_without_the_program_it_says_so_once_and_policies_still_open(self):
        log = self.neovim(self.script("""
          vim.cmd("edit shop.weft | edit tests.weft")
          vim.cmd("checkhealth weft")
          local health = table.concat(vim.api.nvim_buf_get_lines(0, 0, -1, false), " ")
          vim.fn.writefile({ vim.fn.execute("messages"), health }, vim.env.WEFT_LOG)"""), weft="/nowhere/weft")
        self.assertEqual(log.count("policies have their colours only"), 1, log)
        self.assertIn("`/nowhere/weft` is not there", log)

    def test_the_health_check_knows_the_program(self):
        log = self.neovim(self.script("""
          vim.cmd("checkhealth weft")
          vim.fn.writefile(vim.api.nvim_buf_get_lines(0, 0, -1, false), vim.env.WEFT_LOG)"""))
        self.assertIn("OK: it has a language server", log)
        self.assertIn(weft(), log)


if __name__ == "__main__":
    unittest.main()
