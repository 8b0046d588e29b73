import { element } from './elements.js';

const tabs = [...element('tabs').children];
let onShow = () => {};

export const shownTab = () => tabs.find((tab) => tab.getAttribute('aria-selected') === 'true')?.id.replace('-tab', '');

export function showTab(name) {
  for (const tab of tabs) {
    const isShown = tab.id === `${name}-tab`;
    tab.setAttribute('aria-selected', String(isShown));
    // Arrow keys lead to the others (ARIA Authoring Practices, "Tabs").
    tab.tabIndex = isShown ? 0 : -1;
    element(tab.getAttribute('aria-controls')).hidden = !isShown;
  }
  sessionStorage.setItem('tab', name);
  onShow(name);
}

/** @param listener called with the name of each tab that is shown */
export function startTabs(listener) {
  onShow = listener;
  for (const tab of tabs) tab.addEventListener('click', () => showTab(tab.id.replace('-tab', '')));
  element('tabs').addEventListener('keydown', (event) => {
    const at = tabs.indexOf(document.activeElement);
    const to = { ArrowRight: at + 1, ArrowLeft: at - 1, Home: 0, End: tabs.length - 1 }[event.key];
    if (to === undefined) return;
    event.preventDefault();
    const tab = tabs[(to + tabs.length) % tabs.length];
    tab.focus();
    tab.click();
  });
  const before = sessionStorage.getItem('tab');
  showTab(tabs.some((tab) => tab.id === `${before}-tab`) ? before : 'rows');
}
