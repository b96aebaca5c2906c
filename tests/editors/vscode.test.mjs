// The VS Code extension, as far as it goes without an editor: it is packed offline, its parts fit together, and its problem
// matcher reads what weft writes.
import assert from "node:assert/strict";
import { execFile, spawnSync } from "node:child_process";
import { readFile, readdir, rm, stat, mkdtemp, writeFile } from "node:fs/promises";
import { createRequire } from "node:module";
import { homedir, tmpdir } from "node:os";
import path from "node:path";
import { describe, test } from "node:test";
import { promisify } from "node:util";
import { root } from "./grammar.mjs";

const run = promisify(execFile);
const extension = path.join(root, "editors/vscode");
const { build } = createRequire(path.join(extension, "package.json"))("esbuild");
const weft = process.env.WEFT_BINARY;
const manifest = JSON.parse(await readFile(path.join(extension, "package.json"), "utf8"));
const contributes = manifest.contributes;

async function sources() {
  const names = (await readdir(path.join(extension, "src"))).filter((name) => name.endsWith(".ts"));
  const texts = await Promise.all(names.map((name) => readFile(path.join(extension, "src", name), "utf8")));
  return texts.join("\n");
}

/// A module of the extension that does not need the editor.
async function load(name) {
  const built = await build({
    entryPoints: [path.join(extension, "src", name)],
    bundle: true,
    write: false,
    platform: "node",
    format: "esm",
  });
  return import(`data:text/javascript;base64,${Buffer.from(built.outputFiles[0].text).toString("base64")}`);
}

test("the package is made without a network, small, and holds what it needs and nothing else", async () => {
  await rm(path.join(extension, "weft.vsix"), { force: true });
  const nowhere = "http://127.0.0.1:9";
  const environment = { ...process.env, HTTP_PROXY: nowhere, HTTPS_PROXY: nowhere, npm_config_offline: "true", npm_config_registry: nowhere };
  await run("npm", ["run", "package"], { cwd: extension, env: environment });
  const { size } = await stat(path.join(extension, "weft.vsix"));
  assert.ok(size < 200_000, `weft.vsix has ${size} bytes`);
  const script = "import sys, zipfile; print('\\n'.join(sorted(zipfile.ZipFile(sys.argv[1]).namelist())))";
  const { stdout } = await run("python3", ["-c", script, path.join(extension, "weft.vsix")]);
  const inside = stdout.trim().split("\n").map((name) => name.toLowerCase());
  assert.deepEqual(inside, [
    "[content_types].xml", "extension.vsixmanifest", "extension/changelog.md", "extension/images/icon.png",
    "extension/language-configuration.json", "extension/out/extension.js", "extension/out/weft.tmlanguage.json",
    "extension/package.json", "extension/readme.md", "extension/snippets/weft.json", "extension/syntaxes/markdown.json",
  ]);
});

