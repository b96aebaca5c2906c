"""The Emacs mode: it compiles without a warning, colours, indentation, M-x compile, formatting."""

import pathlib
import shutil
import subprocess
import tempfile
import unittest

import colours
import scenario
from editor import EDITORS, needs, run, weft

KINDS = {"font-lock-keyword-face": "word", "font-lock-builtin-face": "word", "font-lock-type-face": "word",
         "font-lock-string-face": "string", "font-lock-warning-face": "mistake"}


@needs("emacs", "emacs-nox")
class InEmacs(unittest.TestCase):
    maxDiff = None

    def setUp(self):
        self.home = pathlib.Path(tempfile.mkdtemp())
        self.addCleanup(shutil.rmtree, self.home)

    def emacs(self, script, **environment):
        """Runs an Emacs Lisp program with weft-mode at hand; what it wrote to $WEFT_OUT."""
        source, out = self.home / "script.el", self.home / "out"
        source.write_text(f"(setq weft-program \"{weft()}\")\n(require 'weft-mode)\n{script}\n")
        run(["emacs", "-Q", "--batch", "-L", EDITORS / "emacs", "-l", source], self.home, WEFT_OUT=str(out), **environment)
        return out.read_text()

    def test_it_compiles_without_a_warning(self):
        copy = self.home / "weft-mode.el"
        shutil.copy(EDITORS / "emacs/weft-mode.el", copy)
        run(["emacs", "-Q", "--batch", "--eval", "(setq byte-compile-error-on-warn t)", "-f", "batch-byte-compile", copy], self.home)
        self.assertTrue((self.home / "weft-mode.elc").exists())

    def test_colours_agree_with_the_other_editors(self):
        wanted = [(path, *claim) for path in colours.fixtures() for claim in colours.claims(path)]
        self.assertGreater(sum(kind == "word" for _, _, _, kind, _ in wanted), 100)
        places, out = self.home / "places", self.home / "colours"
        places.write_text("".join(f"{path} {line} {column}\n" for path, line, column, _, _ in wanted))
        run(["emacs", "-Q", "--batch", "-L", EDITORS / "emacs", "-l", pathlib.Path(__file__).parent / "emacs_colours.el"],
            self.home, WEFT_PLACES=str(places), WEFT_COLOURS=str(out))
        wrong = []
        for (path, line, column, kind, text), face in zip(wanted, out.read_text().split("\n"), strict=False):
            # Emacs has one face for numbers and for words that stand for somebody.
            seen = ("number" if kind == "number" else "word") if face == "font-lock-constant-face" else KINDS.get(face, "plain")
            if seen != kind:
                wrong.append(f"{path.name}:{line}:{column}: `{text}` is a {kind}, and shown as {face or 'nothing'}")
        self.assertEqual("\n".join(wrong), "")

    def test_indentation_is_that_of_weft_fmt(self):
        text = (EDITORS.parent / "examples/online-boutique/tests.weft").read_text()
        text += ('policy deep for ns == "a" {\n  isolate ns in {"a", "b"}\n  @id(one)\n  allow any\n      -> any : tcp/1\n'
                 '      when source.app == destination.app\n  deny any -> any : any because "a { in a text"  // and {\n}\n')
        (self.home / "shop.weft").write_text("\n".join(line.strip() for line in text.split("\n")))
        self.assertEqual(self.emacs(f'(find-file "{self.home}/shop.weft") (indent-region (point-min) (point-max))\n'
                                    '(write-region nil nil (getenv "WEFT_OUT"))'), text)

    def test_compile_finds_the_place_of_each_message(self):
        (self.home / "shop.weft").write_text('label app : "web"\npolicy p {\n  allow any => any : tcp/1\n}\n'
                                             'policy q {\n  allow app == "weeb" -> any : tcp/1\n}\n')
        found = self.emacs(f"""(find-file "{self.home}/shop.weft")
          (setq compile-command (weft-mode--check-command))
          (let ((found nil) (done nil))
            (add-hook 'compilation-finish-functions (lambda (&rest _) (setq done t)))
            (with-current-buffer (compile compile-command)
              (while (not done) (accept-process-output nil 0.05)))
            (dotimes (_ 2)
              (next-error)
              (push (format "%s:%s %s" (buffer-name) (line-number-at-pos)
                            (buffer-substring-no-properties (point) (+ 2 (point)))) found))
            (with-temp-file (getenv "WEFT_OUT") (insert (mapconcat #'identity (nreverse found) ", "))))""")
        self.assertEqual(found, 'shop.weft:3 =>, shop.weft:6 "w')

    def test_format_keeps_what_it_cannot_parse(self):
        policy = self.home / "shop.weft"
        policy.write_text("policy p {\nallow any->any:any\n\n\n}\n")
        script = (f'(find-file "{policy}") (condition-case error (weft-format-buffer) (user-error (insert (cadr error) "\\n")))\n'
                  '(write-region nil nil (getenv "WEFT_OUT"))')
        self.assertEqual(self.emacs(script), "policy p {\n  allow any -> any : any\n}\n")
        policy.write_text("policy p {\nallow any=>any:any\n")
        self.assertEqual(self.emacs(script), "error W1006: `=>` means nothing in a policy\npolicy p {\nallow any=>any:any\n")


