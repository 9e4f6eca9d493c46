// What every page does: confirm dialogs, a warning before typed values are lost, the focus on the summary of problems, the settings of
// htmx, and the modules that a page asks for by its attributes. Every page also works without this file, except where a button says js-only.

import { csrf, parsed } from './page.js';

const texts = parsed(document.body, 'texts');

/** ask shows a question in a dialog and resolves to true if it is confirmed. */
export function ask(question, yes = texts.confirm) {
  const dialog = document.createElement('dialog');
  dialog.className = 'ask';
  dialog.setAttribute('aria-labelledby', 'ask-title');
  const title = Object.assign(document.createElement('h2'), { id: 'ask-title', textContent: texts.title });
  const text = Object.assign(document.createElement('p'), { textContent: question });
  const form = Object.assign(document.createElement('form'), { method: 'dialog', className: 'ask-buttons' });
  const ok = Object.assign(document.createElement('button'), { className: 'btn btn-primary', value: 'yes', textContent: yes });
  const no = Object.assign(document.createElement('button'), { className: 'btn', value: 'no', textContent: texts.cancel, autofocus: true });
  form.append(ok, no);
  dialog.append(title, text, form);
  document.body.append(dialog);
  dialog.showModal();
  return new Promise((resolve) => dialog.addEventListener('close', () => { resolve(dialog.returnValue === 'yes'); dialog.remove(); }, { once: true }));
}

// data-confirm="question" on a button or a form.
document.addEventListener('submit', async (event) => {
  const form = event.target, by = event.submitter;
  const question = by?.dataset.confirm ?? form.dataset.confirm;
  if (question && !form.dataset.confirmed) {
    event.preventDefault();
    event.stopImmediatePropagation();
    if (await ask(question, by?.dataset.confirmYes)) {
      form.dataset.confirmed = 'yes';
      form.requestSubmit(by ?? undefined);
      delete form.dataset.confirmed;
    }
    return;
  }
  // A second press while the first is under way would only be refused as a repetition: show that it is under way.
  if (form.method === 'post' && !event.defaultPrevented && !form.hasAttribute('hx-post') && !form.hasAttribute('data-upload')) {
    if (form.dataset.sending) { event.preventDefault(); return; }
    form.dataset.sending = 'yes';
    setTimeout(() => { delete form.dataset.sending; by?.removeAttribute('aria-busy'); }, form.hasAttribute('data-download') ? 1500 : 10000); // an answer that is a download leaves the page standing
    by?.setAttribute('aria-busy', 'true');
  }
}, true);
window.addEventListener('pageshow', () => document.querySelectorAll('form[data-sending]').forEach((f) => {
  delete f.dataset.sending;
  f.querySelectorAll('[aria-busy]').forEach((b) => b.removeAttribute('aria-busy'));
}));

// A form with data-dirty warns before the page is left with values that were not sent. A draft with autosave looks after itself.
const dirty = new Set();
document.addEventListener('input', (e) => { const f = e.target.form; if (f?.hasAttribute('data-dirty')) dirty.add(f); });
document.addEventListener('submit', (e) => { if (!e.defaultPrevented) dirty.delete(e.target); });
window.addEventListener('beforeunload', (e) => { if ([...dirty].some((f) => f.isConnected)) e.preventDefault(); });

// The summary of problems takes the focus, and its links focus the field they lead to.
function focusSummary(scope) { scope.querySelector('[data-summary]')?.focus(); }
document.addEventListener('click', (e) => {
  const link = e.target.closest?.('[data-summary] a[href^="#"]');
  const field = link && document.getElementById(decodeURIComponent(link.hash.slice(1)));
  if (!field) return;
  e.preventDefault();
  field.scrollIntoView({ block: 'center' });
  field.focus({ preventScroll: true });
});

// Passwords may be shown while they are typed.
document.addEventListener('click', (e) => {
  const button = e.target.closest?.('[data-reveal]');
  const input = button && document.getElementById(button.dataset.reveal);
  if (!input) return;
  const shown = input.type === 'text';
  input.type = shown ? 'password' : 'text';
  button.setAttribute('aria-pressed', String(!shown));
});

// Menus made of details close on Escape and on a press elsewhere.
document.addEventListener('keydown', (e) => {
  if (e.key !== 'Escape') return;
  const open = document.querySelector('details.menu[open]');
  if (open) { open.open = false; open.querySelector('summary').focus(); }
});
document.addEventListener('click', (e) => document.querySelectorAll('details.menu[open]').forEach((d) => { if (!d.contains(e.target)) d.open = false; }));

document.addEventListener('click', (e) => { if (e.target.closest?.('[data-print]')) window.print(); });

// htmx: the token with every request that changes something, and the focus after a swap that shows problems. 422 answers are shown, not dropped.
document.addEventListener('htmx:configRequest', (e) => { if (e.detail.verb !== 'get') e.detail.headers['X-CSRF-Token'] = csrf(); });
document.addEventListener('htmx:beforeSwap', (e) => { if (e.detail.xhr.status === 422) { e.detail.shouldSwap = true; e.detail.isError = false; } });
document.addEventListener('htmx:afterSettle', (e) => { focusSummary(e.detail.elt); start(e.detail.elt); });

// Modules come only to the pages that need them.
async function start(scope) {
  const has = (selector) => scope.matches?.(selector) || scope.querySelector(selector);
  if (has('form[data-suggest]')) (await import('./search.js')).start();
  if (has('[data-rows]')) (await import('./rows.js')).start();
  if (has('form[data-autosave-url]')) (await import('./autosave.js')).start();
  if (has('[data-gps]')) (await import('./gps.js')).start();
  if (has('form[data-upload]')) (await import('./upload.js')).start();
  if (has('[data-poll]')) (await import('./poll.js')).start();
  if (has('[data-checkin]')) (await import('./checkin.js')).start();
  if (has('[data-photos]')) (await import('./photos.js')).start();
  if (has('[data-plan]')) (await import('./plan.js')).start();
  if (has('[data-placing]')) (await import('./place.js')).start();
  if (has('[data-season]')) (await import('./season.js')).start();
}

focusSummary(document);
start(document);
document.addEventListener('muntija:replaced', () => start(document)); // a script put another page's main in place

// A choice that changes what else is asked (data-submit="name"): the form is sent as if the button of that name were pressed.
document.addEventListener('change', (e) => {
  const name = e.target.dataset?.submit;
  const button = name && e.target.form?.querySelector(`button[name="${name}"]`);
  if (button) e.target.form.requestSubmit(button);
});
