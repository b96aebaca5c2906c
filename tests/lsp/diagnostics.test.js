'use strict';
const assert = require('assert');
const { test } = require('node:test');
const { fileURLToPath } = require('url');
const fs = require('fs');
const { Client } = require('./client');

const policy = `label app : string

policy shop {
  allow app == "web" -> app == "db" : tcp/5432
}
`;

test('a misspelt key is reported while it is typed, with a page and a fix that removes it', async () => {
  const client = new Client({ 'shop.weft': policy });
  await client.start();
  await client.open('shop.weft');
  await client.settled('shop.weft', (list) => list.length === 0);
  await client.edit('shop.weft', 'app == "web"', 'ap == "web"');
  const [finding] = await client.settled('shop.weft', (list) => list.length === 1);
  assert.equal(finding.code, 'W1003');
  assert.equal(client.textIn('shop.weft', finding.range), 'ap');
  assert.match(fs.readFileSync(fileURLToPath(finding.codeDescription.href), 'utf8'), /^# W1003/);

  const actions = await client.request('textDocument/codeAction', {
    ...client.id('shop.weft'), range: finding.range, context: { diagnostics: [finding] },
  });
  const fix = actions.find((each) => each.kind === 'quickfix');
  await client.applyWorkspaceEdit(fix.edit);
  await client.settled('shop.weft', (list) => list.length === 0);
  assert.equal(client.buffers.get('shop.weft').text, policy);
  assert.equal(await client.stop(), 0);
  assert.deepEqual(client.violations, []);
});

test('a conflict is shown at both rules, with the flow that shows it', async () => {
  const client = new Client({ 'shop.weft': policy.replace('}\n', '  allow app == "web" -> any : tcp/80-90\n  deny app == "web" -> any : tcp/90-99\n}\n') });
  await client.start();
  await client.open('shop.weft');
  const [finding] = await client.settled('shop.weft', (list) => list.some((each) => each.code === 'W3001'));
  assert.match(finding.message, /for example workload \{app: "web"\} -> /);
  assert.equal(client.textIn('shop.weft', finding.range), 'deny app == "web" -> any : tcp/90-99');
  assert.equal(client.textIn('shop.weft', finding.relatedInformation[0].location.range), 'allow app == "web" -> any : tcp/80-90');
  await client.stop();
  assert.deepEqual(client.violations, []);
});

test('what has no effect is greyed', async () => {
  const client = new Client({ 'shop.weft': policy.replace('}\n', '  isolate world\n}\n') });
  await client.start();
  await client.open('shop.weft');
  const [finding] = await client.settled('shop.weft', (list) => list.length === 1);
  assert.equal(finding.code, 'W1046');
  assert.deepEqual(finding.tags, [1]);
  await client.stop();
  assert.deepEqual(client.violations, []);
});

test('what a file declares is known in the files of its directory, and an edit of one is felt in the other', async () => {
  const client = new Client({
    'groups.weft': 'label app : string\ngroup web = app == "web"\n',
    'rules.weft': 'policy shop { allow web -> world : tcp/443 }\n',
  });
  await client.start();
  await client.open('rules.weft');
  await client.settled('rules.weft', (list) => list.length === 0);
  await client.open('groups.weft');
  await client.edit('groups.weft', 'group web', 'group webs');
  await client.settled('rules.weft', (list) => list.length === 1);
  assert.deepEqual(client.codes('groups.weft'), []);
  await client.edit('groups.weft', 'group webs', 'group web');
  await client.settled('rules.weft', (list) => list.length === 0);
  await client.stop();
  assert.deepEqual(client.violations, []);
});

test('a project file says which files belong together and what warnings count for', async () => {
  const client = new Client({
    'weft.toml': '[project]\nsources = ["policies"]\n[lint]\nW3001 = "deny"\n',
    'policies/shop.weft': policy.replace('}\n', '  allow app == "web" -> any : tcp/80\n  deny app == "web" -> app == "db" : tcp/80\n}\n'),
    'elsewhere.weft': 'policy other { allow nobody -> any : any }\n',
  });
  await client.start();
  await client.open('policies/shop.weft');
  const [finding] = await client.settled('policies/shop.weft', (list) => list.length === 1);
  assert.equal(finding.severity, 1);
  // A file that the project does not name stands for itself.
  await client.open('elsewhere.weft');
  await client.settled('elsewhere.weft', (list) => list.length === 1);
  await client.stop();
  assert.deepEqual(client.violations, []);
});

test('files that change on disk are read again when the client says so', async () => {
  const client = new Client({ 'shop.weft': `import "labels.weft"\n${policy.replace('label app : string\n', '')}` });
  await client.start();
  await client.open('shop.weft');
  await client.settled('shop.weft', (list) => list.some((each) => each.code === 'W9002'));
  client.write('labels.weft', 'label app : string\n');
  await client.notify('workspace/didChangeWatchedFiles', { changes: [{ uri: client.uri('labels.weft'), type: 1 }] });
  await client.settled('shop.weft', (list) => list.length === 0);
  const registration = client.asked.find((each) => each.method === 'client/registerCapability');
  assert.equal(registration.params.registrations[0].method, 'workspace/didChangeWatchedFiles');
  await client.stop();
  assert.deepEqual(client.violations, []);
});

test('a closed file takes its diagnostics along', async () => {
  const client = new Client({ 'shop.weft': policy.replace('label app', 'label other') });
  await client.start();
  await client.open('shop.weft');
  await client.settled('shop.weft', (list) => list.length > 0);
  await client.notify('textDocument/didClose', client.id('shop.weft'));
  client.buffers.delete('shop.weft');
  await client.settled('shop.weft', (list) => list.length === 0);
  await client.stop();
});

test('no diagnostics of an old version, however fast somebody types', async () => {
  const client = new Client({ 'shop.weft': `${policy}never world -> app == "db" : any\n` });
  await client.start();
  await client.open('shop.weft');
  for (let i = 0; i < 40; ++i) {
    await client.edit('shop.weft', i % 2 ? 'apppp' : 'app ==', i % 2 ? 'app ==' : 'apppp');
    await new Promise((resolve) => setTimeout(resolve, i % 7));
  }
  await client.settled('shop.weft', (list) => list.length === 0);
  let last = 0;
  for (const params of client.published) {
    assert.ok(params.version >= last, 'versions go forward');
    last = params.version;
  }
  await client.stop();
  assert.deepEqual(client.violations, []);
});

test('formatting is what `weft fmt` does, and touches only the lines that differ', async () => {
  const client = new Client({ 'shop.weft': 'label   app : string\n\npolicy shop {\nallow app == "web" -> world:tcp/443\n}\n' });
  await client.start();
  await client.open('shop.weft');
  const part = await client.request('textDocument/rangeFormatting', {
    ...client.id('shop.weft'), range: { start: { line: 3, character: 0 }, end: { line: 3, character: 9 } }, options: { tabSize: 2, insertSpaces: true },
  });
  assert.equal(part.length, 1);
  const edits = await client.request('textDocument/formatting', { ...client.id('shop.weft'), options: { tabSize: 2, insertSpaces: true } });
  assert.equal(edits.length, 2);
  await client.applyEdits('shop.weft', edits);
  assert.equal(client.buffers.get('shop.weft').text, 'label app : string\n\npolicy shop {\n  allow app == "web" -> world : tcp/443\n}\n');
  assert.deepEqual(await client.request('textDocument/formatting', { ...client.id('shop.weft'), options: { tabSize: 2, insertSpaces: true } }), []);
  await client.stop();
  assert.deepEqual(client.violations, []);
});

test('places are counted as the client counts them', async () => {
  for (const encoding of ['utf-8', 'utf-16']) {
    const client = new Client({ 'shop.weft': 'label app : string\npolicy "größe 🐙" { allow ap == "🐙" -> app == "ü" : tcp/443 }\n' });
    const capabilities = await client.start({ general: { positionEncodings: [encoding] } });
    assert.equal(capabilities.positionEncoding, encoding);
    await client.open('shop.weft');
    const [finding] = await client.settled('shop.weft', (list) => list.length === 1);
    const line = 'policy "größe 🐙" { allow ';
    assert.equal(finding.range.start.character, encoding === 'utf-8' ? Buffer.byteLength(line) : line.length);
    await client.stop();
    assert.deepEqual(client.violations, []);
  }
});
