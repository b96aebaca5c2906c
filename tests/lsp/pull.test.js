'use strict';
const assert = require('assert');
const { test } = require('node:test');
const { Client, capabilities } = require('./client');

const policy = `label app : string

policy shop {
  allow app == "web" -> app == "db" : tcp/5432
}
`;
const pulls = {
  textDocument: { ...capabilities.textDocument, diagnostic: { dynamicRegistration: false } },
  workspace: { ...capabilities.workspace, diagnostics: { refreshSupport: true } },
};

const pull = (client, name, previousResultId) =>
  client.request('textDocument/diagnostic', { ...client.id(name), ...(previousResultId && { previousResultId }) });
const codes = (report) => report.items.map((each) => each.code);
const refreshes = (client) => client.asked.filter((each) => each.method === 'workspace/diagnostic/refresh').length;

async function until(what, condition) {
  for (let i = 0; i < 1000; ++i) {
    if (await condition()) return;
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
  throw new Error(`waited in vain for ${what}`);
}

async function end(client) {
  assert.deepEqual(client.published, [], 'who asks is told nothing unasked');
  assert.equal(await client.stop(), 0);
  assert.deepEqual(client.violations, []);
}

test('who asks gets the findings of the text as it is now, and "unchanged" for what it has', async () => {
  const client = new Client({ 'shop.weft': policy });
  const offered = await client.start(pulls);
  assert.deepEqual(offered.diagnosticProvider, { identifier: 'weft', interFileDependencies: true, workspaceDiagnostics: true });
  await client.open('shop.weft');
  const clean = await pull(client, 'shop.weft');
  assert.equal(clean.kind, 'full');
  assert.deepEqual(clean.items, []);
  assert.deepEqual(await pull(client, 'shop.weft', clean.resultId), { kind: 'unchanged', resultId: clean.resultId });
  for (let i = 0; i < 10; ++i) {
    await client.edit('shop.weft', i % 2 ? 'ap ==' : 'app ==', i % 2 ? 'app ==' : 'ap ==');
    const report = await pull(client, 'shop.weft');
    assert.deepEqual(codes(report), i % 2 ? [] : ['W1003']);
  }
  await end(client);
});

test('what is proved later, or changes by an edit elsewhere, makes the client ask again', async () => {
  const client = new Client({
    'labels.weft': 'label app : string\ngroup web = app == "web"\n',
    'shop.weft': 'policy shop {\n  allow web -> app == "db" : tcp/5432\n}\n',
  });
  await client.start(pulls);
  await client.open('shop.weft');
  await client.open('labels.weft');
  assert.deepEqual(codes(await pull(client, 'shop.weft')), []);
  await client.edit('shop.weft', '}\n', '  allow web -> any : tcp/80-90\n  deny web -> any : tcp/90-99\n}\n');
  let report = await pull(client, 'shop.weft');
  await until('the conflict', async () => {
    if (codes(report).includes('W3001')) return true;
    const asked = refreshes(client);
    await until('a refresh', () => refreshes(client) > asked - 1 && refreshes(client) > 0);
    report = await pull(client, 'shop.weft', report.resultId);
    return report.kind === 'full' && codes(report).includes('W3001');
  });
  const before = refreshes(client);
  await client.edit('labels.weft', 'group web', 'group webs');
  await until('a refresh for the other text', () => refreshes(client) > before);
  assert.ok(codes(await pull(client, 'shop.weft')).length > 0);
  await end(client);
});

test('the whole workspace: also texts that nobody has opened, and an answer waits until there is news', async () => {
  const client = new Client({ 'weft.toml': '[project]\nsources = ["policies"]\n', 'policies/a.weft': policy, 'policies/b.weft': 'policy b { allow ap == "x" -> any : tcp/1 }\n' });
  await client.start(pulls);
  await client.open('policies/a.weft');
  const first = await client.request('workspace/diagnostic', { previousResultIds: [] });
  const other = first.items.find((each) => each.uri === client.uri('policies/b.weft'));
  assert.deepEqual([codes(other), other.version], [['W1003'], null]);
  let news = null;
  const known = first.items.map((each) => ({ uri: each.uri, value: each.resultId }));
  const waiting = client.request('workspace/diagnostic', { previousResultIds: known }).then((report) => { news = report; });
  await new Promise((resolve) => setTimeout(resolve, 200));
  assert.equal(news, null);
  await client.edit('policies/a.weft', 'label app', 'label ap, app');
  await waiting;
  assert.deepEqual(codes(news.items.find((each) => each.uri === client.uri('policies/b.weft'))), []);
  await end(client);
});

test('a client that cannot be told to ask again is told everything itself', async () => {
  const client = new Client({ 'shop.weft': policy.replace('label app', 'label other') });
  const offered = await client.start({ textDocument: pulls.textDocument });
  assert.equal(offered.diagnosticProvider, undefined);
  await client.open('shop.weft');
  await client.settled('shop.weft', (list) => list.length > 0);
  await assert.rejects(pull(client, 'shop.weft'), { code: -32601 });
  assert.equal(await client.stop(), 0);
});

test('questions that wait are answered when they are cancelled and when the server ends', async () => {
  const client = new Client({ 'shop.weft': policy });
  await client.start(pulls);
  await client.open('shop.weft');
  const first = await client.request('workspace/diagnostic', { previousResultIds: [] });
  assert.deepEqual(first.items, []);
  const { CancellationTokenSource } = require('vscode-jsonrpc/node');
  const cancel = new CancellationTokenSource();
  const cancelled = client.connection.sendRequest('workspace/diagnostic', { previousResultIds: [] }, cancel.token).catch((error) => error.code);
  const ended = client.connection.sendRequest('workspace/diagnostic', { previousResultIds: [] }).catch((error) => error.code);
  cancel.cancel();
  assert.equal(await cancelled, -32800);
  assert.equal(await client.stop(), 0);
  assert.equal(await ended, -32800);
  assert.deepEqual(client.violations, []);
});
