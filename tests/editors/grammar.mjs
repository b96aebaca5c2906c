// The TextMate grammar of editors/textmate as an editor would run it: lines of text to tokens with their scopes.
import { readFile } from "node:fs/promises";
import { createRequire } from "node:module";
import path from "node:path";

const require = createRequire(import.meta.url);
const oniguruma = require("vscode-oniguruma");
const textmate = require("vscode-textmate");

export const root = path.resolve(import.meta.dirname, "../..");

async function registry(files, injections = {}) {
  const wasm = await readFile(require.resolve("vscode-oniguruma/release/onig.wasm"));
  await oniguruma.loadWASM(wasm.buffer.slice(wasm.byteOffset, wasm.byteOffset + wasm.byteLength));
  return new textmate.Registry({
    onigLib: Promise.resolve({
      createOnigScanner: (patterns) => new oniguruma.OnigScanner(patterns),
      createOnigString: (text) => new oniguruma.OnigString(text),
    }),
    loadGrammar: async (scope) => {
      if (typeof files[scope] !== "string") return files[scope] ?? null;
      const file = path.join(root, files[scope]);
      return textmate.parseRawGrammar(await readFile(file, "utf8"), file);
    },
    getInjections: (scope) => injections[scope],
  });
}

export async function loadGrammar() {
  const grammars = await registry({ "source.weft": "editors/textmate/weft.tmLanguage.json" });
  return grammars.loadGrammar("source.weft");
}

/// A Markdown without colours of its own, with those of policies put into it as the extension for VS Code does.
export async function loadInMarkdown() {
  const scope = "text.html.markdown";
  const files = {
    "source.weft": "editors/textmate/weft.tmLanguage.json",
    "markdown.weft.codeblock": "editors/vscode/syntaxes/markdown.json",
    [scope]: { scopeName: scope, patterns: [], repository: {} },
  };
  const grammars = await registry(files, { [scope]: ["markdown.weft.codeblock"] });
  return grammars.loadGrammar(scope);
}

/// The tokens of a text, in order: `{line, start, end, text, scopes}`; lines count from 0, `scopes` has the innermost last.
export function tokenize(grammar, text) {
  const tokens = [];
  let state = null;
  text.split("\n").forEach((line, number) => {
    const result = grammar.tokenizeLine(line, state);
    state = result.ruleStack;
    for (const { startIndex, endIndex, scopes } of result.tokens) {
      const end = Math.min(endIndex, line.length);
      const token = { line: number, start: startIndex, end, text: line.slice(startIndex, end), scopes };
      if (token.text !== "") tokens.push(token);
    }
  });
  return tokens;
}
