// Keeps a draft safe while it is typed.
//
// The contract with the server. The form carries
//   data-autosave-url    where the draft is PUT, form-encoded, with the fields as they stand (files and the token left out)
//   data-draft-version   the version the fields were read at; sent as the field "version" and the header If-Match
//   data-offline-key     32 bytes in base64, per user, for the copy on this device
//   data-messages        the words, as JSON (the partial autosave-texts)
// Each set of values has its own Idempotency-Key, which stays the same over retries. Answers:
//   200 {version, saved_at, problems: [...]}      kept; the copy on the device goes
//   409 {version, theirs: {field: value, ...}}    somebody else saved: both values are shown, the person chooses; the ticks of a set come as one value,
//                                                 with ", " between them
//   401                                           signed out: the copy stays, sent again after signing in elsewhere
//   422 {title, detail}                           cannot be taken, or handed in elsewhere meanwhile: sent again when something changes
//   anything else                                 tried again after 2, 4, 8 … 60 s and as soon as the phone is online
//
// Within 0.3 s of a key press the values are also written to localStorage, encrypted with AES-GCM, so that a closed tab without a signal loses
// nothing. A page that is not from a secure origin has no encryption: then nothing is written and the status line says to keep it open.
import { csrf, fill, parsed } from './page.js';

const DEVICE_DELAY = 300, DEBOUNCE = 1500, LATEST = 4000, KEEP_DAYS = 14;
const PREFIX = 'muntija.draft.';
const SKIP = new Set(['csrf', 'version', '_add', '_remove', 'idempotency_key']);

const bytes = (b64) => Uint8Array.from(atob(b64), (c) => c.charCodeAt(0));
const b64 = (buffer) => btoa(Array.from(new Uint8Array(buffer), (b) => String.fromCharCode(b)).join(''));

class Autosave {
  constructor(form) {
    this.form = form;
    this.url = form.dataset.autosaveUrl;
    this.version = form.dataset.draftVersion;
    this.words = parsed(form, 'messages');
    const scope = form.closest('[data-autosave-scope]') ?? document;
    this.status = scope.querySelector('[data-autosave-status]');
    this.panel = scope.querySelector('[data-autosave-conflict]');
    // The step is part of the key: two steps of one draft are two forms.
    this.slot = PREFIX + this.url;
    this.edit = 0;       // counts changes, to know whether an answer is about the newest
    this.saved = 0;
    this.wait = 2000;
    this.sending = false;
    this.conflict = false;
  }

  async open() {
    if (this.form.dataset.offlineKey && globalThis.crypto?.subtle) {
      try { this.key = await crypto.subtle.importKey('raw', bytes(this.form.dataset.offlineKey), 'AES-GCM', false, ['encrypt', 'decrypt']); } catch { /* no copy on the device, then */ }
    }
    await this.restore();
    this.form.addEventListener('input', () => this.changed());
    this.form.addEventListener('change', () => this.changed());
    this.form.addEventListener('submit', (e) => { if (!e.defaultPrevented) this.submitting(e); });
    window.addEventListener('online', () => { if (this.unsaved) this.save(); });
    window.addEventListener('focus', () => { if (this.signedOut && this.unsaved) this.save(); });
    window.addEventListener('pageshow', () => { this.stopped = false; });
    window.addEventListener('pagehide', () => this.leaving());
    document.addEventListener('visibilitychange', () => { if (document.visibilityState === 'hidden' && this.unsaved && !this.sending && !this.conflict) this.save(); });
  }

  get unsaved() { return this.edit > this.saved; }

  values() {
    const out = [];
    for (const [name, value] of new FormData(this.form)) if (typeof value === 'string' && !SKIP.has(name) && name[0] !== '_') out.push([name, value]);
    return out;
  }

  changed() {
    this.edit++;
    this.idempotency = undefined;
    this.say('typing');
    clearTimeout(this.deviceTimer);
    this.deviceTimer = setTimeout(() => this.keep(), DEVICE_DELAY);
    if (this.conflict) return;
    const now = Date.now();
    this.firstChange ??= now;
    clearTimeout(this.timer);
    this.timer = setTimeout(() => this.save(), Math.max(0, Math.min(DEBOUNCE, this.firstChange + LATEST - now)));
  }

