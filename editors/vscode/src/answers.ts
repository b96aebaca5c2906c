// What a command has to say at length: documents to read beside the policy.
import * as vscode from "vscode";

export class Answers implements vscode.TextDocumentContentProvider, vscode.Disposable {
  private static readonly scheme = "weft-answer";
  private readonly texts = new Map<string, string>();
  private readonly changed = new vscode.EventEmitter<vscode.Uri>();
  private readonly registration = vscode.workspace.registerTextDocumentContentProvider(Answers.scheme, this);
  private page: vscode.WebviewPanel | undefined;
  readonly onDidChange = this.changed.event;

  provideTextDocumentContent(uri: vscode.Uri): string {
    return this.texts.get(uri.path) ?? "";
  }

  /// Shows `text` beside the editor under `title`, in the place of what was there under the same title.
  async show(title: string, extension: string, text: string): Promise<void> {
    const uri = vscode.Uri.from({ scheme: Answers.scheme, path: `/${title}.${extension}` });
    this.texts.set(uri.path, text);
    this.changed.fire(uri);
    if (extension === "md") {
      await vscode.commands.executeCommand("markdown.showPreviewToSide", uri);
      return;
    }
    const document = await vscode.workspace.openTextDocument(uri);
    await vscode.window.showTextDocument(document, { viewColumn: vscode.ViewColumn.Beside, preserveFocus: true, preview: true });
  }

  /// Shows a page that needs nothing but itself, in the place of the one before. Nothing is loaded from anywhere.
  showPage(title: string, html: string): void {
    if (!this.page) {
      const column = { viewColumn: vscode.ViewColumn.Beside, preserveFocus: true };
      this.page = vscode.window.createWebviewPanel("weft.page", title, column, { enableScripts: true, enableFindWidget: true });
      this.page.onDidDispose(() => (this.page = undefined));
    }
    const policy = "default-src 'none'; style-src 'unsafe-inline'; script-src 'unsafe-inline'; img-src data:";
    this.page.title = title;
    this.page.webview.html = html.replace("<head>", `<head>\n<meta http-equiv="Content-Security-Policy" content="${policy}"/>`);
    this.page.reveal(undefined, true);
  }

  dispose(): void {
    this.page?.dispose();
    this.registration.dispose();
    this.changed.dispose();
  }
}
