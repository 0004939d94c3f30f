// How the page uses its space: examples by topic, a variables pane that is small
// until it is used, and tabs that can all be reached on a narrow screen.
import assert from 'node:assert/strict';

const sidebar = (page, title) => page.locator(`.graphiql-sidebar button[aria-label$="${title}"]`);
const examples = (page) => page.locator('.souk-pane .souk-examples button');
const toggle = (page) => page.locator('.graphiql-toggle-editor-tools');

// openPane shows the pane with the title, if it is not shown.
export async function openPane(page, title) {
  const button = sidebar(page, title);
  if ((await button.getAttribute('aria-label')).startsWith('Show')) await button.click();
  await page.locator(`.graphiql-sidebar button[aria-label="Hide ${title}"]`).waitFor();
}

// openExamples opens every example in its tab and returns the tabs' names.
export async function openExamples(page) {
  await openPane(page, 'Examples');
  const groups = page.locator('.souk-pane section');
  const sizes = [];
  for (const group of await groups.all()) {
    assert.notEqual((await group.locator('h3').innerText()).trim(), '', 'a group has no name');
    sizes.push(await group.locator('button').count());
  }
  assert(sizes.length >= 5, `the examples are in ${sizes.length} groups, which are too few`);
  assert(sizes.every((size) => size > 0 && size <= 5), `the groups have ${sizes} examples`);

  const active = page.locator('.graphiql-tab-active .graphiql-tab-button');
  const names = [];
  for (const example of await examples(page).all()) {
    await example.click();
    await page.locator('.souk-examples [aria-current="true"]').and(example).waitFor();
    names.push((await active.innerText()).trim());
  }
  assert.equal(new Set(names).size, names.length, `two examples share a tab: ${names}`);
  await examples(page).first().click();
  assert.equal(await page.locator('.graphiql-tab-button').count(), names.length, 'an open example opens once more');
  return names;
}

// usePaneWhenNeeded starts on a tab without variables.
export async function usePaneWhenNeeded(page, { openTab }) {
  const folded = async (want, when) => {
    const label = `${want ? 'Show' : 'Hide'} editor tools`;
    await page.locator(`.graphiql-toggle-editor-tools[aria-label="${label}"]`).waitFor().catch(() => {
      throw new Error(`the variables pane is ${want ? 'open' : 'folded'} ${when}`);
    });
  };
  await openTab(page, 'Welcome');
  await folded(true, 'for a query without variables');
  await openTab(page, 'ProductPage');
  await folded(false, 'for a query with variables');
  const height = async (selector) => (await page.locator(selector).boundingBox()).height;
  const share = await height('.graphiql-editor-tool') / await height('.graphiql-editors');
  assert(share < 0.3, `the variables pane takes ${Math.round(share * 100)} % of the height`);
  await openTab(page, 'Welcome');
  await folded(true, 'back on a query without variables');

  await toggle(page).click();
  await openTab(page, 'ProductListing');
  await folded(false, 'although the visitor opened it');
  await toggle(page).click();
  await openTab(page, 'ProductPage');
  await folded(true, 'although the visitor folded it');
}

// reachTabsOn tries the open tabs on a narrow screen, with and without a pane.
export async function reachTabsOn(page, viewport) {
  const before = page.viewportSize();
  await page.setViewportSize(viewport);
  for (const shown of [true, false]) {
    if (shown) await openPane(page, 'Examples');
    else await sidebar(page, 'Examples').click();
    await reachTabs(page, `${viewport.width} px wide, ${shown ? 'with' : 'without'} a pane`);
  }
  await openPane(page, 'Examples');
  await examples(page).last().click();
  await page.locator('.graphiql-sidebar button[aria-label="Show Examples"]').waitFor(); // it leaves the editors its space
  await page.setViewportSize(before);
}

async function reachTabs(page, where) {
  const [earlier, later] = ['Earlier tabs', 'Later tabs'].map((name) => page.getByRole('button', { name, exact: true }));
  const atEnd = async (arrow) => await arrow.getAttribute('aria-disabled') === 'true';
  for (const selector of ['.souk-arrows', '.graphiql-tab-add', '.souk-who', '.graphiql-execute-button', '.graphiql-toggle-editor-tools']) {
    assert.deepEqual(await visible(page, selector), [0], `${selector} is cut off, ${where}`);
  }
  const active = await page.locator('.graphiql-tab').evaluateAll((tabs) => tabs.findIndex((t) => t.matches('.graphiql-tab-active')));
  assert((await visible(page, '.graphiql-tab')).includes(active), `the active tab is out of sight, ${where}`);

  // An arrow may reach its end between the look and the click, which then does nothing.
  const click = (arrow) => arrow.click({ force: true });
  const clicks = await page.locator('.graphiql-tab').count(); // more than it can take
  for (let n = 0; n < clicks && !await atEnd(earlier); n++) await click(earlier);
  const seen = new Set(await visible(page, '.graphiql-tab'));
  assert(seen.size < clicks, `the tabs fit, so this tests nothing, ${where}`);
  for (let n = 0; n < clicks && !await atEnd(later); n++) {
    await click(later);
    for (const tab of await visible(page, '.graphiql-tab')) seen.add(tab);
  }
  assert.equal(seen.size, clicks, `some tabs cannot be reached, ${where}: only ${[...seen]}`);
}

// visible returns the indexes of the elements of which nothing is cut off or
// covered.
function visible(page, selector) {
  return page.evaluate(async (selector) => {
    // The arrows follow a scroll in the next frames.
    await new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)));
    const hit = (element, x, y) => element.contains(document.elementFromPoint(x, y));
    return [...document.querySelectorAll(selector)].flatMap((element, index) => {
      const { left, right, top, bottom } = element.getBoundingClientRect();
      const middle = (top + bottom) / 2;
      return hit(element, left + 3, middle) && hit(element, right - 3, middle) ? [index] : [];
    });
  }, selector);
}
