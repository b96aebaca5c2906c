// A policy that takes the solver long: for the tests and the bench of what happens meanwhile.
'use strict';

/** A pigeonhole in labels, more of them than values: who proves that two have the same one needs time that grows without bound. */
function hard(holes) {
  const values = Array.from({ length: holes }, (_, i) => `"v${i}"`).join(' | ');
  const keys = Array.from({ length: holes + 1 }, (_, i) => `k${i}`);
  const rules = [];
  for (let a = 0; a < keys.length; ++a) {
    for (let b = a + 1; b < keys.length; ++b) {
      for (let v = 0; v < holes; ++v) rules.push(`  allow ${keys[a]} == "v${v}" && ${keys[b]} == "v${v}" -> any : tcp/1`);
    }
  }
  return `profile strict\nlabel ${keys.join(', ')} : ${values}\npolicy p {\n  isolate workload egress\n${rules.join('\n')}\n}\n`
    + `always ${keys.map((key) => `has ${key}`).join(' && ')} -> world : tcp/1\n// here\n`;
}

module.exports = { hard };
