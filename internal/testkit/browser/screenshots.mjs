// Takes the pictures of the README from the demo: run.sh screenshots, or node screenshots.mjs plan report, those whose names begin so. They lie in fixtures/pictures and are not embedded in the program.
import { mkdirSync, writeFileSync } from 'node:fs';
import { DESK, language, launch, open, PHONE, serve, signIn } from './lib.mjs';

const out = new URL('../../../fixtures/pictures/', import.meta.url).pathname;
const most = 150 * 1024; // bytes of one picture
mkdirSync(out, { recursive: true });
const server = await serve('--demo');
const browser = await launch();
// name, who, language, screen, page ({family}: the first of the list that the query gives), what the picture begins at
const shots = [
  ['work-phone-ar', 'sayed.worker', 'ar', PHONE, '/'],
  ['register-phone-ar', 'sayed.worker', 'ar', PHONE, '/registrations/{family}/household', 'state=draft&entered_by=me'],
  ['criteria-phone-en', 'sayed.worker', 'en', PHONE, '/registrations/{family}/finance', 'state=draft&entered_by=me', '#checklist'],
  ['card-phone-en', 'sayed.worker', 'en', PHONE, '/families/{family}/card', 'state=approved'],
  ['family-desk-ar', 'mahmoud.reviewer', 'ar', DESK, '/families/{family}', 'state=under_review&reviewer=me'],
  ['sheet-desk-en', 'mahmoud.reviewer', 'en', DESK, '/families/{family}/sheet', 'state=approved'],
  ['list-desk-en', 'mahmoud.reviewer', 'en', DESK, '/families?sort=name'],
  ['preview-desk-ar', 'iman.admin', 'ar', DESK, '/criteria/3/preview'],
  ['catalogue-desk-ar', '', 'ar', DESK, '/catalogue?lang=ar'],
  ['catalogue-desk-en', '', 'en', DESK, '/catalogue?lang=en'],
  ['product-phone-en', '', 'en', PHONE, '/catalogue/products/3?lang=en'],
  ['print-page-ar', 'salwa.coordinator', 'ar', { width: 794, height: 1123 }, '/catalogue/print/book?lang=ar', '', '#craft-CL'],
  ['print-page-en', 'salwa.coordinator', 'en', { width: 794, height: 1123 }, '/catalogue/print/book?lang=en', '', '#craft-CL'],
  ['print-cover-en', 'salwa.coordinator', 'en', { width: 794, height: 1123 }, '/catalogue/print/book?lang=en', '', '.book-cover'],
  ['plan-desk-ar', 'salwa.coordinator', 'ar', DESK, '/plans/1'],
  ['plan-desk-en', 'salwa.coordinator', 'en', DESK, '/plans/1'],
  ['report-desk-ar', 'maryam.coordinator', 'ar', DESK, '/exhibitions/1/report'],
  ['dashboard-desk-ar', 'karim.analyst', 'ar', DESK, '/dashboard'],
  ['dashboard-desk-en', 'mahmoud.reviewer', 'en', DESK, '/dashboard'],
  ['dashboard-phone-ar', 'sayed.worker', 'ar', PHONE, '/dashboard'],
  ['dashboard-both-desk-en', 'salwa.coordinator', 'en', DESK, '/dashboard?view=both'],
  ['dashboard-ladder-desk-ar', 'karim.analyst', 'ar', DESK, '/dashboard?view=ladder'],
  ['scheme-desk-ar', 'salwa.coordinator', 'ar', DESK, '/schemes/1'],
  ['quarterly-desk-ar', 'salwa.coordinator', 'ar', { width: 794, height: 1123 }, '/reports/editions/1/print?lang=ar', '', '.rep-section >> nth=0'],
  ['report-phone-en', 'maryam.coordinator', 'en', PHONE, '/exhibitions/1/report'],
];
for (const [name, who, lang, viewport, where, query, from] of shots.filter(([n]) => process.argv.length < 3 || process.argv.slice(2).some((begin) => n.startsWith(begin)))) {
  const page = await open(browser, { viewport });
  if (who) { // the catalogue is public
    await signIn(page, server.base, who);
    await language(page, server.base, lang);
  }
  let path = where;
  if (query) {
    await page.goto(`${server.base}/families?${query}`);
    const id = await page.evaluate(() => [...document.querySelectorAll('main a')].map((a) => a.getAttribute('href').match(/^\/(?:families|registrations)\/(\d+)/)?.[1]).find(Boolean));
    path = where.replace('{family}', id);
  }
  await page.goto(server.base + path);
  await page.waitForLoadState('networkidle');
  await page.evaluate(() => document.fonts.ready);
  const y = from ? await page.locator(from).evaluate((e) => { const top = e.getBoundingClientRect().top + scrollY - 16; scrollTo({ top, behavior: 'instant' }); return scrollY; }) : 0;
  const devtools = await page.context_.newCDPSession(page);
  const { data } = await devtools.send('Page.captureScreenshot', { format: 'webp', quality: 78, clip: { x: 0, y, ...viewport, scale: viewport === PHONE ? 2 : 1 } });
  const picture = Buffer.from(data, 'base64');
  if (picture.length > most) throw new Error(`${name}: ${picture.length} bytes`);
  writeFileSync(`${out}${name}.webp`, picture);
  console.log(`${name}.webp ${(picture.length / 1024).toFixed(0)} KB`);
  await page.context_.close();
}
await browser.close();
await server.stop();