def has_eglot():
    """Whether Emacs has Eglot: of its own from 29 on, else as a package."""
    check = "(progn (package-initialize) (kill-emacs (if (locate-library \"eglot\") 0 1)))"
    return shutil.which("emacs") and subprocess.run(["emacs", "--batch", "--eval", check], capture_output=True, check=False).returncode == 0


@needs("emacs", "emacs-nox")
class WithEglot(unittest.TestCase):
    maxDiff = None

    def test_the_scenario(self):
        if not has_eglot():
            self.skipTest("Eglot is absent; apt-get install elpa-eglot")
        home = pathlib.Path(tempfile.mkdtemp())
        self.addCleanup(shutil.rmtree, home)
        work = scenario.prepare(home)
        run(["emacs", "--no-init-file", "--batch", "-L", EDITORS / "emacs", "--eval", f'(setq weft-program "{weft()}")', "-l",
             pathlib.Path(__file__).parent / "emacs_scenario.el"], home, cwd=work, WEFT_LOG=str(home / "log"))
        scenario.check(self, (home / "log").read_text(), work)

    def test_what_a_command_gives_back_is_shown_in_a_buffer_and_not_said_as_well(self):
        if not has_eglot():
            self.skipTest("Eglot is absent; apt-get install elpa-eglot")
        home = pathlib.Path(tempfile.mkdtemp())
        self.addCleanup(shutil.rmtree, home)
        work = scenario.prepare(home)
        policy = work / "shop.weft"
        policy.write_text(policy.read_text().replace("=>", "->"))
        scenario.commit(work)
        script = home / "script.el"
        script.write_text(r"""
          (package-initialize)
          (require 'weft-mode)
          (require 'eglot)
          (setq eglot-sync-connect 20 make-backup-files nil)
          (defvar said nil)
          (cl-defmethod eglot-handle-notification :before (_server (_method (eql window/showMessage)) &rest words)
            (push words said))
          (find-file "tests.weft")
          (apply #'eglot (eglot--guess-contact))
          (defun shown (title)
            (with-current-buffer (format "*weft: %s*" title)
              (goto-char (point-min))
              (buffer-substring-no-properties (point) (line-end-position))))
          (weft-test-file)
          (weft-explain-flow "{app: \"db\"} -> {app: \"kassa\"} : tcp/1")
          (goto-char (point-max))
          (insert "policy new { allow any -> any : tcp/7 }\n")
          (weft-compare-with-head)
          (with-temp-file (getenv "WEFT_LOG")
            (insert (mapconcat #'shown '("tests" "decision" "differences from HEAD") "\n") (format "\n%s messages" (length said))))
          (set-buffer-modified-p nil)
          (kill-emacs 0)
        """)
        run(["emacs", "--no-init-file", "--batch", "-L", EDITORS / "emacs", "--eval", f'(setq weft-program "{weft()}")', "-l", script],
            home, cwd=work, WEFT_LOG=str(home / "log"))
        tests, decision, difference, messages = (home / "log").read_text().split("\n")
        self.assertIn("`purchases` passes", tests)
        self.assertIn("denied", decision)
        self.assertEqual(difference, "# HEAD → the editor: only widens")
        self.assertEqual(messages, "0 messages")


if __name__ == "__main__":
    unittest.main()
