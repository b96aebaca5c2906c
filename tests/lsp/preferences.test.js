'use strict';
const assert = require('assert');
const { test } = require('node:test');
const { Client } = require('./client');

const contradiction = `label app : string
policy shop {
  allow app == "web" -> any : tcp/443
  deny app == "web" -> app == "db" : tcp
}
`;
const severities = (list) => list.filter((each) => each.code === 'W3001').map((each) => each.severity);
const complaints = (client) => client.asked.filter((each) => each.method === 'window/showMessage').map((each) => each.params.message);

test('levels of the settings count where the project has none', async () => {
  const client = new Client({ 'shop.weft': contradiction, 'sub/weft.toml': '[lint]\nW3001 = "warn"\n', 'sub/shop.weft': contradiction });
  await client.start({}, { lint: { W3001: 'deny' } });
  await client.open('shop.weft');
  assert.deepEqual(severities(await client.settled('shop.weft', (list) => list.length === 1)), [1]);
  await client.open('sub/shop.weft');
  assert.deepEqual(severities(await client.settled('sub/shop.weft', (list) => list.length === 1)), [2]);
  assert.deepEqual(complaints(client), []);
  await client.stop();
  assert.deepEqual(client.violations, []);
});

test('inventories of the settings stand in place of those of the policy', async () => {
  const inventory = (app) => `workloads:\n  - {name: "shop/one", labels: {app: ${app}}, addresses: [10.0.0.1]}\n`;
  const client = new Client({
    'shop.weft': 'label app : "web"\npolicy p { allow app == "web" -> any : tcp/1 }\n',
    'inventory.yaml': inventory('web'),
    'other.yaml': inventory('db'),
  });
  await client.start({}, { inventory: ['other.yaml'] });
  await client.open('shop.weft');
  // A value that the policy does not declare: the other inventory was read.
  const told = () => client.published.find((each) => each.diagnostics.some((one) => one.code === 'W9013'));
  for (const end = Date.now() + 10000; !told() && Date.now() < end;) await new Promise((resolve) => setTimeout(resolve, 20));
  assert.equal(client.nameOf(told().uri), 'other.yaml');
  await client.stop();
  assert.deepEqual(client.violations, []);
});

test('settings that mean nothing are named, and the others hold', async () => {
  const client = new Client({ 'shop.weft': contradiction });
  await client.start({}, { inventory: 'cluster.yaml', lint: { W9999: 'deny', W1003: 'warn', W3004: 'loud', W3001: 'deny' } });
  await client.open('shop.weft');
  assert.deepEqual(severities(await client.settled('shop.weft', (list) => list.length === 1)), [1]);
  assert.deepEqual(complaints(client), [
    'settings of weft: `inventory` is a list of files and directories',
    'settings of weft: `W1003` is no warning, so it has no level',
    'settings of weft: the levels of `W3004` are allow, warn and deny',
    'settings of weft: `W9999` is no warning, so it has no level',
  ]);
  await client.stop();
  assert.deepEqual(client.violations, []);
});
