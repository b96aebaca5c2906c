// The commands of the palette. What they do, the server does; here the question is put and the answer shown.
import * as vscode from "vscode";
import type { Answers } from "./answers";
import type { Server, ServerCommand } from "./server";

const titles: Record<ServerCommand, string> = {
  explainDecision: "decision",
  showGraph: "reachability",
  runTest: "test",
  diffAgainstHead: "differences from HEAD",
};

export function registerCommands(context: vscode.ExtensionContext, server: Server, answers: Answers): void {
  const present = (command: ServerCommand, result: unknown): void => {
    if (typeof result !== "string" || result === "") return;
    void answers.show(titles[command], "md", result);
  };
  server.onResult = present;

  const ask = async (command: ServerCommand, ...words: unknown[]): Promise<void> => {
    try {
      present(command, await server.execute(command, ...words));
    } catch (error) {
      void vscode.window.showErrorMessage(`Weft: ${error instanceof Error ? error.message : String(error)}`);
    }
  };
  const here = (): { uri: string; position: vscode.Position } | undefined => {
    const editor = vscode.window.activeTextEditor;
    return editor && { uri: editor.document.uri.toString(), position: editor.selection.active };
  };
  const register = (name: string, action: () => unknown): void => {
    context.subscriptions.push(vscode.commands.registerCommand(name, action));
  };

  register("weft.restartServer", () => server.restart());
  register("weft.showOutput", () => server.showOutput());
  register("weft.explainFlow", async () => {
    const place = here();
    if (!place) return;
    const flow = await vscode.window.showInputBox({
      title: "Who decides about a flow?",
      prompt: "A flow as `weft query` takes it",
      placeHolder: '{app: "web"} -> {app: "db"} : tcp/5432',
      ignoreFocusOut: true,
    });
    if (flow) await ask("explainDecision", place.uri, flow);
  });
  register("weft.showReachability", async () => {
    const place = here();
    if (place) await ask("showGraph", place.uri);
  });
  register("weft.testHere", async () => {
    const place = here();
    if (place) await ask("runTest", place.uri, place.position);
  });
  register("weft.compareWithHead", async () => {
    const place = here();
    if (place) await ask("diffAgainstHead", place.uri);
  });
}
