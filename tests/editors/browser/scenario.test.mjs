// The scenario of ../scenario.py in a real VS Code: the mistake is typed, seen, mended by its fix, a group renamed, the text formatted.
import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { cp, mkdtemp, mkdir, readFile, realpath, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { after, before, test } from "node:test";
import { VsCode } from "./vscode.mjs";

const here = import.meta.dirname;
const scenario = path.resolve(here, "../scenario");
const pictures = process.env.WEFT_PICTURES ?? path.resolve(here, "../../../editors/vscode/out/pictures");
const mistake = '  allow app == "🛒" => `märkte` : tcp/8443 because "🛒 zu den Märkten"';

// A policy to look at: two rules that contradict each other.
const conflict = `// Two teams, one flow.
label app : "web" | "api" | "db"

policy shop {
  isolate workload
  allow app == "web" -> app == "api" : tcp/8000-8999
  allow app == "api" -> app == "db" : tcp/5432
}

policy freeze {
  deny any -> app == "api" : tcp/8443 because "CHG-2041"
}

never app == "web" -> app == "db" : any
`;

const inventory = ["nodes:", "- name: n1", "workloads:", ...["web", "api", "db"].map((app, i) =>
  `- {name: shop/${app}, node: n1, addresses: [10.0.0.${i + 1}], labels: {app: ${app}}}`)].join("\n") + "\n";

function commit(folder) {
  for (const words of [["init", "-q"], ["add", "."], ["-c", "user.name=t", "-c", "user.email=t@example.org", "commit", "-q", "-m", "first"]]) {
    execFileSync("git", words, { cwd: folder });
  }
}

let home, work, code;

before(async () => {
  home = await realpath(await mkdtemp(path.join(tmpdir(), "weft-vscode-")));
  work = path.join(home, "market");
  await cp(path.join(scenario, "before"), work, { recursive: true });
  // The line with the mistake is not there yet: it is typed.
  const text = await readFile(path.join(work, "shop.weft"), "utf8");
  assert.ok(text.includes(mistake));
  await writeFile(path.join(work, "shop.weft"), text.replace(`${mistake}\n`, ""));
  await mkdir(path.join(work, "teams"));
  await writeFile(path.join(work, "teams/teams.weft"), conflict);
  await writeFile(path.join(work, "teams/weft.toml"), "");
  await writeFile(path.join(work, "teams/inventory.yaml"), inventory);
  commit(work);
  await mkdir(pictures, { recursive: true });
  code = await VsCode.start(work, home, process.env.WEFT_BINARY, process.env.WEFT_CHROMIUM);
});

after(async () => {
  await code?.stop();
  await rm(home, { recursive: true, force: true });
});

const picture = (name) => code.page.screenshot({ path: path.join(pictures, `${name}.png`) });

let failed = false;

/// Each step goes on where the one before it ended. Takes a picture of what was there when one failed.
function step(name, action) {
  test(name, { timeout: 180_000 }, async () => {
    assert.ok(!failed, "a step before this one failed");
    try {
      await action();
    } catch (error) {
      failed = true;
      await picture("failed").catch(() => {});
      throw error;
    }
  });
}

step("a mistake is underlined while it is typed", async () => {
  await code.open("shop.weft");
  const lines = (await readFile(path.join(work, "shop.weft"), "utf8")).split("\n");
  const above = lines.findIndex((line) => line.startsWith("  isolate"));
  await code.goto(above + 1, lines[above].length + 1);
  await code.until("no squiggle before", async () => (await code.squiggles()) === 0);
  await code.page.keyboard.press("Enter");
  await code.page.keyboard.press("Home");
  await code.page.keyboard.press("Shift+End");
  // Letters that are on no keyboard come in one piece; all others are pressed.
  for (const part of mistake.split(/([^\x00-\x7f]+)/)) {
    if (/^[\x00-\x7f]*$/.test(part)) await code.page.keyboard.type(part);
    else await code.page.keyboard.insertText(part);
  }
  await code.until("the squiggle", async () => (await code.squiggles()) === 1);
  await picture("mistake");
});

step("its fix is offered, and mends it", async () => {
  const lines = (await readFile(path.join(work, "shop.weft"), "utf8")).split("\n");
  const line = lines.findIndex((each) => each.startsWith("  isolate")) + 2;
  await code.goto(line, mistake.indexOf("=>") + 2);
  await code.page.keyboard.press("Control+.");
  const offer = code.page.locator(".action-widget .monaco-list-row", { hasText: "`=>` is written `->`" });
  await offer.first().waitFor();
  await picture("fix");
  await code.page.keyboard.press("Enter");
  await code.until("no squiggle after", async () => (await code.squiggles()) === 0);
});

step("a group is renamed in all files, also those that nobody has opened", async () => {
  const lines = (await readFile(path.join(work, "shop.weft"), "utf8")).split("\n");
  const line = lines.findIndex((each) => each.startsWith("  isolate")) + 2;
  await code.goto(line, mistake.indexOf("`mä") + 3);
  await code.page.keyboard.press("F2");
  const input = code.page.locator(".rename-box input.rename-input");
  await input.waitFor();
  await input.fill("markets");
  await picture("rename");
  await code.page.keyboard.press("Enter");
  await code.page.locator(".view-line", { hasText: "markets" }).first().waitFor();
});

step("the text gets its layout, and the files are those of every other editor", async () => {
  await code.command("Format Document");
  const wanted = async (name) => readFile(path.join(scenario, "after", name), "utf8");
  const shown = async () => (await code.page.locator(".editor-instance .view-line").allTextContents()).map((line) => line.replaceAll("\u00a0", " "));
  const aligned = (await wanted("shop.weft")).split("\n").find((line) => line.startsWith("group carts"));
  await code.until("the layout", async () => (await shown()).includes(aligned));
  await code.command("File: Save All Files");
  for (const name of ["shop.weft", "tests.weft"]) {
    await code.until(`${name} to be saved`, async () => (await readFile(path.join(work, name), "utf8")) === (await wanted(name)), 10_000).catch(async () => {
      assert.equal(await readFile(path.join(work, name), "utf8"), await wanted(name));
    });
  }
});

step("a conflict shows both rules and the flow", async () => {
  await code.open("teams.weft", "teams");
  await code.until("the squiggle of the conflict", async () => (await code.squiggles("warning")) > 0);
  const line = conflict.split("\n").findIndex((each) => each.includes("deny any"));
  await code.goto(line + 1, 4);
  await code.command("Show or Focus Hover");
  const hover = code.page.locator(".monaco-hover:not(.hidden)", { hasText: "for example" });
  await hover.first().waitFor();
  assert.match(await hover.first().innerText(), /W3001/);
  await code.page.keyboard.press("Escape");
  await code.page.keyboard.press("Escape");

  // The same below its line, where both rules stay in sight: this is the picture of docs/editors.md.
  await code.command("View: Toggle Primary Side Bar Visibility");
  await code.goto(1, 1);
  await code.command("Go to Next Problem (Error, Warning, Info)");
  const problem = code.page.locator(".marker-widget", { hasText: "for example" });
  await problem.waitFor();
  assert.match(await problem.innerText(), /allows it/);
  await code.page.mouse.move(900, 600);
  await code.page.waitForTimeout(500);
  await picture("conflict");
});

step("the tests of a file are run, and what came of them is shown", async () => {
  await code.command("View: Toggle Primary Side Bar Visibility");
  await code.open("tests.weft");
  await code.command("Weft: Run the Tests of This File");
  await code.page.locator('.tab[data-resource-name="tests.txt"]').waitFor();
  await code.page.locator(".view-line", { hasText: "`purchases` passes" }).first().waitFor();
  await code.dismiss("tests.txt");
});

step("what differs from the last commit is shown, saved or not", async () => {
  await code.open("teams.weft", "teams");
  await code.goto(7, 1);
  await code.page.keyboard.press("End");
  await code.page.keyboard.press("Enter");
  await code.page.keyboard.type('allow app == "web" -> app == "db" : tcp/5433');
  await code.page.keyboard.press("Home");
  await code.page.keyboard.press("Home");
  await code.command("View: Toggle Primary Side Bar Visibility");
  await code.command("Weft: Show What Differs from HEAD");
  await code.preview("HEAD → the editor: only widens", "Flows gained", 'workload {app: "web"} -> workload {app: "db"} : tcp/5433');
  await code.page.waitForTimeout(300);
  await picture("differences");
  await code.dismiss("differences from HEAD");
  await code.command("View: Toggle Primary Side Bar Visibility");
  await code.open("teams.weft", "teams");
  await code.command("File: Revert File");
});

step("what a flow meets on its way is explained", async () => {
  await code.command("Weft: Explain the Decision on a Flow");
  const input = code.page.locator(".quick-input-widget input");
  await code.until("the question", async () => !(await input.getAttribute("placeholder") ?? "").includes("command"));
  await input.fill("shop/web -> shop/api : tcp/8443");
  await code.page.keyboard.press("Enter");
  await code.page.locator('.tab[data-resource-name="decision.txt"]').waitFor();
  await code.page.locator(".view-line", { hasText: "is denied" }).first().waitFor();
  await code.page.locator(".view-line", { hasText: "deny by `freeze`" }).first().waitFor();
  await code.dismiss("decision.txt");
});

step("whom each group may reach is listed", async () => {
  await code.open("teams.weft", "teams");
  await code.command("Weft: List Whom Each Group May Reach");
  await code.preview("Whom each group may reach", "No group has a member in the inventory");
  await code.dismiss("who reaches whom");
});

step("the graph is drawn beside the policy", async () => {
  await code.open("teams.weft", "teams");
  await code.goto(1, 1);
  await code.command("View: Toggle Primary Side Bar Visibility");
  await code.command("Weft: Draw Who May Talk to Whom");
  await code.page.locator('.tab[aria-label*="Who may talk to whom"]').first().waitFor();
  let page;
  await code.until("the drawing", async () => {
    for (const frame of code.page.frames()) {
      if ((await frame.locator("svg").count().catch(() => 0)) > 0 && (await frame.locator("body.weft").count()) > 0) page = frame;
    }
    return page !== undefined;
  });
  await page.locator("[data-zoom=fit]").click();
  await code.until("a drawing that fits", async () => page.evaluate("document.getElementById('graph').scrollWidth === document.getElementById('graph').clientWidth"));
  await code.page.waitForTimeout(500);
  await picture("graph");
  await code.dismiss("Who may talk to whom");
  await code.command("View: Toggle Primary Side Bar Visibility");
});

step("a program that is not there is named, with what to do", async () => {
  await code.configure({ "weft.path": "/nowhere/weft" });
  const notices = code.page.locator(".notifications-center");
  let notice = "";
  await code.until("the notice", async () => {
    await code.command("Notifications: Show Notifications");
    notice = await notices.innerText();
    return notice.includes("/nowhere/weft");
  }).catch(() => assert.fail(notice));
  assert.ok(notice.includes("policies have their colours only"), notice);
  for (const part of ["`/nowhere/weft` is not there", "Open Settings", "Show Output"]) assert.ok(notice.includes(part), notice);
});
