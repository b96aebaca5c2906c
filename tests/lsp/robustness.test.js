'use strict';
const assert = require('assert');
const { after, test } = require('node:test');
const { spawn } = require('child_process');
const { Client } = require('./client');

/** A server spoken to in bytes. */
class Wire {
  constructor() {
    this.process = spawn(process.env.WEFT_BINARY, ['lsp'], { stdio: ['pipe', 'pipe', 'inherit'] });
    this.process.stdin.on('error', () => {});
    after(() => this.process.kill());
    this.exit = new Promise((resolve) => this.process.on('exit', (code, signal) => resolve(signal || code)));
    this.bytes = Buffer.alloc(0);
    this.messages = [];
    this.process.stdout.on('data', (data) => {
      this.bytes = Buffer.concat([this.bytes, data]);
      for (;;) {
        const end = this.bytes.indexOf('\r\n\r\n');
        if (end < 0) return;
        const length = Number(/Content-Length: (\d+)/.exec(this.bytes.subarray(0, end).toString())[1]);
        if (this.bytes.length < end + 4 + length) return;
        this.messages.push(JSON.parse(this.bytes.subarray(end + 4, end + 4 + length).toString()));
        this.bytes = this.bytes.subarray(end + 4 + length);
      }
    });
  }
  raw(text) {
    this.process.stdin.write(text);
  }
  send(message) {
    const body = typeof message === 'string' ? message : JSON.stringify({ jsonrpc: '2.0', ...message });
    this.raw(`Content-Length: ${Buffer.byteLength(body)}\r\n\r\n${body}`);
  }
  async answer(id) {
    for (let i = 0; i < 1000; ++i) {
      const found = this.messages.find((each) => each.id === id && !each.method);
      if (found) return found;
      await new Promise((resolve) => setTimeout(resolve, 10));
    }
    throw new Error(`no answer to ${id}; the last message was ${JSON.stringify(this.messages.at(-1)).slice(0, 500)}`);
  }
  async initialize() {
    this.send({ id: 0, method: 'initialize', params: { processId: null, rootUri: null, capabilities: {} } });
    await this.answer(0);
    this.send({ method: 'initialized', params: {} });
  }
  async alive(id) {
    this.send({ id, method: 'workspace/symbol', params: { query: '' } });
    return (await this.answer(id)).result !== undefined;
  }
  async stop() {
    this.send({ id: 'last', method: 'shutdown' });
    await this.answer('last');
    this.send({ method: 'exit' });
    return this.exit;
  }
}

test('a message at the wrong time gets the error the protocol has for it', async () => {
  const wire = new Wire();
  wire.send({ id: 1, method: 'textDocument/hover', params: {} });
  assert.equal((await wire.answer(1)).error.code, -32002);
  wire.send({ method: 'textDocument/didOpen', params: {} });
  await wire.initialize();
  wire.send({ id: 2, method: 'initialize', params: { processId: null, rootUri: null, capabilities: {} } });
  assert.equal((await wire.answer(2)).error.code, -32600);
  wire.send({ id: 3, method: 'textDocument/never', params: {} });
  assert.equal((await wire.answer(3)).error.code, -32601);
  wire.send({ method: '$/never', params: {} });
  wire.send({ id: 4, method: 'textDocument/hover', params: { textDocument: { uri: 'file:///nowhere.weft' }, position: { line: 0, character: 0 } } });
  assert.equal((await wire.answer(4)).error.code, -32602);
  wire.send({ id: 5, method: 'textDocument/hover', params: { textDocument: 7 } });
  assert.equal((await wire.answer(5)).error.code, -32602);
  wire.send({ id: 6, method: 'shutdown' });
  assert.equal((await wire.answer(6)).result, null);
  wire.send({ id: 7, method: 'workspace/symbol', params: { query: '' } });
  assert.equal((await wire.answer(7)).error.code, -32600);
  wire.send({ method: 'exit' });
  assert.equal(await wire.exit, 0);
});

test('bytes that are no message are answered, and the next message is understood', async () => {
  const wire = new Wire();
  await wire.initialize();
  const broken = ['{', 'null', '[]', '"text"', '{"jsonrpc":"2.0"}', '{"id":{},"method":4}', '{"id":1.5,"method":"shutdown"}', '\u0000', '{"id":null,"method":"shutdown"}',
    '[{"id":1,"method":"shutdown"}]', `${'['.repeat(5000)}`];
  let id = 10;
  for (const body of broken) {
    wire.send(body);
    assert.ok(await wire.alive(++id), body);
  }
  for (const bytes of ['Content-Length: x\r\n\r\n', 'Content-Length: 99999999999999\r\n\r\n', 'X: y\r\n\r\n', '\r\n\r\n', 'Content-Length: -4\r\n\r\n{}']) {
    wire.raw(bytes);
    assert.ok(await wire.alive(++id), JSON.stringify(bytes));
  }
  assert.ok(wire.messages.some((each) => each.id === null && each.error.code === -32700));
  assert.equal(await wire.stop(), 0);
});

