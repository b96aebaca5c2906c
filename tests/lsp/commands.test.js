'use strict';
const assert = require('assert');
const { execFileSync } = require('child_process');
const { test } = require('node:test');
const { Client } = require('./client');
const { hard } = require('./hard');

const policy = `label app : "web" | "db"

policy shop {
  isolate workload
  allow app == "web" -> app == "db" : tcp/5432
}
`;
const shown = { experimental: { weftAnswers: true } };

function git(client, ...words) {
  execFileSync('git', ['-c', 'user.name=t', '-c', 'user.email=t@example.org', ...words], { cwd: client.directory, stdio: 'ignore' });
}

function commit(client) {
  git(client, 'init', '-q');
  git(client, 'add', '.');
  git(client, 'commit', '-q', '-m', 'first');
}

const command = (client, name, ...words) => client.request('workspace/executeCommand', { command: name, arguments: words });
const messages = (client) => client.asked.filter((each) => each.method === 'window/showMessage').map((each) => each.params.message);

async function end(client) {
  assert.equal(await client.stop(), 0);
  assert.deepEqual(client.violations, []);
}

test('what is typed is compared with the last commit: which flows are gained and lost, and who decides', async () => {
  const client = new Client({ 'shop.weft': policy });
  commit(client);
  await client.start(shown);
  await client.open('shop.weft');
  assert.match(await command(client, 'weft.diffAgainstHead', client.uri('shop.weft')), /^# HEAD → the editor: equivalent\n/);
  await client.edit('shop.weft', 'tcp/5432', 'tcp/5433'); // and nobody saves it
  const difference = await command(client, 'weft.diffAgainstHead', client.uri('shop.weft'));
  assert.match(difference, /^# HEAD → the editor: widens and narrows\n/);
  assert.match(difference, /## Flows gained\n\n- for example `workload \{app: "web"\} -> workload \{app: "db"\} : tcp\/5433`\n/);
  assert.match(difference, /before: `isolate workload` at HEAD:shop\.weft:4:3\n  - now: `allow app == "web" -> app == "db" : tcp\/5433` at shop\.weft:5:3\n/);
  assert.match(difference, /## Flows lost\n\n- for example .*tcp\/5432`\n/);
  assert.deepEqual(messages(client), []);
  await end(client);
});

test('a project is compared as a whole, with the inventory it brings', async () => {
  const inventory = 'nodes:\n- name: node-1\nworkloads:\n- {name: s/web, node: node-1, addresses: [10.0.0.1], labels: {app: web}}\n- {name: s/db, node: node-1, addresses: [10.0.0.2], labels: {app: db}}\n';
  const client = new Client({ 'weft.toml': '[project]\nsources = ["policies"]\ninventory = ["cluster.yaml"]\n', 'policies/shop.weft': policy, 'cluster.yaml': inventory });
  commit(client);
  await client.start(shown);
  await client.open('policies/shop.weft');
  await client.edit('policies/shop.weft', ' : tcp/5432', ' : any');
  const difference = await command(client, 'weft.diffAgainstHead', client.uri('policies/shop.weft'));
  assert.match(difference, /: only widens\n/);
  assert.match(difference, /1 pair gained, 0 pairs lost\n\n- gained: `s\/web` -> `s\/db` on any \\ tcp\/5432 \(1 pair\)\n/);
  await end(client);
});

test('what cannot be compared is said: no repository, nothing committed, errors on either side', async () => {
  const client = new Client({ 'shop.weft': policy });
  await client.start(shown);
  await client.open('shop.weft');
  const compare = () => command(client, 'weft.diffAgainstHead', client.uri('shop.weft'));
  await assert.rejects(compare(), /no revision: .*not a git repository/);
  client.write('other.txt', 'x');
  git(client, 'init', '-q');
  git(client, 'add', 'other.txt');
  git(client, 'commit', '-q', '-m', 'without a policy');
  await assert.rejects(compare(), /the last commit has errors/);
  await client.edit('shop.weft', 'app == "web"', 'ap == "web"');
  await assert.rejects(compare(), /the policy has errors/);
  await client.edit('shop.weft', 'ap == "web"', 'app == "web"');
  client.write('shop.weft', 'policy shop {\n');
  git(client, 'add', 'shop.weft');
  git(client, 'commit', '-q', '-m', 'broken');
  await assert.rejects(compare(), /the last commit has errors/);
  await client.open('untitled.weft', policy);
  await end(client);
});

test('a client that does not show what commands give back gets it as a message, one that does gets it once', async () => {
  for (const shows of [false, true]) {
    const client = new Client({ 'shop.weft': `${policy}test "t" { {app: "web"} -> {app: "db"} : tcp/5432 is allow }\n` });
    commit(client);
    await client.start(shows ? shown : {});
    await client.open('shop.weft');
    const tests = await command(client, 'weft.runTest', client.uri('shop.weft'), '');
    const difference = await command(client, 'weft.diffAgainstHead', client.uri('shop.weft'));
    assert.equal(tests, '`t` passes: 1 expectation holds');
    assert.deepEqual(messages(client), shows ? [] : [tests, difference]);
    await end(client);
  }
});

test('an edit ends what is being proved of the text before it', async () => {
  const client = new Client({ 'hard.weft': hard(10) });
  await client.start();
  await client.open('hard.weft');
  const kinds = () => client.asked.filter((each) => each.method === '$/progress').map((each) => each.params.value.kind);
  for (let i = 0; i < 1000 && kinds().length === 0; ++i) await new Promise((resolve) => setTimeout(resolve, 10));
  assert.deepEqual(kinds(), ['begin'], 'it takes long enough to be told');
  const begin = Date.now();
  await client.edit('hard.weft', 'profile strict', 'profil');
  for (let i = 0; i < 500 && kinds().length === 1; ++i) await new Promise((resolve) => setTimeout(resolve, 2));
  // The bench has the figure; here a machine may be busy with other things.
  assert.deepEqual(kinds(), ['begin', 'end']);
  assert.ok(Date.now() - begin < 2000);
  await client.settled('hard.weft', (list) => list.length > 0);
  assert.ok(!client.codes('hard.weft').includes('W3004'), 'nothing is said of what was stopped');
  await end(client);
});

test('a comparison that takes long holds nobody up, and can be cancelled', async () => {
  const client = new Client({ 'hard.weft': hard(10).replace('tcp/1\n}', 'tcp/2\n}').replace(/\nalways[^]*/, '\n') });
  commit(client);
  await client.start(shown);
  await client.open('hard.weft', `${hard(10).replace(/\nalways[^]*/, '\n')}policy q { allow ${Array.from({ length: 11 }, (_, i) => `has k${i}`).join(' && ')} -> world : tcp/1 }\n`);
  const cancel = new (require('vscode-jsonrpc/node').CancellationTokenSource)();
  const asked = client.connection.sendRequest('workspace/executeCommand', { command: 'weft.diffAgainstHead', arguments: [client.uri('hard.weft')] }, cancel.token);
  const outcome = asked.then(() => 'done', (error) => error.code);
  const symbols = await client.request('textDocument/documentSymbol', client.id('hard.weft'));
  assert.ok(symbols.length > 0);
  await new Promise((resolve) => setTimeout(resolve, 300)); // it is at work
  const begin = Date.now();
  cancel.cancel();
  assert.equal(await outcome, -32800);
  assert.ok(Date.now() - begin < 5000);
  await end(client);
});
