"""The smallest policies of which `weft check` once said something wrong.

A case is a policy in tests/cases/verifier, with an inventory beside it where it needs one. Its first lines say what is
expected: `//! exit N`, `//! TEXT` for what is said, and `//~ TEXT` for what is not.
"""

import re
import unittest

from weft_cli import SOURCE, WeftTest

CASES = sorted((SOURCE / "tests" / "cases" / "verifier").glob("*.weft"))


class VerifierCases(WeftTest):
    def test_every_case_says_what_it_expects(self):
        self.assertGreater(len(CASES), 4)
        for case in CASES:
            with self.subTest(case.name):
                inventory = case.with_suffix(".yaml")
                more = ["--inventory", str(inventory)] if inventory.exists() else []
                outcome = self.weft("check", str(case), *more)
                lines = case.read_text(encoding="utf-8").splitlines()
                expected = [line.removeprefix("//! ") for line in lines if line.startswith("//! ")]
                forbidden = [line.removeprefix("//~ ") for line in lines if line.startswith("//~ ")]
                codes = [int(text.removeprefix("exit ")) for text in expected if re.fullmatch(r"exit \d+", text)]
                self.assertEqual([outcome.code], codes, outcome)
                said = outcome.out + outcome.err
                for text in expected:
                    if not text.startswith("exit "):
                        self.assertIn(text, said)
                for text in forbidden:
                    self.assertNotIn(text, said)


if __name__ == "__main__":
    unittest.main()
