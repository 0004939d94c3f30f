import './workers.js';
import { DOC_EXPLORER_PLUGIN } from '@graphiql/plugin-doc-explorer';
import { createGraphiQLFetcher } from '@graphiql/toolkit';
import { GraphiQL, HISTORY_PLUGIN } from 'graphiql';
import { createRoot } from 'react-dom/client';
import { examples, refreshUntouchedExamples, storage } from './examples.js';
import { EXAMPLES_PLUGIN, spaceForPane } from './examples-pane.jsx';
import { Session } from './session.js';
import { TabArrows, VariablesPane } from './tab-bar.jsx';
import { Header, SignIn, WHO_AM_I_PLUGIN } from './who-am-i.jsx';
import 'graphiql/style.css';
import './page.css';

const url = '/graphql';
const session = new Session(url);
const fetcher = createGraphiQLFetcher({ url, fetch: session.fetch });

// There are demo accounts on a development server only.
const demoAccounts = JSON.parse(document.getElementById('demo-accounts').textContent) ?? [];

// The examples are listed on the first visit, if there is space beside the
// editors; after that GraphiQL remembers what the visitor opened.
const firstVisit = storage.getItem('graphiql:tabState') === null;
const [welcome] = examples;

// A quarter of what the query has; GraphiQL's own default is a third.
if (firstVisit) storage.setItem('graphiql:secondaryEditorFlex', '4');

function Page() {
  return (
    <GraphiQL
      fetcher={fetcher}
      defaultTabs={[{ query: welcome.query, variables: welcome.variables }]}
      plugins={[EXAMPLES_PLUGIN, HISTORY_PLUGIN, WHO_AM_I_PLUGIN]}
      referencePlugin={DOC_EXPLORER_PLUGIN}
      visiblePlugin={firstVisit && spaceForPane() ? EXAMPLES_PLUGIN : undefined}
      storage={storage}
      defaultEditorToolsVisibility={false}
      inputValueDeprecation
      schemaDescription
    >
      <GraphiQL.Logo>
        <TabArrows />
        <Header />
        <VariablesPane />
        <a href="/">Souk</a>
      </GraphiQL.Logo>
    </GraphiQL>
  );
}

// The page follows the system from light to dark at once, but GraphiQL tells
// Monaco only at the start: dark letters on a dark page until the next reload.
const dark = window.matchMedia('(prefers-color-scheme: dark)');
dark.addEventListener('change', () => {
  const chosen = storage.getItem('graphiql:theme');
  if (!chosen) globalThis.__MONACO?.editor.setTheme(dark.matches ? 'graphiql-DARK' : 'graphiql-LIGHT');
});

refreshUntouchedExamples();
createRoot(document.getElementById('graphiql')).render(
  <SignIn value={{ session, demoAccounts }}>
    <Page />
  </SignIn>,
);
