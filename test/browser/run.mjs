// Opens GraphiQL of a running server in Chromium and does what a visitor does:
// runs each example, reads the docs, makes a typing error, signs in and out, on a
// wide screen and on a narrow one. Then pages of other origins try the server.
//
//   node test/browser/run.mjs http://127.0.0.1:8080 [screenshot.png]
//
// It fails on an answer with errors, an error in the console, a breach of the
// content security policy, and any request to another host. CHROMIUM names the
// browser; /usr/bin/chromium is the default. The screenshot is in light, and a
// second one beside it (…-dark.png) in dark.
import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { chromium } from 'playwright-core';
import { refuseForeign, resolverRules } from './foreign.mjs';
import { openExamples, openPane, reachTabsOn, usePaneWhenNeeded } from './layout.mjs';
import { signInAndChange } from './sign-in.mjs';

const [base, screenshot] = process.argv.slice(2);
assert(base, 'usage: node run.mjs http://127.0.0.1:PORT [screenshot.png]');

// The browser must not talk to anybody on its own either.
const args = [
  '--headless', '--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run',
  '--disable-background-networking', '--disable-component-update', '--disable-sync',
  resolverRules,
];
const profile = await mkdtemp(path.join(os.tmpdir(), 'souk-browser-'));
const context = await chromium.launchPersistentContext(profile, {
  executablePath: process.env.CHROMIUM ?? '/usr/bin/chromium',
  args,
  viewport: { width: 1440, height: 900 },
  colorScheme: 'light',
  reducedMotion: 'reduce', // a click on an arrow scrolls at once
});
try {
  await visit(await context.newPage());
  await refuseForeign(context, base);
} finally {
  await context.close();
  await rm(profile, { recursive: true, force: true });
}

async function visit(page) {
  page.setDefaultTimeout(20_000);
  const faults = await watch(page);

  await page.goto(base);
  await waitForBundle(page);
  await page.locator('.graphiql-query-editor .view-line').first().waitFor();
  await readDocs(page);

  const names = await openExamples(page);
  const count = names.length;
  await usePaneWhenNeeded(page, { openTab });
  await reachTabsOn(page, { width: 800, height: 600 });
  const changes = [];
  for (const name of [...names.slice(1), names[0]]) { // the first one last, for the picture
    if (await openTab(page, name) === 'mutation') changes.push(name);
    else await runTab(page, name);
  }
  assert(changes.length > 0, 'no example changes anything');
  if (screenshot) await takePictures(page);
  await signInAndChange(page, changes, { execute, openTab, faults });
  await makeTypingError(page);
  for (const worker of ['editor', 'json', 'graphql']) {
    assert(page.workers().some((w) => w.url().includes(`/${worker}.worker-`)), `Monaco runs without its ${worker} worker`);
  }
  await revisit(page, count);

  assert.deepEqual(faults, [], 'the page was not clean');
  console.log(`ok: ${count} examples, layout, docs, sign-in, ${changes.length} changes, typing error, second visit`);
}

// watch returns a list that fills with all that must not happen.
async function watch(page) {
  const faults = [];
  const host = new URL(base).host;
  page.on('console', (m) => {
    const failed = m.type() === 'error' || /web worker|Content Security/i.test(m.text());
    if (failed) faults.push(`console: ${m.text()} (${m.location().url})`);
  });
  page.on('pageerror', (e) => faults.push(`uncaught: ${e.stack ?? e}`));
  page.on('request', (r) => {
    const url = new URL(r.url());
    if (url.protocol.startsWith('http') && url.host !== host) faults.push(`request to another host: ${url}`);
  });
  page.on('response', (r) => r.status() >= 400 && faults.push(`${r.status()}: ${r.url()}`));
  page.on('requestfailed', (r) => {
    const reason = r.failure()?.errorText;
    // The reload aborts what the page was still loading.
    if (reason !== 'net::ERR_ABORTED') faults.push(`request failed: ${r.url()} ${reason}`);
  });
  await page.exposeFunction('reportViolation', (text) => faults.push(`content security policy: ${text}`));
  await page.addInitScript(() => {
    document.addEventListener('securitypolicyviolation', (e) => {
      window.reportViolation(`${e.violatedDirective} ${e.blockedURI} ${e.sourceFile}`);
    });
  });
  return faults;
}

