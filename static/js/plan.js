// The editor of a hall's plan: mouse, touch and keyboard. Each change is kept at once in this page (undo, redo) and sent a moment later: PUT of the whole drawing with the
// version it was made on and a key that stays the same over retries. The checks run on the server and come back with the answer.
//   200 {version, findings, blocked, warned}
//   409 {clash, version, plan, by}   a colleague saved meanwhile: what does not touch the same things is merged, the rest is asked
//   422 {detail}                     no drawing; said, and not sent again before the next change
//   401                              signed out: tried again when the window is looked at
import { csrf, fill, parsed } from './page.js';
import { collections, corners, Drawing, el, metres, newKey, order, shape, shift } from './plan-draw.js';

const WAIT = 500, UNDO = 80;
const clone = (v) => JSON.parse(JSON.stringify(v));
const h = (tag, props = {}, ...children) => { const e = Object.assign(document.createElement(tag), props); e.append(...children); return e; };

class Editor {
  constructor(root) {
    this.root = root;
    this.url = root.dataset.plan;
    this.words = parsed(root, 'words');
    for (const name of ['kinds', 'doors', 'services', 'zones', 'faces', 'parties']) this[name] = parsed(root, name);
    this.types = Object.fromEntries(JSON.parse(root.dataset.types).map((k) => [k.Type, k]));
    this.svg = root.querySelector('[data-svg]');
    this.status = root.querySelector('[data-status]');
    this.live = root.querySelector('[data-live]');
    this.props = root.querySelector('[data-props]');
    this.list = document.querySelector('[data-findings]');
    this.selected = new Set();
    this.undone = [];
    this.done = [];
    this.tool = 'select';
    this.wait = 2000;
  }

  async open() {
    const answer = await fetch(`${this.url}/drawing`, { headers: { Accept: 'application/json' } });
    if (!answer.ok) { this.say('offline'); return; }
    const { plan, version, editable, ...checks } = await answer.json();
    this.plan = plan;
    this.base = clone(plan);
    this.version = version;
    this.editable = editable;
    this.d = new Drawing(this.svg, { kinds: this.kinds, doors: this.doors });
    this.d.draw(plan);
    this.d.fit();
    this.fingers = this.d.moving((e) => this.panning || (this.tool === 'pan' && e.buttons));
    this.findings(checks);
    this.listen();
    if (!editable) this.say('locked');
    this.root.dataset.ready = 'yes';
  }

  // What is in the plan.

  *all() { for (const kind of collections) for (const e of this.plan[kind] ?? []) yield [kind, e]; }
  find(id) { if (id === 0) return ['outline', this.plan.outline]; for (const x of this.all()) if (x[1].id === id) return x; return [null, null]; }
  nextID() { let top = 0; for (const [, e] of this.all()) top = Math.max(top, e.id); for (const kind of collections) for (const e of this.base[kind] ?? []) top = Math.max(top, e.id); return top + 1; }

  freeCode(stem = 'N') {
    const taken = new Set((this.plan.booths ?? []).map((b) => b.code.toUpperCase()));
    for (let n = 1; ; n++) if (!taken.has(`${stem}-${n}`.toUpperCase())) return `${stem}-${n}`;
  }

  name(id) {
    const [kind, e] = this.find(id);
    if (kind === 'booths') return e.code;
    if (kind === 'doors') return this.doors[e.kind];
    if (kind === 'services') return this.services[e.kind];
    return this.words[{ walls: 'wall', columns: 'column', aisles: 'aisle', routes: 'route', zones: 'zone', outline: 'outline' }[kind]] ?? '';
  }

  // Changes.

  change(fn) {
    if (!this.editable) return;
    this.done.push(JSON.stringify(this.plan));
    if (this.done.length > UNDO) this.done.shift();
    this.undone = [];
    fn();
    this.changed();
  }

  changed() {
    this.edit = (this.edit ?? 0) + 1;
    this.key = undefined;
    this.say('unsaved');
    clearTimeout(this.timer);
    this.timer = setTimeout(() => this.save(), WAIT);
    this.panel();
  }

  back(from, to) {
    const text = from.pop();
    if (!text) return;
    to.push(JSON.stringify(this.plan));
    this.replace(JSON.parse(text));
    this.changed();
  }

  replace(plan) {
    this.plan = plan;
    this.d.draw(plan);
    for (const id of [...this.selected]) if (!this.find(id)[0]) this.selected.delete(id);
    this.mark();
    this.markFindings();
    this.panel();
  }

  moveBy(dx, dy) {
    if (!this.selected.size) return;
    this.change(() => this.eachSelected((kind, e) => { shift(kind, e, dx, dy); this.d.redraw(kind, e); }));
    this.announcePlace();
  }

