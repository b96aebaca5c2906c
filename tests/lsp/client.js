// An editor without windows: speaks through vscode-jsonrpc, keeps buffers, and holds every message against the model.
'use strict';
const { spawn } = require('child_process');
const fs = require('fs');
const os = require('os');
const path = require('path');
const { pathToFileURL } = require('url');
// In a benchmark there is no test that could fail half way.
const { after } = process.env.NODE_TEST_CONTEXT ? require('node:test') : { after() {} };
const rpc = require('vscode-jsonrpc/node');
const model = require('./model');

const capabilities = {
  general: { positionEncodings: ['utf-16'] },
  window: { workDoneProgress: true },
  workspace: {
    applyEdit: true,
    workspaceEdit: { documentChanges: true },
    didChangeWatchedFiles: { dynamicRegistration: true },
    codeLens: { refreshSupport: true },
    inlayHint: { refreshSupport: true },
    workspaceFolders: true,
  },
  textDocument: {
    publishDiagnostics: { relatedInformation: true, versionSupport: true, codeDescriptionSupport: true, tagSupport: { valueSet: [1, 2] } },
    hover: { contentFormat: ['markdown', 'plaintext'] },
    completion: { completionItem: { snippetSupport: true, documentationFormat: ['markdown'] } },
    documentSymbol: { hierarchicalDocumentSymbolSupport: true },
    signatureHelp: { signatureInformation: { parameterInformation: { labelOffsetSupport: true } } },
    codeAction: { codeActionLiteralSupport: { codeActionKind: { valueSet: ['quickfix', 'source.fixAll'] } } },
    rename: { prepareSupport: true },
    semanticTokens: { requests: { full: { delta: true }, range: true }, tokenTypes: [], tokenModifiers: [], formats: ['relative'] },
  },
};

class Client {
  /** `files`: texts by name, written into a directory of their own. */
  constructor(files = {}) {
    this.directory = fs.realpathSync(fs.mkdtempSync(path.join(os.tmpdir(), 'weft lsp ')));
    for (const [name, text] of Object.entries(files)) this.write(name, text);
    this.process = spawn(process.env.WEFT_BINARY, ['lsp', '--stdio'], {
      env: { ...process.env, XDG_CACHE_HOME: path.join(this.directory, '.cache') },
      stdio: ['pipe', 'pipe', 'inherit'],
    });
    this.exit = new Promise((resolve) => this.process.on('exit', (code, signal) => resolve(signal || code)));
    this.process.on('error', (error) => { throw error; });
    after(() => this.process.kill()); // of a test that failed half way
    this.connection = rpc.createMessageConnection(
      new rpc.StreamMessageReader(this.process.stdout), new rpc.StreamMessageWriter(this.process.stdin));
    this.buffers = new Map(); // name -> { text, version }
    this.diagnostics = new Map(); // uri -> params
    this.published = []; // every publishDiagnostics
    this.asked = []; // every request of the server
    this.violations = [];
    this.waiting = [];
    this.connection.onRequest((method, params) => {
      this.see(method, model.checkParams(method, params));
      if (model.direction(method) === 'clientToServer') this.see(method, ['is for servers']);
      this.asked.push({ method, params });
      if (method === 'workspace/applyEdit') {
        this.applyWorkspaceEdit(params.edit);
        return { applied: true };
      }
      return null;
    });
    this.connection.onNotification((method, params) => {
      this.see(method, model.checkParams(method, params));
      if (model.direction(method) === 'clientToServer') this.see(method, ['is for servers']);
      if (method === 'textDocument/publishDiagnostics') {
        this.published.push(params);
        this.diagnostics.set(params.uri, params);
      }
      this.asked.push({ method, params });
      this.waiting = this.waiting.filter((test) => !test());
    });
    // The library keeps progress to itself; all of it is "unhandled" here.
    this.connection.onUnhandledProgress((params) => {
      this.see('$/progress', model.checkParams('$/progress', params));
      this.asked.push({ method: '$/progress', params });
    });
    this.connection.listen();
  }

  see(method, problems) {
    for (const problem of problems) this.violations.push(`${method} ${problem}`);
  }

  async request(method, params) {
    this.see(method, model.checkParams(method, params).map((each) => `(of this test) ${each}`));
    const begin = performance.now();
    const result = await this.connection.sendRequest(method, params);
    this.took = performance.now() - begin;
    this.see(method, model.checkResult(method, result));
    return result;
  }

  notify(method, params) {
    return this.connection.sendNotification(method, params);
  }

  async start(changes = {}, options) {
    const merged = structuredClone(capabilities);
    for (const [key, value] of Object.entries(changes)) merged[key] = value;
    const uri = pathToFileURL(this.directory).href;
    this.server = await this.request('initialize', {
      processId: process.pid, rootUri: uri, capabilities: merged, workspaceFolders: [{ uri, name: 'test' }],
      ...(options && { initializationOptions: options }),
    });
    await this.notify('initialized', {});
    return this.server.capabilities;
  }

  async stop() {
    await this.request('shutdown');
    await this.notify('exit');
    const code = await this.exit;
    this.connection.dispose();
    fs.rmSync(this.directory, { recursive: true, force: true });
    return code;
  }

