import { createLocalStorage } from '@graphiql/toolkit';

// The example queries that open as tabs. The server writes them into the page,
// from examples/*.graphql.
export const examples = JSON.parse(document.getElementById('examples').textContent);

// A browser's storage belongs to an address, and many projects use 127.0.0.1:8080.
// A namespace separates our tabs from those of another project's GraphiQL.
export const storage = createLocalStorage({ namespace: 'souk' });

const SEEN = 'examples';
const TABS = 'graphiql:tabState';

// GraphiQL keeps its tabs in the browser's storage and shows defaultTabs on the
// first visit only. So after an upgrade a visitor who never edited anything
// would keep the examples of the old version, some of which may no longer run.
// We remove the stored tabs if all of them are unchanged examples of an older
// set. If the visitor has a tab of their own, all tabs stay.
export function forgetUntouchedExamples() {
  const current = JSON.stringify(examples.map(contents));
  const seen = storage.getItem(SEEN);
  storage.setItem(SEEN, current);
  if (seen === null || seen === current) return;

  const old = new Set(JSON.parse(seen));
  const stored = JSON.parse(storage.getItem(TABS) ?? '{}').tabs ?? [];
  if (stored.every((tab) => !tab.query || old.has(contents(tab)))) {
    for (const key of [TABS, 'graphiql:query', 'graphiql:variables']) storage.removeItem(key);
  }
}

function contents({ query, variables }) {
  return `${query}\n${variables ?? ''}`;
}
