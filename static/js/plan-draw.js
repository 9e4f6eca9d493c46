// The drawing of a hall: from the plan's JSON (its format is in internal/exhibition/plan.go) to SVG, with a view that moves and zooms. Lengths are millimetres, y goes
// down. The page may run right to left; the drawing never does. No styles are set: looks are classes of app.css, places are attributes.

const NS = 'http://www.w3.org/2000/svg';
export const collections = ['zones', 'aisles', 'routes', 'walls', 'columns', 'doors', 'services', 'booths'];

export function el(name, attributes = {}, ...children) {
  const e = document.createElementNS(NS, name);
  for (const [k, v] of Object.entries(attributes)) if (v !== undefined) e.setAttribute(k, v);
  e.append(...children);
  return e;
}

export const points = (poly) => poly.map((p) => p.join(',')).join(' ');
export const metres = (mm) => String(Math.round(mm) / 1000);

// corners of a booth or column, as the server computes them.
export function corners(b) {
  const a = (b.angle ?? 0) * Math.PI / 180, s = Math.sin(a), c = Math.cos(a);
  return [[-1, 1], [1, 1], [1, -1], [-1, -1]].map(([x, y]) => {
    const dx = x * b.w / 2, dy = y * b.d / 2;
    return [Math.round(b.x + dx * c - dy * s), Math.round(b.y + dx * s + dy * c)];
  });
}

// shape returns the points that an element is made of, for moving it and for where it is.
export function shape(kind, e) {
  switch (kind) {
    case 'booths': case 'columns': return corners(e);
    case 'walls': return [e.a, e.b];
    case 'doors': case 'services': return [e.at];
    case 'routes': return e.points;
    case 'outline': return e;
    default: return e.area;
  }
}

export function shift(kind, e, dx, dy) {
  const by = (p) => { p[0] += dx; p[1] += dy; };
  if (kind === 'booths' || kind === 'columns') { e.x += dx; e.y += dy; } else if (kind === 'walls') { by(e.a); by(e.b); } else shape(kind, e).forEach(by);
}

const WALLS = { F: (w, d) => `M${-w} ${d}H${w}`, R: (w, d) => `M${w} ${-d}V${d}`, B: (w, d) => `M${-w} ${-d}H${w}`, L: (w, d) => `M${-w} ${-d}V${d}` };

export class Drawing {
  constructor(svg, words) {
    this.svg = svg;
    this.words = words;
    this.nodes = new Map();
    this.layers = {};
    svg.replaceChildren();
    this.floor = svg.appendChild(el('polygon', { class: 'hall-floor', id: 'e-0' }));
    for (const c of collections) this.layers[c] = svg.appendChild(el('g', { class: `layer-${c}` }));
    this.over = svg.appendChild(el('g', { class: 'layer-over' }));
  }

  draw(plan) {
    this.plan = plan;
    this.nodes.clear();
    this.floor.setAttribute('points', points(plan.outline));
    for (const c of collections) {
      const list = plan[c] ?? [];
      this.layers[c].replaceChildren(...list.map((e) => this.make(c, e)));
    }
  }

  // redraw draws one element anew in its place.
  redraw(kind, e) {
    if (kind === 'outline') { this.floor.setAttribute('points', points(this.plan.outline)); return; }
    const old = this.nodes.get(e.id), fresh = this.make(kind, e);
    if (old) { fresh.classList.toggle('is-selected', old.classList.contains('is-selected')); old.replaceWith(fresh); } else this.layers[kind].append(fresh);
  }

  make(kind, e) {
    const n = this[kind](e);
    n.id = `e-${e.id}`;
    n.dataset.id = e.id;
    n.dataset.kind = kind;
    this.nodes.set(e.id, n);
    return n;
  }

  booths(b) {
    const w = b.w / 2, d = b.d / 2, size = Math.min(b.w, b.d) / 4;
    const turned = el('g', { transform: `rotate(${b.angle ?? 0})` }, el('rect', { x: -w, y: -d, width: b.w, height: b.d }));
    const closed = Object.entries(WALLS).filter(([f]) => !(b.open ?? '').includes(f)).map(([, path]) => path(w, d)).join('');
    if (closed) turned.append(el('path', { d: closed }));
    const g = el('g', { class: `booth booth-${b.type}`, transform: `translate(${b.x} ${b.y})`, role: 'img', 'aria-label': `${b.code}, ${this.words.kinds?.[b.type] ?? b.type}` }, turned);
    const label = el('text', { y: size / 3, 'font-size': size });
    label.textContent = b.code;
    g.append(label);
    return g;
  }

  walls(w) { return el('line', { class: 'hall-wall', x1: w.a[0], y1: w.a[1], x2: w.b[0], y2: w.b[1], 'stroke-width': w.thick }); }
  columns(c) { return el('rect', { class: 'hall-column', x: c.x - c.w / 2, y: c.y - c.d / 2, width: c.w, height: c.d, transform: `rotate(${c.angle ?? 0} ${c.x} ${c.y})` }); }
  aisles(a) { return el('polygon', { class: 'hall-aisle', points: points(a.area) }); }
  routes(r) { return el('polyline', { class: 'hall-route', points: points(r.points) }); }
  services(s) { return el('rect', { class: `hall-${s.kind}`, x: s.at[0] - 250, y: s.at[1] - 250, width: 500, height: 500 }); }

