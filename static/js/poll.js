// A part of a page that changes by itself, such as a job's progress (id, data-poll="URL" data-every="2000"): asks for its HTML again until the answer no
// longer carries data-poll, and slows down while the tab is hidden or the server does not answer.
const known = new WeakSet();

export function start() {
  for (const el of document.querySelectorAll('[data-poll]')) {
    if (!known.has(el)) { known.add(el); later(el, 1); }
  }
}

function later(el, slower) { setTimeout(() => ask(el, slower), Number(el.dataset.every ?? 2000) * slower); }

async function ask(el, slower) {
  if (!el.isConnected) return;
  if (document.hidden) { later(el, 5); return; }
  try {
    const answer = await fetch(el.dataset.poll, { credentials: 'same-origin', headers: { 'HX-Request': 'true' } });
    if (!answer.ok) throw new Error(String(answer.status));
    const fresh = new DOMParser().parseFromString(await answer.text(), 'text/html').body.firstElementChild;
    if (fresh?.id !== el.id) throw new Error('not the part asked for');
    el.replaceWith(fresh);
    start();
  } catch {
    later(el, Math.min(slower * 2, 15));
  }
}
