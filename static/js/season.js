// The board of a season: an exhibition is dragged over venues and weeks by mouse, touch or pen, or taken with Enter and moved by the arrow keys. What forbids a cell comes from
// the server when an exhibition is taken up; the rules are in internal/planner/season and nowhere else. Every change is a request of its own with the version of the draft; when a
// colleague was faster, it is told and the board is read anew.
import { csrf, fill, parsed } from './page.js';
import { newKey } from './plan-draw.js';

// named is what an exhibition is called on its chip.
const named = (chip) => chip.querySelector('bdi').textContent;

class Board {
  constructor(root) {
    this.take(root);
    const now = root.querySelector('.sb-week:not(.sb-past)'), venue = root.querySelector('.sb-venue'); // the weeks that are over lie aside
    if (now && this.scroll) this.scroll.scrollLeft = (this.rtl ? -1 : 1) * Math.max(0, Math.abs(now.offsetLeft + (this.rtl ? now.offsetWidth - this.scroll.scrollWidth : 0)) - venue.offsetWidth);
    document.addEventListener('pointerdown', (e) => this.grab(e));
    document.addEventListener('click', (e) => this.click(e));
    document.addEventListener('keydown', (e) => this.key(e));
  }

  // take makes a board that was just drawn the one that is worked on.
  take(root) {
    this.root = root;
    this.url = root.dataset.season;
    this.open = root.dataset.open === 'yes';
    this.from = Number(root.dataset.from); // the first week in view
    this.words = parsed(root, 'words');
    this.status = root.querySelector('[data-status]');
    this.acts = root.querySelector('[data-acts]');
    this.scroll = root.querySelector('.sb-scroll');
    this.rows = [...root.querySelectorAll('tbody tr[data-venue]')];
    this.rtl = getComputedStyle(root).direction === 'rtl';
    for (const chip of root.querySelectorAll('.sb-chip[data-show]')) {
      if (this.wide()) chip.setAttribute('role', 'button');
      chip.draggable = false;
    }
    root.dataset.ready = 'yes';
  }

  // wide reports whether the board is in sight: on a phone the weeks are a list, and a press leads to the form.
  wide() { return Boolean(this.scroll?.offsetParent); }

  say(text) { if (this.status) this.status.textContent = text; }
  chip(id) { return this.root.querySelector(`.sb .sb-chip[data-show="${id}"]`) ?? this.root.querySelector(`.sb-chip[data-show="${id}"]`); }
  cells(row) { return [...row.children].slice(1); }
  at(cell) { const row = cell.closest('tr'); return { venue: row.dataset.venue, week: this.from + this.cells(row).indexOf(cell) }; }
  cell(target) { const c = target?.closest?.('.sb td'); return c && this.root.contains(c) ? c : null; }

  // choose takes an exhibition up and asks what speaks against each cell.
  async choose(id, name) {
    this.forget();
    this.chosen = id;
    this.name = name;
    this.chip(id)?.setAttribute('aria-pressed', 'true');
    if (this.acts) this.acts.hidden = false;
    this.say(fill(this.words.chosen, name));
    const answer = await fetch(`${this.url}/judge?exhibition=${id}`, { headers: { Accept: 'application/json' }, credentials: 'same-origin' }).catch(() => null);
    if (!answer?.ok || this.chosen !== id) return;
    this.verdicts = await answer.json();
    for (const row of this.rows) {
      const list = this.verdicts.cells[row.dataset.venue];
      this.cells(row).forEach((c, week) => {
        c.classList.remove('n', 'w');
        const v = list?.[this.from + week] ?? 0;
        if (!list || v > 0) c.classList.add('n'); else if (v < 0) c.classList.add('w');
      });
    }
    if (this.over) this.say(this.verdict(this.over));
  }

  forget() {
    this.root.querySelectorAll('td.n, td.w').forEach((c) => c.classList.remove('n', 'w'));
    this.root.querySelectorAll('[aria-pressed="true"]').forEach((c) => c.removeAttribute('aria-pressed'));
    this.chosen = this.verdicts = null;
    if (this.acts) this.acts.hidden = true;
  }

  reason(cell) {
    const { venue, week } = this.at(cell), v = this.verdicts?.cells[venue]?.[week] ?? 0;
    return { block: v > 0 || Boolean(this.verdicts && !this.verdicts.cells[venue]), text: v ? this.verdicts.texts[Math.abs(v) - 1] : '' };
  }

