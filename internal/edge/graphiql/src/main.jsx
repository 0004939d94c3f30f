import './workers.js';
import { DOC_EXPLORER_PLUGIN } from '@graphiql/plugin-doc-explorer';
import { createGraphiQLFetcher } from '@graphiql/toolkit';
import { GraphiQL, HISTORY_PLUGIN } from 'graphiql';
import { createRoot } from 'react-dom/client';
import { examples, forgetUntouchedExamples, storage } from './examples.js';
import { Session } from './session.js';
import { Header, SignIn, WHO_AM_I_PLUGIN } from './who-am-i.jsx';
import 'graphiql/style.css';
import './page.css';

const url = '/graphql';
const session = new Session(url);
const fetcher = createGraphiQLFetcher({ url, fetch: session.fetch });

// There are demo accounts on a development server only.
const demoAccounts = JSON.parse(document.getElementById('demo-accounts').textContent) ?? [];

// The docs are open on the first visit; after that GraphiQL remembers whether
// the visitor closed them.
const firstVisit = storage.getItem('graphiql:tabState') === null;

function Page() {
  return (
    <GraphiQL
      fetcher={fetcher}
      defaultTabs={examples.map(({ query, variables }) => ({ query, variables }))}
      plugins={[HISTORY_PLUGIN, WHO_AM_I_PLUGIN]}
      referencePlugin={DOC_EXPLORER_PLUGIN}
      visiblePlugin={firstVisit ? DOC_EXPLORER_PLUGIN : undefined}
      storage={storage}
      defaultEditorToolsVisibility="variables"
      inputValueDeprecation
      schemaDescription
    >
      <GraphiQL.Logo>
        <Header />
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

forgetUntouchedExamples();
createRoot(document.getElementById('graphiql')).render(
  <SignIn value={{ session, demoAccounts }}>
    <Page />
  </SignIn>,
);