  write(name, text) {
    const file = path.join(this.directory, name);
    fs.mkdirSync(path.dirname(file), { recursive: true });
    fs.writeFileSync(file, text);
  }

  uri(name) {
    return pathToFileURL(path.join(this.directory, name)).href;
  }

  nameOf(uri) {
    return path.relative(this.directory, require('url').fileURLToPath(uri));
  }

  id(name) {
    return { textDocument: { uri: this.uri(name) } };
  }

  open(name, text) {
    const there = text === undefined ? fs.readFileSync(path.join(this.directory, name), 'utf8') : text;
    this.buffers.set(name, { text: there, version: 1 });
    return this.notify('textDocument/didOpen', {
      textDocument: { uri: this.uri(name), languageId: 'weft', version: 1, text: there },
    });
  }

  /** Replaces the first occurrence of `from`, as somebody types it: one incremental change. */
  edit(name, from, to) {
    const buffer = this.buffers.get(name);
    const begin = buffer.text.indexOf(from);
    if (begin < 0) throw new Error(`no "${from}" in ${name}`);
    return this.change(name, [{ begin, end: begin + from.length, text: to }]);
  }

  change(name, edits) {
    const buffer = this.buffers.get(name);
    const contentChanges = [];
    for (const { begin, end, text } of edits) {
      contentChanges.push({ range: { start: this.place(buffer.text, begin), end: this.place(buffer.text, end) }, text });
      buffer.text = buffer.text.slice(0, begin) + text + buffer.text.slice(end);
    }
    buffer.version += 1;
    return this.notify('textDocument/didChange', {
      textDocument: { uri: this.uri(name), version: buffer.version }, contentChanges,
    });
  }

  /** JavaScript counts as the protocol does: in UTF-16. */
  place(text, offset) {
    const lines = text.slice(0, offset).split('\n');
    return { line: lines.length - 1, character: lines[lines.length - 1].length };
  }

  offset(text, { line, character }) {
    const lines = text.split('\n');
    let out = 0;
    for (let i = 0; i < line && i < lines.length; ++i) out += lines[i].length + 1;
    return Math.min(text.length, out + character);
  }

  /** The place of the n-th occurrence of a text, moved by some characters. */
  at(name, text, { n = 0, plus = 0 } = {}) {
    const buffer = this.buffers.get(name).text;
    let begin = buffer.indexOf(text);
    for (let i = 0; i < n; ++i) begin = buffer.indexOf(text, begin + 1);
    if (begin < 0) throw new Error(`no "${text}" in ${name}`);
    return { ...this.id(name), position: this.place(buffer, begin + plus) };
  }

  textIn(name, range) {
    const buffer = this.buffers.has(name)
      ? this.buffers.get(name).text : fs.readFileSync(path.join(this.directory, name), 'utf8');
    return buffer.slice(this.offset(buffer, range.start), this.offset(buffer, range.end));
  }

  whole(name) {
    const buffer = this.buffers.get(name).text;
    return { start: { line: 0, character: 0 }, end: this.place(buffer, buffer.length) };
  }

  /** Makes text edits as an editor does: all at once, in a text the server is told of. */
  async applyEdits(name, edits) {
    const buffer = this.buffers.get(name);
    const sorted = edits
      .map((edit, i) => ({ begin: this.offset(buffer.text, edit.range.start), end: this.offset(buffer.text, edit.range.end), text: edit.newText, i }))
      .sort((a, b) => b.begin - a.begin || b.i - a.i);
    for (let i = 1; i < sorted.length; ++i) {
      if (sorted[i].end > sorted[i - 1].begin) this.violations.push('edits overlap');
    }
    if (sorted.length > 0) await this.change(name, sorted);
  }

  async applyWorkspaceEdit(edit) {
    for (const change of edit.documentChanges) {
      const name = this.nameOf(change.textDocument.uri);
      const buffer = this.buffers.get(name);
      if (!buffer) await this.open(name);
      else if (change.textDocument.version !== buffer.version) this.violations.push(`an edit of version ${change.textDocument.version} of ${name}, which is at ${buffer.version}`);
      await this.applyEdits(name, change.edits);
    }
  }

  /** Resolves as soon as the diagnostics of that text satisfy the test; they must be of its last version. */
  settled(name, test, milliseconds = 10000) {
    const uri = this.uri(name);
    const holds = () => {
      const params = this.diagnostics.get(uri);
      const buffer = this.buffers.get(name);
      return params !== undefined && (!buffer || params.version === buffer.version) && test(params.diagnostics);
    };
    return new Promise((resolve, reject) => {
      const timer = setTimeout(() => reject(new Error(
        `${name}: still ${JSON.stringify(this.diagnostics.get(uri), null, 1)}`)), milliseconds);
      const done = () => {
        if (!holds()) return false;
        clearTimeout(timer);
        resolve(this.diagnostics.get(uri).diagnostics);
        return true;
      };
      if (!done()) this.waiting.push(done);
    });
  }

  codes(name) {
    return (this.diagnostics.get(this.uri(name)) || { diagnostics: [] }).diagnostics.map((each) => each.code);
  }
}

module.exports = { Client, capabilities };
