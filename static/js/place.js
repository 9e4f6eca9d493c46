// Placing on the drawing: an exhibitor is dragged to a booth, or chosen and then the booth is pressed (or gone to by Tab and taken with Enter). The verdicts on all booths come
// from the server when an exhibitor is chosen; the rules are in internal/exhibition/place.go and nowhere else. Every change is a request of its own with the version of the
// placement; a colleague who was faster is told about, and the drawing is read anew.
import { csrf, fill, parsed } from './page.js';
import { Drawing, el, newKey, order } from './plan-draw.js';

class Placing {
  constructor(root) {
    this.root = root;
    this.url = root.dataset.placing;
    this.wave = root.dataset.wave;
    this.words = parsed(root, 'words');
    this.svg = root.querySelector('[data-svg]');
    this.status = root.querySelector('[data-status]');
    this.tray = root.querySelector('[data-tray]');
    this.filter = root.querySelector('[data-filter]');
    this.d = new Drawing(this.svg, { kinds: parsed(root, 'kinds'), doors: parsed(root, 'doors') });
  }

  get(path, query = '') { return fetch(`${this.url}/${path}?wave=${this.wave}${query}`, { headers: { Accept: 'application/json' } }); }

  async read() {
    const answer = await this.get('state');
    if (!answer.ok) { this.say(this.words.offline); return; }
    const { plan, people, may } = await answer.json();
    this.people = people;
    this.may = may;
    this.d.draw(plan);
    if (!this.d.view) this.d.fit();
    for (const p of people) if (p.booth) this.label(p);
    this.list();
    this.root.dataset.ready = 'yes';
  }

  async open() {
    await this.read();
    this.d.moving((e) => !this.grabbed && e.buttons && !e.target.closest?.('.booth.is-taken'));
    this.svg.addEventListener('click', (e) => { const b = this.booth(e.target); if (b && !this.dragged) this.press(b); });
    this.svg.addEventListener('pointerdown', (e) => { const b = this.booth(e.target), p = b && this.at(b); if (p?.mine && !p.locked) this.grab(e, p); });
    this.svg.addEventListener('keydown', (e) => this.key(e));
    this.filter.addEventListener('input', () => this.list());
    this.root.addEventListener('click', (e) => ({ in: () => this.d.zoom(1 / 1.4), out: () => this.d.zoom(1.4), fit: () => this.d.fit(), take: () => this.take(), leave: () => this.leave() })[e.target.closest('[data-do]')?.dataset.do]?.());
  }

  booth(target) { const n = target?.closest?.('.booth'); return n && this.svg.contains(n) ? this.d.plan.booths.find((b) => b.id === Number(n.dataset.id)) : null; }
  at(booth) { return this.people.find((p) => p.booth === booth.id); }

  label(p) {
    const b = this.d.plan.booths.find((x) => x.id === p.booth), n = this.d.nodes.get(p.booth);
    if (!n) return;
    n.classList.add('is-taken');
    n.classList.toggle('is-locked', Boolean(p.locked));
    n.setAttribute('aria-label', fill(this.words.busy, b.code, p.name));
    const size = Math.min(b.w, b.d) / 7, name = el('text', { class: 'booth-name', y: size * 2.4, 'font-size': size });
    name.textContent = p.name.length > 14 ? `${p.name.slice(0, 13)}…` : p.name;
    n.append(name);
  }

  list() {
    const q = this.filter.value.trim().toLowerCase();
    const open = this.people.filter((p) => !p.booth && !p.away && (!q || `${p.name} ${p.craft} ${p.area}`.toLowerCase().includes(q)));
    this.tray.replaceChildren(...open.slice(0, 200).map((p) => {
      const b = Object.assign(document.createElement('button'), { type: 'button', className: 'tray-item', disabled: !p.mine });
      b.dataset.person = p.id;
      b.setAttribute('aria-pressed', String(this.chosen?.id === p.id));
      const name = Object.assign(document.createElement('bdi'), { textContent: p.name }), about = Object.assign(document.createElement('small'), { textContent: [p.craft, p.area, p.needs].filter(Boolean).join(' · ') });
      b.append(name, about);
      b.addEventListener('click', () => { if (!this.dragged) this.choose(p); });
      b.addEventListener('pointerdown', (e) => { if (p.mine && e.button === 0) this.grab(e, p, b); });
      const li = document.createElement('li');
      li.append(b);
      return li;
    }));
  }

