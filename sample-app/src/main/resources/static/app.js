'use strict';

const byId = (id) => document.getElementById(id);
const NOTEBOOKS = 200;
const UNDO_MILLISECONDS = 15000;
const state = { notebook: null, searching: '', oldest: null, total: 0, listed: '', notebooks: NOTEBOOKS };
const when = new Intl.DateTimeFormat(undefined, { dateStyle: 'medium', timeStyle: 'short' });
let searchTimer, undoTimer;

async function call(path, options) {
  let response;
  try {
    response = await fetch(path, options);
  } catch {
    throw new ServiceGone(options?.method);
  }
  if (!response.ok) {
    const problem = await response.json().catch(() => ({}));
    throw new Error(problem.detail || `The service answered ${response.status}`);
  }
  return response.status === 204 ? null : response.json();
}

/** No answer came: the service is down, or the way to it is. */
class ServiceGone extends Error {
  constructor(method) {
    super(method ? 'The service does not answer. Look whether the change was made when it is back.'
        : 'The service does not answer. What you see may be out of date.');
  }
}

const json = (method, value) => ({ method, headers: { 'Content-Type': 'application/json' }, body: JSON.stringify(value) });
const pathOf = (name) => `/api/notebooks/${encodeURIComponent(name)}`;

function say(error) {
  byId('message').textContent = error.message;
  byId('message').hidden = false;
}

/** Does what a person asked for. A message stays until the next thing they ask for. */
function guarded(action) {
  return async (event) => {
    event?.preventDefault?.();
    try {
      byId('message').hidden = true;
      await action(event);
    } catch (error) {
      say(error);
    }
  };
}

function element(tag, properties, ...children) {
  const node = Object.assign(document.createElement(tag), properties);
  node.append(...children);
  return node;
}

/** Shows U+0002 and U+0003, which enclose a match, as a mark; all else stays text. */
function marked(text) {
  const parts = text.split(/[\u0002\u0003]/);
  return parts.map((part, i) => (i % 2 ? element('mark', { textContent: part }) : document.createTextNode(part)));
}

function bytes(size) {
  return size < 1024 * 1024 ? `${Math.round(size / 1024)} KiB` : `${(size / 1024 / 1024).toFixed(1)} MiB`;
}

async function showNotebooks() {
  const { notebooks, more } = await call(`/api/notebooks?limit=${state.notebooks}`);
  const listed = JSON.stringify([notebooks, more, state.notebook]);
  if (listed === state.listed) {
    return;
  }
  state.listed = listed;
  byId('no-notebooks').hidden = notebooks.length > 0;
  byId('more-notebooks').hidden = !more;
  byId('notebooks-shown').textContent = `The first ${notebooks.length.toLocaleString()} are shown; there are more.`;
  byId('notebooks').replaceChildren(...notebooks.map((notebook) => {
    const button = element('button', { type: 'button', onclick: guarded(() => open(notebook.name)) },
        element('span', { className: 'dot', title: notebook.awake ? 'awake' : 'asleep' }),
        element('span', { className: 'name', textContent: notebook.name }),
        element('span', { className: 'size', textContent: notebook.awake ? bytes(notebook.bytes) : 'asleep' }));
    button.setAttribute('aria-current', String(notebook.name === state.notebook));
    const item = element('li', { className: notebook.awake ? 'awake' : '' }, button);
    item.dataset.name = notebook.name;
    return item;
  }));
  const current = notebooks.find((notebook) => notebook.name === state.notebook);
  byId('state').className = current?.awake ? 'state awake' : 'state';
  byId('state').textContent = current?.awake ? '● awake' : '○ asleep';
  byId('sleep').hidden = !current?.awake;
  byId('wake').hidden = Boolean(current?.awake);
}

async function open(name) {
  state.notebook = name;
  state.searching = '';
  byId('search').value = '';
  await showNotes();
  byId('notebook-name').textContent = name;
  byId('notebook').hidden = false;
  byId('welcome').hidden = true;
  history.replaceState(null, '', '#' + encodeURIComponent(name));
  await showNotebooks();
  document.querySelector('#notebooks [aria-current=true]')?.scrollIntoView({ block: 'nearest', inline: 'center' });
}

function card(title, body, meta, id) {
  const article = element('article', {}, element('h3', {}, ...title));
  if (meta) {
    article.append(element('time', { textContent: meta }));
  }
  if (body.length) {
    article.append(element('p', { className: 'body' }, ...body));
  }
  article.append(element('div', { className: 'actions' },
      element('button', { type: 'button', className: 'quiet edit', textContent: 'Edit', onclick: guarded(() => edit(article, id)) }),
      element('button', { type: 'button', className: 'quiet remove', textContent: 'Remove', onclick: guarded(() => remove(id)) })));
  return element('li', {}, article);
}

