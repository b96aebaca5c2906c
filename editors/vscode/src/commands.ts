// The commands of the palette. The server and the program do the work; here the question is put and the answer shown.
import { existsSync } from "node:fs";
import * as path from "node:path";
import * as vscode from "vscode";
import type { Answers } from "./answers";
import { readSettings, workingFolder } from "./configuration";
import { run } from "./program";
import type { Server, ServerCommand } from "./server";
import { graphCommand } from "./settings";

/// Under which title an answer is shown, and as what.
const shown: Record<ServerCommand, { title: string; extension: string }> = {
  explainDecision: { title: "decision", extension: "txt" },
  runTest: { title: "tests", extension: "txt" },
  showGraph: { title: "who reaches whom", extension: "md" },
  diffAgainstHead: { title: "differences from HEAD", extension: "md" },
};

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
    if (typeof result === "string" && result !== "") void answers.show(shown[command].title, shown[command].extension, result);
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
    if (!document) return;
    const progress = { location: vscode.ProgressLocation.Window, title: "weft: comparing with HEAD" };
    await vscode.window.withProgress(progress, () => ask("diffAgainstHead", document.uri.toString()));
  });
  register("weft.listReachable", async () => {
    const document = policy();
    if (document) await ask("showGraph", document.uri.toString());
  });
  register("weft.drawGraph", async () => {
    const document = policy();
    if (document?.uri.scheme !== "file") return;
    // What is drawn is what is on disk, as tasks have it.
    await vscode.workspace.saveAll(false);
    const directory = path.dirname(document.uri.fsPath);
    const command = graphCommand(readSettings(document.uri), workingFolder(), hasProject(directory));
    const progress = { location: vscode.ProgressLocation.Window, title: "weft: drawing who may talk to whom" };
    const { code, output, trouble } = await vscode.window.withProgress(progress, () => run(command, directory));
    if (code === 0) answers.showPage("Who may talk to whom", output);
    else complain(trouble);
  });
}