  eachSelected(fn) { for (const id of this.selected) { const [kind, e] = this.find(id); if (kind) fn(kind, e, id); } }

  announcePlace() {
    const [id] = this.selected;
    const [kind, e] = this.find(id);
    if (kind) { const p = kind === 'booths' || kind === 'columns' ? [e.x, e.y] : shape(kind, e)[0]; this.tell(fill(this.words.moved, this.name(id), metres(p[0]), metres(p[1]))); }
  }

  remove() {
    const ids = [...this.selected].filter((id) => id !== 0);
    if (!ids.length) return;
    const names = ids.map((id) => this.name(id)).join(', ');
    this.change(() => { for (const kind of collections) if (this.plan[kind]) this.plan[kind] = this.plan[kind].filter((e) => !this.selected.has(e.id)); this.select(); this.d.draw(this.plan); });
    this.tell(fill(this.words.removed, names));
  }

  copy() {
    const fresh = [];
    this.change(() => this.eachSelected((kind, e) => {
      if (kind === 'outline') return;
      const c = { ...clone(e), id: this.nextID() };
      if (kind === 'booths') { c.code = this.freeCode(c.code.replace(/[-\s]?\d+$/, '') || 'N'); shift(kind, c, c.w, 0); } else shift(kind, c, 1000, 1000);
      (this.plan[kind] ??= []).push(c);
      this.d.redraw(kind, c);
      fresh.push(c.id);
    }));
    if (fresh.length) this.select(...fresh);
  }

  rotate(by = 90) {
    this.change(() => this.eachSelected((kind, e) => { if (kind === 'booths' || kind === 'columns') { e.angle = ((e.angle ?? 0) + by + 360) % 360; this.d.redraw(kind, e); } }));
  }

  add(what, at = this.d.centre()) {
    const [kind, sub] = what.split(':');
    const id = this.nextID(), [x, y] = at.map((v) => this.grid(v));
    let list, e;
    switch (kind) {
      case 'booth': {
        const t = this.types[sub];
        list = 'booths'; e = { id, code: this.freeCode(), type: sub, x, y, w: t.Width, d: t.Depth, angle: 0, open: t.Faces };
        if (t.Power) e.power = 2000;
        if (t.Water) e.water = true;
        break;
      }
      case 'column': list = 'columns'; e = { id, x, y, w: 600, d: 600, angle: 0 }; break;
      case 'door': { list = 'doors'; const n = this.d.nearest(at); e = { id, kind: sub, at: n.at, width: sub === 'loading' ? 4000 : 3000 }; break; }
      case 'service': list = 'services'; e = { id, kind: sub, at: [x, y] }; break;
      case 'wall': list = 'walls'; e = { id, a: [x - 2500, y], b: [x + 2500, y], thick: 150 }; break;
      case 'route': list = 'routes'; e = { id, points: [[x - 5000, y], [x + 5000, y]] }; break;
      case 'aisle': list = 'aisles'; e = { id, area: [[x - 5000, y - 1500], [x + 5000, y - 1500], [x + 5000, y + 1500], [x - 5000, y + 1500]] }; break;
      case 'zone': list = 'zones'; e = { id, kind: 'other', title: { ar: '' }, area: [[x - 5000, y - 4000], [x + 5000, y - 4000], [x + 5000, y + 4000], [x - 5000, y + 4000]] }; break;
      default: return;
    }
    this.put(list, e);
  }

  put(list, e) {
    this.change(() => { (this.plan[list] ??= []).push(e); this.d.redraw(list, e); });
    this.select(e.id);
    this.tell(fill(this.words.added, this.name(e.id)));
  }

  get step() { return Number(this.root.querySelector('[data-step]')?.value ?? 500); }
  get snapping() { return this.root.querySelector('[data-snap]')?.checked ?? false; }
  get multi() { return this.root.querySelector('[data-multi]')?.checked ?? false; }
  grid(v) { return this.snapping ? Math.round(v / this.step) * this.step : Math.round(v / 10) * 10; }

  // Selection.

  select(...ids) { this.selected = new Set(ids); this.mark(); this.panel(); }
  mark() {
    this.svg.querySelectorAll('.is-selected').forEach((n) => n.classList.remove('is-selected'));
    for (const id of this.selected) (id === 0 ? this.d.floor : this.d.nodes.get(id))?.classList.add('is-selected');
  }

  hit(event) { const n = event.target.closest?.('[data-id]'); return n && this.svg.contains(n) ? Number(n.dataset.id) : null; }

  // Pointers.

