// The settings of the editor, as plain data.
import * as vscode from "vscode";
import type { Settings } from "./settings";

export function readSettings(scope?: vscode.Uri): Settings {
  const section = vscode.workspace.getConfiguration("weft", scope);
  // In a workspace nobody has vouched for, VS Code itself leaves out its value of `weft.path`.
  return {
    path: section.get<string>("path", "weft"),
    inventory: section.get<string[]>("inventory", []),
    lint: section.get<Record<string, string>>("lint", {}),
  };
}

/// The folder that relative paths in settings start from.
export function workingFolder(): string | undefined {
  return vscode.workspace.workspaceFolders?.find((folder) => folder.uri.scheme === "file")?.uri.fsPath;
}
