// Starts the language server for Weft policies, and what the editor does beside it: commands, tasks, answers to read.
import * as vscode from "vscode";
import { Answers } from "./answers";
import { registerCommands } from "./commands";
import { Server } from "./server";
import { registerTasks } from "./tasks";

let server: Server | undefined;

export async function activate(context: vscode.ExtensionContext): Promise<void> {
  const answers = new Answers();
  server = new Server();
  context.subscriptions.push(server, answers);
  registerCommands(context, server, answers);
  registerTasks(context);
  context.subscriptions.push(
    vscode.workspace.onDidChangeConfiguration((event) => {
      // The tracing is the client's own affair; everything else is told to the server when it starts.
      if (["path", "inventory", "lint"].some((name) => event.affectsConfiguration(`weft.${name}`))) void server?.restart();
    }),
    vscode.workspace.onDidGrantWorkspaceTrust(() => void server?.restart()),
  );
  await server.start();
}

export async function deactivate(): Promise<void> {
  await server?.stop();
}
