"""The Vim files, in Vim and in Neovim: colours, :make, :WeftFormat, indentation."""

import pathlib
import shutil
import tempfile
import unittest

import colours
from editor import EDITORS, needs, run, weft

KINDS = {"weftStatement": "word", "weftRule": "word", "weftClause": "word", "weftHeaderWord": "word", "weftOperatorWord": "word",
         "weftConstant": "word", "weftType": "word", "weftString": "string", "weftEscape": "string", "weftNumber": "number",
         "weftPort": "number", "weftDate": "number", "weftAddress": "number", "weftBad": "mistake", "weftBadEscape": "mistake"}


class Files:
    """What both editors must do; `editor` is the command that starts one without a screen."""

    editor = []
    maxDiff = None

    def setUp(self):
        self.home = pathlib.Path(tempfile.mkdtemp())
        self.addCleanup(shutil.rmtree, self.home)

    def script(self, text, *files):
        """Runs a script of the editor over `files`; what it wrote to $WEFT_OUT."""
        source, out = self.home / "script.vim", self.home / "out"
        source.write_text(text + "\nqall!\n")
        path = f"set runtimepath^={EDITORS}/vim | filetype plugin indent on | syntax on | let g:weft_path = '{weft()}'"
        run([*self.editor, "--cmd", path, "-S", source, *files], self.home, WEFT_OUT=str(out))
        return out.read_text()

    def test_colours_agree_with_the_other_editors(self):
        wanted = [(path, *claim) for path in colours.fixtures() for claim in colours.claims(path)]
        self.assertGreater(sum(kind == "word" for _, _, _, kind, _ in wanted), 100)
        places, out = self.home / "places", self.home / "colours"
        places.write_text("".join(f"{path} {line} {column}\n" for path, line, column, _, _ in wanted))
        run([*self.editor, "--cmd", f"set runtimepath^={EDITORS}/vim | filetype plugin indent on", "-S",
             pathlib.Path(__file__).parent / "vim_colours.vim"], self.home, WEFT_PLACES=str(places), WEFT_COLOURS=str(out))
        wrong = []
        for (path, line, column, kind, text), group in zip(wanted, out.read_text().split("\n")):
            if KINDS.get(group, "plain") != kind:
                wrong.append(f"{path.name}:{line}:{column}: `{text}` is a {kind}, and shown as {group or 'nothing'}")
        self.assertEqual("\n".join(wrong), "")

    def test_make_lists_what_check_finds(self):
        policy = self.home / "shop.weft"
        policy.write_text('label app : "web" | "db"\npolicy p {\n  allow app == "weeb" => app == "db" : tcp/1\n}\n'
                          'policy q {\n  allow app == "weeb" -> app == "db" : tcp/1\n}\n')
        listed = self.script("silent make!\n"
                             "call writefile(map(filter(getqflist(), 'v:val.valid'), {_, e -> join([fnamemodify("
                             "bufname(e.bufnr), ':t'), e.lnum, e.col, e.type, e.nr, e.text], '|')}), $WEFT_OUT)", policy)
        self.assertEqual(listed.split("\n"), ["shop.weft|3|23|E|1006|`=>` means nothing in a policy",
                                              "shop.weft|6|16|E|1025|`app` is never \"weeb\"", ""])

    def test_format_keeps_what_it_cannot_parse(self):
        policy = self.home / "shop.weft"
        policy.write_text("policy p {\nallow any->any:any\n\n\n}\n")
        self.assertEqual(self.script("WeftFormat\nsilent write! $WEFT_OUT", policy), "policy p {\n  allow any -> any : any\n}\n")
        policy.write_text("policy p {\nallow any=>any:any\n")
        broken = self.script("silent! WeftFormat\ncall writefile(getline(1, '$') + map(filter(getqflist(), 'v:val.valid'), "
                             "{_, e -> fnamemodify(bufname(e.bufnr), ':t') . ':' . e.lnum . ':' . e.col}), $WEFT_OUT)", policy)
        self.assertEqual(broken, "policy p {\nallow any=>any:any\nshop.weft:2:10\n")

    def test_indentation_is_that_of_weft_fmt(self):
        files = sorted((EDITORS.parent / "examples/online-boutique").glob("*.weft"))
        text = "".join(path.read_text() for path in files if "label app :" not in path.read_text())
        text += ('policy deep for ns == "a" {\n  isolate ns in {"a", "b"}\n  @id(one)\n  allow any\n      -> any : tcp/1\n'
                 '      when source.app == destination.app\n  deny any -> any : any because "a { in a text"  // and {\n}\n')
        self.assertGreater(text.count("\n"), 40)
        policy = self.home / "shop.weft"
        policy.write_text("\n".join(line.strip() for line in text.split("\n")))
        self.assertEqual(self.script("silent normal! gg=G\nsilent write! $WEFT_OUT", policy), text)


@needs("vim", "vim")
class InVim(Files, unittest.TestCase):
    editor = ["vim", "-es", "-N", "-u", "NONE", "-i", "NONE", "-n"]


@needs("nvim", "neovim")
class InNeovim(Files, unittest.TestCase):
    editor = ["nvim", "--headless", "-u", "NONE", "-i", "NONE", "-n"]


if __name__ == "__main__":
    unittest.main()
