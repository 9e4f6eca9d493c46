// The order of a product's photographs: each has a grip that is dragged with the mouse or a finger, or moved with the arrow keys (the arrows go as the page reads).
// Every drop is one request, the photograph and its new place; if it fails, the photographs go back. The buttons under each work without this file.
import { csrf, fill, parsed } from './page.js';

export function start() {
  document.querySelectorAll('[data-photos]:not([data-started])').forEach((list) => { list.dataset.started = 'yes'; order(list); });
}

function order(list) {
  const words = parsed(list, 'texts'), status = document.querySelector('[data-photos-status]');
  const items = () => [...list.children];
  const say = (text) => { status.textContent = text; };
  const place = (li) => items().indexOf(li) + 1;

  const name = (li) => li.querySelector('[data-grip]').setAttribute('aria-label', fill(words.grip, place(li), items().length));
  for (const li of items()) {
    const grip = document.querySelector('#photo-grip').content.firstElementChild.cloneNode(true);
    li.prepend(grip);
    grip.addEventListener('pointerdown', (e) => { if (e.button === 0) drag(e, li, grip); });
    grip.addEventListener('keydown', (e) => key(e, li, grip));
  }
  items().forEach(name);

  async function save(li, from) {
    const to = place(li);
    if (to === from) return;
    items().forEach(name);
    let ok = false;
    try {
      const answer = await fetch(`${list.dataset.photos}/${li.dataset.id}/to`, { method: 'POST', body: new URLSearchParams({ place: to }), credentials: 'same-origin', redirect: 'manual',
        headers: { Accept: 'application/json', 'X-CSRF-Token': csrf(), 'Idempotency-Key': crypto.randomUUID?.() ?? `${Date.now()}-${Math.random()}` } });
      ok = answer.status === 204;
    } catch { /* said below */ }
    if (!ok) { put(li, from); items().forEach(name); }
    say(ok ? fill(words.saved, to, items().length) : words.failed);
  }

  // put moves a photograph to a place.
  function put(li, at) {
    const others = items().filter((x) => x !== li);
    list.insertBefore(li, others[at - 1] ?? null);
  }

  function key(e, li, grip) {
    const forward = getComputedStyle(list).direction === 'rtl' ? 'ArrowLeft' : 'ArrowRight', back = forward === 'ArrowLeft' ? 'ArrowRight' : 'ArrowLeft';
    const from = place(li);
    const to = { [forward]: from + 1, ArrowDown: from + 1, [back]: from - 1, ArrowUp: from - 1, Home: 1, End: items().length }[e.key];
    if (to === undefined) return;
    e.preventDefault();
    if (to < 1 || to > items().length || to === from) return;
    put(li, to);
    grip.focus();
    save(li, from);
  }

  function drag(e, li, grip) {
    const from = place(li);
    e.preventDefault();
    grip.focus();
    li.classList.add('is-held');
    say(fill(words.held, from));
    const move = (m) => {
      if (m.pointerId !== e.pointerId) return;
      const over = document.elementsFromPoint(m.clientX, m.clientY).map((x) => x.closest?.('[data-photos] > li')).find((x) => x && list.contains(x) && x !== li);
      if (!over) return;
      const box = over.getBoundingClientRect(), rtl = getComputedStyle(list).direction === 'rtl';
      // Across the middle of the other one, so that two do not change places to and fro.
      const after = rtl ? m.clientX < box.left + box.width / 2 : m.clientX > box.left + box.width / 2;
      const target = after ? over.nextElementSibling : over;
      if (target !== li && li.nextElementSibling !== target) { list.insertBefore(li, target); say(fill(words.at, place(li), items().length)); }
    };
    const end = (m) => {
      if (m.pointerId !== e.pointerId) return;
      for (const [name, fn] of [['pointermove', move], ['pointerup', end], ['pointercancel', end]]) document.removeEventListener(name, fn);
      li.classList.remove('is-held');
      if (m.type === 'pointercancel') { put(li, from); say(words.left); } else save(li, from);
    };
    // On the document: a capture is lost when the photograph takes another place in it.
    for (const [name, fn] of [['pointermove', move], ['pointerup', end], ['pointercancel', end]]) document.addEventListener(name, fn);
  }
}