  listen() {
    const svg = this.svg;
    svg.addEventListener('pointerdown', (e) => this.down(e));
    svg.addEventListener('pointermove', (e) => this.move(e));
    svg.addEventListener('pointerup', (e) => this.up(e));
    svg.addEventListener('pointercancel', () => this.stop());
    svg.addEventListener('dblclick', () => this.finish());
    svg.addEventListener('keydown', (e) => this.press(e));
    this.root.addEventListener('click', (e) => {
      const b = e.target.closest('button[data-tool], [data-do]');
      if (b?.dataset.tool) this.setTool(b.dataset.tool);
      if (b?.dataset.do) this.act(b.dataset.do);
    });
    const add = this.root.querySelector('[data-add]');
    add?.addEventListener('change', () => {
      const what = add.value;
      add.value = '';
      if (!what) return;
      if (what === 'outline') { this.select(0); this.setTool('select'); this.props?.querySelector('input')?.focus(); return; }
      this.adding = what;
      this.points = [];
      this.setTool('add');
      this.say('draw_hint');
      this.svg.focus({ preventScroll: true });
    });
    this.props?.addEventListener('submit', (e) => e.preventDefault());
    window.addEventListener('online', () => this.save());
    window.addEventListener('focus', () => { if (this.signedOut) this.save(); });
    window.addEventListener('beforeunload', (e) => { if (this.unsaved) { this.save(); e.preventDefault(); } });
    // Buttons that leave the page wait for the save under way, so that they stand on the newest version.
    document.addEventListener('submit', (e) => {
      const version = e.target.querySelector('[data-version]');
      if (!version || !this.unsaved) return;
      e.preventDefault();
      e.stopImmediatePropagation();
      this.flush().then(() => e.target.requestSubmit(e.submitter));
    }, true);
    document.addEventListener('click', (e) => {
      const link = e.target.closest?.('a[href]');
      if (!link || !this.unsaved || !link.pathname.startsWith(this.url)) return;
      e.preventDefault();
      this.flush().then(() => { if (!this.unsaved) location.href = link.href; });
    });
  }

  setTool(tool) {
    this.tool = tool;
    if (tool !== 'add') this.adding = null;
    this.d.over.replaceChildren();
    this.ruler = null;
    this.root.querySelectorAll('button[data-tool]').forEach((b) => b.setAttribute('aria-pressed', String(b.dataset.tool === tool)));
    this.svg.dataset.mode = tool;
  }

  act(what) {
    ({ undo: () => this.back(this.done, this.undone), redo: () => this.back(this.undone, this.done), rotate: () => this.rotate(), copy: () => this.copy(), delete: () => this.remove(),
      in: () => this.d.zoom(1 / 1.4), out: () => this.d.zoom(1.4), fit: () => this.d.fit() })[what]?.();
  }

  down(e) {
    if (e.button === 1) { this.panning = true; return; }
    if (e.button !== 0 || this.fingers() > 1) { this.stop(); return; }
    this.svg.focus({ preventScroll: true });
    const at = this.d.at(e);
    if (this.tool === 'pan') return;
    if (this.tool === 'measure') { this.ruler = [at, at]; this.svg.setPointerCapture(e.pointerId); return; }
    if (this.tool === 'add') { this.addPoint(at); return; }
    const id = this.hit(e);
    if (id !== null && id > 0) {
      const many = e.shiftKey || e.ctrlKey || this.multi;
      if (many) { if (this.selected.has(id)) this.selected.delete(id); else this.selected.add(id); this.mark(); this.panel(); } else if (!this.selected.has(id)) this.select(id);
      if (this.editable && this.selected.has(id)) { this.drag = { from: at, by: [0, 0] }; this.svg.setPointerCapture(e.pointerId); }
    } else if (e.pointerType !== 'mouse') {
      this.panning = true;
      if (!this.multi) this.select();
    } else {
      if (!e.shiftKey && !this.multi) this.select();
      this.box = [at, at];
      this.svg.setPointerCapture(e.pointerId);
    }
  }

  move(e) {
    if (!this.drag && !this.box && !this.ruler) return;
    this.last = [e.clientX, e.clientY];
    this.frame ??= requestAnimationFrame(() => { this.frame = undefined; this.follow({ clientX: this.last[0], clientY: this.last[1] }); });
  }

