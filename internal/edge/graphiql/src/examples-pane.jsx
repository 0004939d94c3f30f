import { useGraphiQL, useGraphiQLActions } from '@graphiql/react';
import { examples, operationName } from './examples.js';
import { togglePane } from './toggle-pane.js';
import './examples-pane.css';

export const EXAMPLES_PLUGIN = { title: 'Examples', icon: ListIcon, content: Pane };

// spaceForPane reports whether a pane leaves the editors enough space to read a query.
export function spaceForPane() {
  return window.matchMedia('(min-width: 1000px)').matches;
}

const groups = Object.entries(Object.groupBy(examples, (example) => example.group));

function Pane() {
  const open = useOpenExample();
  const title = useGraphiQL((state) => state.tabs[state.activeTabIndex]?.title);
  return (
    <section className="souk-pane" aria-label="Examples">
      <h2 className="souk-title">Examples</h2>
      {groups.map(([group, members]) => (
        <section key={group} aria-label={group}>
          <h3>{group}</h3>
          <ul className="souk-examples">
            {members.map((example) => (
              <li key={example.title}>
                <button
                  type="button"
                  className="graphiql-un-styled"
                  aria-current={operationName(example) === title}
                  onClick={() => {
                    open(example);
                    if (!spaceForPane()) togglePane(EXAMPLES_PLUGIN.title);
                  }}
                >
                  {example.title}
                </button>
              </li>
            ))}
          </ul>
        </section>
      ))}
    </section>
  );
}

// useOpenExample returns a function that opens an example in a new tab. If a tab
// has its operation already, perhaps edited, it shows that tab.
function useOpenExample() {
  const { addTab, changeTab, setOperationName, updateActiveTabValues } = useGraphiQLActions();
  const tabs = useGraphiQL((state) => state.tabs);
  const queryEditor = useGraphiQL((state) => state.queryEditor);
  const variableEditor = useGraphiQL((state) => state.variableEditor);
  return (example) => {
    const name = operationName(example);
    const existing = tabs.findIndex((tab) => tab.title === name);
    if (existing >= 0) {
      changeTab(existing);
      return;
    }
    const { query, variables = '' } = example;
    addTab();
    updateActiveTabValues({ query, variables });
    queryEditor?.setValue(query);
    variableEditor?.setValue(variables);
    // GraphiQL reads the name 100 ms later. A tab that is opened before that would
    // give this one the name of the tab before it.
    setOperationName(name);
  };
}

function ListIcon() {
  return (
    <svg viewBox="0 0 20 20" width="1em" height="1em" fill="none" stroke="currentColor" strokeWidth="1.5" strokeLinecap="round" aria-hidden="true">
      <path d="M3 5h.01M3 10h.01M3 15h.01" strokeWidth="2.5" />
      <path d="M7.5 5H17M7.5 10H17M7.5 15H17" />
    </svg>
  );
}