  // choose asks for the verdicts and colours the booths.
  async choose(p) {
    if (this.chosen?.id === p.id) { this.forget(); return; }
    this.chosen = p;
    this.list();
    this.say(fill(this.words.chosen, p.name));
    const answer = await this.get('judge', `&participation=${p.id}`);
    if (!answer.ok || this.chosen?.id !== p.id) return;
    this.verdicts = await answer.json();
    for (const b of this.d.plan.booths) {
      const v = this.verdicts[b.id], n = this.d.nodes.get(b.id);
      n.classList.remove('fit-yes', 'fit-warn', 'fit-no');
      n.classList.add(v?.block ? 'fit-no' : v?.warn ? 'fit-warn' : 'fit-yes');
    }
    if (this.over) this.say(this.verdict(this.over)); // the drag was faster than the answer
  }

  forget() {
    this.chosen = this.verdicts = null;
    this.svg.querySelectorAll('.fit-yes, .fit-warn, .fit-no').forEach((n) => n.classList.remove('fit-yes', 'fit-warn', 'fit-no'));
    this.list();
  }

  verdict(b) {
    const v = this.verdicts?.[b.id], w = this.words;
    if (!this.verdicts) return fill(w.chosen, this.chosen?.name ?? ''); // not known yet: nothing is promised
    if (v?.block) return fill(w.no, b.code, v.block.join(' · '));
    if (v?.warn) return fill(w.warn, b.code, v.warn.join(' · '));
    return fill(w.can, b.code);
  }

  // reckon asks what it costs to put an exhibitor into a booth; the answer stands beside the verdict.
  reckon(p, b) {
    clearTimeout(this.later);
    this.later = setTimeout(async () => {
      const answer = await this.get('drag', `&participation=${p.id}&booth=${b.id}`).catch(() => null);
      if (!answer?.ok || this.over !== b || this.drag?.id !== p.id) return;
      const d = await answer.json();
      this.say([this.verdict(b), d.possible && d.cost, ...(d.room ?? [])].filter(Boolean).join(' · '));
    }, 150);
  }

  // offer shows who makes room for an exhibitor in a booth that is taken, and what that costs; one press does it.
  async offer(p, b) {
    this.say(fill(this.words.reckoning, b.code));
    const answer = await this.get('drag', `&participation=${p.id}&booth=${b.id}`).catch(() => null);
    const d = answer?.ok ? await answer.json() : { why: [this.words.offline] };
    if (!d.possible || !d.moves?.length) { this.say(fill(this.words.no, b.code, (d.why ?? []).join(' · '))); return; }
    const box = this.root.querySelector('[data-offer]'), text = [`${p.name} ← ${b.code}`, ...(d.room ?? []), d.cost, ...(d.parts ?? [])].join(' · ');
    box.querySelector('[data-offer-text]').textContent = text;
    box.hidden = false;
    this.offered = { moves: d.moves, done: fill(this.words.done, p.name, b.code) };
    this.say(text);
    box.querySelector('[data-do="take"]').focus();
  }

  async take() {
    const { moves, done } = this.offered ?? {};
    this.leave();
    const body = new URLSearchParams({ wave: this.wave });
    for (const m of moves ?? []) body.append('move', m);
    if (moves && await this.send('arrange', body, 0)) this.say(done);
  }

  leave() {
    this.offered = null;
    this.root.querySelector('[data-offer]').hidden = true;
    this.forget();
  }

  async press(b) {
    const p = this.at(b);
    if (this.chosen) { await this.put(this.chosen, b); return; }
    this.say(p ? fill(this.words.busy, b.code, [p.name, p.craft, p.area, p.locked && this.words.locked].filter(Boolean).join(' · ')) : fill(this.words.free, b.code));
    if (p?.mine && !p.locked) await this.choose(p);
  }

  async put(p, b) {
    const other = this.at(b);
    if (other && other.id !== p.id && this.root.querySelector('[data-offer]')) { await this.offer(p, b); return; }
    if (this.verdicts?.[b.id]?.block) { this.say(this.verdict(b)); return; }
    const warning = this.verdicts?.[b.id]?.warn?.join(' · ');
    if (await this.send('place', { participation: p.id, booth: b.id }, p.version)) this.say(fill(this.words.done, p.name, b.code) + (warning ? ` (${warning})` : ''));
  }

