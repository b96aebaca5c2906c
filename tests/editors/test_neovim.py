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
        path.write_text(text)
        return path

    def test_two_policies_of_a_project_share_a_server_and_restart_brings_it_back(self):
        log = self.neovim(self.script("""
          local weft = require("weft")
          local function running() return vim.wait(10000, function() return weft.client(0) ~= nil end, 20) end
          vim.cmd("edit shop.weft") running()
          local first = weft.client(0).id
          vim.cmd("edit tests.weft") running()
          local same = weft.client(0).id == first
          vim.cmd("WeftRestart") running()
          vim.fn.writefile({ tostring(same), tostring(weft.client(0).id ~= first) }, vim.env.WEFT_LOG)
          vim.cmd("qall!")"""))
        self.assertEqual(log.split(), ["true", "true"])

    def test_without_the_program_it_says_so_once_and_policies_still_open(self):
        log = self.neovim(self.script("""
          vim.cmd("edit shop.weft | edit tests.weft")
          vim.cmd("checkhealth weft")
          local health = table.concat(vim.api.nvim_buf_get_lines(0, 0, -1, false), " ")
          vim.fn.writefile({ vim.fn.execute("messages"), health }, vim.env.WEFT_LOG)
          vim.cmd("qall!")"""), weft="/nowhere/weft")
        self.assertEqual(log.count("policies have their colours only"), 1, log)
        self.assertIn("`/nowhere/weft` is not there", log)

    def test_the_health_check_knows_the_program(self):
        log = self.neovim(self.script("""
          vim.cmd("checkhealth weft")
          vim.fn.writefile(vim.api.nvim_buf_get_lines(0, 0, -1, false), vim.env.WEFT_LOG)
          vim.cmd("qall!")"""))
        self.assertIn("OK: it has a language server", log)
        self.assertIn(weft(), log)


if __name__ == "__main__":
    unittest.main()