  async save() {
    if (this.sending || this.stopped || this.conflict) return;
    clearTimeout(this.timer);
    const edit = this.edit;
    this.sending = true;
    this.firstChange = undefined;
    this.idempotency ??= crypto.randomUUID?.() ?? b64(crypto.getRandomValues(new Uint8Array(16)));
    this.say('saving');
    let answer;
    try {
      answer = await fetch(this.url, { ...this.request(), signal: AbortSignal.timeout?.(15000) });
      await this.answered(answer, edit);
    } catch {
      this.retry();
    } finally {
      this.sending = false;
    }
    // What was typed while the request was under way waits for its own turn.
    if (answer?.ok && this.unsaved && !this.conflict) { clearTimeout(this.timer); this.timer = setTimeout(() => this.save(), DEBOUNCE); }
  }

  request() {
    const body = new URLSearchParams(this.values());
    body.set('version', this.version);
    return { method: 'PUT', body, credentials: 'same-origin', redirect: 'manual',
      headers: { Accept: 'application/json', 'X-CSRF-Token': csrf(), 'Idempotency-Key': this.idempotency, 'If-Match': `"${this.version}"` } };
  }

  async answered(answer, edit) {
    this.signedOut = answer.status === 401 || answer.type === 'opaqueredirect';
    if (answer.status === 200) {
      const { version, saved_at: at, problems } = await answer.json();
      this.setVersion(version);
      this.saved = Math.max(this.saved, edit);
      this.wait = 2000;
      this.idempotency = undefined;
      if (!this.unsaved) { this.forget(); this.say('saved', this.clock(at)); }
      this.form.dispatchEvent(new CustomEvent('draft-saved', { bubbles: true, detail: { problems } }));
    } else if (answer.status === 409) {
      const { version, theirs } = await answer.json();
      if (version === undefined) this.say('refused'); else this.compare(version, theirs ?? {});
    } else if (this.signedOut) {
      this.say('signin');
    } else if (answer.status === 422) {
      this.idempotency = undefined;
      this.say('refused');
    } else {
      this.retry();
    }
  }

  // landed resolves when the save under way has its answer; 5 s is long enough to wait for one.
  async landed() {
    for (const end = Date.now() + 5000; this.sending && Date.now() < end;) await new Promise((next) => setTimeout(next, 50));
    this.sending = false;
  }

  retry() {
    this.say(this.key ? 'offline' : 'kept');
    clearTimeout(this.timer);
    this.timer = setTimeout(() => this.save(), this.wait);
    this.wait = Math.min(this.wait * 2, 60000);
  }

  setVersion(version) {
    this.version = String(version);
    this.form.dataset.draftVersion = this.version;
    const field = this.form.elements.namedItem('version');
    if (field && 'value' in field) field.value = this.version;
  }

  clock(at) {
    const when = at ? new Date(at) : new Date();
    return new Intl.DateTimeFormat(document.documentElement.lang === 'ar' ? 'ar-u-nu-latn' : 'en-GB', { hour: '2-digit', minute: '2-digit', hour12: false }).format(when);
  }

  say(word, ...values) {
    if (!this.status) return;
    this.status.dataset.state = word;
    this.status.querySelector('[data-autosave-text]').textContent = fill(this.words[word], ...values);
  }

  // The copy on the device.

  async keep() {
    if (!this.key || this.stopped) return;
    const edit = this.edit;
    const iv = crypto.getRandomValues(new Uint8Array(12));
    const plain = new TextEncoder().encode(JSON.stringify(this.values()));
    const sealed = await crypto.subtle.encrypt({ name: 'AES-GCM', iv, additionalData: new TextEncoder().encode(this.slot) }, this.key, plain);
    if (edit !== this.edit || this.saved >= edit) return; // overtaken by a newer change, or the server has it already
    try { localStorage.setItem(this.slot, JSON.stringify({ version: this.version, at: Date.now(), iv: b64(iv), data: b64(sealed) })); } catch { /* full or forbidden: the server's copy is the one that counts */ }
  }

