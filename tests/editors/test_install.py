"""The installation steps of docs/editors.md, done as they stand there in an empty home directory."""

import os
import pathlib
import re
import shutil
import subprocess
import tempfile
import unittest

import scenario
from editor import ROOT, needs, run, weft

PAGE = (ROOT / "docs/editors.md").read_text()


def block(heading, language):
    """The first code block of that language under a heading of the page."""
    section = PAGE.split(f"\n## {heading}\n")[1].split("\n## ")[0]
    return re.search(rf"```{language}\n(.*?)```", section, re.S)[1]


class Steps(unittest.TestCase):
    def setUp(self):
        self.home = pathlib.Path(tempfile.mkdtemp())
        self.addCleanup(shutil.rmtree, self.home)
        # The program is on the PATH, as the page asks.
        (self.home / "bin").mkdir()
        (self.home / "bin/weft").symlink_to(weft())
        self.path = f"{self.home}/bin:{os.environ['PATH']}"
        self.out = self.home / "out"
        # A directory of its own: Emacs watches all of the project that a policy lies in.
        self.policy = scenario.prepare(self.home) / "shop.weft"

    def do(self, heading):
        for line in re.findall(r"^\$ (.*)$", block(heading, "console"), re.M):
            subprocess.run(["bash", "-euc", line], cwd=ROOT, env={**os.environ, "HOME": str(self.home)}, check=True)

    def run_editor(self, *arguments):
        run(arguments, self.home, PATH=self.path, WEFT_OUT=str(self.out))
        return self.out.read_text().split()

    @needs("vim", "vim")
    def test_vim(self):
        self.do("Vim")
        (self.home / ".vimrc").write_text("filetype plugin indent on\nsyntax on\n")
        script = self.home / "script.vim"
        script.write_text("call writefile([&filetype, synIDattr(synID(2, 1, 1), 'name')], $WEFT_OUT)\nqall!\n")
        self.assertEqual(self.run_editor("vim", "-es", "-N", "-u", self.home / ".vimrc", "-i", "NONE", "-n", "-S", script, self.policy),
                         ["weft", "weftStatement"])

    @needs("nvim", "neovim")
    def test_neovim(self):
        self.do("Neovim")
        # What the page proposes for init.lua stands there as it is.
        config = self.home / ".config/nvim"
        config.mkdir(parents=True)
        (config / "init.lua").write_text(block("Neovim", "lua"))
        script = self.home / "script.lua"
        script.write_text("""
          local weft = require("weft")
          vim.wait(10000, function() return weft.client(0) ~= nil and #vim.diagnostic.get(0) > 0 end, 20)
          vim.fn.writefile({ vim.bo.filetype, vim.fn.synIDattr(vim.fn.synID(2, 1, 1), "name"),
                             tostring(vim.diagnostic.get(0)[1].code), vim.fn.maparg("gd", "n") ~= "" and "mapped" or "" }, vim.env.WEFT_OUT)
          vim.cmd("qall!")""")
        self.assertEqual(self.run_editor("nvim", "--headless", "-i", "NONE", "-n", "-c", f"luafile {script}", self.policy),
                         ["weft", "weftStatement", "W1006", "mapped"])

    @needs("emacs", "emacs-nox")
    def test_emacs(self):
        config = self.home / ".emacs.d"
        config.mkdir()
        (config / "init.el").write_text(block("Emacs", "elisp").replace("/path/to/weft", str(ROOT)))
        script = ('(progn (package-initialize) (load "~/.emacs.d/init.el") (setq eglot-sync-connect 20)'
                  f' (find-file "{self.policy}")'
                  ' (with-temp-file (getenv "WEFT_OUT") (insert (format "%s %s" (with-current-buffer "shop.weft" major-mode)'
                  ' (if (memq (quote eglot-ensure) weft-mode-hook) "ensured" "")))))')
        self.assertEqual(self.run_editor("emacs", "--no-init-file", "--batch", "--eval", script), ["weft-mode", "ensured"])


if __name__ == "__main__":
    unittest.main()