/** Puts a form in the place of a note's text. A search shows excerpts, so the note is asked for. */
async function edit(article, id) {
  const note = await call(`${pathOf(state.notebook)}/notes/${id}`);
  const path = `${pathOf(state.notebook)}/notes/${id}`;
  const title = element('input', { value: note.title, required: true, maxLength: 200 });
  title.setAttribute('aria-label', 'Title');
  const body = element('textarea', { value: note.body, rows: Math.min(16, Math.max(4, note.body.split('\n').length + 1)) });
  body.setAttribute('aria-label', 'Text');
  const form = element('form', { className: 'edit-form' }, title, body,
      element('div', { className: 'row' }, element('span', { className: 'spacer' }),
          element('button', { type: 'button', className: 'quiet cancel', textContent: 'Cancel', onclick: guarded(refresh) }),
          element('button', { type: 'submit', textContent: 'Save', title: 'Ctrl+Enter' })));
  form.addEventListener('submit', guarded(async () => {
    await call(path, json('PUT', { title: title.value, body: body.value }));
    await refresh();
  }));
  form.addEventListener('keydown', (event) => {
    if (event.key === 'Escape') {
      form.querySelector('.cancel').click();
    }
  });
  submitByKey(form);
  article.replaceChildren(form);
  title.focus();
}

async function remove(id) {
  const notebook = state.notebook;
  const path = `${pathOf(notebook)}/notes/${id}`;
  const note = await call(path);
  await call(path, { method: 'DELETE' });
  offerUndo(`Removed “${note.title}”`, async () => {
    await call(`${path}/restore`, json('POST', note));
    if (state.notebook === notebook) {
      await refresh();
    }
  });
  await refresh();
}

function offerUndo(text, action) {
  clearTimeout(undoTimer);
  byId('undo-text').textContent = text;
  byId('undo').hidden = false;
  byId('undo-button').onclick = guarded(async () => {
    await action();
    withdrawUndo();
  });
  undoTimer = setTimeout(withdrawUndo, UNDO_MILLISECONDS);
}

function withdrawUndo() {
  clearTimeout(undoTimer);
  byId('undo').hidden = true;
}

/** Ctrl+Enter, and Cmd+Enter, anywhere in a form. */
function submitByKey(form) {
  form.addEventListener('keydown', (event) => {
    if (event.key === 'Enter' && (event.ctrlKey || event.metaKey)) {
      event.preventDefault();
      form.requestSubmit();
    }
  });
}

function showPage(cards, total, more) {
  if (more) {
    byId('notes').append(...cards);
  } else {
    byId('notes').replaceChildren(...cards);
  }
  state.total = total;
  byId('more').hidden = byId('notes').children.length >= total || !cards.length;
}

async function showNotes(more = false) {
  const before = more && state.oldest !== null ? `?before=${state.oldest}` : '';
  const page = await call(`${pathOf(state.notebook)}/notes${before}`);
  const cards = page.notes.map((note) => card([note.title], note.body ? [note.body] : [], when.format(note.createdAt), note.id));
  showPage(cards, page.total, more);
  state.oldest = page.notes.length ? page.notes.at(-1).id : null;
  byId('more').textContent = 'Show older notes';
  byId('summary').textContent = page.total === 1 ? '1 note' : `${page.total.toLocaleString()} notes`;
}

async function showHits(more = false) {
  const asked = state.searching;
  const skip = more ? byId('notes').children.length : 0;
  const page = await call(`${pathOf(state.notebook)}/search?q=${encodeURIComponent(asked)}&skip=${skip}`);
  if (asked !== state.searching) {
    return;
  }
  showPage(page.hits.map((hit) => card(marked(hit.title), marked(hit.excerpt), '', hit.id)), page.total, more);
  const shown = byId('notes').children.length;
  const matches = `${page.total.toLocaleString()} ${page.total === 1 ? 'note matches' : 'notes match'} “${asked}”`;
  byId('more').textContent = 'Show more matches';
  byId('summary').textContent = !page.total ? `Nothing matches “${asked}”`
      : matches + (shown < page.total ? `, the best ${shown.toLocaleString()} are shown` : '');
}

async function refresh() {
  await (state.searching ? showHits() : showNotes());
  await showNotebooks();
}

async function addFiles(files) {
  for (const file of files) {
    await addMarkdown(file);
  }
}

async function addMarkdown(file) {
  const result = await call(pathOf(state.notebook), { method: 'POST', headers: { 'Content-Type': 'text/markdown; charset=utf-8' }, body: await file.text() });
  await refresh();
  byId('summary').textContent = `${result.added} notes added from ${file.name}`;
}

