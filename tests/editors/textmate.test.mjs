// The TextMate grammar: what the files of textmate/ say about their own lines, every word of grammar/Weft.g4, and every
// policy of this repository.
import assert from "node:assert/strict";
import { readFile, readdir } from "node:fs/promises";
import path from "node:path";
import { describe, test } from "node:test";
import { loadGrammar, root, tokenize } from "./grammar.mjs";
import { keywords, markdownPolicies, policyFiles } from "./language.mjs";

const grammar = await loadGrammar();
const fixtures = path.join(root, "tests/editors/textmate");
const fixtureNames = (await readdir(fixtures)).filter((name) => name.endsWith(".weft"));

// Scopes that make a word stand out as a word of the language.
const wordScope = /^(keyword|storage|constant\.language|support\.type|variable\.language)\b/;
const innermost = (token) => token.scopes.at(-1).replace(/\.weft$/, "");

/// `//    ^^^ scope` below a line says that the token above the carets has this scope as its innermost.
function expectations(text) {
  const found = [];
  let subject = -1;
  text.split("\n").forEach((line, number) => {
    const claim = /^\/\/ *(\^+) (\S+)$/.exec(line);
    if (!claim) subject = number;
    else found.push({ line: subject, start: line.indexOf("^"), end: line.indexOf("^") + claim[1].length, scope: claim[2] });
  });
  return found;
}

describe("tokens", () => {
  for (const name of fixtureNames) {
    test(name, async () => {
      const text = await readFile(path.join(fixtures, name), "utf8");
      const lines = text.split("\n");
      const tokens = tokenize(grammar, text);
      const claims = expectations(text);
      assert.notEqual(claims.length, 0);
      for (const { line, start, end, scope } of claims) {
        const covered = tokens.filter((token) => token.line === line && token.start < end && token.end > start);
        const seen = [...new Set(covered.map(innermost))];
        assert.deepEqual(seen, [scope], `${name}:${line + 1}: \`${lines[line].slice(start, end)}\``);
      }
    });
  }
});

describe("the grammar and grammar/Weft.g4", () => {
  test("every keyword is coloured as one somewhere in textmate/", async () => {
    const coloured = new Set();
    for (const name of fixtureNames) {
      const text = await readFile(path.join(fixtures, name), "utf8");
      for (const token of tokenize(grammar, text)) if (wordScope.test(innermost(token))) coloured.add(token.text);
    }
    const all = await keywords();
    assert.ok(all.reserved.length > 30 && all.soft.length > 15);
    assert.deepEqual([...all.reserved, ...all.soft].filter((word) => !coloured.has(word)), []);
  });

  test("a word the grammar does not know would be noticed", () => {
    const tokens = tokenize(grammar, "policy p {\n  forbid web -> api : any\n}");
    const forbid = tokens.find((token) => token.text.includes("forbid"));
    assert.ok(!wordScope.test(innermost(forbid)));
  });
});

describe("the policies of this repository", async () => {
  const { reserved } = await keywords();
  const sources = [...(await policyFiles()), ...(await markdownPolicies("docs/language.md"))];
  test("there are some", () => assert.ok(sources.length > 20));
  for (const { name, text } of sources) {
    test(name, () => {
      for (const token of tokenize(grammar, text)) {
        const where = `${name}:${token.line + 1}: \`${token.text}\` is ${innermost(token)}`;
        assert.ok(!/^(invalid|keyword\.control$)/.test(innermost(token)), where);
        // Nothing but spaces is left without a meaning, and no word of the language is taken for a name.
        if (token.text.trim() !== "") assert.notEqual(innermost(token), "source", where);
        if (reserved.includes(token.text) && !/^(comment|string)/.test(innermost(token)))
          assert.match(innermost(token), wordScope, where);
      }
    });
  }
});
