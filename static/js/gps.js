// A button (data-gps="address") that fills the fields <group>.lat, .lon and .accuracy of its form with the device's position; data-gps="" fills lat and
// lon themselves.
import { fill, parsed } from './page.js';

let started = false;

export function start() {
  if (started) return;
  started = true;
  document.addEventListener('click', (e) => {
    const button = e.target.closest('[data-gps]');
    if (button) locate(button);
  });
}

function locate(button) {
  const words = parsed(button, 'texts'), form = button.form, group = button.dataset.gps;
  const status = button.parentElement.querySelector('[data-gps-status]');
  const say = (text) => { if (status) status.textContent = text; };
  if (!navigator.geolocation) { say(words.failed); return; }
  say(words.working);
  button.disabled = true;
  navigator.geolocation.getCurrentPosition((p) => {
    button.disabled = false;
    const { latitude, longitude, accuracy } = p.coords;
    for (const [name, value] of [['lat', latitude.toFixed(6)], ['lon', longitude.toFixed(6)], ['accuracy', String(Math.round(accuracy))]]) {
      const field = form?.elements.namedItem(group ? `${group}.${name}` : name);
      if (field && 'value' in field) field.value = value;
    }
    say(fill(words.done, Math.round(accuracy)));
    form?.dispatchEvent(new Event('input', { bubbles: true }));
  }, (error) => {
    button.disabled = false;
    say(error.code === error.PERMISSION_DENIED ? words.denied : words.failed);
  }, { enableHighAccuracy: true, timeout: 20000, maximumAge: 60000 });
}