  where(cell) {
    const row = cell.closest('tr'), week = this.root.querySelectorAll('.sb thead .sb-week')[this.at(cell).week - this.from];
    return `${row.querySelector('.sb-venue span').textContent} · ${week?.querySelector('.visually-hidden')?.textContent.trim() ?? ''}`;
  }

  verdict(cell) {
    const at = this.where(cell);
    if (!this.verdicts) return at;
    const { block, text } = this.reason(cell);
    if (block) return fill(this.words.no, at, text);
    return text ? fill(this.words.warn, at, text) : fill(this.words.can, at);
  }

  async put(cell) {
    const { venue, week } = this.at(cell), { block } = this.reason(cell), said = this.verdict(cell);
    if (block) { this.say(said); return; }
    const text = this.reason(cell).text, id = this.chosen, name = this.name;
    if (await this.send('move', { exhibition: id, venue, week })) this.say([fill(this.words.done, name, this.wherePlaced(id)), text].filter(Boolean).join(' '));
    this.chip(id)?.focus();
  }

  wherePlaced(id) { const c = this.chip(id)?.closest('td'); return c ? this.where(c) : ''; }

  // send makes one change and draws the board again, whatever came of it.
  async send(what, fields) {
    const key = newKey(), version = this.root.dataset.version;
    let answer, failed = '';
    for (let n = 0; n < 3 && !answer; n++) {
      try {
        answer = await fetch(`${this.url}/${what}`, { method: 'POST', body: new URLSearchParams({ ...fields, version }), credentials: 'same-origin', redirect: 'manual',
          headers: { Accept: 'application/json', 'X-CSRF-Token': csrf(), 'Idempotency-Key': key, 'If-Match': `"${version}"` } });
      } catch { await new Promise((go) => setTimeout(go, 800 * (n + 1))); }
    }
    if (!answer) failed = this.words.offline;
    else if (answer.status === 401 || answer.type === 'opaqueredirect') failed = this.words.signed_out;
    else if (!answer.ok) failed = (await answer.json().catch(() => ({}))).detail ?? String(answer.status);
    this.forget();
    await this.read();
    if (failed) this.say(fill(this.words.failed, failed));
    return !failed;
  }

  async read(from = this.from) {
    const answer = await fetch(`${this.url}?from=${from}`, { headers: { 'HX-Request': 'true' }, credentials: 'same-origin' }).catch(() => null);
    if (!answer?.ok) return;
    const fresh = new DOMParser().parseFromString(await answer.text(), 'text/html').getElementById('season-board');
    if (!fresh) return;
    const left = this.scroll?.scrollLeft, top = this.scroll?.scrollTop;
    this.root.replaceWith(fresh);
    this.take(fresh);
    if (this.scroll) { this.scroll.scrollLeft = left; this.scroll.scrollTop = top; }
    document.querySelectorAll('form input[name="version"]').forEach((i) => { if (i.form.action.includes(this.url)) i.value = fresh.dataset.version; });
  }

  // turn shows another stretch of a board that is too large to be shown whole; who was taken up stays so, and can be put down there.
  async turn(from) {
    const id = this.chosen, name = this.name;
    await this.read(from);
    if (id) await this.choose(id, name);
    this.root.querySelector(`[data-span="${from}"]`)?.focus();
  }

  click(e) {
    if (!this.root.contains(e.target)) return;
    const span = e.target.closest('[data-span]');
    if (span) { e.preventDefault(); this.turn(Number(span.dataset.span)); return; }
    const act = e.target.closest('[data-do]')?.dataset.do, chip = e.target.closest('.sb-chip[data-show]'), cell = this.cell(e.target);
    if (act) { this.act(act); return; }
    if (!this.open || !this.wide()) return;
    if (chip) {
      e.preventDefault();
      if (this.dragged) return;
      if (this.chosen === chip.dataset.show) { this.forget(); this.say(this.words.cancelled); } else this.choose(chip.dataset.show, named(chip));
    } else if (cell && this.chosen) this.put(cell);
  }

  async act(what) {
    const id = this.chosen, name = this.name;
    if (!id) return;
    if (what === 'cancel') { this.forget(); this.say(this.words.cancelled); this.chip(id)?.focus(); return; }
    const ok = what === 'clear' ? await this.send('clear', { exhibition: id }) : await this.send('lock', { exhibition: id, locked: what === 'lock' ? 'yes' : 'no' });
    if (ok) this.say(fill(what === 'clear' ? this.words.cleared : this.words.done, name, this.wherePlaced(id)));
    this.chip(id)?.focus();
  }

