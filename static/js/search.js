// Suggestions under the search box: a combobox with a list of options in groups (ARIA Authoring Practices, "Editable Combobox With List Autocomplete"). The
// focus stays in the box; the arrow keys move through the options, Enter opens the one that is marked or searches, Escape closes the list, then empties the box.
// The form works without it.

const DEBOUNCE = 120, LEAST = 2;
let count = 0;

class Suggest {
  constructor(form) {
    this.form = form;
    this.input = form.querySelector('input[type=search]');
    this.id = `suggest-${count++}`;
    this.list = Object.assign(document.createElement('div'), { id: this.id, className: 'suggest', hidden: true });
    this.list.setAttribute('role', 'listbox');
    this.list.setAttribute('aria-label', form.getAttribute('aria-label'));
    this.status = Object.assign(document.createElement('div'), { className: 'visually-hidden' });
    this.status.setAttribute('role', 'status');
    form.append(this.list, this.status);
    for (const [name, value] of [['role', 'combobox'], ['aria-autocomplete', 'list'], ['aria-expanded', 'false'], ['aria-controls', this.id], ['aria-haspopup', 'listbox']]) this.input.setAttribute(name, value);
    this.at = -1;
    this.input.addEventListener('input', () => { clearTimeout(this.timer); this.timer = setTimeout(() => this.ask(), DEBOUNCE); });
    this.input.addEventListener('keydown', (e) => this.key(e));
    this.input.addEventListener('focus', () => { if (this.options.length && this.shown === this.text) this.open(true); });
    this.list.addEventListener('mousedown', (e) => e.preventDefault()); // the focus stays in the box, or the list would close before the press is a click
    form.addEventListener('focusout', (e) => { if (!form.contains(e.relatedTarget)) this.open(false); });
  }

  get text() { return this.input.value.trim(); }

  get options() { return [...this.list.querySelectorAll('[role=option]')]; }

  async ask() {
    this.asked?.abort();
    const text = this.text;
    if ([...text].length < LEAST) { this.list.replaceChildren(); this.open(false); return; }
    this.asked = new AbortController();
    let html;
    try {
      const answer = await fetch(`${this.form.dataset.suggest}?q=${encodeURIComponent(text)}`, { headers: { Accept: 'text/html', 'HX-Request': 'true' }, credentials: 'same-origin', redirect: 'error', signal: this.asked.signal });
      if (!answer.ok) return;
      html = await answer.text();
    } catch { return; } // overtaken by the next letter, or no signal: the button still searches
    if (text !== this.text || document.activeElement !== this.input) return;
    this.list.innerHTML = html;
    this.shown = text;
    const told = this.list.querySelector('[data-suggest-count]');
    told?.remove();
    this.options.forEach((o, i) => { o.id = `${this.id}-${i}`; });
    this.move(-1);
    this.open(true);
    this.status.textContent = told?.textContent ?? '';
  }

  open(yes) {
    this.list.hidden = !yes;
    this.input.setAttribute('aria-expanded', String(yes));
    if (!yes) this.move(-1);
  }

  move(to) {
    const options = this.options;
    options[this.at]?.setAttribute('aria-selected', 'false');
    this.at = to;
    const now = options[to];
    if (!now) { this.input.removeAttribute('aria-activedescendant'); return; }
    now.setAttribute('aria-selected', 'true');
    now.scrollIntoView({ block: 'nearest' });
    this.input.setAttribute('aria-activedescendant', now.id);
  }

  key(e) {
    const open = !this.list.hidden, n = this.options.length;
    switch (e.key) {
      case 'ArrowDown':
      case 'ArrowUp':
        if (n === 0) return;
        e.preventDefault();
        if (!open) this.open(true);
        // one step beyond either end is the box itself
        this.move(e.key === 'ArrowDown' ? (this.at + 2) % (n + 1) - 1 : (this.at + n + 1) % (n + 1) - 1);
        return;
      case 'Enter':
        if (open && this.at >= 0) { e.preventDefault(); this.options[this.at].click(); }
        return;
      case 'Escape':
        if (open) { e.preventDefault(); e.stopPropagation(); this.open(false); }
        return;
      case 'Tab':
        this.open(false);
    }
  }
}

const known = new WeakSet();

export function start() {
  for (const form of document.querySelectorAll('form[data-suggest]')) {
    if (known.has(form)) continue;
    known.add(form);
    new Suggest(form);
  }
}