test('without shutdown the exit code is 1, and a client that is gone ends the server', async () => {
  const wire = new Wire();
  await wire.initialize();
  wire.send({ method: 'exit' });
  assert.equal(await wire.exit, 1);
  const gone = new Wire();
  await gone.initialize();
  gone.process.stdin.end();
  assert.equal(await gone.exit, 1);
});

test('a request that is cancelled while it waits is answered so', async () => {
  const wire = new Wire();
  await wire.initialize();
  const text = `label app : string\npolicy p {\n${'  allow app == "a" -> app == "b" : tcp/1\n'.repeat(500)}}\n`;
  wire.send({ method: 'textDocument/didOpen', params: { textDocument: { uri: 'untitled:a', languageId: 'weft', version: 1, text } } });
  for (let id = 100; id < 120; ++id) {
    wire.send({ id, method: 'textDocument/documentSymbol', params: { textDocument: { uri: 'untitled:a' } } });
  }
  wire.send({ method: '$/cancelRequest', params: { id: 119 } });
  wire.send({ method: '$/cancelRequest', params: { id: 100000 } });
  wire.send({ method: '$/cancelRequest', params: 'nonsense' });
  assert.equal((await wire.answer(119)).error.code, -32800);
  assert.equal((await wire.answer(118)).error, undefined);
  assert.equal(await wire.stop(), 0);
});

// A small generator of numbers that are the same in every run.
function numbers(seed) {
  let state = seed;
  return (below) => {
    state = (Math.imul(state, 1103515245) + 12345) >>> 0;
    return (state >>> 8) % below;
  };
}

test('messages in any order, with parameters of any kind, never end the server', async () => {
  const wire = new Wire();
  await wire.initialize();
  const pick = numbers(11);
  const uri = 'untitled:shuffled.weft';
  const text = 'label app : string\ngroup web = app == "wéb"\nservice s = tcp/80\npolicy "p 🐙" {\n  allow web -> any : s\n}\nuse t(x = 1)\ntest "t" { web -> web : s is deny }\n';
  const position = () => ({ line: pick(12), character: pick(40) });
  const range = () => ({ start: position(), end: position() });
  const odd = [null, 1, -1, 'x', [], {}, { uri }, { line: -1, character: 1 }, { line: 1e12, character: 1e12 }, true, 1.5, { start: 3 }];
  const methods = ['hover', 'completion', 'signatureHelp', 'definition', 'references', 'documentHighlight', 'prepareRename', 'rename', 'documentLink',
    'documentSymbol', 'foldingRange', 'selectionRange', 'semanticTokens/full', 'semanticTokens/full/delta', 'semanticTokens/range', 'inlayHint', 'codeLens',
    'prepareCallHierarchy', 'codeAction', 'formatting', 'rangeFormatting'];
  let id = 1000;
  for (let round = 0; round < 1500; ++round) {
    const sane = {
      textDocument: { uri, version: round, text, languageId: 'weft' }, position: position(), range: range(), positions: [position()],
      context: { diagnostics: [], includeDeclaration: true }, options: {}, newName: ['x', '', '`', 'a b'][pick(4)], previousResultId: '1',
      contentChanges: [{ range: range(), text: [...text].slice(pick(text.length), pick(text.length)).join('') }],
    };
    if (pick(4) === 0) sane[Object.keys(sane)[pick(Object.keys(sane).length)]] = odd[pick(odd.length)];
    const which = pick(10);
    if (which === 0) wire.send({ method: 'textDocument/didOpen', params: sane });
    else if (which < 4) wire.send({ method: 'textDocument/didChange', params: sane });
    else if (which === 4 && pick(3) === 0) wire.send({ method: 'textDocument/didClose', params: sane });
    else if (which === 5 && pick(3) === 0) wire.send({ id: ++id, method: ['codeLens/resolve', 'callHierarchy/incomingCalls', 'workspace/executeCommand', 'workspace/symbol'][pick(4)], params: odd[pick(odd.length)] });
    else wire.send({ id: ++id, method: `textDocument/${methods[pick(methods.length)]}`, params: sane });
    if (round % 100 === 99) assert.ok(await wire.alive(++id));
  }
  for (let each = 1001; each <= id; ++each) await wire.answer(each);
  assert.equal(await wire.stop(), 0);
});

