// The door of an exhibition: reads badges with the camera (BarcodeDetector where the browser has it, else jsQR, which comes only then), takes typed codes everywhere, and
// keeps what could not be sent until there is signal again. What is kept names nobody: a token or a code, and when it was seen. The server knows each exhibitor once a day, so that
// sending again has no second effect.
import { csrf, parsed, fill } from './page.js';

const STORE = 'muntija-checkin';

export function start() {
  for (const el of document.querySelectorAll('[data-checkin]')) if (!el.dataset.on) { el.dataset.on = '1'; door(el); }
}

function door(el) {
  const url = el.dataset.checkin, texts = parsed(el, 'texts');
  const form = el.querySelector('[data-checkin-form]'), result = el.querySelector('[data-checkin-result]');
  const queueLine = el.querySelector('[data-checkin-queue]'), note = el.querySelector('[data-checkin-note]');
  const key = `${STORE}:${url}`;
  const kept = () => { try { return JSON.parse(localStorage.getItem(key)) ?? []; } catch { return []; } };
  const keep = (list) => { if (list.length) localStorage.setItem(key, JSON.stringify(list)); else localStorage.removeItem(key); line(); };
  const line = () => { const n = kept().length; queueLine.textContent = n ? fill(texts.waiting, n) : ''; };

  const say = (kind, lines) => {
    result.replaceChildren(...lines.filter(Boolean).map((text, i) => {
      const p = document.createElement('p');
      p.className = i === 0 ? kind : i === 1 ? 'ex-badge-name' : i === 3 ? 'ex-badge-booth' : '';
      p.dir = 'auto';
      p.textContent = text;
      return p;
    }));
  };

  async function send(item) {
    const body = new URLSearchParams({ code: item.code, ...(item.seen ? { seen: item.seen } : {}) });
    const answer = await fetch(url, { method: 'POST', body, credentials: 'same-origin', headers: { Accept: 'application/json', 'X-CSRF-Token': csrf() }, signal: AbortSignal.timeout(8000) });
    if (answer.status >= 500 || answer.status === 429) throw new Error(String(answer.status));
    return { status: answer.status, ...(await answer.json().catch(() => ({}))) };
  }

  async function check(code) {
    try {
      const a = await send({ code });
      if (a.status === 401) say('ex-bad', [texts.signin]);
      else if (a.name) say(a.again ? 'ex-late' : 'ex-good', [a.again ? fill(texts.again, a.at) : texts.done, a.name, `${a.craft} · ${a.party}`, a.booth ? `${texts.booth} \u2066${a.booth}\u2069${a.hall ? ` · ${a.hall}` : ''}` : '']);
      else say('ex-bad', [a.refused ?? a.detail ?? texts.failed]);
      flush();
    } catch {
      const list = kept();
      if (!list.some((x) => x.code === code && x.seen.slice(0, 10) === new Date().toISOString().slice(0, 10))) keep([...list, { code, seen: new Date().toISOString().replace(/\.\d+/, '') }]);
      say('ex-late', [texts.kept, '', code.length < 24 ? code : '']);
    }
  }

  let sending = false;
  async function flush() {
    if (sending || !kept().length) return;
    sending = true;
    try {
      for (const item of kept()) {
        const a = await send(item);
        if (a.status === 401) break; // somebody has to sign in first
        keep(kept().filter((x) => x.code !== item.code || x.seen !== item.seen));
        if (!a.name) queueLine.textContent = a.refused ?? texts.failed;
      }
      if (!kept().length) queueLine.textContent = texts.sent;
    } catch { /* no signal yet */ } finally { sending = false; }
  }

  form.addEventListener('submit', (e) => {
    e.preventDefault();
    const input = form.elements.code, code = input.value.trim();
    if (code) check(code);
    input.value = '';
    input.focus();
  });
  window.addEventListener('online', flush);
  setInterval(flush, 15000);
  line();
  flush();

  const button = el.querySelector('[data-checkin-camera]'), video = el.querySelector('[data-checkin-video]');
  if (!navigator.mediaDevices?.getUserMedia) { // no camera, or the page did not come over https
    button.hidden = true;
    note.textContent = texts.no_camera;
    return;
  }
  button.addEventListener('click', async () => {
    try {
      const read = await reader();
      const stream = await navigator.mediaDevices.getUserMedia({ video: { facingMode: 'environment' } });
      video.srcObject = stream;
      video.hidden = false;
      button.hidden = true;
      await video.play();
      let last = '', lastAt = 0;
      const look = async () => {
        if (!video.isConnected) { stream.getTracks().forEach((t) => t.stop()); return; }
        const found = await read(video);
        if (found && (found !== last || Date.now() - lastAt > 4000)) {
          last = found;
          lastAt = Date.now();
          await check(last);
        }
        setTimeout(look, 200);
      };
      look();
    } catch { note.textContent = texts.camera_off; }
  });
}

// reader returns what reads the square in a picture of the camera: a function from the video to its text, or nothing.
async function reader() {
  const formats = await window.BarcodeDetector?.getSupportedFormats?.().catch(() => []) ?? [];
  if (formats.includes('qr_code')) {
    const detector = new window.BarcodeDetector({ formats: ['qr_code'] });
    return async (video) => (await detector.detect(video).catch(() => []))[0]?.rawValue;
  }
  await import('../vendor/jsqr/jsQR.js');
  const canvas = document.createElement('canvas'), pen = canvas.getContext('2d', { willReadFrequently: true });
  return async (video) => {
    if (!video.videoWidth) return undefined;
    const scale = Math.min(1, 640 / Math.max(video.videoWidth, video.videoHeight)); // enough for a badge held to the camera, and quick on an old phone
    canvas.width = Math.round(video.videoWidth * scale);
    canvas.height = Math.round(video.videoHeight * scale);
    pen.drawImage(video, 0, 0, canvas.width, canvas.height);
    const { data, width, height } = pen.getImageData(0, 0, canvas.width, canvas.height);
    return globalThis.jsQR(data, width, height, { inversionAttempts: 'dontInvert' })?.data || undefined;
  };
}
