// Opens pages of other origins, and lets them call the server as an attacker's page would.
import assert from 'node:assert/strict';
import http from 'node:http';

// A name that leads to this machine, as anybody can make one: see refuseForeign.
const foreign = 'evil.example';

// resolverRules is an argument of Chromium with which the foreign name leads here.
export const resolverRules = `--host-resolver-rules=MAP ${foreign} 127.0.0.1`;

// refuseForeign fails unless a development server is closed to a page of a foreign host, and to
// one whose host's name was made to lead to the server itself, and open to a page on this
// machine.
export async function refuseForeign(context, base) {
  const server = http.createServer((_, response) => {
    response.setHeader('content-type', 'text/html');
    response.end('<!doctype html><title>another page</title>');
  });
  await new Promise((ready) => server.listen(0, '127.0.0.1', ready));
  const { port } = server.address();
  const page = await context.newPage();
  try {
    await page.goto(`http://localhost:${port}/`);
    assert.equal(await callFrom(page, base, 'POST'), '200 Shop', 'a page on this machine is let in');
    assert.equal(await callFrom(page, base, 'GET'), '200 Shop');
    await page.goto(`http://${foreign}:${port}/`);
    assert.equal(await callFrom(page, base, 'POST'), 'TypeError', 'a foreign page sends nothing');
    assert.equal(await callFrom(page, base, 'GET'), 'TypeError', 'and reads nothing');
    const rebound = await page.goto(`http://${foreign}:${new URL(base).port}/`);
    assert.equal(rebound.status(), 403, 'a foreign name for this server is refused');
  } finally {
    await page.close();
    server.close();
  }
}

// callFrom returns what a script of the page gets: a status and a type, or the name of
// the error.
function callFrom(page, base, method) {
  return page.evaluate(async ([url, how]) => {
    const query = '{ shop { __typename } }';
    const options = how === 'POST'
      ? { method: how, headers: { 'content-type': 'application/json' }, body: JSON.stringify({ query }) }
      : {};
    try {
      const response = await fetch(how === 'POST' ? url : `${url}?query=${encodeURIComponent(query)}`, options);
      const { data } = await response.json();
      return `${response.status} ${data.shop.__typename}`;
    } catch (error) {
      return error.name;
    }
  }, [`${base}/graphql`, method]);
}
