// Types into a policy as somebody does and prints how long the answers take, by the clock, and what processor time the server took for
// them: on a machine that does other things at once, the clock says as much about those.
'use strict';
const fs = require('fs');
const os = require('os');
const { Client } = require('../../tests/lsp/client');
const { hard } = require('../../tests/lsp/hard');

const sleep = (milliseconds) => new Promise((resolve) => setTimeout(resolve, milliseconds));
const milliseconds = () => Number(process.hrtime.bigint()) / 1e6;

function policy(rules) {
  const groups = Math.max(10, rules / 20);
  const lines = ['profile strict', 'label app : string', 'label env : "prod" | "test"', 'tiers guardrail, app', ''];
  for (let i = 0; i < groups; ++i) lines.push(`group g${i} = app == "svc-${i}" && env == "prod"`);
  for (let i = 0; i < 20; ++i) lines.push(`service s${i} = tcp/${8000 + i}, tcp/${9000 + i}`);
  lines.push('', 'policy fence in guardrail { deny env == "test" -> env == "prod" : any }', '', 'policy mesh in app {', '  isolate workload');
  for (let i = 0; i < rules - 2; ++i) lines.push(`  allow g${i % groups} -> g${(i % groups + 1 + Math.floor(i / groups)) % groups} : s${i % 20}`);
  lines.push('}', '', 'policy typed in app {', '  // here', '}', '', 'never env == "test" -> env == "prod" : any', '');
  return lines.join('\n');
}

// Some workload for every selector of that policy, so that nothing is to be said of it.
function inventory(rules) {
  const groups = Math.max(10, rules / 20);
  const workloads = Math.max(500, groups);
  const lines = ['nodes:', '- name: n1', 'workloads:', '- {name: shop/test, node: n1, addresses: [10.1.0.1], labels: {app: svc-0, env: test}}'];
  for (let i = 0; i < workloads; ++i) lines.push(`- {name: shop/w-${i}, node: n1, addresses: [10.0.${i >> 8}.${i & 255}], labels: {app: svc-${i % groups}, env: prod}}`);
  return `${lines.join('\n')}\n`;
}

function percentile(times, part) {
  const sorted = [...times].sort((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * part))];
}

const rows = [];
// `times`: by the clock, each; `processor`: what all of them took together.
function row(what, times, limit, processor) {
  const value = percentile(times, 0.95);
  const each = processor === undefined ? '' : (processor / times.length).toFixed(1);
  rows.push([what, `${percentile(times, 0.5).toFixed(1)}`, `${value.toFixed(1)}`, each, `${limit}`, value <= limit ? 'yes' : 'NO']);
}

// Milliseconds of processor time that the threads of the server have had, in steps of the kernel's clock.
function processor(client) {
  const fields = fs.readFileSync(`/proc/${client.process.pid}/stat`, 'utf8').split(') ')[1].split(' ');
  return (Number(fields[11]) + Number(fields[12])) * 10;
}

function memory(client) {
  const text = fs.readFileSync(`/proc/${client.process.pid}/status`, 'utf8');
  return Number(/VmRSS:\s+(\d+)/.exec(text)[1]) / 1024;
}

// Until the answer is there: holding it against the protocol's model is no part of what an editor waits for.
async function answered(client, times, method, params) {
  const answer = await client.request(method, params);
  times.push(client.took);
  return answer;
}

async function timed(times, work) {
  const begin = milliseconds();
  await work();
  times.push(milliseconds() - begin);
}

// Puts text in at the mark, one key every 60 ms, and does something after each.
async function type(client, text, afterKey = async () => {}) {
  for (const key of text) {
    const begin = milliseconds();
    const at = client.buffers.get('mesh.weft').text.indexOf('  // here');
    await client.change('mesh.weft', [{ begin: at, end: at, text: key }]);
    await afterKey(at + 1);
    await sleep(Math.max(0, 60 - (milliseconds() - begin)));
  }
}

