'use strict';
const assert = require('assert');
const { spawnSync } = require('child_process');
const { test } = require('node:test');
const { fileURLToPath } = require('url');
const fs = require('fs');
const { Client } = require('./client');

const files = {
  'inventory.yaml': `nodes:
- name: n1
workloads:
- name: shop/web-1
  labels: {app: web, team: blue}
  node: n1
  addresses: [10.0.0.1]
- name: shop/web-2
  labels: {app: web}
  node: n1
  addresses: [10.0.0.2]
- name: shop/db-0
  labels: {app: db}
  node: n1
  addresses: [10.0.0.3]
  ports: {pg: tcp/5432}
`,
  'labels.weft': `import std.core.dns

// Who we are.
label app : "web" | "db" | "api"
group web = app == "web"
group store = app == "db"
service data = tcp/5432
tiers admin, app
`,
  'shop.weft': `// What is said here.
// In two lines.
policy shop in app owner "team" {
  isolate store
  @id(front)
  allow web -> store : data because "orders"
  deny at destination world -> store : any
}

template door(clients: group, name: string, port: service = tcp/443, tier: tier) {
  policy open in tier {
    allow clients -> app == name : port
  }
}
use door(clients = web, name = "api", tier = app)

never world -> store : any
never web -> store : any

test "orders" {
  web -> store : data is allow by shop.front
  "shop/web-1" -> "shop/db-0" : tcp/22 is deny
  {app: "web"} -> {app: "api"} : tcp/443 is allow by "door/open"
}
`,
};

async function start(change = {}) {
  const client = new Client({ ...files, ...change });
  await client.start();
  await client.open('shop.weft');
  return client;
}

async function end(client) {
  assert.equal(await client.stop(), 0);
  assert.deepEqual(client.violations, []);
}

const textOf = (hover) => (hover === null ? '' : hover.contents.value);

