// Takes the pictures of the README from the demo: run.sh screenshots.
import { mkdirSync } from 'node:fs';
import { DESK, language, launch, open, PHONE, serve, signIn } from './lib.mjs';

const out = new URL('./shots/', import.meta.url).pathname;
mkdirSync(out, { recursive: true });
const server = await serve('--demo');
const browser = await launch();
const shots = [
  ['work-ar', 'sayed.worker', 'ar', PHONE, '/'],
  ['register-ar', 'sayed.worker', 'ar', PHONE, 'DRAFT/household'],
  ['family-ar', 'mahmoud.reviewer', 'ar', DESK, 'state=under_review'],
  ['sheet-en', 'mahmoud.reviewer', 'en', DESK, 'state=approved', '/sheet'],
  ['list-en', 'karim.analyst', 'en', DESK, '/families'],
  ['card-ar', 'mahmoud.reviewer', 'ar', DESK, 'state=approved', '/card'],
  ['preview-ar', 'iman.admin', 'ar', DESK, '/criteria/3/preview'],
];
for (const [name, who, lang, viewport, where, tail = ''] of shots) {
  const page = await open(browser, { viewport });
  await signIn(page, server.base, who);
  await language(page, server.base, lang);
  let path = where;
  if (!where.startsWith('/')) {
    await page.goto(`${server.base}/families?${where.startsWith('DRAFT') ? 'state=draft&entered_by=me' : where}`);
    const id = await page.evaluate(() => [...document.querySelectorAll('main a')].map((a) => a.getAttribute('href').match(/^\/(?:families|registrations)\/(\d+)/)?.[1]).find(Boolean));
    path = where.startsWith('DRAFT') ? `/registrations/${id}/${where.split('/')[1]}` : `/families/${id}${tail}`;
  }
  await page.goto(server.base + path);
  await page.waitForLoadState('networkidle');
  await page.screenshot({ path: `${out}${name}.png`, fullPage: false });
  await page.context_.close();
}
await browser.close();
await server.stop();
