// What happens to files while they are open: they grow beyond all measure, go, come back, and others write them too.
'use strict';
const assert = require('assert');
const fs = require('fs');
const path = require('path');
const { test } = require('node:test');
const { Client } = require('./client');

async function end(client) {
  assert.equal(await client.stop(), 0);
  assert.deepEqual(client.violations, []);
}

const changed = (client, name, type) => client.notify('workspace/didChangeWatchedFiles', { changes: [{ uri: client.uri(name), type }] });
const [CHANGED, DELETED] = [2, 3];
const rules = 'policy shop {\n  allow app == "web" -> app == "db" : tcp/5432\n}\n';

test('ten megabytes are read, asked about and edited', async () => {
  const line = `// ${'x'.repeat(95)}\n`;
  const client = new Client({ 'shop.weft': `label app : "web" | "db"\n${line.repeat(105000)}${rules}` });
  await client.start();
  await client.open('shop.weft');
  await client.settled('shop.weft', (list) => list.length === 0, 60000);
  await client.edit('shop.weft', 'app == "web"', 'ap == "web"');
  await client.settled('shop.weft', (list) => list.some((each) => each.code === 'W1003'), 60000);
  const outline = await client.request('textDocument/documentSymbol', client.id('shop.weft'));
  assert.deepEqual(outline.map((each) => each.name), ['app', 'shop']);
  await client.edit('shop.weft', 'ap == "web"', 'app == "web"');
  await client.settled('shop.weft', (list) => list.length === 0, 60000);
  await end(client);
});

test('ten megabytes of nothing that makes sense get a handful of findings', async () => {
  const client = new Client({ 'shop.weft': '}{)( "\n'.repeat(1500000) });
  await client.start();
  await client.open('shop.weft');
  const found = await client.settled('shop.weft', (list) => list.length > 0, 60000);
  assert.ok(found.length < 60, `${found.length} findings`);
  assert.deepEqual(await client.request('textDocument/documentSymbol', client.id('shop.weft')), []);
  await end(client);
});

test('files that go while they are open or imported are missed where they are named, and found when they are back', async () => {
  const labels = 'label app : "web" | "db"\n';
  const client = new Client({ 'weft.toml': '[project]\nsources = ["shop.weft"]\n', 'shared/labels.weft': labels, 'shop.weft': `import "shared/labels.weft"\n${rules}` });
  await client.start();
  await client.open('shop.weft');
  await client.settled('shop.weft', (list) => list.length === 0);
  const file = (name) => path.join(client.directory, name);
  fs.rmSync(file('shared'), { recursive: true });
  await changed(client, 'shared/labels.weft', DELETED);
  await client.settled('shop.weft', (list) => list.some((each) => each.code === 'W9002' && /labels\.weft/.test(each.message)));
  // The text in the editor stays what it is, whatever becomes of its file.
  fs.rmSync(file('shop.weft'));
  await changed(client, 'shop.weft', DELETED);
  client.write('shared/labels.weft', labels);
  await changed(client, 'shared/labels.weft', CHANGED);
  await client.settled('shop.weft', (list) => list.length === 0);
  const outline = await client.request('textDocument/documentSymbol', client.id('shop.weft'));
  assert.deepEqual(outline.map((each) => each.name), ['import "shared/labels.weft"', 'shop']);
  // All of it goes, and the server goes on.
  fs.rmSync(client.directory, { recursive: true });
  await changed(client, 'weft.toml', DELETED);
  await client.edit('shop.weft', 'tcp/5432', 'tcp/5433');
  assert.notEqual(await client.request('textDocument/hover', client.at('shop.weft', 'allow', { plus: 1 })), undefined);
  await end(client);
});

test('two editors at work on one directory each know what the other has saved', async () => {
  const files = { 'labels.weft': 'label app : "web" | "db"\n', 'shop.weft': rules };
  const one = new Client(files);
  const other = new Client();
  fs.rmSync(other.directory, { recursive: true });
  other.directory = one.directory;
  for (const client of [one, other]) await client.start();
  await one.open('shop.weft');
  await other.open('labels.weft');
  await one.settled('shop.weft', (list) => list.length === 0);
  for (let round = 0; round < 20; ++round) {
    const [from, to] = round % 2 === 0 ? ['"db"', '"store"'] : ['"store"', '"db"'];
    await other.edit('labels.weft', from, to);
    other.write('labels.weft', other.buffers.get('labels.weft').text);
    for (const client of [one, other]) await changed(client, 'labels.weft', CHANGED);
    await one.settled('shop.weft', (list) => (list.some((each) => each.code === 'W1025')) === (round % 2 === 0));
    // What the first types at the same time is its own.
    await one.edit('shop.weft', /tcp\/\d+/.exec(one.buffers.get('shop.weft').text)[0], `tcp/${5000 + round}`);
  }
  assert.equal(await other.stop(), 0);
  one.write('labels.weft', files['labels.weft']);
  await end(one);
});
