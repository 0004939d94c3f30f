// How the page uses its space: examples by topic.
import assert from 'node:assert/strict';

const sidebar = (page, title) => page.locator(`.graphiql-sidebar button[aria-label$="${title}"]`);
const examples = (page) => page.locator('.souk-pane .souk-examples button');

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
