// What the settings mean: the command that starts the server, and what the server is told at its start.
import { accessSync, constants } from "node:fs";
import { homedir } from "node:os";
import * as path from "node:path";

export interface Settings {
  path: string;
  inventory: string[];
  lint: Record<string, string>;
}

export interface Command {
  command: string;
  args: string[];
}

/// A path as it stands in a setting: `~` is the home directory, `${workspaceFolder}` the folder. A name without a
/// separator stays a name, so that it is looked for on the PATH; other relative paths start at the folder.
export function expand(text: string, folder: string | undefined): string {
  let out = text.trim();
  if (out === "~" || out.startsWith("~/")) out = homedir() + out.slice(1);
  if (folder !== undefined) out = out.replaceAll("${workspaceFolder}", folder);
  if (folder !== undefined && /[\\/]/.test(out) && !path.isAbsolute(out)) out = path.join(folder, out);
  return out;
}

/// An inventory is always a path, also where it is a mere name.
function expandPath(text: string, folder: string | undefined): string {
  const out = expand(text, folder);
  return folder !== undefined && !path.isAbsolute(out) ? path.join(folder, out) : out;
}

export function program(settings: Settings, folder: string | undefined): string {
  return expand(settings.path, folder) || "weft";
}

/// Whether a program is there: a path, or a name on the PATH.
export function runnable(command: string, searchPath = process.env["PATH"] ?? ""): boolean {
  const named = !/[\\/]/.test(command);
  const endings = process.platform === "win32" ? ["", ".exe", ".cmd"] : [""];
  const places = named ? searchPath.split(path.delimiter).filter((each) => each !== "") : [""];
  return places.some((place) =>
    endings.some((ending) => {
      try {
        accessSync(path.join(place, command + ending), constants.X_OK);
        return true;
      } catch {
        return false;
      }
    }),
  );
}

export function serverCommand(settings: Settings, folder: string | undefined): Command {
  return { command: program(settings, folder), args: ["lsp"] };
}

/// What the server is told beyond the protocol: inventories and levels where no weft.toml says them.
export function initializationOptions(settings: Settings, folder: string | undefined): object {
  return { inventory: settings.inventory.map((each) => expandPath(each, folder)), lint: settings.lint };
}

/// The command that draws what is saved as a page. A policy without a project is its directory.
export function graphCommand(settings: Settings, folder: string | undefined, hasProject: boolean): Command {
  const inventories = settings.inventory.flatMap((each) => ["--inventory", expandPath(each, folder)]);
  const words = ["graph", ...(hasProject ? [] : ["."]), "--format", "html", "--color=never", ...inventories];
  return { command: program(settings, folder), args: words };
}

/// The command of a task. Without arguments it is about the project; a policy without one is named.
export function taskCommand(
  command: string,
  words: string[] | undefined,
  settings: Settings,
  folder: string | undefined,
): Command {
  const inventories = settings.inventory.flatMap((each) => ["--inventory", expandPath(each, folder)]);
  return { command: program(settings, folder), args: [command, "--color=never", ...inventories, ...(words ?? [])] };
}
