// A VS Code of its own: code-server with the packed extension, in a browser, nothing of the user's in it.
import { spawn, spawnSync } from "node:child_process";
import { mkdir, readFile, writeFile } from "node:fs/promises";
import { createServer } from "node:net";
import path from "node:path";
import { chromium } from "playwright-core";

const here = import.meta.dirname;
const extension = path.resolve(here, "../../../editors/vscode/weft.vsix");

const settings = {
  "security.workspace.trust.enabled": false,
  "workbench.startupEditor": "none",
  "workbench.secondarySideBar.defaultVisibility": "hidden",
  "workbench.tips.enabled": false,
  "telemetry.telemetryLevel": "off",
  "update.mode": "none",
  "extensions.ignoreRecommendations": true,
  "git.enabled": false,
  "files.autoSave": "off",
  // What is typed stands there as it was typed.
  "editor.autoClosingBrackets": "never",
  "editor.autoClosingQuotes": "never",
  "editor.quickSuggestions": { other: "off", comments: "off", strings: "off" },
  "editor.suggestOnTriggerCharacters": false,
  "editor.minimap.enabled": false,
};

async function freePort() {
  const server = createServer().listen(0, "127.0.0.1");
  await new Promise((resolve) => server.once("listening", resolve));
  const { port } = server.address();
  await new Promise((resolve) => server.close(resolve));
  return port;
}

export class VsCode {
  /// Starts it on a folder, with everything it writes under `home`.
  static async start(folder, home, weft, chromiumPath) {
    const it = new VsCode();
    try {
      await it.startIn(folder, home, weft, chromiumPath);
    } catch (error) {
      await it.stop();
      throw error;
    }
    return it;
  }

  async startIn(folder, home, weft, chromiumPath) {
    const data = path.join(home, "data");
    await mkdir(path.join(data, "User"), { recursive: true });
    await writeFile(path.join(data, "User/settings.json"), JSON.stringify(settings));
    // Where a program is, is said of the machine that runs it. Among the user's settings it only counts until the
    // extension has told what kind of setting it is.
    await mkdir(path.join(data, "Machine"), { recursive: true });
    this.machineFile = path.join(data, "Machine/settings.json");
    this.machine = { "weft.path": weft };
    await writeFile(this.machineFile, JSON.stringify(this.machine));
    const port = await freePort();
    const words = [
      path.join(here, "node_modules/code-server"), "--config", path.join(home, "config.yaml"), "--user-data-dir", data,
      "--extensions-dir", path.join(home, "extensions"), "--auth", "none", "--disable-telemetry", "--disable-update-check",
      "--disable-workspace-trust", "--bind-addr", `127.0.0.1:${port}`,
    ];
    const environment = { ...process.env, HOME: home };
    delete environment.VSCODE_IPC_HOOK_CLI;
    const installed = spawnSync(process.execPath, [...words, "--install-extension", extension], { env: environment, encoding: "utf8" });
    if (installed.status !== 0) throw new Error(`the extension cannot be installed:\n${installed.stdout}${installed.stderr}`);
    this.server = spawn(process.execPath, words, { env: environment, stdio: ["ignore", "pipe", "pipe"] });
    this.said = "";
    for (const stream of [this.server.stdout, this.server.stderr]) stream.on("data", (text) => (this.said += text));
    await this.until("the server", async () => (await fetch(`http://127.0.0.1:${port}/healthz`).catch(() => ({}))).ok);

    this.browser = await chromium.launch({ executablePath: chromiumPath, args: process.getuid() === 0 ? ["--no-sandbox"] : [] });
    this.page = await this.browser.newPage({ viewport: { width: 1100, height: 640 }, locale: "en-US" });
    this.page.setDefaultTimeout(60_000);
    this.page.setDefaultNavigationTimeout(120_000);
    await this.page.goto(`http://127.0.0.1:${port}/?folder=${encodeURIComponent(folder)}`);
    await this.page.locator(".monaco-workbench").waitFor({ timeout: 60_000 });
    await this.page.locator(".explorer-folders-view .monaco-list-row").first().waitFor({ timeout: 60_000 });
  }

  async until(what, condition, milliseconds = 60_000) {
    for (const end = Date.now() + milliseconds; Date.now() < end; ) {
      if (await condition()) return;
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
    throw new Error(`waited in vain for ${what}`);
  }

  /// Changes settings of the machine, in the editor: it does not rely on being told of files that others write.
  async configure(changes) {
    Object.assign(this.machine, changes);
    await this.command("Preferences: Open Remote Settings (JSON)");
    await this.page.locator('.editor-group-container.active .tab.active[data-resource-name="settings.json"]').waitFor();
    await this.page.locator(".editor-group-container.active .editor-instance .view-lines").click();
    await this.page.keyboard.press("Control+A");
    await this.page.keyboard.insertText(JSON.stringify(this.machine));
    // What the editor closes by itself stands behind the cursor.
    await this.page.keyboard.press("Control+Shift+End");
    await this.page.keyboard.press("Delete");
    await this.page.keyboard.press("Control+S");
    await this.until("the settings to be saved", async () => (await readFile(this.machineFile, "utf8")) === JSON.stringify(this.machine));
  }

  /// A command by its title, as one picks it from the palette.
  async command(title) {
    await this.page.keyboard.press("Escape");
    await this.page.keyboard.press("F1");
    const input = this.page.locator(".quick-input-widget input");
    await input.waitFor();
    await input.fill(`>${title}`);
    await this.page.locator(".quick-input-list .monaco-list-row.focused", { hasText: title }).first().waitFor();
    await this.page.keyboard.press("Enter");
  }

  /// Opens a file from the tree; `folder` is the one it lies in, if not the top.
  async open(name, folder) {
    const row = (text) => this.page.locator(".explorer-folders-view .monaco-list-row").getByText(text, { exact: true });
    if (folder && !(await row(name).isVisible())) await row(folder).click();
    await row(name).dblclick();
    await this.page.locator(`.editor-group-container.active .tab.active[data-resource-name="${name}"]`).waitFor();
    await this.page.locator(".editor-instance .view-lines").first().click();
  }

  /// Waits for a page beside the text, a frame of a frame, that shows all of these; the page.
  async preview(...texts) {
    let found;
    await this.until(`a page with ${texts.join(", ")}`, async () => {
      for (const frame of this.page.frames()) {
        const body = await frame.locator("body").innerText({ timeout: 500 }).catch(() => "");
        if (frame !== this.page.mainFrame() && texts.every((text) => body.includes(text))) found = frame;
      }
      return found !== undefined;
    });
    return found;
  }

  /// Closes what is shown beside the text, whether it has the focus or not.
  async dismiss(title) {
    const tab = this.page.locator(`.tab[aria-label*="${title}"]`).first();
    await tab.click({ button: "middle" });
    await tab.waitFor({ state: "detached" });
  }

  /// Puts the cursor at a line and column, from 1.
  async goto(line, column) {
    await this.page.keyboard.press("Control+G");
    const input = this.page.locator(".quick-input-widget input");
    await input.waitFor();
    await input.fill(`:${line}:${column}`);
    await this.page.keyboard.press("Enter");
    await this.page.locator(".quick-input-widget").waitFor({ state: "hidden" });
  }

  squiggles(kind = "error") {
    return this.page.locator(`.editor-instance .squiggly-${kind}`).count();
  }

  async stop() {
    await this.browser?.close();
    if (!this.server) return;
    const ended = new Promise((resolve) => this.server.once("exit", resolve));
    this.server.kill("SIGTERM");
    await ended;
  }
}
