// What GraphiQL's own bars lack: tabs that do not fit can be reached without a
// trackpad, and the variables pane takes its space only when it is used.
import { ChevronLeftIcon, useGraphiQL } from '@graphiql/react';
import { useEffect, useRef, useState } from 'react';
import './tab-bar.css';

const tabList = () => document.querySelector('.graphiql-tabs');

function showActiveTab() {
  document.querySelector('.graphiql-tab-active')?.scrollIntoView({ inline: 'nearest', block: 'nearest' });
}

// TabArrows are two buttons that scroll the tabs. They are there while some tabs
// do not fit. The mouse wheel scrolls them too.
export function TabArrows() {
  const active = useGraphiQL((state) => state.tabs[state.activeTabIndex]?.id);
  const titles = useGraphiQL((state) => state.tabs.map((tab) => tab.title).join());
  const [hidden, setHidden] = useState(''); // the sides with hidden tabs: l, r, lr

  useEffect(() => {
    const tabs = tabList();
    const look = () => {
      const right = tabs.scrollWidth - tabs.clientWidth - tabs.scrollLeft;
      setHidden(`${tabs.scrollLeft > 1 ? 'l' : ''}${right > 1 ? 'r' : ''}`);
    };
    const roll = (event) => {
      if (!event.deltaX) tabs.scrollLeft += event.deltaY;
    };
    const resized = new ResizeObserver(() => {
      showActiveTab();
      look();
    });
    resized.observe(tabs);
    tabs.addEventListener('scroll', look, { passive: true });
    tabs.addEventListener('wheel', roll, { passive: true });
    look();
    return () => {
      resized.disconnect();
      tabs.removeEventListener('scroll', look);
      tabs.removeEventListener('wheel', roll);
    };
  }, [titles]);

  useEffect(showActiveTab, [active, titles]);

  if (!hidden) return null;
  return (
    <div className="souk-arrows">
      <Arrow label="Earlier tabs" end={!hidden.includes('l')} onClick={showEarlierTabs} />
      <Arrow label="Later tabs" end={!hidden.includes('r')} onClick={showLaterTabs} />
    </div>
  );
}

// The first tab that is cut off becomes the first one to be seen, so that no tab
// is ever passed over. One that is wider than the bar is cut off there, too.
function showLaterTabs() {
  const { left, right } = tabList().getBoundingClientRect();
  [...tabList().children]
    .map((tab) => [tab, tab.getBoundingClientRect()])
    .find(([, box]) => box.right > right + 1 && box.left > left + 1)?.[0]
    .scrollIntoView({ inline: 'start', block: 'nearest' });
}

function showEarlierTabs() {
  const { left, right } = tabList().getBoundingClientRect();
  [...tabList().children]
    .map((tab) => [tab, tab.getBoundingClientRect()])
    .findLast(([, box]) => box.left < left - 1 && box.right < right - 1)?.[0]
    .scrollIntoView({ inline: 'end', block: 'nearest' });
}

// An arrow at the end stays enabled: a disabled button would lose the focus.
function Arrow({ label, end, onClick }) {
  return (
    <button type="button" className="graphiql-un-styled" aria-label={label} title={label} aria-disabled={end} onClick={onClick}>
      <ChevronLeftIcon aria-hidden="true" />
    </button>
  );
}

// VariablesPane shows the pane below the query for a tab that has variables or
// headers, and folds it for one that has none. Once the visitor has used the
// pane's bar, they alone decide.
export function VariablesPane() {
  const tab = useGraphiQL((state) => state.tabs[state.activeTabIndex]);
  const taken = useRef(false);

  useEffect(() => {
    const take = (event) => {
      if (event.isTrusted && event.target.closest?.('.graphiql-editor-tools')) taken.current = true;
    };
    for (const kind of ['mousedown', 'click']) document.addEventListener(kind, take, true);
    return () => {
      for (const kind of ['mousedown', 'click']) document.removeEventListener(kind, take, true);
    };
  }, []);

  useEffect(() => {
    if (taken.current) return;
    const toggle = document.querySelector('.graphiql-toggle-editor-tools');
    const shown = toggle?.getAttribute('aria-label')?.startsWith('Hide');
    const wanted = Boolean(tab?.variables?.trim() || tab?.headers?.trim());
    if (shown !== wanted) toggle?.click(); // GraphiQL has no action for it
  }, [tab?.id]);

  return null;
}