test('texts of every kind of content are answered about at every place', async () => {
  const client = new Client({});
  await client.start();
  const texts = ['', '\n', '\r', 'policy', '"', '`', '//', 'allow 🐙 -> ', 'policy p { allow', 'use t(', 'test "x" { {', '\uFEFFlabel a : string\r\nlabel b : string', 'import "', 'group g = (((', '@id(', '}}}', 'template t(a: group, b: string = "x") { group g = a && app == b }'];
  for (const [i, text] of texts.entries()) {
    const name = `dir${i}/a.weft`;
    await client.open(name, text);
    for (let at = 0; at <= text.length; ++at) {
      const place = { ...client.id(name), position: client.place(text, at) };
      for (const method of ['hover', 'completion', 'signatureHelp', 'definition', 'documentHighlight', 'prepareCallHierarchy']) {
        await client.request(`textDocument/${method}`, place);
      }
    }
    await client.request('textDocument/semanticTokens/full', client.id(name));
    await client.request('textDocument/documentSymbol', client.id(name));
    await client.request('textDocument/foldingRange', client.id(name));
  }
  assert.equal(await client.stop(), 0);
  assert.deepEqual(client.violations, []);
});

test('bytes of real conversations, damaged at random, never end the server', async () => {
  const text = 'label app : string\ngroup web = app == "wéb"\npolicy p { isolate workload allow web -> any : tcp/80 }\n';
  const uri = 'untitled:damaged.weft';
  const at = { textDocument: { uri }, position: { line: 1, character: 8 } };
  const conversation = [
    { method: 'textDocument/didOpen', params: { textDocument: { uri, languageId: 'weft', version: 1, text } } },
    { id: 1, method: 'textDocument/hover', params: at },
    { method: 'textDocument/didChange', params: { textDocument: { uri, version: 2 }, contentChanges: [{ range: { start: at.position, end: at.position }, text: 'x' }] } },
    { id: 2, method: 'textDocument/diagnostic', params: { textDocument: { uri } } },
    { id: 3, method: 'workspace/diagnostic', params: { previousResultIds: [] } },
    { id: 4, method: 'workspace/executeCommand', params: { command: 'weft.diffAgainstHead', arguments: [uri] } },
    { method: '$/cancelRequest', params: { id: 3 } },
    { id: 5, method: 'textDocument/prepareCallHierarchy', params: at },
    { id: 6, method: 'callHierarchy/incomingCalls', params: { item: { name: 'web', kind: 11, uri, range: { start: at.position, end: at.position }, selectionRange: { start: at.position, end: at.position }, data: { open: { group: 'web' } } } } },
    { id: 7, method: 'textDocument/rename', params: { ...at, newName: 'y' } },
    { method: 'textDocument/didClose', params: { textDocument: { uri } } },
  ].map((message) => {
    const body = Buffer.from(JSON.stringify({ jsonrpc: '2.0', ...message }));
    return Buffer.concat([Buffer.from(`Content-Length: ${body.length}\r\n\r\n`), body]);
  });
  const pick = numbers(23);
  const wire = new Wire();
  await wire.initialize();
  for (let round = 0; round < 300; ++round) {
    const parts = conversation.map((each) => Buffer.from(each));
    // Out of order, left out, said twice.
    for (let i = pick(3); i > 0; --i) parts.splice(pick(parts.length), 1);
    for (let i = pick(3); i > 0; --i) parts.splice(pick(parts.length + 1), 0, conversation[pick(conversation.length)]);
    const bytes = Buffer.concat(parts);
    // Bytes changed, in bodies rather than in lengths: a length that is too great makes the rest part of a body.
    for (let i = pick(6); i > 0; --i) {
      const place = pick(bytes.length);
      const fresh = pick(256);
      if (!/[0-9\r\n]/.test(String.fromCharCode(bytes[place], fresh))) bytes[place] = fresh;
    }
    wire.raw(bytes);
    if (round % 50 === 49) assert.ok(await wire.alive(10000 + round), `round ${round}`);
  }
  // A conversation that breaks off in the middle of a message ends the server as any end of the input does.
  wire.raw(conversation[0].subarray(0, 40));
  wire.process.stdin.end();
  assert.equal(await wire.exit, 1);
});
