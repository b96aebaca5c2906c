// The language server, `weft lsp`, as a process of this editor.
import { homedir } from "node:os";
import * as vscode from "vscode";
import {
  CloseAction,
  ErrorAction,
  LanguageClient,
  type ExecuteCommandRegistrationOptions,
  ExecuteCommandRequest,
  State,
  type StaticFeature,
} from "vscode-languageclient/node";
import { readSettings, workingFolder } from "./configuration";
import { run } from "./program";
import { initializationOptions, runnable, serverCommand } from "./settings";

/// What the server may be asked to do beyond the protocol, by its name there without `weft.`. Each has a context key
/// `weft.serves.NAME`, so that what this server does not know is not offered.
export const serverCommands = ["explainDecision", "runTest", "showGraph", "diffAgainstHead"] as const;
export type ServerCommand = (typeof serverCommands)[number];

const restartsAtMost = 3;

/// Tells the server that what its commands give back is shown, so that it needs no message for it.
const answersAreShown: StaticFeature = {
  fillClientCapabilities: (capabilities) => {
    capabilities.experimental = { ...capabilities.experimental, weftAnswers: true };
  },
  initialize: () => {},
  getState: () => ({ kind: "static" }),
  clear: () => {},
};

export class Server implements vscode.Disposable {
  private readonly output = vscode.window.createOutputChannel("Weft", { log: true });
  private readonly status = vscode.languages.createLanguageStatusItem("weft.server", { language: "weft" });
  private client: LanguageClient | undefined;
  private crashes = 0;
  /// Starting and stopping take turns, in the order they were asked for.
  private turn: Promise<void> = Promise.resolve();
  /// Shows what a command of the server gave back; set by who knows how.
  onResult: (command: ServerCommand, result: unknown) => void = () => {};

  constructor() {
    this.status.name = "Weft";
    this.status.command = { command: "weft.showOutput", title: "Output" };
  }

  start(): Promise<void> {
    return this.inTurn(() => this.startNow());
  }

  stop(): Promise<void> {
    return this.inTurn(() => this.stopNow());
  }

  restart(): Promise<void> {
    this.crashes = 0;
    return this.inTurn(async () => {
      await this.stopNow();
      await this.startNow();
    });
  }

  showOutput(): void {
    this.output.show();
  }

  /// Asks the server to do something of its own; what it gives back.
  async execute(command: ServerCommand, ...words: unknown[]): Promise<unknown> {
    if (!this.client?.isRunning()) throw new Error("the language server is not running");
    return this.client.sendRequest(ExecuteCommandRequest.type, { command: `weft.${command}`, arguments: words });
  }

  dispose(): void {
    this.status.dispose();
    this.output.dispose();
  }

  private inTurn(step: () => Promise<void>): Promise<void> {
    this.turn = this.turn.then(step, step);
    return this.turn;
  }

  private async startNow(): Promise<void> {
    const folder = workingFolder();
    const settings = readSettings(vscode.window.activeTextEditor?.document.uri);
    const { command, args } = serverCommand(settings, folder);
    if (!runnable(command)) {
      this.show(State.Stopped);
      void this.complain(`\`${command}\` is not there or cannot be run: without it, policies have their colours only.`);
      return;
    }
    void run({ command, args: ["graph", "--help"] }, folder ?? homedir()).then(({ code }) =>
      vscode.commands.executeCommand("setContext", "weft.draws", code === 0),
    );
    this.status.text = "weft: starting";
    this.status.busy = true;
    this.client = new LanguageClient(
      "weft",
      "Weft",
      { command, args, options: folder === undefined ? {} : { cwd: folder } },
      {
        documentSelector: [{ language: "weft", scheme: "file" }, { language: "weft", scheme: "untitled" }],
        outputChannel: this.output,
        initializationOptions: initializationOptions(settings, folder),
        // A failure to start is told below, once, with what can be done about it.
        initializationFailedHandler: () => false,
        errorHandler: {
          error: () => ({ action: ErrorAction.Continue, handled: true }),
          closed: () => this.closed(),
        },
        middleware: {
          // Code lenses call the server by way of the editor, which throws the answer away: it is shown here.
          executeCommand: async (name, words, next) => {
            const result: unknown = await next(name, words);
            const short = serverCommands.find((each) => `weft.${each}` === name);
            if (short !== undefined) this.onResult(short, result);
            return result;
          },
        },
      },
    );
    this.client.registerFeature(answersAreShown);
    this.client.onDidChangeState(({ newState }) => this.show(newState));
    try {
      await this.client.start();
      await this.announce();
    } catch (error) {
      this.show(State.Stopped);
      await this.announce();
      void this.complain(`\`${command} lsp\` did not start: ${error instanceof Error ? error.message : String(error)}`);
    }
  }

  private async stopNow(): Promise<void> {
    const client = this.client;
    this.client = undefined;
    if (!client) return;
    try {
      await client.dispose(2000);
    } catch {
      // It did not start, or has ended by itself: there is nothing left to stop.
    }
    await this.announce();
  }

  /// A server that ends is started again, but not for ever.
  private closed(): { action: CloseAction; handled: boolean } {
    this.crashes += 1;
    if (this.crashes <= restartsAtMost) return { action: CloseAction.Restart, handled: true };
    void vscode.window
      .showErrorMessage(`The language server of Weft ended ${this.crashes} times and stays ended.`, "Show Output", "Restart")
      .then((choice) => {
        if (choice === "Show Output") this.showOutput();
        if (choice === "Restart") void this.restart();
      });
    return { action: CloseAction.DoNotRestart, handled: true };
  }

  /// What is offered in the palette: what this server and this program can do.
  private async announce(): Promise<void> {
    const offered = this.client?.initializeResult?.capabilities.executeCommandProvider as
      | ExecuteCommandRegistrationOptions
      | undefined;
    for (const name of serverCommands) {
      const serves = this.client?.isRunning() === true && (offered?.commands ?? []).includes(`weft.${name}`);
      await vscode.commands.executeCommand("setContext", `weft.serves.${name}`, serves);
    }
  }

  private show(state: State): void {
    this.status.busy = state === State.Starting;
    const version = this.client?.initializeResult?.serverInfo?.version;
    this.status.severity = state === State.Stopped ? vscode.LanguageStatusSeverity.Error : vscode.LanguageStatusSeverity.Information;
    this.status.text = state === State.Stopped ? "weft: not running" : state === State.Starting ? "weft: starting" : `weft ${version ?? ""}`;
  }

  private async complain(message: string): Promise<void> {
    const choice = await vscode.window.showErrorMessage(message, "Open Settings", "Show Output");
    if (choice === "Open Settings") await vscode.commands.executeCommand("workbench.action.openSettings", "weft.path");
    if (choice === "Show Output") this.showOutput();
  }
}
