/** The script of the page: filters findings, and copies statements. It holds nothing of a database. */
export const REPORT_SCRIPT = `
const form = document.querySelector('.filter');
const items = [...document.querySelectorAll('li[data-level]')].map((item) => ({ item, text: item.closest('article').querySelector('h3').textContent.toLowerCase() + ' ' + item.textContent.toLowerCase() }));

function show() {
  const words = form.querySelector('[type=search]').value.toLowerCase().split(/\\s+/);
  const levels = new Set([...form.querySelectorAll(':checked')].map((box) => box.value));
  let shown = 0;
  for (const { item, text } of items) {
    item.hidden = !levels.has(item.dataset.level) || !words.every((word) => text.includes(word));
    if (!item.hidden) shown += 1;
  }
  for (const group of document.querySelectorAll('article[aria-labelledby], .level')) {
    group.hidden = group.querySelector('li[data-level]:not([hidden])') === null;
  }
  form.querySelector('output').textContent = shown === items.length ? '' : shown + ' of ' + items.length + ' shown';
}

if (form) {
  form.hidden = false;
  form.addEventListener('input', show);
  form.addEventListener('submit', (event) => event.preventDefault());
  // A browser keeps what was typed when the page is loaded again.
  addEventListener('pageshow', show);
  addEventListener('keydown', (event) => {
    if (event.key !== '/' || event.ctrlKey || event.metaKey || event.altKey || event.target.matches('input')) return;
    event.preventDefault();
    form.querySelector('[type=search]').focus();
  });
}

for (const block of document.querySelectorAll('pre')) {
  const button = document.createElement('button');
  button.type = 'button';
  button.textContent = 'Copy';
  button.setAttribute('aria-label', 'Copy the ' + block.getAttribute('aria-label'));
  button.addEventListener('click', async () => {
    try {
      await navigator.clipboard.writeText(block.textContent);
      button.textContent = 'Copied';
    } catch {
      getSelection().selectAllChildren(block);
      button.textContent = 'Selected';
    }
    setTimeout(() => (button.textContent = 'Copy'), 2000);
  });
  const frame = document.createElement('div');
  frame.className = 'sql';
  block.replaceWith(frame);
  frame.append(block, button);
}
`;
