// What each app of this folder does, and the checks of it. An app passes its name and a
// function for each feature, which does it as people do with that client, and returns what
// came of it. One that a client does not have is left out. For each feature a line is
// printed; the exit code is 1 if any failed.
//
// The environment names two servers, each with a database of the same shop, and people who
// call the first:
//
//   SOUK_URL             /graphql of a server that runs any document
//   SOUK_ONLY_URL        /graphql of one with SOUK_DOCUMENTS=only
//   SOUK_METRICS_URL, SOUK_ONLY_METRICS_URL   their metrics
//   SOUK_TOKEN           an access token of a customer
//   SOUK_EXPIRED_TOKEN   one that has expired
import assert from 'node:assert/strict';

export const { SOUK_URL: url, SOUK_ONLY_URL: onlyURL, SOUK_TOKEN: token, SOUK_EXPIRED_TOKEN: expiredToken } = process.env;

/** The products of a page; the last page is shorter. */
const pageSize = 5;
const slug = 'linen-shirt';
const title = 'Linen Shirt';

/** ask sends a text without any client. */
async function ask(query) {
  const response = await fetch(url, { method: 'POST', headers: { 'content-type': 'application/json' }, body: JSON.stringify({ query }) });
  return (await response.json()).data;
}

/** became counts the requests by what became of their documents. */
async function became(metricsURL) {
  const text = await (await fetch(metricsURL)).text();
  const counts = [...text.matchAll(/^souk_documents_total\{[^}]*result="(\w+)"[^}]*\} (\d+)$/gm)];
  return Object.fromEntries(counts.map(([, result, count]) => [result, Number(count)]));
}

/** during counts those while something runs. */
async function during(metricsURL, run) {
  const before = await became(metricsURL);
  await run();
  const after = Object.entries(await became(metricsURL));
  return Object.fromEntries(after.map(([result, count]) => [result, count - (before[result] ?? 0)]).filter(([, count]) => count > 0));
}

async function allSlugs() {
  const { products } = await ask('{ products(first: 100) { nodes { slug } } }');
  assert.ok(products.nodes.length > 3 * pageSize && products.nodes.length % pageSize !== 0);
  return products.nodes.map((node) => node.slug);
}

const checks = {
  async query(run) {
    assert.equal(await run(), (await ask('{ shop { name } }')).shop.name);
  },
  async variables(run) {
    assert.equal(await run(slug), title);
  },
  async forward(run) {
    assert.deepEqual(await run(pageSize), await allSlugs());
  },
  async backward(run) {
    assert.deepEqual(await run(pageSize), await allSlugs());
  },
  async mutation(run) {
    const name = `Maya ${process.hrtime.bigint()}`;
    assert.equal(await run(name), name);
  },
  async 'user error'(run) {
    const { __typename, code, currentVersion } = await run(1_000_000);
    assert.deepEqual([__typename, code, typeof currentVersion], ['VersionConflict', 'VERSION_CONFLICT', 'number']);
  },
  async 'expired token'(run) {
    assert.equal(await run(), 'UNAUTHENTICATED');
  },
  // No other app sends the same text, so that the first of three requests registers it.
  async automatic(run) {
    const more = await during(process.env.SOUK_METRICS_URL, async () => {
      for (let i = 0; i < 3; i++) assert.equal(await run(slug), title);
    });
    assert.deepEqual(more, { miss: 1, text_and_name: 1, registered: 1, hit_automatic: 2 });
  },
  async trusted(run) {
    assert.equal(await run(slug), title);
  },
  // A document that is not registered, by its hash: the client tries its text, once, and gives up.
  async 'unknown hash'(run) {
    const more = await during(process.env.SOUK_ONLY_METRICS_URL, async () => assert.equal(await run(slug), 'DOCUMENT_NOT_TRUSTED'));
    assert.deepEqual(more, { miss: 1, refused_text: 1 });
  },
  async 'text refused'(run) {
    assert.equal(await run(slug), 'DOCUMENT_NOT_TRUSTED');
  },
};

/** check runs the app's features. What is missing is printed as such. */
export async function check(client, app) {
  const names = Object.keys(app);
  assert.deepEqual(names.filter((name) => !(name in checks)), [], 'features without a check');
  for (const [feature, verify] of Object.entries(checks)) {
    const run = app[feature];
    const outcome = run ? await verify(run).then(() => 'ok', (error) => error) : '-';
    console.log(`${client}\t${feature}\t${outcome instanceof Error ? 'failed' : outcome}`);
    if (outcome instanceof Error) {
      console.error(outcome);
      process.exitCode = 1;
    }
  }
}

/** failure returns what a promise fails with. */
export async function failure(promise) {
  const value = await promise.then((value) => ({ value }), (error) => ({ error }));
  assert.ok(value.error, 'it did not fail');
  return value.error;
}
