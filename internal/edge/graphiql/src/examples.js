import { createLocalStorage } from '@graphiql/toolkit';

// The example queries, by group. The server writes them into the page, from
// examples/*/*.graphql.
export const examples = JSON.parse(document.getElementById('examples').textContent);

// A browser's storage belongs to an address, and many projects use 127.0.0.1:8080.
// A namespace separates our tabs from those of another project's GraphiQL.
export const storage = createLocalStorage({ namespace: 'souk' });

const SEEN = 'examples';
const TABS = 'graphiql:tabState';

// GraphiQL keeps its tabs in the browser's storage. So after an upgrade, or when
// the shop has changed, a visitor would keep queries that may no longer run, and
// variables that find nothing. We replace each stored tab that is an unchanged
// example of an older set with today's, and remove it if there is none. A tab
// that the visitor has edited stays as it is.
export function refreshUntouchedExamples() {
  const current = JSON.stringify(examples.map(contents));
  const seen = storage.getItem(SEEN);
  storage.setItem(SEEN, current);
  if (seen === null || seen === current) return;

  const old = new Set(JSON.parse(seen));
  const state = JSON.parse(storage.getItem(TABS) ?? '{}');
  const before = state.tabs ?? [];
  const tabs = before.flatMap((tab) => {
    if (!old.has(contents(tab))) return [tab];
    const today = examples.find((example) => operationName(example) === operationName(tab));
    return today ? [{ ...tab, query: today.query, variables: today.variables ?? null }] : [];
  });
  const active = tabs.find((tab) => tab.id === before[state.activeTabIndex]?.id) ?? tabs[0];
  keep(TABS, active && JSON.stringify({ ...state, tabs, activeTabIndex: tabs.indexOf(active) }));
  // GraphiQL looks for the active tab by its contents.
  keep('graphiql:query', active?.query);
  keep('graphiql:variables', active?.variables);
}

function keep(key, value) {
  if (value) storage.setItem(key, value);
  else storage.removeItem(key);
}

// operationName is what GraphiQL names the tab of a query after.
export function operationName({ query }) {
  return /^(?:query|mutation) (\w+)/m.exec(query)?.[1];
}

function contents({ query, variables }) {
  return `${query}\n${variables ?? ''}`;
}