  // grab begins a drag.
  grab(e) {
    const chip = this.open && this.wide() && e.button === 0 && e.target.closest?.('.sb-chip[data-show]');
    if (!chip || !this.root.contains(chip)) return;
    const start = [e.clientX, e.clientY], id = chip.dataset.show;
    let ghost;
    this.dragged = false;
    const move = (m) => {
      if (!ghost) {
        if (Math.hypot(m.clientX - start[0], m.clientY - start[1]) < 6) return;
        this.dragged = true;
        ghost = chip.cloneNode(true);
        ghost.className = 'sb-chip sb-ghost';
        document.body.append(ghost);
        if (this.chosen !== id) this.choose(id, named(chip));
      }
      ghost.style.transform = `translate(${m.clientX}px, ${m.clientY}px)`;
      const box = this.scroll?.getBoundingClientRect();
      if (box && m.clientY > box.top && m.clientY < box.bottom) { // near an edge the board follows
        if (m.clientX > box.right - 40) this.scroll.scrollLeft += 12; else if (m.clientX < box.left + 40) this.scroll.scrollLeft -= 12;
      }
      const cell = this.cell(document.elementFromPoint(m.clientX, m.clientY));
      if (cell === this.over) return;
      this.over?.classList.remove('is-over');
      this.over = cell;
      if (cell) { cell.classList.add('is-over'); this.say(this.verdict(cell)); }
    };
    const end = async (m) => {
      document.removeEventListener('pointermove', move);
      document.removeEventListener('pointerup', end);
      document.removeEventListener('pointercancel', end);
      this.over?.classList.remove('is-over');
      this.over = null;
      ghost?.remove();
      setTimeout(() => { this.dragged = false; }, 0);
      if (!ghost || m.type !== 'pointerup') return;
      const under = document.elementFromPoint(m.clientX, m.clientY), cell = this.cell(under);
      if (cell) {
        if (!this.verdicts) await new Promise((go) => setTimeout(go, 250)); // the drag was faster than the answer
        await this.put(cell);
      } else if (under?.closest?.('.sb-traybox') && chip.closest('td')) await this.act('clear');
      else this.forget();
    };
    document.addEventListener('pointermove', move);
    document.addEventListener('pointerup', end);
    document.addEventListener('pointercancel', end);
  }

  key(e) {
    const chip = document.activeElement?.closest?.('.sb-chip[data-show]'), cell = this.cell(document.activeElement);
    if (!this.open || !this.wide() || !this.root.contains(document.activeElement)) return;
    if (chip && (e.key === 'Enter' || e.key === ' ')) {
      e.preventDefault();
      this.choose(chip.dataset.show, named(chip)).then(() => this.go(chip.closest('td') ?? this.first()));
    } else if (chip && (e.key === 'Delete' || e.key === 'Backspace') && chip.closest('td')) {
      e.preventDefault();
      this.chosen = chip.dataset.show;
      this.name = named(chip);
      this.act('clear');
    } else if (e.key === 'Escape' && this.chosen) {
      e.preventDefault();
      this.act('cancel');
    } else if (cell && !chip && this.chosen) {
      const step = { ArrowLeft: this.rtl ? 1 : -1, ArrowRight: this.rtl ? -1 : 1 }[e.key], row = this.rows.indexOf(cell.closest('tr')), week = this.at(cell).week - this.from;
      if (step) { e.preventDefault(); this.go(this.cells(this.rows[row])[week + step]); } else if (e.key === 'ArrowUp' || e.key === 'ArrowDown') {
        e.preventDefault();
        const next = this.rows[row + (e.key === 'ArrowUp' ? -1 : 1)];
        if (next) this.go(this.cells(next)[week]);
      } else if (e.key === 'Enter' || e.key === ' ') { e.preventDefault(); this.put(cell); }
    }
  }

  // first is where the keys begin for what comes from the tray: the first cell that nothing forbids.
  first() { return this.root.querySelector('.sb td:not(.n)') ?? this.root.querySelector('.sb td'); }

  go(cell) {
    if (!cell) return;
    cell.tabIndex = -1;
    const said = this.verdict(cell);
    cell.setAttribute('aria-label', said);
    cell.focus();
    this.say(said);
  }
}

let board;

export function start() {
  const root = document.querySelector('[data-season]');
  if (root && !board) board = new Board(root);
}
