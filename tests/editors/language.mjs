// What the language is, read from where it is written down: the words of grammar/Weft.g4, and policies to try things on.
import { readFile, readdir } from "node:fs/promises";
import path from "node:path";

const root = path.resolve(import.meta.dirname, "../..");

/// The words of the language: those that are reserved, and those that are names where they mean nothing.
export async function keywords() {
  const text = await readFile(path.join(root, "grammar/Weft.g4"), "utf8");
  const words = [...text.matchAll(/^[A-Z_]+ : '([a-z]+)' ;$/gm)].map((match) => match[1]);
  const reservedRule = /^reserved :([^;]*);/m.exec(text)[1];
  const reserved = [...reservedRule.matchAll(/'([a-z]+)'/g)].map((match) => match[1]);
  return { reserved, soft: words.filter((word) => !reserved.includes(word)) };
}

/// The policies under examples/ and stdlib-policies/, as `{name, text}`.
export async function policyFiles() {
  const found = [];
  for (const folder of ["examples", "stdlib-policies"]) {
    const names = await readdir(path.join(root, folder), { recursive: true });
    for (const name of names.filter((name) => name.endsWith(".weft")).sort())
      found.push({ name: `${folder}/${name}`, text: await readFile(path.join(root, folder, name), "utf8") });
  }
  return found;
}

/// The ```weft blocks of a page that are right.
export async function markdownPolicies(page) {
  const text = await readFile(path.join(root, page), "utf8");
  return [...text.matchAll(/^```weft\n([^]*?)^```$/gm)].map((match, index) => ({
    name: `${page}, block ${index + 1}`,
    text: match[1],
  }));
}
