// What a shop manager does: signs in with one click, makes the changes of the
// example tabs, sees them, and signs out.
import assert from 'node:assert/strict';

// signInAndChange leaves the page signed out. changes are the tabs with
// mutations; tools are { execute, openTab, faults } of run.mjs.
export async function signInAndChange(page, changes, tools) {
  const who = page.locator('.souk-who');
  assert.equal((await who.innerText()).trim(), 'Sign in', 'somebody is signed in on the first visit');
  await refuseWrongPassword(page);

  await page.locator('.souk-header').getByRole('button', { name: 'Demo staff' }).click();
  await who.getByText('Sam Demo').waitFor();
  await page.locator('.souk-permissions').getByText('CATALOGUE_WRITE').waitFor();
  assert((await permissions(page, tools)).includes('CATALOGUE_WRITE'), 'demo staff may not change the catalogue');

  const made = {};
  for (const change of changes) made[change] = await makeChange(page, change, tools);
  await seeTitle(page, made.ChangeTitle.product.title, tools);
  await staySignedIn(page, tools);
  await beTwoPeople(page);

  await page.locator('.souk-header').getByRole('button', { name: 'Sign out' }).click();
  await who.getByText('Sign in').waitFor();
  assert.equal(await page.evaluate(() => sessionStorage.getItem('souk:session')), null, 'the tokens stay after the sign-out');
  assert.deepEqual(await permissions(page, tools), []);
}

async function refuseWrongPassword(page) {
  await page.locator('.souk-who').click();
  await page.getByLabel('E-mail').fill('staff@demo.souk');
  await page.getByLabel('Password').fill('not the password');
  await page.getByLabel('Staff').check();
  await page.getByLabel('Password').press('Enter');
  const words = page.locator('.souk-error');
  await words.waitFor();
  assert.match(await words.innerText(), /password/i);
}

// permissions runs the tab that asks who one is.
async function permissions(page, { openTab, execute }) {
  await openTab(page, 'WhoAmI');
  const { answer } = await execute(page);
  assert.equal(answer.errors, undefined, JSON.stringify(answer.errors));
  return answer.data.viewer.permissions;
}

// makeChange returns what became of the tab's mutation.
async function makeChange(page, name, { openTab, execute }) {
  await openTab(page, name);
  const { answer, ms } = await execute(page);
  assert.equal(answer.errors, undefined, `${name}: ${JSON.stringify(answer.errors)}`);
  const [payload] = Object.values(answer.data);
  assert.deepEqual(payload.userErrors, [], name);
  console.log(`${name}: ${JSON.stringify(answer).length} bytes, ${ms} ms`);
  return payload;
}

// seeTitle runs the tab ChangeTitle once more, which is refused by the version,
// and finds the title of the first time on the product's page.
async function seeTitle(page, title, { openTab, execute }) {
  await openTab(page, 'ChangeTitle');
  const again = await execute(page);
  assert.equal(again.answer.data.productUpdate.userErrors[0]?.code, 'VERSION_CONFLICT', JSON.stringify(again.answer));
  await openTab(page, 'ProductPage');
  const { answer } = await execute(page);
  assert.equal(answer.data.product.title, title);
}

// staySignedIn lets the access token expire, and then go bad before its time.
async function staySignedIn(page, { faults }) {
  for (const [spoil, refused] of [[{ accessTokenExpiresAt: new Date(0).toISOString() }, 0], [{ accessToken: 'spoilt' }, 1]]) {
    await page.evaluate((change) => {
      const session = JSON.parse(sessionStorage.getItem('souk:session'));
      sessionStorage.setItem('souk:session', JSON.stringify({ ...session, ...change }));
    }, spoil);
    const refresh = page.waitForResponse((r) => r.request().postData()?.includes('sessionRefresh'));
    await page.reload();
    await refresh;
    await page.locator('.souk-who').getByText('Sam Demo').waitFor();
    await page.locator('.graphiql-query-editor .view-line').first().waitFor();
    // The docs are read again in the person's name.
    await page.waitForFunction((bad) => {
      const kept = JSON.parse(sessionStorage.getItem('souk:session'));
      return kept && Object.entries(bad).every(([key, value]) => kept[key] !== value);
    }, spoil);
    const expected = faults.splice(0);
    assert.equal(expected.filter((f) => f.startsWith('401: ')).length, refused, expected.join('\n'));
    assert(expected.every((f) => f.includes('401')), expected.join('\n'));
  }
}

// beTwoPeople is a customer in another browser tab at the same time.
async function beTwoPeople(page) {
  const other = await page.context().newPage();
  await other.goto(page.url());
  await other.locator('.souk-who').getByText('Sign in').waitFor();
  await other.locator('.souk-header').getByRole('button', { name: 'Demo customer' }).click();
  await other.locator('.souk-who').getByText('Mara Demo').waitFor();
  await other.close();
  await page.reload();
  await page.locator('.souk-who').getByText('Sam Demo').waitFor();
}
