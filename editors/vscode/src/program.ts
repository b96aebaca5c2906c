// What the program itself is asked to do, beside the language server.
import { execFile } from "node:child_process";
import type { Command } from "./settings";

export interface Outcome {
  /// The exit code; what it means is in docs/cli.md. Undefined where the program could not be run.
  code: number | undefined;
  output: string;
  /// What went wrong, in one line.
  trouble: string;
}

/// Runs weft in a directory, for no longer than a minute.
export function run({ command, args }: Command, directory: string): Promise<Outcome> {
  return new Promise((resolve) => {
    execFile(command, args, { cwd: directory, timeout: 60_000, maxBuffer: 64 << 20 }, (error, output, messages) => {
      const code = error ? (typeof error.code === "number" ? error.code : undefined) : 0;
      const first = messages.split("\n").find((line) => /^(error|internal)/.test(line)) ?? messages.split("\n")[0] ?? "";
      resolve({ code, output, trouble: first || (error?.message ?? "") });
    });
  });
}
