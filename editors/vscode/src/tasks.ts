// Tasks: `weft check` and `weft test` in the terminal, their messages in the list of problems.
import * as vscode from "vscode";
import { readSettings } from "./configuration";
import { taskCommand } from "./settings";

interface Definition extends vscode.TaskDefinition {
  command: string;
  arguments?: string[];
}

function taskOf(definition: Definition, scope: vscode.WorkspaceFolder): vscode.Task {
  const settings = readSettings(scope.uri);
  const { command, args } = taskCommand(definition.command, definition.arguments, settings, scope.uri.fsPath);
  const task = new vscode.Task(
    definition,
    scope,
    definition.command,
    "weft",
    new vscode.ProcessExecution(command, args, { cwd: scope.uri.fsPath }),
    "$weft",
  );
  task.group = definition.command === "test" ? vscode.TaskGroup.Test : vscode.TaskGroup.Build;
  return task;
}

export function registerTasks(context: vscode.ExtensionContext): void {
  context.subscriptions.push(
    vscode.tasks.registerTaskProvider("weft", {
      async provideTasks() {
        const tasks: vscode.Task[] = [];
        for (const folder of vscode.workspace.workspaceFolders ?? []) {
          if (folder.uri.scheme !== "file") continue;
          // Without a project file, the folder itself is the policy.
          const projects = await vscode.workspace.findFiles(new vscode.RelativePattern(folder, "weft.toml"), null, 1);
          for (const command of ["check", "test"]) {
            const definition: Definition = { type: "weft", command };
            if (projects.length === 0) definition.arguments = ["."];
            tasks.push(taskOf(definition, folder));
          }
        }
        return tasks;
      },
      resolveTask(task) {
        const scope = task.scope;
        if (typeof scope !== "object") return undefined;
        return taskOf(task.definition as Definition, scope);
      },
    }),
  );
}