  // follow moves what is dragged, once a frame: only the transforms of the nodes that move.
  follow(e) {
    const at = this.d.at(e);
    if (this.drag) {
      const [dx, dy] = this.snap(at[0] - this.drag.from[0], at[1] - this.drag.from[1]);
      this.drag.by = [dx, dy];
      this.eachSelected((kind, x) => {
        const n = this.d.nodes.get(x.id);
        n?.setAttribute('transform', kind === 'booths' ? `translate(${x.x + dx} ${x.y + dy})` : `translate(${dx} ${dy})${kind === 'columns' ? ` rotate(${x.angle ?? 0} ${x.x} ${x.y})` : ''}`);
      });
    } else if (this.box) {
      this.box[1] = at;
      const [a, b] = this.box;
      this.d.over.replaceChildren(el('rect', { class: 'over-box', x: Math.min(a[0], b[0]), y: Math.min(a[1], b[1]), width: Math.abs(a[0] - b[0]), height: Math.abs(a[1] - b[1]) }));
    } else if (this.ruler) {
      this.ruler[1] = at;
      this.drawRuler();
    }
  }

  drawRuler() {
    const [a, b] = this.ruler, label = el('text', { x: (a[0] + b[0]) / 2, y: (a[1] + b[1]) / 2 - this.d.scale() * 8, 'font-size': this.d.scale() * 16 });
    label.textContent = fill(this.words.distance, (Math.hypot(a[0] - b[0], a[1] - b[1]) / 1000).toFixed(2));
    this.d.over.replaceChildren(el('line', { class: 'over-ruler', x1: a[0], y1: a[1], x2: b[0], y2: b[1] }), label);
    this.ruled = label.textContent;
  }

  // snap puts a shift onto the grid, or an edge of what is dragged onto an edge of a booth that stands near.
  snap(dx, dy) {
    const [id] = this.selected, [kind, e] = this.find(id);
    if (!this.snapping || !kind) return [Math.round(dx / 10) * 10, Math.round(dy / 10) * 10];
    const anchor = kind === 'booths' || kind === 'columns' ? [e.x, e.y] : shape(kind, e)[0];
    let sx = this.grid(anchor[0] + dx) - anchor[0], sy = this.grid(anchor[1] + dy) - anchor[1];
    if (kind === 'booths' && (e.angle ?? 0) % 90 === 0) {
      const reach = Math.min(this.d.scale() * 10, 600), mine = span(corners(e));
      let bx = reach, by = reach;
      for (const o of this.plan.booths) {
        if (this.selected.has(o.id) || (o.angle ?? 0) % 90 || Math.abs(o.x - e.x - dx) > o.w + o.d + e.w + e.d || Math.abs(o.y - e.y - dy) > o.w + o.d + e.w + e.d) continue;
        const s = span(corners(o));
        for (const to of [s[0], s[2]]) for (const from of [mine[0], mine[2]]) { const d = to - from - dx; if (Math.abs(d) < bx) { bx = Math.abs(d); sx = to - from; } }
        for (const to of [s[1], s[3]]) for (const from of [mine[1], mine[3]]) { const d = to - from - dy; if (Math.abs(d) < by) { by = Math.abs(d); sy = to - from; } }
      }
    }
    return [sx, sy];
  }

  up() {
    if (this.frame) { cancelAnimationFrame(this.frame); this.frame = undefined; this.follow({ clientX: this.last[0], clientY: this.last[1] }); }
    if (this.drag) {
      const [dx, dy] = this.drag.by;
      this.drag = null;
      if (dx || dy) this.moveBy(dx, dy);
    } else if (this.box) {
      const [a, b] = this.box, in_ = (p) => p[0] >= Math.min(a[0], b[0]) && p[0] <= Math.max(a[0], b[0]) && p[1] >= Math.min(a[1], b[1]) && p[1] <= Math.max(a[1], b[1]);
      for (const o of this.plan.booths ?? []) if (in_([o.x, o.y])) this.selected.add(o.id);
      this.d.over.replaceChildren();
      this.mark();
      this.panel();
    } else if (this.ruler) {
      this.tell(this.ruled ?? '');
    }
    this.stop();
  }

  stop() { this.drag = this.box = null; this.panning = false; if (this.tool !== 'measure') this.ruler = null; }

  addPoint(at) {
    const kind = this.adding.split(':')[0], p = at.map((v) => this.grid(v));
    if (!['wall', 'route', 'aisle', 'zone'].includes(kind)) { this.add(this.adding, at); this.setTool('select'); return; }
    const last = this.points.at(-1);
    if (last && last[0] === p[0] && last[1] === p[1]) return;
    this.points.push(p);
    this.d.over.replaceChildren(el('polyline', { class: 'over-ruler', points: this.points.map((q) => q.join(',')).join(' ') }), ...this.points.map((q) => el('circle', { class: 'over-point', cx: q[0], cy: q[1], r: this.d.scale() * 5 })));
    if (kind === 'wall' && this.points.length === 2) this.finish();
  }