  async send(what, fields, version) {
    const key = newKey();
    let answer;
    for (let n = 0; n < 3 && !answer; n++) {
      try {
        answer = await fetch(`${this.url}/${what}`, { method: 'POST', body: fields instanceof URLSearchParams ? fields : new URLSearchParams({ ...fields, version }), credentials: 'same-origin', redirect: 'manual',
          headers: { Accept: 'application/json', 'X-CSRF-Token': csrf(), 'Idempotency-Key': key, 'If-Match': `"${version}"` } });
      } catch { await new Promise((go) => setTimeout(go, 800 * (n + 1))); }
    }
    let failed = '';
    if (!answer) failed = this.words.offline;
    else if (answer.status === 401 || answer.type === 'opaqueredirect') failed = this.words.signed_out;
    else if (!answer.ok) failed = (await answer.json().catch(() => ({}))).detail ?? String(answer.status);
    this.forget();
    await this.read();
    if (failed) this.say(fill(this.words.failed, failed));
    return !failed;
  }

  // grab begins a drag, of an exhibitor of the list or of one who stands in a booth.
  grab(e, p, from) {
    const start = [e.clientX, e.clientY];
    this.dragged = false;
    this.grabbed = true; // before it is a drag already, the drawing stays where it is
    const move = (m) => {
      if (!this.drag) {
        if (Math.hypot(m.clientX - start[0], m.clientY - start[1]) < 6) return;
        this.drag = p;
        this.dragged = true;
        (from ?? this.svg).setPointerCapture?.(e.pointerId);
        if (this.chosen?.id !== p.id) { this.chosen = null; this.choose(p); }
      }
      const b = this.booth(document.elementFromPoint(m.clientX, m.clientY));
      if (b !== this.over) {
        this.d.nodes.get(this.over?.id)?.classList.remove('is-over');
        this.over = b;
        if (b) { this.d.nodes.get(b.id).classList.add('is-over'); this.say(this.verdict(b)); if (this.may && b.id !== p.booth) this.reckon(p, b); }
      }
    };
    const end = async (m) => {
      document.removeEventListener('pointermove', move);
      document.removeEventListener('pointerup', end);
      document.removeEventListener('pointercancel', end);
      const was = this.drag;
      this.drag = null;
      this.grabbed = false;
      this.d.nodes.get(this.over?.id)?.classList.remove('is-over');
      this.over = null;
      setTimeout(() => { this.dragged = false; }, 0);
      if (!was || m.type !== 'pointerup') return;
      const under = document.elementFromPoint(m.clientX, m.clientY), b = this.booth(under);
      if (b && b.id !== p.booth) await this.put(p, b);
      else if (p.booth && this.tray.contains(under)) { if (await this.send('clear', { participation: p.id }, p.version)) this.say(fill(this.words.cleared, p.name)); }
    };
    document.addEventListener('pointermove', move);
    document.addEventListener('pointerup', end);
    document.addEventListener('pointercancel', end);
  }

  key(e) {
    const list = order(this.d.plan.booths), now = list.findIndex((b) => b.id === this.current);
    if (e.key === 'Tab') {
      const next = now < 0 ? (e.shiftKey ? list.length - 1 : 0) : now + (e.shiftKey ? -1 : 1);
      this.svg.querySelectorAll('.is-selected').forEach((n) => n.classList.remove('is-selected'));
      if (next < 0 || next >= list.length) { this.current = undefined; return; }
      e.preventDefault();
      const b = list[next], p = this.at(b);
      this.current = b.id;
      this.d.nodes.get(b.id).classList.add('is-selected');
      this.say(this.chosen ? this.verdict(b) : p ? fill(this.words.busy, b.code, p.name) : fill(this.words.free, b.code));
    } else if (e.key === 'Enter' && now >= 0) { e.preventDefault(); this.press(list[now]); } else if (e.key === 'Escape') {
      if (this.chosen) this.forget(); else this.filter.focus();
    } else if ((e.key === 'Delete' || e.key === 'Backspace') && now >= 0) {
      const p = this.at(list[now]);
      if (p?.mine && !p.locked) { e.preventDefault(); this.send('clear', { participation: p.id }, p.version).then((ok) => ok && this.say(fill(this.words.cleared, p.name))); }
    } else if (e.key === '+' || e.key === '=') this.d.zoom(1 / 1.4); else if (e.key === '-') this.d.zoom(1.4); else if (e.key === '0') this.d.fit();
  }

  say(text) { this.status.textContent = text; }
}

export function start() {
  document.querySelectorAll('[data-placing]:not([data-started])').forEach((root) => { root.dataset.started = 'yes'; new Placing(root).open(); });
}