describe("the manifest and the code", () => {
  test("the commands of the palette are those that are registered", async () => {
    const registered = [...(await sources()).matchAll(/register\("(weft\.\w+)"/g)].map((match) => match[1]);
    assert.deepEqual(registered.sort(), contributes.commands.map((each) => each.command).sort());
  });

  test("no command has a name of the server's, which the client registers itself", async () => {
    const list = /serverCommands = \[([^\]]*)\]/.exec(await sources())[1];
    const served = [...list.matchAll(/"(\w+)"/g)].map((match) => `weft.${match[1]}`);
    assert.equal(served.length, 4);
    for (const { command } of contributes.commands) assert.ok(!served.includes(command), command);
    for (const { command, when } of contributes.menus.commandPalette) {
      assert.ok(contributes.commands.some((each) => each.command === command), command);
      const key = /weft\.serves\.(\w+)/.exec(when);
      assert.ok(key === null || served.includes(`weft.${key[1]}`), when);
    }
  });

  test("the settings that are read are those that can be set", async () => {
    const text = await sources();
    const read = [...text.matchAll(/section\.get<[^(]*>\("(\w+)"/g)].map((match) => `weft.${match[1]}`);
    // The client library reads this one itself.
    assert.deepEqual([...read, "weft.trace.server"].sort(), Object.keys(contributes.configuration.properties).sort());
  });

  test("a program is found by its path and on the PATH", async () => {
    const { runnable } = await load("settings.ts");
    assert.ok(runnable(weft, ""));
    assert.ok(runnable(path.basename(weft), `/nowhere:${path.dirname(weft)}`));
    assert.ok(!runnable("weft", "/nowhere"));
    assert.ok(!runnable(path.join(extension, "package.json"), ""));
    assert.ok(!runnable("/nowhere/weft", process.env.PATH));
  });

  test("paths in settings", async () => {
    const { expand, serverCommand, initializationOptions, taskCommand, graphCommand } = await load("settings.ts");
    assert.equal(expand("weft", "/work space"), "weft");
    assert.equal(expand("build/bin/weft", "/ws"), "/ws/build/bin/weft");
    assert.equal(expand("${workspaceFolder}/bin/weft", "/ws"), "/ws/bin/weft");
    assert.equal(expand("~/bin/weft", "/ws"), `${homedir()}/bin/weft`);
    assert.equal(expand("~weft", "/ws"), "~weft");
    const settings = { path: " ", inventory: ["cluster.yaml", "/etc/nodes.yaml"], lint: { W3001: "deny" } };
    assert.deepEqual(serverCommand(settings, "/ws"), { command: "weft", args: ["lsp"] });
    assert.deepEqual(initializationOptions(settings, "/ws"), {
      inventory: ["/ws/cluster.yaml", "/etc/nodes.yaml"],
      lint: { W3001: "deny" },
    });
    assert.deepEqual(graphCommand({ ...settings, inventory: [] }, "/ws", true).args, ["graph", "--format", "html", "--color=never"]);
    assert.deepEqual(graphCommand(settings, "/ws", false).args, [
      "graph", ".", "--format", "html", "--color=never", "--inventory", "/ws/cluster.yaml", "--inventory", "/etc/nodes.yaml",
    ]);
    assert.deepEqual(taskCommand("check", ["."], settings, "/ws").args, [
      "check", "--color=never", "--inventory", "/ws/cluster.yaml", "--inventory", "/etc/nodes.yaml", ".",
    ]);
  });
});

describe("what weft reads and writes", () => {
  const [, head, place] = [null, ...contributes.problemMatchers[0].pattern.map((each) => new RegExp(each.regexp))];

  /// The problems that the matcher finds, as the editor looks for them: two lines, one behind the other.
  function problems(text) {
    const lines = text.split("\n");
    return lines.flatMap((line, number) => {
      const [first, second] = [head.exec(line), place.exec(lines[number + 1] ?? "")];
      if (!first || !second) return [];
      return [[first[1], first[2], first[3], path.basename(second[1]), Number(second[2]), Number(second[3])]];
    });
  }

  test("the problem matcher finds every message of `weft check`", async () => {
    const folder = await mkdtemp(path.join(tmpdir(), "weft-"));
    const policy = path.join(folder, "a shop.weft");
    await writeFile(policy, [
      'label app : "web" | "db"', "tiers a", "policy one {", '  allow app == "weeb" -> any : tcp/1', "}", "policy two {",
      "  allow any => any : any", "}", "",
    ].join("\n"));
    const { stderr } = spawnSync(weft, ["check", "--color=never", policy], { encoding: "utf8" });
    assert.deepEqual(problems(stderr), [
      ["error", "W1006", "`=>` means nothing in a policy", "a shop.weft", 7, 13],
      ["error", "W1025", '`app` is never "weeb"', "a shop.weft", 4, 16],
    ]);
    await writeFile(policy, [
      "label app : string", 'policy one { allow app == "web" -> any : tcp/443 }', 'policy two { deny app == "web" -> world : tcp }', "",
    ].join("\n"));
    const conflict = spawnSync(weft, ["check", "--color=never", policy], { encoding: "utf8" });
    assert.deepEqual(problems(conflict.stderr).map((each) => each.slice(0, 2)), [["warning", "W3001"]]);
    await rm(folder, { recursive: true });
  });

  test("every snippet is a policy that `weft fmt` takes, once its places are filled in", async () => {
    const snippets = JSON.parse(await readFile(path.join(extension, "snippets/weft.json"), "utf8"));
    assert.ok(Object.keys(snippets).length > 10);
    for (const [name, { body }] of Object.entries(snippets)) {
      let text = [body].flat().join("\n").replaceAll("$CURRENT_YEAR", "2030");
      const values = {};
      const fill = /\$\{(\d+)(?::((?:[^{}\\]|\\.)*)|\|([^,|]+)[^|]*\|)\}/;
      for (let match = fill.exec(text); match; match = fill.exec(text)) {
        values[match[1]] = match[2] ?? match[3];
        text = text.replace(match[0], () => values[match[1]]);
      }
      text = text.replace(/\$(\d+)/g, (_, number) => values[number] ?? "");
      assert.ok(!text.includes("$"), `${name}: ${text}`);
      const statement = /^(allow|deny)/.test(text) ? `policy p {\n${text}\n}` : text;
      const { status, stderr } = spawnSync(weft, ["fmt", "-"], { input: statement + "\n", encoding: "utf8" });
      assert.equal(status, 0, `${name}: ${text}\n${stderr}`);
    }
  });

  test("weft blocks of Markdown have the colours of policies", async () => {
    const { loadInMarkdown, tokenize } = await import("./grammar.mjs");
    const tokens = tokenize(await loadInMarkdown(), "text group\n```weft error\npolicy p {\n```\ngroup\n```c\ngroup\n```\n");
    const scope = (line) => tokens.find((token) => token.line === line).scopes.join(" ");
    assert.match(scope(2), /meta\.embedded\.block\.weft.* storage\.type\.declaration\.weft/);
    for (const line of [0, 4, 6]) assert.ok(!scope(line).includes("weft"), scope(line));
  });
});
