// Upload forms (data-upload data-max-mb="10" data-texts=…): shrinks photographs before they are sent, to spare a slow connection, and shows how far
// the upload is. The server checks and re-encodes everything again, whatever arrives. The answer's page takes the place of this one.
import { csrf, fill, parsed } from './page.js';

const LONGEST = 2000, WORTH = 1 << 20;
const known = new WeakSet();

export function start() {
  for (const form of document.querySelectorAll('form[data-upload]')) {
    if (known.has(form)) continue;
    known.add(form);
    form.addEventListener('submit', (e) => { if (!e.defaultPrevented && form.querySelector('input[type=file]')?.files.length) { e.preventDefault(); send(form, e.submitter); } });
  }
}

async function send(form, submitter) {
  if (form.dataset.busy) return;
  form.dataset.busy = 'yes';
  submitter?.setAttribute('aria-busy', 'true');
  const words = parsed(form, 'texts'), status = form.querySelector('[data-upload-status]'), bar = form.querySelector('progress');
  const say = (text) => { if (status) status.textContent = text; };
  const release = () => { delete form.dataset.busy; submitter?.removeAttribute('aria-busy'); if (bar) bar.hidden = true; };
  const data = new FormData(form, submitter ?? undefined), max = Number(form.dataset.maxMb ?? 10);
  for (const [name, value] of [...data]) {
    if (!(value instanceof File) || value.size === 0) continue;
    const small = await shrink(value);
    if (small.size > max << 20) { say(fill(words.large, max)); release(); return; }
    if (small !== value) data.set(name, small, value.name.replace(/\.\w+$/, '') + '.jpg');
  }
  const xhr = new XMLHttpRequest();
  xhr.open('POST', form.action || location.href);
  xhr.setRequestHeader('X-CSRF-Token', csrf());
  xhr.upload.onprogress = (e) => {
    if (!e.lengthComputable) return;
    const percent = Math.round(100 * e.loaded / e.total);
    if (bar) { bar.hidden = false; bar.value = percent; }
    say(fill(words.working, percent));
  };
  xhr.onerror = xhr.ontimeout = () => { say(words.failed); release(); };
  xhr.onload = () => {
    release();
    // The answer is the page that follows, or this one with what is wrong with the file: show it as it would have come without this script.
    const page = new DOMParser().parseFromString(xhr.responseText, 'text/html').querySelector('main');
    if (!page) { say(words.failed); return; }
    const taken = xhr.status >= 200 && xhr.status < 400;
    document.querySelector('main').replaceWith(page);
    if (taken && xhr.responseURL) history.replaceState(null, '', xhr.responseURL);
    (page.querySelector('[data-summary]') ?? page).focus();
    window.scrollTo(0, 0);
    document.dispatchEvent(new Event('muntija:replaced'));
  };
  xhr.send(data);
}

// shrink gives a JPEG of at most LONGEST pixels a side, upright, for a larger photograph; anything else as it is.
async function shrink(file) {
  if (!/^image\/(jpeg|png|webp)$/.test(file.type) || file.size < WORTH || !globalThis.createImageBitmap) return file;
  try {
    const image = await createImageBitmap(file, { imageOrientation: 'from-image' });
    const scale = Math.min(1, LONGEST / Math.max(image.width, image.height));
    const canvas = Object.assign(document.createElement('canvas'), { width: Math.round(image.width * scale), height: Math.round(image.height * scale) });
    canvas.getContext('2d').drawImage(image, 0, 0, canvas.width, canvas.height);
    image.close();
    const blob = await new Promise((done) => canvas.toBlob(done, 'image/jpeg', 0.85));
    return blob && blob.size < file.size ? new File([blob], file.name, { type: 'image/jpeg' }) : file;
  } catch {
    return file; // not an image after all: the server will say so
  }
}