// waitForBundle sits through the page that reloads itself during a build.
async function waitForBundle(page) {
  await page.locator('.graphiql-container').waitFor({ timeout: 120_000 });
}

async function readDocs(page) {
  await openPane(page, 'Documentation Explorer');
  const docs = page.locator('.graphiql-doc-explorer');
  await docs.waitFor();
  await docs.getByRole('link', { name: 'Query' }).first().click();
  await docs.getByText('products', { exact: false }).first().waitFor();
  const text = await docs.innerText();
  assert.match(text, /Products, by default those on sale/, 'the docs lack descriptions');
}

// openTab returns the kind of the tab's operation: query or mutation.
async function openTab(page, name) {
  await page.locator('.graphiql-tab-button').getByText(name, { exact: true }).click();
  // GraphiQL learns the tab's operation 100 ms later, when it also stores the
  // query. Before that it would send the operation name of the tab before.
  const stored = await page.waitForFunction((name) => {
    const operation = new RegExp(`^(query|mutation) ${name}\\b`, 'm');
    return localStorage.getItem('souk:graphiql:query')?.match(operation)?.[1];
  }, name);
  return stored.jsonValue();
}

async function runTab(page, title) {
  const { answer, ms } = await execute(page);
  assert.equal(answer.errors, undefined, `${title}: ${JSON.stringify(answer.errors)}`);
  assert(answer.data, `${title}: no data`);
  const empty = Object.entries(answer.data).filter(([, value]) => value === null);
  assert.deepEqual(empty, [], `${title}: the example finds nothing`);
  console.log(`${title}: ${JSON.stringify(answer).length} bytes, ${ms} ms`);
}

async function execute(page) {
  const start = Date.now();
  const [response] = await Promise.all([
    page.waitForResponse((r) => new URL(r.url()).pathname === '/graphql' && !r.request().postData()?.includes('__schema')),
    page.locator('.graphiql-execute-button').click(),
  ]);
  const answer = await response.json();
  const ms = Date.now() - start;
  await page.locator('.graphiql-response .view-line', { hasText: /"(data|errors)"/ }).first().waitFor();
  return { answer, ms };
}

async function takePictures(page) {
  const dark = screenshot.replace(/(\.png)?$/, '-dark.png');
  await page.screenshot({ path: screenshot });
  await page.emulateMedia({ colorScheme: 'dark' });
  await page.waitForFunction(() => matchMedia('(prefers-color-scheme: dark)').matches);
  await page.screenshot({ path: dark });
  await page.emulateMedia({ colorScheme: 'light' });
}

// A wrong field must be underlined: the worker knows our schema.
async function makeTypingError(page) {
  await page.locator('.graphiql-tab-add').click();
  await page.locator('.graphiql-query-editor .view-lines').click();
  await page.keyboard.type('{ nonsense ');
  await page.locator('.graphiql-query-editor .squiggly-error').first().waitFor();
}

// On a second visit the visitor's own tab is there, and so are the open examples.
async function revisit(page, count) {
  // GraphiQL stores the query and the tabs one after the other; a reload between
  // the two makes a tab more of the difference.
  await page.waitForFunction(() => {
    const query = localStorage.getItem('souk:graphiql:query');
    const { tabs = [] } = JSON.parse(localStorage.getItem('souk:graphiql:tabState') ?? '{}');
    return query?.includes('nonsense') && tabs.some((tab) => tab.query === query);
  });
  await page.reload();
  await page.locator('.graphiql-query-editor .view-line').first().waitFor();
  assert.equal(await page.locator('.graphiql-tab-button').count(), count + 1);
}