test('hover says whom a selector means, what a rule decides, what a service is, whether a claim is proved', async () => {
  const client = await start();
  await client.settled('shop.weft', (list) => list.some((each) => each.code === 'W3002'));
  const at = async (text, options) => textOf(await client.request('textDocument/hover', client.at('shop.weft', text, options)));
  const group = await at('web -> store : data');
  assert.match(group, /group web = app == "web"/);
  assert.match(group, /workloads whose `app` is "web"/);
  assert.match(group, /2 workloads: `shop\/web-1`, `shop\/web-2`/);
  assert.match(group, /declared in `labels.weft`/);
  assert.match(await at('data because'), /tcp\/5432/);
  const rule = await at('allow web -> store', { plus: 2 });
  assert.match(rule, /\*\*allows\*\* flows in tier `app`, policy `shop`/);
  assert.match(rule, /1 workload: `shop\/db-0`/);
  assert.match(await at('never world', { plus: 1 }), /proved/);
  assert.match(await at('never web', { plus: 1 }), /broken by workload \{app: "web"\} -> workload \{app: "db"\}/);
  assert.match(await at('app owner'), /tier 2 of 2; policies: `shop`, `door\/open`/);
  assert.match(await at('door(clients = web'), /template door\(clients: group/);
  assert.match(await at('isolate'), /denies what no rule of tier `app` decides/);
  assert.match(await at('"web"} ->'), /2 workloads/);
  assert.equal(await at('What is said'), '');
  await end(client);
});

test('hover of a proved claim names what the proof rests on, as `weft check -v` does', async () => {
  const client = new Client({ 'shop.weft': `label app : "web" | "db"
policy shop {
  allow app == "web" -> any : any
  deny app == "web" -> app == "db" : tcp/22
}
never app == "web" -> app == "db" : tcp/22
never app == "web" -> app == "db" : tcp/23
` });
  await client.start();
  await client.open('shop.weft');
  await client.settled('shop.weft', (list) => list.some((each) => each.code === 'W3002'));
  const hover = async (n) => textOf(await client.request('textDocument/hover', client.at('shop.weft', 'never', { n, plus: 1 })));
  const check = spawnSync(process.env.WEFT_BINARY, ['check', '-v', '--color=never', 'shop.weft'], { cwd: client.directory, encoding: 'utf8' });
  const [, grounds] = /shop\.weft:6:1: proved: (.*)/.exec(check.stdout);
  assert.match(grounds, /`shop` at shop\.weft:4:3$/);
  const shown = await hover(0);
  assert.ok(shown.endsWith(`the proof rests on: ${grounds}`), shown);
  assert.doesNotMatch(await hover(1), /rests on/, 'a claim that is broken');
  await end(client);
});

test('definition and references lead through files, templates, tests and the inventory', async () => {
  const client = await start();
  const definition = async (text, options) => {
    const [found] = await client.request('textDocument/definition', client.at('shop.weft', text, options));
    return found ? `${client.nameOf(found.uri)}: ${client.textIn(client.nameOf(found.uri), found.range)}` : 'none';
  };
  assert.equal(await definition('web -> store'), 'labels.weft: web');
  assert.equal(await definition('data because'), 'labels.weft: data');
  assert.equal(await definition('front is', { n: 0, plus: 0 }).catch(() => 'none'), 'none');
  assert.equal(await definition('shop.front'), 'shop.weft: shop');
  assert.equal(await definition('shop.front', { plus: 6 }), 'shop.weft: front');
  assert.equal(await definition('clients -> app'), 'shop.weft: clients');
  assert.equal(await definition('name = "api"'), 'shop.weft: name');
  assert.equal(await definition('door/open'), 'shop.weft: door');
  assert.equal(await definition('door/open', { plus: 6 }), 'shop.weft: open');
  assert.equal(await definition('shop/db-0'), 'inventory.yaml: shop/db-0');
  assert.equal(await definition('"api", tier', { plus: 1 }), 'none');

  const references = await client.request('textDocument/references', {
    ...client.at('shop.weft', 'store : data'), context: { includeDeclaration: true },
  });
  assert.equal(references.length, 7);
  assert.ok(references.every((each) => client.textIn(client.nameOf(each.uri), each.range) === 'store'));
  const highlights = await client.request('textDocument/documentHighlight', client.at('shop.weft', 'store : data'));
  assert.equal(highlights.length, 6);

  await client.open('labels.weft');
  const [module] = await client.request('textDocument/definition', client.at('labels.weft', 'core.dns'));
  assert.match(fs.readFileSync(fileURLToPath(module.uri), 'utf8'), /template cluster_dns/);
  const [link] = await client.request('textDocument/documentLink', client.id('labels.weft'));
  assert.equal(link.target, module.uri);
  assert.equal(client.textIn('labels.weft', link.range), 'std.core.dns');
  await end(client);
});

test('rename changes every place that means the same, and a second one changes it back', async () => {
  const client = await start();
  await client.open('labels.weft');
  const before = new Map([...client.buffers].map(([name, buffer]) => [name, buffer.text]));
  const rename = async (text, newName, options) => {
    const place = client.at('shop.weft', text, options);
    const prepared = await client.request('textDocument/prepareRename', place);
    assert.ok(prepared.placeholder);
    await client.applyWorkspaceEdit(await client.request('textDocument/rename', { ...place, newName }));
  };
  for (const [text, there, back, options] of [
    ['store : data', 'vault', 'store'], ['web -> ', 'service', 'web'], ['data because', 'größe', 'data'], ['shop.front', 'cellar', 'shop'],
    ['front', 'way in', 'front'], ['open in', 'ajar', 'open'], ['door(', 'gate', 'door'], ['clients:', 'callers', 'clients'], ['app owner', 'top', 'app'],
  ]) {
    await rename(text, there, options);
    await client.settled('shop.weft', (list) => list.every((each) => ['W3002', 'W3020'].includes(each.code)));
    assert.notEqual(client.buffers.get('shop.weft').text, before.get('shop.weft'), `${text} is renamed`);
    const spelled = text.replace(/^[\w]+/, /^[a-z]+$/.test(there) && there !== 'service' ? there : `\`${there}\``);
    const name = client.buffers.get('shop.weft').text.includes(spelled) ? spelled : there;
    await rename(name, back);
    for (const [file, was] of before) assert.equal(client.buffers.get(file).text, was, `${there} is ${back} again`);
  }
  // Of what the inventory or a module owns, and what is taken already.
  const refused = async (text, newName, options) => {
    await assert.rejects(client.request('textDocument/rename', { ...client.at('shop.weft', text, options), newName }));
  };
  await refused('"api", tier', 'x', { plus: 1 });
  await refused('web -> store', 'store');
  await refused('What is', 'x');
  await refused('web -> store', 'two\nlines');
  await end(client);
});

test('a key of a namespace keeps its scope when it is renamed', async () => {
  const client = new Client({ 'a.weft': 'label ns.team : string\npolicy p { allow ns.team == "x" -> ns . team == "y" : any }\n' });
  await client.start();
  await client.open('a.weft');
  await client.applyWorkspaceEdit(await client.request('textDocument/rename', { ...client.at('a.weft', 'team =='), newName: 'the group' }));
  assert.equal(client.buffers.get('a.weft').text,
    'label ns.`the group` : string\npolicy p { allow ns.`the group` == "x" -> ns.`the group` == "y" : any }\n');
  await end(client);
});

test('completion offers what may stand there', async () => {
  const client = await start();
  const labels = async (text) => {
    const buffer = client.buffers.get('shop.weft');
    const end = buffer.text.length;
    await client.change('shop.weft', [{ begin: end, end, text: text.replace('|', '') }]);
    const offset = end + text.indexOf('|');
    const list = await client.request('textDocument/completion', {
      ...client.id('shop.weft'), position: client.place(client.buffers.get('shop.weft').text, offset),
    });
    const length = client.buffers.get('shop.weft').text.length;
    await client.change('shop.weft', [{ begin: end, end: length, text: '' }]);
    return list.items.map((each) => each.label);
  };
  const has = async (text, wanted, unwanted = []) => {
    const found = await labels(text);
    for (const each of wanted) assert.ok(found.includes(each), `${each} in ${JSON.stringify(text)}: ${found}`);
    for (const each of unwanted) assert.ok(!found.includes(each), `no ${each} in ${JSON.stringify(text)}: ${found}`);
  };
  await has('\n|', ['policy', 'never', 'group', 'import'], ['allow', 'ordered']);
  await has('\npolicy p { |', ['allow', 'deny', 'isolate', 'audit'], ['policy', 'import']);
  await has('\npolicy p { al|', ['allow']);
  await has('\npolicy p { allow |', ['web', 'store', 'app', 'world', 'workload', 'at'], ['data', 'when']);
  await has('\npolicy p { allow web |', ['->', '&&'], ['web', 'data']);
  await has('\npolicy p { allow web -> |', ['store', 'app', 'ns'], ['at']);
  await has('\npolicy p { allow web -> store |', [':', '||'], ['->']);
  await has('\npolicy p { allow web -> store : |', ['data', 'tcp', 'any'], ['web']);
  await has('\npolicy p { allow web -> store : tcp/|', ['pg'], ['data']);
  await has('\npolicy p { allow web -> store : data |', ['when', 'because', 'expires', 'log'], ['data']);
  await has('\npolicy p { allow web -> store : data when |', ['source', 'destination']);
  await has('\npolicy p { allow web -> store : data when source.|', ['app', 'ns'], ['web']);
  await has('\npolicy p { allow app == |', ['"web"', '"db"', '"api"']);
  await has('\npolicy p { allow app == "|', ['web', 'db']);
  await has('\npolicy p { allow app in {"web", |', ['"db"']);
  await has('\npolicy p { allow app |', ['==', 'in', 'like']);
  await has('\npolicy p { allow has |', ['app'], ['web']);
  await has('\npolicy p { pass to |', ['admin', 'app']);
  await has('\npolicy p { @|', ['id', 'expect', 'owner']);
  await has('\npolicy p |', ['in', 'for', 'ordered']);
  await has('\npolicy p in |', ['admin', 'app'], ['web']);
  await has('\nisolate|', []);
  await has('\nimport |', ['std.core.dns', 'std.data.postgres']);
  await has('\nimport std.|', ['core.dns']);
  await has('\nimport "|', ['labels.weft']);
  await has('\nuse |', ['door', 'cluster_dns']);
  await has('\nuse door(|', ['clients', 'port', 'name']);
  await has('\nuse door(clients = web, |', ['port', 'name'], ['clients']);
  await has('\nuse door(clients = |', ['web', 'store'], ['data']);
  await has('\nuse door(tier = |', ['admin', 'app'], ['web']);
  await has('\ntest "t" {\n  |', ['web', '{…}']);
  await has('\ntest "t" {\n  web -> |', ['store']);
  await has('\ntest "t" {\n  web -> "|', ['shop/web-1', 'shop/db-0']);
  await has('\ntest "t" {\n  web -> store : data |', ['is']);
  await has('\ntest "t" {\n  web -> store : data is |', ['allow', 'deny'], ['web']);
  await has('\ntest "t" {\n  web -> store : data is allow by |', ['shop', 'isolation', 'profile']);
  await has('\ntest "t" {\n  web -> store : data is allow by shop.|', ['front']);
  await has('\nlabel |', ['team']);
  await has('\nprofile |', ['strict', 'k8s']);
  await has('\ngroup g = |', ['web', 'app', 'workload']);
  await has('\ntemplate t(x: |', ['group', 'service', 'string']);
  await has('\n// al|', [], ['allow']);
  await end(client);
});

test('what a completion inserts replaces the word that is there, and is a statement when its blanks are filled', async () => {
  const client = await start();
  await client.change('shop.weft', [{ begin: 0, end: 0, text: 'policy added in app {\n  allow we -> store : data\n}\n' }]);
  const place = client.at('shop.weft', 'we -> store', { plus: 2 });
  const { items } = await client.request('textDocument/completion', place);
  const item = items.find((each) => each.label === 'web');
  await client.applyEdits('shop.weft', [item.textEdit]);
  assert.ok(client.buffers.get('shop.weft').text.startsWith('policy added in app {\n  allow web -> store : data\n}\n'));
  await end(client);
});

test('signature help says which parameter is next', async () => {
  const client = await start();
  const help = await client.request('textDocument/signatureHelp', client.at('shop.weft', 'name = "api"', { plus: 8 }));
  assert.equal(help.signatures[0].label, 'door(clients: group, name: string, port: service = tcp/443, tier: tier)');
  assert.equal(help.activeParameter, 1);
  const [begin, stop] = help.signatures[0].parameters[2].label;
  assert.equal(help.signatures[0].label.slice(begin, stop), 'port: service = tcp/443');
  assert.equal(await client.request('textDocument/signatureHelp', client.at('shop.weft', 'isolate')), null);
  await end(client);
});

test('outline, folding, selection and symbols of the workspace', async () => {
  const client = await start();
  const symbols = await client.request('textDocument/documentSymbol', client.id('shop.weft'));
  assert.deepEqual(symbols.map((each) => each.name).slice(0, 3), ['shop', 'door', 'use door']);
  assert.deepEqual(symbols[0].children.map((each) => each.name),
    ['isolate store', 'allow web -> store : data because "orders"', 'deny at destination world -> store : any']);
  const within = (outer, inner) => assert.ok(
    (outer.start.line < inner.start.line || (outer.start.line === inner.start.line && outer.start.character <= inner.start.character))
    && (outer.end.line > inner.end.line || (outer.end.line === inner.end.line && outer.end.character >= inner.end.character)));
  const check = (list) => list.forEach((each) => {
    within(each.range, each.selectionRange);
    (each.children || []).forEach((child) => within(each.range, child.range));
    check(each.children || []);
  });
  check(symbols);
  const folds = await client.request('textDocument/foldingRange', client.id('shop.weft'));
  assert.ok(folds.some((each) => each.kind === 'comment' && each.startLine === 0 && each.endLine === 1));
  assert.ok(folds.some((each) => each.startLine === 2 && each.endLine === 6));
  const [selection] = await client.request('textDocument/selectionRange', {
    ...client.id('shop.weft'), positions: [client.at('shop.weft', 'web -> store').position],
  });
  const texts = [];
  for (let at = selection; at; at = at.parent) {
    if (at.parent) within(at.parent.range, at.range);
    texts.push(client.textIn('shop.weft', at.range));
  }
  assert.equal(texts[0], 'web');
  assert.equal(texts[1], 'allow web -> store : data because "orders"');
  assert.equal(texts[texts.length - 1], files['shop.weft']);
  const found = await client.request('workspace/symbol', { query: 'strore'.replace('r', '') });
  assert.ok(found.some((each) => each.name === 'store' && client.nameOf(each.location.uri) === 'labels.weft'));
  await end(client);
});

test('semantic tokens name every kind of word; a delta leads from one answer to the next', async () => {
  const client = await start();
  const { legend } = client.server.capabilities.semanticTokensProvider;
  const decode = (data) => {
    const out = new Map();
    let line = 0, character = 0;
    const lines = client.buffers.get('shop.weft').text.split('\n');
    for (let i = 0; i < data.length; i += 5) {
      if (data[i] > 0) character = 0;
      line += data[i];
      character += data[i + 1];
      out.set(`${line}:${lines[line].substr(character, data[i + 2])}`, legend.tokenTypes[data[i + 3]] + (data[i + 4] & 1 ? '*' : ''));
    }
    return out;
  };
  const full = await client.request('textDocument/semanticTokens/full', client.id('shop.weft'));
  const tokens = decode(full.data);
  for (const [word, kind] of [
    ['0:// What is said here.', 'comment'], ['2:policy', 'keyword'], ['2:shop', 'namespace*'], ['2:app', 'namespace'], ['2:owner', 'keyword'],
    ['2:"team"', 'string'], ['4:id', 'decorator'], ['4:front', 'method*'], ['5:web', 'class'], ['5:->', 'operator'], ['5:data', 'interface'],
    ['5:because', 'keyword'], ['9:door', 'function*'], ['9:clients', 'parameter*'], ['11:clients', 'parameter'], ['11:app', 'property'],
    ['9:tcp', 'type'], ['9:443', 'number'], ['19:"orders"', 'string*'], ['22:"web"', 'enumMember'],
  ]) assert.equal(tokens.get(word), kind, word);
  await client.edit('shop.weft', 'isolate store', 'isolate store ingress');
  const delta = await client.request('textDocument/semanticTokens/full/delta', { ...client.id('shop.weft'), previousResultId: full.resultId });
  const data = [...full.data];
  for (const edit of delta.edits) data.splice(edit.start, edit.deleteCount, ...(edit.data || []));
  const again = await client.request('textDocument/semanticTokens/full', client.id('shop.weft'));
  assert.deepEqual(data, again.data);
  const part = await client.request('textDocument/semanticTokens/range', {
    ...client.id('shop.weft'), range: { start: { line: 5, character: 0 }, end: { line: 5, character: 10 } },
  });
  assert.ok(part.data.length < again.data.length && part.data.length > 0);
  await end(client);
});

test('hints and lenses: ports, sizes, proofs, tests', async () => {
  const client = await start();
  await client.settled('shop.weft', (list) => list.some((each) => each.code === 'W3002'));
  const hints = await client.request('textDocument/inlayHint', { ...client.id('shop.weft'), range: client.whole('shop.weft') });
  assert.ok(hints.some((each) => each.label === '= tcp/5432' && each.position.line === 5));
  await client.open('labels.weft');
  const sizes = await client.request('textDocument/inlayHint', { ...client.id('labels.weft'), range: client.whole('labels.weft') });
  assert.deepEqual(sizes.map((each) => each.label), ['(2 workloads)', '(1 workload)']);
  const lenses = await client.request('textDocument/codeLens', client.id('shop.weft'));
  const titles = [];
  for (const lens of lenses) titles.push((lens.command ? lens : await client.request('codeLens/resolve', lens)).command.title);
  assert.ok(titles.includes('2 workloads → 1 workload'), titles);
  assert.ok(titles.includes('the world → 1 workload'), titles);
  assert.ok(titles.some((each) => each.startsWith('proved')), titles);
  assert.ok(titles.some((each) => each.startsWith('broken by')), titles);
  const run = lenses.find((each) => each.command && each.command.command === 'weft.runTest').command;
  const outcome = await client.request('workspace/executeCommand', { command: run.command, arguments: run.arguments });
  assert.equal(outcome, '`orders` passes: 3 expectations hold');
  await client.edit('shop.weft', 'tcp/22 is deny', 'tcp/22 is allow');
  const failure = await client.request('workspace/executeCommand', { command: run.command, arguments: run.arguments });
  assert.match(failure, /`orders` fails:\n\n```\nshop\.weft:22:3: it is denied\n/);
  const explained = await client.request('workspace/executeCommand', {
    command: 'weft.explainDecision', arguments: [client.uri('shop.weft'), 'shop/web-1 -> shop/db-0 : tcp/22'],
  });
  assert.match(explained, /is denied\n\n- at the source: .*\n- at the destination: deny by isolation at shop\.weft:4:3/);
  await end(client);
});

test('call hierarchy is reachability: who may reach these, and whom may they reach', async () => {
  const client = await start();
  const [store] = await client.request('textDocument/prepareCallHierarchy', client.at('shop.weft', 'store : data'));
  assert.equal(store.name, 'store');
  const incoming = await client.request('callHierarchy/incomingCalls', { item: store });
  assert.equal(incoming.length, 1);
  assert.equal(incoming[0].from.name, '2 workloads: shop/web-1, shop/web-2');
  assert.equal(incoming[0].from.detail, 'tcp/5432, by shop');
  assert.equal(client.textIn('shop.weft', incoming[0].from.range), 'allow web -> store : data because "orders"');
  const outgoing = await client.request('callHierarchy/outgoingCalls', { item: incoming[0].from });
  assert.ok(outgoing.some((each) => each.to.name === '1 workload: shop/db-0'));
  assert.deepEqual(await client.request('callHierarchy/outgoingCalls', { item: store }), []);
  const graph = await client.request('workspace/executeCommand', { command: 'weft.showGraph', arguments: [client.uri('shop.weft')] });
  assert.match(graph, /## `web`: 2 workloads\n\n- 1 workload: `shop\/db-0` on tcp\/5432 \(by shop, shop\.weft:6:3\)\n/);
  assert.match(graph, /## `store`: 1 workload\n\n- nobody\n/);
  await end(client);
});

test('call hierarchy without an inventory: groups and ends of rules, proved in the open world', async () => {
  const client = new Client({
    'a.weft': `label app : "web" | "api" | "db"
group web = app == "web"
group api = app == "api"
group store = app == "db"
policy p {
  isolate workload
  allow web -> api : tcp/80
  allow api -> store : tcp/5432
  allow web -> store : tcp/5432
  deny web -> store : any
}
`,
  });
  await client.start();
  await client.open('a.weft');
  const [store] = await client.request('textDocument/prepareCallHierarchy', client.at('a.weft', 'store : tcp'));
  assert.equal(store.name, 'store');
  const incoming = await client.request('callHierarchy/incomingCalls', { item: store });
  // What `deny` takes from `web` is not there, though a rule allows it.
  assert.deepEqual(incoming.map((each) => [each.from.name, client.textIn('a.weft', each.from.range)]), [['api', 'allow api -> store : tcp/5432']]);
  assert.match(incoming[0].from.detail, /^tcp\/5432, by p; for example workload \{app: "api"\} -> workload \{app: "db"\} : tcp\/5432$/);
  const further = await client.request('callHierarchy/incomingCalls', { item: incoming[0].from });
  assert.deepEqual(further.map((each) => each.from.name), ['web']);
  const outgoing = await client.request('callHierarchy/outgoingCalls', { item: further[0].from });
  assert.deepEqual(outgoing.map((each) => each.to.name), ['api']);
  assert.deepEqual(await client.request('callHierarchy/outgoingCalls', { item: store }), []);
  // Without isolation, the profile lets everybody in where no rule decides.
  await client.edit('a.weft', 'isolate workload', '');
  await client.edit('a.weft', 'label app', 'profile k8s\nlabel app');
  const [now] = await client.request('textDocument/prepareCallHierarchy', client.at('a.weft', 'store : tcp'));
  const open = await client.request('callHierarchy/incomingCalls', { item: now });
  assert.equal(open.at(-1).from.name, 'anybody');
  assert.match(open.at(-1).from.detail, /^where no rule decides, by the profile; for example /);
  // An item of a text that has changed since is refused, not misread.
  await client.edit('a.weft', 'group store', 'group shop');
  await assert.rejects(client.request('callHierarchy/incomingCalls', { item: now }), /errors|changed/);
  await end(client);
});

test('every fix that needs no judgement is made at once', async () => {
  const client = new Client({ 'a.weft': 'label app : string\nprofile strict\nprofile strict\npolicy p { allow app == "x" -> any : any }\n' });
  await client.start();
  await client.open('a.weft');
  await client.settled('a.weft', (list) => list.length === 1);
  const actions = await client.request('textDocument/codeAction', {
    ...client.id('a.weft'), range: { start: { line: 0, character: 0 }, end: { line: 0, character: 0 } },
    context: { diagnostics: [], only: ['source.fixAll'] },
  });
  assert.deepEqual(actions.map((each) => each.kind), ['source.fixAll.weft']);
  await client.applyWorkspaceEdit(actions[0].edit);
  await client.settled('a.weft', (list) => list.length === 0);
  await end(client);
});