  doors(d) {
    const label = el('text', { x: d.at[0], y: d.at[1] - 700, 'font-size': 520 });
    label.textContent = `${this.words.doors?.[d.kind] ?? d.kind} ${metres(d.width)}`;
    const out = this.alongWall(d.at), half = d.width / 2;
    return el('g', { class: `hall-door hall-door-${d.kind}` }, el('line', { x1: d.at[0] - out[0] * half, y1: d.at[1] - out[1] * half, x2: d.at[0] + out[0] * half, y2: d.at[1] + out[1] * half }), el('circle', { cx: d.at[0], cy: d.at[1], r: 350 }), label);
  }

  zones(z) {
    const g = el('g', { class: 'hall-zone' }, el('polygon', { points: points(z.area) }));
    const title = document.documentElement.lang === 'en' && z.title.en ? z.title.en : z.title.ar;
    if (title) {
      const label = el('text', { x: Math.min(...z.area.map((p) => p[0])), y: Math.min(...z.area.map((p) => p[1])) - 200, 'font-size': 600 });
      label.textContent = title;
      g.append(label);
    }
    return g;
  }

  // edges are what doors sit in.
  edges() {
    const p = this.plan, out = p.outline.map((a, i) => [a, p.outline[(i + 1) % p.outline.length]]);
    return out.concat((p.walls ?? []).map((w) => [w.a, w.b]));
  }

  nearest(at) {
    let best = { d: Infinity };
    for (const [a, b] of this.edges()) {
      const dx = b[0] - a[0], dy = b[1] - a[1], l = dx * dx + dy * dy;
      const t = l ? Math.min(1, Math.max(0, ((at[0] - a[0]) * dx + (at[1] - a[1]) * dy) / l)) : 0;
      const p = [a[0] + t * dx, a[1] + t * dy], d = Math.hypot(p[0] - at[0], p[1] - at[1]);
      if (d < best.d) best = { d, at: p.map(Math.round), dir: l ? [dx / Math.sqrt(l), dy / Math.sqrt(l)] : [1, 0] };
    }
    return best;
  }

  alongWall(at) { return this.nearest(at).dir ?? [1, 0]; }

  // The view.

  fit() {
    const xs = this.plan.outline.map((p) => p[0]), ys = this.plan.outline.map((p) => p[1]);
    const x = Math.min(...xs), y = Math.min(...ys), pad = 2500;
    this.view = { x: x - pad, y: y - pad, w: Math.max(...xs) - x + 2 * pad, h: Math.max(...ys) - y + 2 * pad };
    this.show();
  }

  show() {
    const v = this.view;
    this.svg.setAttribute('viewBox', `${v.x} ${v.y} ${v.w} ${v.h}`);
  }

  zoom(factor, at = [this.view.x + this.view.w / 2, this.view.y + this.view.h / 2]) {
    const v = this.view, w = Math.min(3e6, Math.max(2000, v.w * factor)), f = w / v.w;
    this.view = { x: at[0] - (at[0] - v.x) * f, y: at[1] - (at[1] - v.y) * f, w, h: v.h * f };
    this.show();
  }

  pan(dx, dy) { this.view.x += dx; this.view.y += dy; this.show(); }

  // scale is floor millimetres for one pixel.
  scale() {
    const r = this.svg.getBoundingClientRect(), v = this.view;
    return Math.max(v.w / r.width, v.h / r.height);
  }

  // at is the place on the floor under a pointer.
  at(event) {
    const r = this.svg.getBoundingClientRect(), v = this.view, s = this.scale();
    return [v.x + v.w / 2 + (event.clientX - r.left - r.width / 2) * s, v.y + v.h / 2 + (event.clientY - r.top - r.height / 2) * s];
  }

  centre() { return [this.view.x + this.view.w / 2, this.view.y + this.view.h / 2].map((v) => Math.round(v / 100) * 100); }

  // moving makes the view follow two fingers, the wheel, and one pointer where free(event) says that it is not taken by something else.
  moving(free) {
    const down = new Map();
    let spread = 0;
    this.svg.addEventListener('pointerdown', (e) => {
      down.set(e.pointerId, [e.clientX, e.clientY]);
      if (down.size === 2) { const [a, b] = [...down.values()]; spread = Math.hypot(a[0] - b[0], a[1] - b[1]); }
    });
    this.svg.addEventListener('pointermove', (e) => {
      const old = down.get(e.pointerId);
      if (!old) return;
      const s = this.scale();
      if (down.size === 2) {
        down.set(e.pointerId, [e.clientX, e.clientY]);
        const [a, b] = [...down.values()], now = Math.hypot(a[0] - b[0], a[1] - b[1]);
        if (spread > 0 && now > 0) this.zoom(spread / now, this.at({ clientX: (a[0] + b[0]) / 2, clientY: (a[1] + b[1]) / 2 }));
        spread = now;
      } else if (free(e)) {
        this.pan((old[0] - e.clientX) * s, (old[1] - e.clientY) * s);
        down.set(e.pointerId, [e.clientX, e.clientY]);
      }
    });
    for (const end of ['pointerup', 'pointercancel', 'lostpointercapture']) this.svg.addEventListener(end, (e) => down.delete(e.pointerId));
    this.svg.addEventListener('wheel', (e) => {
      if (!e.ctrlKey && !e.metaKey && document.activeElement !== this.svg) return; // the page scrolls
      e.preventDefault();
      this.zoom(e.deltaY > 0 ? 1.15 : 1 / 1.15, this.at(e));
    }, { passive: false });
    return () => down.size;
  }
}

// order is the way of Tab: row by row, then from the left.
export const order = (booths) => [...booths].sort((a, b) => Math.round((a.y - b.y) / 1500) || a.x - b.x);

export const newKey = () => crypto.randomUUID?.() ?? String(Math.random()).slice(2) + Date.now();
