// Products go out as a workbook and come back: as they are they change nothing. axe on each page, both languages.
import { after, before, test } from 'node:test';
import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { check, language, launch, open, PHONE, serve, signIn } from './lib.mjs';

let server, browser, dir;
before(async () => { server = await serve('--demo'); browser = await launch(); dir = mkdtempSync(join(tmpdir(), 'muntija-products-')); });
after(async () => { await browser?.close(); await server?.stop(); if (dir) rmSync(dir, { recursive: true, force: true }); });

async function whole(page, label) {
  for (const lang of ['en', 'ar']) {
    await language(page, server.base, lang);
    await check(page, `${label} ${lang}`, { lang });
  }
}

async function upload(page, file) {
  await page.goto(`${server.base}/imports`);
  await page.setInputFiles('[name=file]', file);
  await page.click('form[enctype] button[type=submit]');
  await page.waitForFunction(() => /^\/imports\/\d+\/columns$/.test(location.pathname));
  await page.goto(page.url());
  await whole(page, 'columns');
  await page.click('form[action$="/columns"] button[type=submit]');
  await page.waitForSelector('.roster-tiles', { timeout: 180_000 });
  return page.url();
}

const counts = (page) => page.$$eval('.roster-tile .roster-count', (all) => all.map((x) => Number(x.textContent.trim().replace(/[^0-9]/g, ''))));

test('products out and in', async () => {
  const page = await open(browser, { viewport: PHONE, acceptDownloads: true });
  await signIn(page, server.base, 'sayed.worker');
  await page.goto(`${server.base}/families/export?kind=products`);
  await whole(page, 'export of products');
  const [download] = await Promise.all([page.waitForEvent('download'), page.click('form[action="/families/export"] button[type=submit]:not([name])')]);
  const file = join(dir, 'products.xlsx');
  await download.saveAs(file);

  await upload(page, file);
  const same = await counts(page);
  assert.ok(same[5] > 0 && same.every((n, i) => i === 5 || n === 0), `as they are they change nothing: ${same}`);

  await whole(page, 'dry run');
  assert.deepEqual(page.faults, []);
});