  forget() {
    clearTimeout(this.deviceTimer);
    try { localStorage.removeItem(this.slot); } catch { /* forbidden: nothing was written either */ }
  }

  async restore() {
    let kept;
    try { kept = JSON.parse(localStorage.getItem(this.slot) ?? 'null'); } catch { return; }
    if (!kept) return;
    if (!this.key) return;
    let values;
    try {
      const plain = await crypto.subtle.decrypt({ name: 'AES-GCM', iv: bytes(kept.iv), additionalData: new TextEncoder().encode(this.slot) }, this.key, bytes(kept.data));
      values = JSON.parse(new TextDecoder().decode(plain));
    } catch {
      this.forget(); // another person's copy, or an old key: it can never be read here
      return;
    }
    const here = JSON.stringify(this.values());
    if (JSON.stringify(values) === here || this.form.querySelector('.is-invalid')) { this.forget(); return; } // the server has it, or has just answered it
    if (String(kept.version) === String(this.version)) {
      this.put(values);
      this.say('restored');
      this.edit++;
      this.timer = setTimeout(() => this.save(), DEBOUNCE);
      return;
    }
    // Saved elsewhere since, or sent by the last press of a button: show only what differs.
    const theirs = Object.fromEntries(this.values());
    this.put(values);
    this.edit++;
    this.compare(this.version, theirs);
  }

  put(values) {
    const byName = new Map();
    for (const [name, value] of values) byName.set(name, [...(byName.get(name) ?? []), value]);
    this.rowsFor(byName);
    for (const el of this.form.elements) {
      if (!el.name || SKIP.has(el.name) || ['file', 'submit', 'button', 'hidden'].includes(el.type)) continue;
      const list = byName.get(el.name) ?? [];
      if (el.type === 'checkbox' || el.type === 'radio') el.checked = list.includes(el.value);
      else el.value = list[0] ?? '';
    }
  }

