// The commands of the palette. The server and the program do the work; here the question is put and the answer shown.
import { existsSync } from "node:fs";
import * as path from "node:path";
import * as vscode from "vscode";
import type { Answers } from "./answers";
import { readSettings, workingFolder } from "./configuration";
import { run } from "./program";
import type { Server, ServerCommand } from "./server";
import { compareCommand } from "./settings";

const titles: Record<ServerCommand, string> = { explainDecision: "decision", runTest: "tests" };

function complain(reason: unknown): void {
  void vscode.window.showErrorMessage(`Weft: ${reason instanceof Error ? reason.message : String(reason)}`);
}

/// The policy in the active editor.
function policy(): vscode.TextDocument | undefined {
  const document = vscode.window.activeTextEditor?.document;
  return document?.languageId === "weft" ? document : undefined;
}

/// Whether a weft.toml lies in this directory or above it, as the program looks for it.
function hasProject(directory: string): boolean {
  for (let at = directory; ; at = path.dirname(at)) {
    if (existsSync(path.join(at, "weft.toml"))) return true;
    if (existsSync(path.join(at, ".git")) || path.dirname(at) === at) return false;
  }
}

export function registerCommands(context: vscode.ExtensionContext, server: Server, answers: Answers): void {
  const present = (command: ServerCommand, result: unknown): void => {
    if (typeof result === "string" && result !== "") void answers.show(titles[command], "txt", result);
  };
  server.onResult = present;

  const ask = async (command: ServerCommand, ...words: unknown[]): Promise<void> => {
    try {
      present(command, await server.execute(command, ...words));
    } catch (error) {
      complain(error);
    }
  };
  const register = (name: string, action: () => unknown): void => {
    context.subscriptions.push(vscode.commands.registerCommand(name, action));
  };

  register("weft.restartServer", () => server.restart());
  register("weft.showOutput", () => server.showOutput());
  register("weft.explainFlow", async () => {
    const document = policy();
    if (!document) return;
    const flow = await vscode.window.showInputBox({
      title: "Who decides about a flow?",
      prompt: "A flow as `weft query` takes it",
      placeHolder: '{app: "web"} -> {app: "db"} : tcp/5432',
      ignoreFocusOut: true,
    });
    if (flow) await ask("explainDecision", document.uri.toString(), flow);
  });
  register("weft.testFile", async () => {
    const document = policy();
    if (document) await ask("runTest", document.uri.toString(), "");
  });
  register("weft.compareWithHead", async () => {
    const document = policy();
    if (document?.uri.scheme !== "file") return;
    // What is compared is what is on disk, as tasks have it.
    await vscode.workspace.saveAll(false);
    const directory = path.dirname(document.uri.fsPath);
    const command = compareCommand(readSettings(document.uri), workingFolder(), hasProject(directory));
    const progress = { location: vscode.ProgressLocation.Window, title: "weft: comparing with HEAD" };
    const { code, output, trouble } = await vscode.window.withProgress(progress, () => run(command, directory));
    if (output !== "") await answers.show("differences from HEAD", "md", output);
    else complain(code === 0 ? "nothing differs from HEAD" : trouble);
  });
}