function drawChart(values) {
  const width = 240, height = 44, most = Math.max(1, ...values);
  const points = values.map((value, i) => `${(i * width / (values.length - 1)).toFixed(1)},${(height - 2 - value * (height - 6) / most).toFixed(1)}`);
  const svg = (name, attributes) => {
    const node = document.createElementNS('http://www.w3.org/2000/svg', name);
    Object.entries(attributes).forEach(([key, value]) => node.setAttribute(key, value));
    return node;
  };
  byId('chart').querySelectorAll('path').forEach((path) => path.remove());
  byId('chart').append(svg('path', { class: 'area', d: `M0,${height} L${points.join(' L')} L${width},${height} Z` }),
      svg('path', { class: 'edge', d: `M${points.join(' L')}` }));
  byId('rate').textContent = values.at(-1).toLocaleString();
  byId('peak').textContent = `peak ${Math.max(...values).toLocaleString()}`;
}

async function showActivity() {
  const activity = await call('/api/activity');
  byId('store').textContent = activity.store;
  byId('awake').textContent = `${activity.awake} of ${activity.mostAwake.toLocaleString()}`;
  drawChart(activity.commitsPerSecond);
}

byId('open-form').addEventListener('submit', guarded(async () => {
  const name = byId('open-name').value.trim();
  await call(pathOf(name), { method: 'PUT' });
  await open(name);
  byId('open-name').value = '';
  byId('add-title').focus();
}));

byId('add-form').addEventListener('submit', guarded(async () => {
  await call(`${pathOf(state.notebook)}/notes`, json('POST', { title: byId('add-title').value, body: byId('add-body').value }));
  byId('add-form').reset();
  state.searching = '';
  byId('search').value = '';
  await refresh();
  byId('add-title').focus();
}));

byId('search').addEventListener('input', () => {
  clearTimeout(searchTimer);
  searchTimer = setTimeout(guarded(async () => {
    state.searching = byId('search').value.trim();
    await refresh();
  }), 120);
});
byId('search-form').addEventListener('submit', (event) => event.preventDefault());
byId('more').addEventListener('click', guarded(() => (state.searching ? showHits(true) : showNotes(true))));
byId('show-notebooks').addEventListener('click', guarded(async () => {
  state.notebooks = Math.min(10000, state.notebooks * 5);
  await showNotebooks();
}));
byId('sleep').addEventListener('click', guarded(async () => {
  await call(`${pathOf(state.notebook)}/sleep`, { method: 'POST' });
  await showNotebooks();
}));
byId('wake').addEventListener('click', guarded(async () => {
  await call(`${pathOf(state.notebook)}/wake`, { method: 'POST' });
  await showNotebooks();
}));

byId('delete').addEventListener('click', guarded(async () => {
  const name = state.notebook;
  const { total } = await call(`${pathOf(name)}/notes`);
  byId('delete-question').textContent = `Delete “${name}”?`;
  byId('delete-consequence').textContent = total === 0 ? 'It has no notes.'
      : `Its ${total === 1 ? 'one note goes' : `${total.toLocaleString()} notes go`} with it. This cannot be undone.`;
  const dialog = byId('delete-dialog');
  dialog.returnValue = '';
  dialog.onclose = guarded(async () => {
    if (dialog.returnValue === 'delete') {
      await call(pathOf(name), { method: 'DELETE' });
      close(name);
      await showNotebooks();
    }
  });
  dialog.showModal();
}));

function close(name) {
  withdrawUndo();
  if (state.notebook === name) {
    state.notebook = null;
    history.replaceState(null, '', location.pathname);
    byId('notebook').hidden = true;
    byId('welcome').hidden = false;
  }
}

const form = byId('add-form');
submitByKey(form);
form.addEventListener('dragover', (event) => { event.preventDefault(); form.classList.add('dropping'); });
form.addEventListener('dragleave', () => form.classList.remove('dropping'));
form.addEventListener('drop', guarded(async (event) => {
  form.classList.remove('dropping');
  await addFiles(event.dataTransfer.files);
}));
byId('file').addEventListener('change', guarded(async () => {
  await addFiles(byId('file').files);
  byId('file').value = '';
}));

guarded(async () => {
  await showNotebooks();
  const name = decodeURIComponent(location.hash.slice(1));
  if (name) {
    await open(name);
  }
})();

/** Follows the service, one question after the other, and says once when it is gone. */
let lost = false;
async function follow() {
  if (!document.hidden) {
    try {
      await Promise.all([showActivity(), showNotebooks()]);
      if (lost) {
        byId('message').hidden = true;
      }
      lost = false;
    } catch (error) {
      if (!lost) {
        say(error);
      }
      lost = true;
    }
  }
  setTimeout(follow, 1000);
}
follow();