  // finish makes an element of the points that were pressed; without points it is put into the middle of the view.
  finish() {
    if (!this.adding) return;
    const what = this.adding, kind = what.split(':')[0], pts = this.points;
    this.setTool('select');
    const id = this.nextID();
    if (kind === 'wall' && pts.length >= 2) this.put('walls', { id, a: pts[0], b: pts[1], thick: 150 });
    else if (kind === 'route' && pts.length >= 2) this.put('routes', { id, points: pts });
    else if (kind === 'aisle' && pts.length >= 3) this.put('aisles', { id, area: pts });
    else if (kind === 'zone' && pts.length >= 3) this.put('zones', { id, kind: 'other', title: { ar: '' }, area: pts });
    else if (!pts.length) this.add(what);
  }

  // Keys.

  press(e) {
    const step = e.altKey ? 10 : this.step * (e.shiftKey ? 10 : 1);
    const arrows = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] }[e.key];
    const ctrl = e.ctrlKey || e.metaKey;
    if (arrows) {
      e.preventDefault();
      if (this.selected.size && !this.selected.has(0) && this.editable) this.moveBy(arrows[0] * step, arrows[1] * step); else this.d.pan(arrows[0] * this.d.view.w / 12, arrows[1] * this.d.view.h / 12);
    } else if (e.key === 'Tab' && !ctrl) this.tab(e);
    else if (e.key === 'Delete' || e.key === 'Backspace') { e.preventDefault(); this.remove(); } else if (e.key === 'Escape') {
      if (this.adding || this.selected.size || this.tool === 'measure') { this.setTool('select'); this.select(); } else this.root.querySelector('.plan-tools button')?.focus();
    } else if (e.key === 'Enter') { e.preventDefault(); if (this.adding) this.finish(); else this.props?.querySelector('input')?.focus(); } else if (ctrl && e.key.toLowerCase() === 'z') { e.preventDefault(); this.act(e.shiftKey ? 'redo' : 'undo'); } else if (ctrl && e.key.toLowerCase() === 'y') { e.preventDefault(); this.act('redo'); } else if (ctrl && e.key.toLowerCase() === 'a') { e.preventDefault(); this.select(...(this.plan.booths ?? []).map((b) => b.id)); } else if (ctrl && e.key.toLowerCase() === 'd') { e.preventDefault(); this.copy(); } else if (!ctrl && e.key.toLowerCase() === 'r') this.rotate(e.shiftKey ? 15 : 90);
    else if (e.key === '+' || e.key === '=') this.act('in'); else if (e.key === '-') this.act('out'); else if (e.key === '0') this.act('fit');
  }

  tab(e) {
    const list = order(this.plan.booths ?? []), [id] = this.selected;
    const now = list.findIndex((b) => b.id === id), next = now < 0 ? (e.shiftKey ? list.length - 1 : 0) : now + (e.shiftKey ? -1 : 1);
    if (next < 0 || next >= list.length) return; // out of the drawing
    e.preventDefault();
    this.select(list[next].id);
    this.tell(`${this.d.nodes.get(list[next].id).getAttribute('aria-label')}, ${metres(list[next].x)}, ${metres(list[next].y)}`);
  }

  // The panel of what is selected.

  panel() {
    if (!this.props || this.props.contains(document.activeElement)) return;
    const w = this.words;
    if (this.selected.size !== 1) {
      this.props.replaceChildren(h('p', { className: 'form-hint', textContent: this.selected.size ? fill(w.many, this.selected.size) : w.nothing }));
      return;
    }
    const [id] = this.selected, [kind, e] = this.find(id);
    if (!kind) return;
    const rows = [h('h2', { className: 'plan-props-title', textContent: this.name(id) })];
    const set = (fn) => this.change(() => { fn(); this.d.redraw(kind, e); this.mark(); });
    const input = (label, value, put, type = 'text') => {
      const i = h('input', { className: 'form-control', value, type, dir: 'ltr', inputMode: type === 'text' ? 'decimal' : '' });
      i.addEventListener('change', () => put(i.value));
      rows.push(h('label', { className: 'plan-field' }, h('span', { textContent: label }), i));
      return i;
    };
    const number = (text) => Number(text.replace(/[٠-٩]/g, (d) => '٠١٢٣٤٥٦٧٨٩'.indexOf(d)).replace(/[۰-۹]/g, (d) => '۰۱۲۳۴۵۶۷۸۹'.indexOf(d)).replace(/[٫,]/, '.'));
    const length = (label, o, key, even = false) => input(label, metres(o[key]), (t) => {
      const v = number(t);
      if (Number.isFinite(v)) set(() => { o[key] = even ? Math.round(v * 500) * 2 : Math.round(v * 1000); });
    });
    const whole = (label, o, key) => input(label, o[key] ?? 0, (t) => { const v = number(t); if (Number.isFinite(v)) set(() => { o[key] = Math.max(0, Math.round(v)); }); });
    const words = (label, o, key) => { const i = input(label, o[key] ?? '', (t) => set(() => { o[key] = t.trim(); })); i.dir = 'auto'; i.inputMode = ''; return i; };
    const choice = (label, o, key, options, then) => {
      const s = h('select', { className: 'form-select' }, ...Object.entries(options).map(([value, text]) => h('option', { value, textContent: text, selected: o[key] === value })));
      s.addEventListener('change', () => set(() => { o[key] = s.value; then?.(); }));
      rows.push(h('label', { className: 'plan-field' }, h('span', { textContent: label }), s));
    };
    const tick = (label, o, key) => {
      const c = h('input', { className: 'form-check-input', type: 'checkbox', checked: Boolean(o[key]) });
      c.addEventListener('change', () => set(() => { o[key] = c.checked; }));
      rows.push(h('label', { className: 'form-check choice' }, c, h('span', { className: 'form-check-label', textContent: label })));
    };
    const corner = (poly, least) => {
      rows.push(h('h3', { textContent: w.corners }));
      poly.forEach((p, i) => {
        length(`${i + 1} · ${w.x}`, p, 0);
        length(`${i + 1} · ${w.y}`, p, 1);
        const more = h('button', { type: 'button', className: 'btn btn-icon', textContent: '+', title: fill(w.corner_add, i + 1) }), less = h('button', { type: 'button', className: 'btn btn-icon', textContent: '−', title: fill(w.corner_del, i + 1), disabled: poly.length <= least });
        more.setAttribute('aria-label', more.title);
        less.setAttribute('aria-label', less.title);
        const q = poly[(i + 1) % poly.length];
        more.addEventListener('click', () => { set(() => poly.splice(i + 1, 0, [Math.round((p[0] + q[0]) / 2), Math.round((p[1] + q[1]) / 2)])); this.refresh(); });
        less.addEventListener('click', () => { set(() => poly.splice(i, 1)); this.refresh(); });
        rows.push(h('span', { className: 'plan-corner' }, more, less));
      });
    };
    switch (kind) {
      case 'booths': {
        words(w.code, e, 'code').dir = 'ltr';
        choice(w.type, e, 'type', this.kinds, () => { const t = this.types[e.type]; if (!t.FreeSize) { e.w = t.Width; e.d = t.Depth; } });
        length(w.x, e, 'x'); length(w.y, e, 'y'); length(w.w, e, 'w', true); length(w.d, e, 'd', true);
        whole(w.angle, e, 'angle'); whole(w.powerw, e, 'power');
        const faces = h('fieldset', { className: 'plan-faces' }, h('legend', { textContent: w.open }));
        for (const [f, text] of Object.entries(this.faces)) {
          const c = h('input', { className: 'form-check-input', type: 'checkbox', checked: (e.open ?? '').includes(f) });
          c.addEventListener('change', () => set(() => { e.open = ['F', 'R', 'B', 'L'].filter((l) => (l === f ? c.checked : (e.open ?? '').includes(l))).join(''); }));
          faces.append(h('label', { className: 'form-check choice' }, c, h('span', { className: 'form-check-label', textContent: text })));
        }
        rows.push(faces);
        tick(w.has_water, e, 'water'); tick(w.accessible, e, 'accessible'); tick(w.extraction, e, 'extraction'); tick(w.shaded, e, 'shaded');
        break;
      }
      case 'columns': length(w.x, e, 'x'); length(w.y, e, 'y'); length(w.width, e, 'w'); length(w.d, e, 'd'); whole(w.angle, e, 'angle'); break;
      case 'walls': length(`1 · ${w.x}`, e.a, 0); length(`1 · ${w.y}`, e.a, 1); length(`2 · ${w.x}`, e.b, 0); length(`2 · ${w.y}`, e.b, 1); length(w.thick, e, 'thick'); break;
      case 'doors': choice(w.kind, e, 'kind', this.doors); length(w.x, e.at, 0); length(w.y, e.at, 1); length(w.width, e, 'width'); break;
      case 'services': choice(w.kind, e, 'kind', this.services); length(w.x, e.at, 0); length(w.y, e.at, 1); whole(w.watts, e, 'watts'); break;
      case 'zones':
        choice(w.kind, e, 'kind', this.zones, () => { if (e.kind === 'country') e.party ||= Object.keys(this.parties)[0]; this.refresh(); });
        choice(w.party, e, 'party', { '': '—', ...this.parties });
        words(w.place, e, 'place').dir = 'ltr'; words(w.title_ar, e.title, 'ar'); words(w.title_en, e.title, 'en');
        corner(e.area, 3);
        break;
      case 'aisles': corner(e.area, 3); break;
      case 'routes': corner(e.points, 2); break;
      case 'outline': corner(e, 3); break;
    }
    this.props.replaceChildren(...rows);
  }

  refresh() { document.activeElement?.blur(); this.panel(); }

  // Saving.

  get unsaved() { return (this.edit ?? 0) > (this.sent ?? 0); }

  async flush() {
    clearTimeout(this.timer);
    for (let n = 0; n < 50 && (this.saving || this.unsaved) && !this.asking; n++) { if (!this.saving) await this.save(); else await new Promise((go) => setTimeout(go, 60)); if (this.refusedEdit === this.edit) break; }
  }

  async save() {
    if (!this.editable || this.saving || this.asking || !this.unsaved) return;
    clearTimeout(this.timer);
    const edit = this.edit, sent = clone(this.plan);
    this.saving = true;
    this.key ??= newKey();
    this.say('saving');
    try {
      const answer = await fetch(this.url, { method: 'PUT', body: JSON.stringify(sent), credentials: 'same-origin', redirect: 'manual',
        headers: { 'Content-Type': 'application/json', Accept: 'application/json', 'X-CSRF-Token': csrf(), 'Idempotency-Key': this.key, 'If-Match': `"${this.version}"` } });
      this.signedOut = answer.status === 401 || answer.type === 'opaqueredirect';
      const body = await answer.json().catch(() => ({}));
      if (answer.ok) {
        this.base = sent;
        this.sent = edit;
        this.setVersion(body.version);
        this.findings(body);
        this.wait = 2000;
        this.key = undefined;
        if (!this.unsaved) this.say('saved', body.version);
      } else if (answer.status === 409 && body.clash) {
        this.key = undefined;
        await this.clash(body);
      } else if (this.signedOut) this.say('signed_out');
      else if (answer.status < 500) { this.refusedEdit = edit; this.key = undefined; this.say('refused', body.detail ?? answer.status); } else this.retry();
    } catch {
      this.retry();
    } finally {
      this.saving = false;
    }
    if (this.unsaved && !this.signedOut && !this.asking && this.refusedEdit !== this.edit) { clearTimeout(this.timer); this.timer = setTimeout(() => this.save(), WAIT); }
  }

  retry() {
    this.say('offline');
    clearTimeout(this.timer);
    this.timer = setTimeout(() => this.save(), this.wait);
    this.wait = Math.min(this.wait * 2, 60000);
  }

  setVersion(v) { this.version = v; document.querySelectorAll('[data-version]').forEach((f) => { f.value = v; }); }

  // clash merges what a colleague saved with what was drawn here. Elements that both changed are asked, one by one.
  async clash({ plan: theirs, version, by }) {
    this.asking = true;
    const parts = (p) => { const m = new Map([['outline', ['outline', p.outline]], ['limits', ['limits', p.limits]]]); for (const kind of collections) for (const e of p[kind] ?? []) m.set(e.id, [kind, e]); return m; };
    const b = parts(this.base), m = parts(this.plan), t = parts(theirs), text = (x) => (x ? JSON.stringify(Object.entries(x[1]).sort(([p], [q]) => (p < q ? -1 : 1))) : '');
    const merged = { format: this.plan.format }, asked = [];
    const take = (x) => { if (!x) return; if (x[0] === 'outline' || x[0] === 'limits') merged[x[0]] = x[1]; else (merged[x[0]] ??= []).push(x[1]); };
    let top = this.nextID();
    for (const [, e] of [...t.values()]) if (e.id) top = Math.max(top, e.id + 1);
    for (const id of new Set([...t.keys(), ...m.keys()])) {
      const [bx, mx, tx] = [b.get(id), m.get(id), t.get(id)];
      if (text(mx) === text(bx) || text(mx) === text(tx)) take(tx);
      else if (text(tx) === text(bx)) take(mx);
      else if (!bx && mx && tx) { take(tx); take([mx[0], { ...mx[1], id: top++ }]); } else asked.push({ id, mine: mx, theirs: tx });
    }
    for (const x of asked) x.choice = 'theirs';
    if (asked.length) await this.ask(asked, by);
    for (const x of asked) take(x[x.choice]);
    const codes = new Set();
    for (const x of merged.booths ?? []) { if (codes.has(x.code.toUpperCase())) { this.plan = merged; x.code = this.freeCode(x.code.replace(/[-\s]?\d+$/, '') || 'N'); } codes.add(x.code.toUpperCase()); }
    this.base = clone(theirs);
    this.done = [];
    this.undone = [];
    this.setVersion(version);
    this.replace(merged);
    this.asking = false;
    this.changed();
    this.tell(fill(this.words.merged, by));
  }

  ask(list, by) {
    const w = this.words, dialog = h('dialog', { className: 'ask plan-clash' });
    dialog.setAttribute('aria-labelledby', 'clash-title');
    const say = (x) => { if (!x) return w.deleted; const [kind, e] = x; return kind === 'booths' ? `${e.code} · ${metres(e.x)}, ${metres(e.y)} · ${metres(e.w)} × ${metres(e.d)} · ${e.angle ?? 0}°` : shape(kind, e).slice(0, 4).map((p) => p.map(metres).join(', ')).join(' · '); };
    const rows = list.map((x, i) => {
      const kind = (x.theirs ?? x.mine)[0], name = kind === 'booths' ? (x.theirs ?? x.mine)[1].code : w[{ walls: 'wall', columns: 'column', aisles: 'aisle', routes: 'route', zones: 'zone', outline: 'outline' }[kind]] ?? kind;
      const option = (value, label) => {
        const r = h('input', { className: 'form-check-input', type: 'radio', name: `clash-${i}`, value, checked: value === x.choice });
        r.addEventListener('change', () => { x.choice = value; });
        return h('label', { className: 'form-check choice' }, r, h('span', { className: 'form-check-label' }, h('strong', { textContent: label }), ' ', h('bdi', { dir: 'ltr', textContent: say(x[value]) })));
      };
      return h('fieldset', { className: 'field' }, h('legend', { className: 'form-label', textContent: name }), option('mine', w.mine), option('theirs', fill(w.theirs, by)));
    });
    const form = h('form', { method: 'dialog' }, ...rows, h('button', { className: 'btn btn-primary', value: 'yes', textContent: w.clash_do }));
    dialog.append(h('h2', { id: 'clash-title', textContent: w.clash_title }), h('p', { textContent: fill(w.clash_text, by) }), form);
    dialog.addEventListener('cancel', (e) => e.preventDefault());
    document.body.append(dialog);
    dialog.showModal();
    return new Promise((done) => dialog.addEventListener('close', () => { dialog.remove(); done(); }, { once: true }));
  }

  // What the checks found.

  findings({ findings, blocked, warned }) {
    this.found = findings ?? [];
    this.markFindings();
    document.querySelectorAll('[data-blocked]').forEach((p) => { p.hidden = !blocked; });
    if (!this.list) return;
    const w = this.words;
    this.list.replaceChildren(...this.found.map((f) => {
      const b = h('button', { type: 'button', className: 'finding-go' }, h('strong', { textContent: `${f.block ? w.blocks : w.warns}: ` }), f.text);
      b.addEventListener('click', () => this.go(f));
      return h('li', { className: f.block ? 'finding-bad' : 'finding-wait' }, b);
    }));
    if (!this.found.length) this.list.append(h('li', { className: 'finding-good', textContent: w.no_findings }));
    this.tell(this.found.length ? fill(w.found, blocked, warned) : w.no_findings);
  }

  markFindings() {
    this.svg.querySelectorAll('.is-bad, .is-wait').forEach((n) => n.classList.remove('is-bad', 'is-wait'));
    for (const f of this.found ?? []) for (const id of f.ids ?? []) { const n = this.d.nodes.get(id); if (n && !(n.classList.contains('is-bad') && !f.block)) { n.classList.remove('is-wait'); n.classList.add(f.block ? 'is-bad' : 'is-wait'); } }
  }

  go(f) {
    const v = this.d.view, w = Math.min(v.w, 20000);
    this.d.view = { x: f.at[0] - w / 2, y: f.at[1] - (w * v.h / v.w) / 2, w, h: w * v.h / v.w };
    this.d.show();
    if (f.ids?.length) this.select(f.ids[0]);
    this.svg.scrollIntoView({ block: 'nearest' });
    this.svg.focus({ preventScroll: true });
  }

  say(word, ...values) { this.status.dataset.state = word; this.status.textContent = fill(this.words[word], ...values); }
  tell(text) { this.live.textContent = text; }
}

function span(poly) { return [Math.min(...poly.map((p) => p[0])), Math.min(...poly.map((p) => p[1])), Math.max(...poly.map((p) => p[0])), Math.max(...poly.map((p) => p[1]))]; }

export function start() {
  document.querySelectorAll('[data-plan]:not([data-started])').forEach((root) => { root.dataset.started = 'yes'; new Editor(root).open(); });
}