  // rowsFor adds the rows of repeatable groups that the kept values need.
  rowsFor(byName) {
    for (const group of this.form.querySelectorAll('[data-rows]')) {
      const name = group.dataset.rows;
      let most = 0;
      for (const field of byName.keys()) {
        const m = field.startsWith(name + '[') && /^(\d+)\]/.exec(field.slice(name.length + 1));
        if (m) most = Math.max(most, Number(m[1]) + 1);
      }
      for (let have = group.querySelectorAll(':scope > [data-row]').length; have < Math.min(most, Number(group.dataset.max ?? 30)); have++) group.querySelector('[data-row-add]')?.click();
    }
  }

  // Two versions.

  compare(version, theirs) {
    const mine = new Map();
    for (const [name, value] of this.values()) mine.set(name, mine.has(name) ? mine.get(name) + ', ' + value : value);
    const differing = Object.entries(theirs).filter(([name, value]) => !SKIP.has(name) && (mine.get(name) ?? '') !== String(value ?? ''));
    this.setVersion(version);
    if (differing.length === 0) { this.idempotency = undefined; setTimeout(() => this.save(), 0); return; }
    this.conflict = true;
    this.say('conflict_title');
    if (!this.panel) return;
    const make = (tag, cls, text) => Object.assign(document.createElement(tag), { className: cls ?? '', textContent: text ?? '' });
    const body = make('div', 'card-body');
    body.append(make('h2', 'conflict-title', this.words.conflict_title), make('p', '', this.words.conflict_text));
    for (const [name, value] of differing) {
      const line = make('fieldset', 'conflict-field');
      line.append(make('legend', '', this.labelOf(name)));
      for (const [side, shown] of [['mine', mine.get(name)], ['theirs', value]]) {
        const label = make('label', 'choice conflict-choice');
        const radio = Object.assign(document.createElement('input'), { type: 'radio', className: 'form-check-input', name: 'conflict-' + name, value: side, checked: side === 'mine' });
        radio.setAttribute('form', 'none');
        const text = make('span');
        const bdi = make('bdi', 'conflict-value', this.shown(name, shown) || this.words.empty);
        text.append(make('strong', '', this.words[side]), bdi);
        label.append(radio, text);
        line.append(label);
      }
      body.append(line);
    }
    const done = Object.assign(make('button', 'btn btn-primary', this.words.conflict_done), { type: 'button' });
    done.addEventListener('click', () => {
      this.rowsFor(new Map(differing));
      for (const [name, value] of differing) {
        if (body.querySelector(`input[name="${CSS.escape('conflict-' + name)}"]:checked`)?.value === 'theirs') this.set(name, value);
      }
      this.panel.hidden = true;
      this.panel.replaceChildren();
      this.conflict = false;
      this.idempotency = undefined;
      this.edit++;
      this.save();
    });
    body.append(done);
    this.panel.replaceChildren(body);
    this.panel.hidden = false;
    this.panel.focus();
  }

  controls(name) { return [...this.form.elements].filter((el) => el.name === name); }

  set(name, value) {
    for (const el of this.controls(name)) {
      if (el.type === 'checkbox' || el.type === 'radio') el.checked = String(value).split(', ').includes(el.value);
      else el.value = value ?? '';
    }
  }

  labelOf(name) {
    const el = this.controls(name)[0];
    const label = el?.closest('fieldset')?.matches('.field-choices') ? el.closest('fieldset').querySelector('legend') : el?.labels?.[0];
    const own = [...(label?.childNodes ?? [])].find((n) => n.textContent.trim());
    const row = el?.closest('[data-row]')?.querySelector('.row-title')?.textContent;
    return [row, own?.textContent.trim() ?? name].filter(Boolean).join(': ');
  }

  // shown gives the words of a coded value.
  shown(name, value) {
    const el = this.controls(name)[0];
    if (el?.tagName === 'SELECT') return [...el.options].find((o) => o.value === value && o.value)?.text ?? '';
    if (el?.type === 'radio' || el?.type === 'checkbox') {
      const chosen = String(value ?? '').split(', ');
      return this.controls(name).filter((c) => chosen.includes(c.value)).map((c) => c.closest('label')?.textContent.trim()).join('، ');
    }
    return value ?? '';
  }

  // Leaving the page.

  submitting(event) {
    // A save under way would make the form's version old before it arrives: let it land first, then press the same button again.
    if (this.sending) {
      event.preventDefault();
      const by = event.submitter;
      this.landed().then(() => { delete this.form.dataset.sending; if (!this.conflict) this.form.requestSubmit(by?.isConnected ? by : undefined); });
      return;
    }
    if (this.unsaved) this.keep();
    this.stopped = true;
    clearTimeout(this.timer);
    clearTimeout(this.deviceTimer);
    try { sessionStorage.setItem(PREFIX + 'sent', JSON.stringify({ slot: this.slot, from: location.pathname })); } catch { /* then the copy goes by its age */ }
  }

  leaving() {
    if (!this.unsaved || this.conflict || this.stopped || this.sending) return;
    this.idempotency ??= crypto.randomUUID?.() ?? String(Date.now());
    fetch(this.url, { ...this.request(), keepalive: true }).catch(() => { /* the copy on the device stays */ });
  }
}

// sweep removes the copy of a form whose button was pressed once the server has answered with another page, and copies that are too old.
function sweep() {
  try {
    const sent = JSON.parse(sessionStorage.getItem(PREFIX + 'sent') ?? 'null');
    if (sent) {
      sessionStorage.removeItem(PREFIX + 'sent');
      const referrer = document.referrer && new URL(document.referrer);
      if (referrer && referrer.origin === location.origin && referrer.pathname === sent.from && performance.getEntriesByType('navigation')[0]?.type === 'navigate') localStorage.removeItem(sent.slot);
    }
    for (const slot of Object.keys(localStorage)) {
      if (!slot.startsWith(PREFIX)) continue;
      const kept = JSON.parse(localStorage.getItem(slot) ?? '{}');
      if (!(Date.now() - kept.at < KEEP_DAYS * 86400000)) localStorage.removeItem(slot);
    }
  } catch { /* storage is forbidden or holds what is not ours */ }
}

const known = new WeakSet();
sweep();

export function start() {
  for (const form of document.querySelectorAll('form[data-autosave-url]')) {
    if (known.has(form)) continue;
    known.add(form);
    new Autosave(form).open();
  }
}
