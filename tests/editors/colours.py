"""What the policies of textmate/ say about the colours of their own lines, boiled down to what every editor can show.

A line `//    ^^^ scope` is about the text above the carets. Editors name colours differently, but they agree on what is a
word of the language, a text, a number or a mistake, and that everything else is none of these.
"""

import pathlib
import re

FIXTURES = pathlib.Path(__file__).parent / "textmate"
CLAIM = re.compile(r"// *(\^+) (\S+)$")
WORDS = re.compile(r"keyword\.(control|other)|keyword\.operator\.word|storage|constant\.language|support\.type|variable\.language")


def kind_of(scope, text):
    """The kind of a scope: word, string, number, mistake, or plain for everything else."""
    if scope.startswith("invalid"):
        return "mistake"
    if scope.startswith(("string", "constant.character")) or text.startswith('"'):
        return "string"
    if scope.startswith(("constant.numeric", "constant.other.date")):
        return "number"
    return "word" if WORDS.match(scope) else "plain"


def claims(path):
    """(line, column, kind, text) of every claim of one file, lines and columns from 1: one for each end of its text."""
    lines = path.read_text().split("\n")
    subject = 0
    for number, line in enumerate(lines):
        match = CLAIM.match(line)
        if not match:
            subject = number
            continue
        text = lines[subject][match.start(1):match.end(1)]
        if match[2].startswith("punctuation"):
            continue
        for column in sorted({match.start(1) + 1, match.end(1)}):
            yield subject + 1, column, kind_of(match[2], text), text


def fixtures():
    return sorted(FIXTURES.glob("*.weft"))
