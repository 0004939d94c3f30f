// Runs the audits of graphql-http, which say whether a server follows GraphQL over HTTP,
// and prints what each says.
//
//   node run.mjs http://127.0.0.1:8080/graphql
//
// It fails unless each audit is ok: also on what is only recommended.
import { createRequire } from 'node:module';
import { serverAudits } from 'graphql-http';

const [url] = process.argv.slice(2);
if (!url) throw new Error('usage: node run.mjs http://127.0.0.1:PORT/graphql');

const { version } = createRequire(import.meta.url)('graphql-http/package.json');
const results = [];
for (const audit of serverAudits({ url })) results.push(await audit.fn());
for (const { id, status, name, reason } of results) {
  console.log([id, status.padEnd(6), name, reason].filter(Boolean).join('  '));
}
const ok = results.filter((result) => result.status === 'ok').length;
console.log(`graphql-http ${version}: ${ok} of ${results.length} audits are ok`);
process.exitCode = ok === results.length ? 0 : 1;