async function measure(rules, factor, edits) {
  const name = `${rules.toLocaleString('en')} rules`;
  const start = [];
  for (let i = 0; i < 5; ++i) {
    const client = new Client({});
    await timed(start, () => client.start());
    await client.stop();
  }
  row(`${name}: initialize`, start, 150);

  const client = new Client({ 'mesh.weft': policy(rules), 'inventory.yaml': inventory(rules) });
  await client.start();
  await client.open('mesh.weft');
  await client.settled('mesh.weft', () => true, 60000);
  const clean = client.buffers.get('mesh.weft').text;
  const reset = async () => {
    const now = client.buffers.get('mesh.weft').text;
    await client.change('mesh.weft', [{ begin: 0, end: now.length, text: clean }]);
    await client.settled('mesh.weft', (list) => list.length === 0, 60000);
  };

  const completion = [];
  let before = processor(client);
  for (let round = 0; round < 3; ++round) {
    await type(client, '  allow g1 -> g2 : s3 because "x"\n', (at) => answered(client, completion, 'textDocument/completion', {
      ...client.id('mesh.weft'), position: client.place(client.buffers.get('mesh.weft').text, at),
    }));
    await reset();
  }
  row(`${name}: completion while typing, and all that is done meanwhile`, completion, 30 * factor, processor(client) - before);

  const ask = async (what, limit, times, method, params) => {
    const took = [];
    before = processor(client);
    for (let i = 0; i < times; ++i) await answered(client, took, method, params(i));
    row(`${name}: ${what}`, took, limit * factor, processor(client) - before);
  };
  const place = (i) => client.at('mesh.weft', `  allow g${i % 10} `, { plus: i % 2 ? 3 : 8 });
  await ask('hover', 10, 100, 'textDocument/hover', place);
  await ask('definition', 10, 100, 'textDocument/definition', place);
  await ask('outline of the file', 100, 5, 'textDocument/documentSymbol', () => client.id('mesh.weft'));
  await ask('semantic tokens of the file', 100, 5, 'textDocument/semanticTokens/full', () => client.id('mesh.weft'));

  const names = [], syntax = [], solver = [];
  const took = { syntax: 0, names: 0, solver: 0 };
  const counted = async (what, times, work) => {
    const start = processor(client);
    await timed(times, work);
    took[what] += processor(client) - start;
  };
  for (let i = 0; i < 10; ++i) {
    await type(client, '  allow g1 -> nobody');
    const end = client.buffers.get('mesh.weft').text.indexOf('  // here');
    await counted('syntax', syntax, async () => {
      await client.change('mesh.weft', [{ begin: end, end, text: ' :' }]);
      await client.settled('mesh.weft', (list) => list.length > 0, 60000);
    });
    const at = client.buffers.get('mesh.weft').text.indexOf('  // here');
    await counted('names', names, async () => {
      await client.change('mesh.weft', [{ begin: at, end: at, text: ' any\n' }]);
      await client.settled('mesh.weft', (list) => list.some((each) => each.code === 'W1001' || /nobody/.test(each.message)), 60000);
    });
    await reset();
    const place = client.buffers.get('mesh.weft').text.indexOf('  // here');
    await counted('solver', solver, async () => {
      await client.change('mesh.weft', [{ begin: place, end: place, text: '  deny app == "svc-1" -> app == "svc-2" : tcp/8001\n' }]);
      await client.settled('mesh.weft', (list) => list.some((each) => each.code === 'W3001'), 60000);
    });
    await reset();
  }
  row(`${name}: last key to a syntax error`, syntax, 100 * factor, took.syntax);
  row(`${name}: last key to an unknown name`, names, 100 * factor, took.names);
  row(`${name}: last key to a conflict, with its witness`, solver, 2000 * factor, took.solver);

  let warm = 0;
  for (let i = 0; i < edits; ++i) {
    const at = client.buffers.get('mesh.weft').text.indexOf('  // here');
    await client.change('mesh.weft', [{ begin: at, end: at, text: i % 2 ? '\n' : ' ' }]);
    if (i % 10 === 0) await client.request('textDocument/documentSymbol', client.id('mesh.weft'));
    await sleep(i % 5 === 0 ? 30 : 2);
    if (i === Math.floor(edits / 5)) warm = memory(client);
  }
  await client.settled('mesh.weft', () => true, 60000);
  await sleep(500);
  const last = memory(client);
  rows.push([`${name}: memory after ${edits} edits, MB`, '', last.toFixed(0), '', `${300 * factor}`, last <= 300 * factor ? 'yes' : 'NO']);
  rows.push([`${name}: growth over the last ${edits - Math.floor(edits / 5)} edits, %`, '', (100 * (last / warm - 1)).toFixed(1), '', '5', last / warm <= 1.05 ? 'yes' : 'NO']);
  await client.stop();
  if (client.violations.length > 0) throw new Error(client.violations.join('\n'));
}

async function cancellation() {
  const client = new Client({ 'mesh.weft': hard(10) });
  await client.start();
  await client.open('mesh.weft');
  const times = [];
  const progress = (kind) => client.asked.filter((each) => each.method === '$/progress' && each.params.value.kind === kind).length;
  for (let i = 0; i < 10; ++i) {
    const begun = progress('begin');
    for (let wait = 0; progress('begin') === begun && wait < 500; ++wait) await sleep(10);
    if (progress('begin') === begun) throw new Error('what should be hard to prove was proved at once');
    await sleep(37 * i);
    const ended = progress('end');
    await timed(times, async () => {
      await client.edit('mesh.weft', '// here', 'alow');
      while (progress('end') === ended) await sleep(1);
    });
    await client.edit('mesh.weft', 'alow', '// here');
  }
  row('proofs under way end after an edit', times, 50);
  await client.stop();
}

async function main() {
  await measure(1000, 1, 1000);
  await cancellation();
  if (process.argv.includes('large')) await measure(20000, 3, 100);
  const table = [['', 'median ms', 'p95 ms', 'processor ms', 'at most', 'held'], ...rows];
  const widths = table[0].map((_, column) => Math.max(...table.map((each) => each[column].length)));
  for (const each of table) console.log(each.map((cell, i) => (i === 0 ? cell.padEnd(widths[i]) : cell.padStart(widths[i]))).join('  '));
  console.log(`load of the machine: ${os.loadavg().map((each) => each.toFixed(1)).join(' ')} on ${os.cpus().length} cores`);
}

main().catch((error) => {
  console.error(error);
  process.exit(1);
});
