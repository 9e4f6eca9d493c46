// What goes out: a reviewer exports the filtered list, keeps the columns under a name, and fetches a blank template.
import { after, before, test } from 'node:test';
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { DESK, PHONE, check, launch, open, serve, signIn } from './lib.mjs';

let server, browser;
before(async () => { server = await serve('--demo'); browser = await launch(); });
after(async () => { await browser?.close(); await server?.stop(); });

test('a reviewer exports a list', async () => {
  const page = await open(browser, { acceptDownloads: true });
  await signIn(page, server.base, 'mahmoud.reviewer');
  await page.goto(`${server.base}/families?state=approved`);
  await page.click('a[href^="/families/export"]');
  for (const size of [PHONE, DESK]) {
    await page.setViewportSize(size);
    await check(page, 'export');
    if (process.env.MUNTIJA_PICTURES) await page.screenshot({ path: `${process.env.MUNTIJA_PICTURES}/export-${size.width}.png`, fullPage: true });
  }
  const [file] = await Promise.all([page.waitForEvent('download'), page.click('form[action="/families/export"] button.btn-primary')]);
  assert.match(file.suggestedFilename(), /^muntija-families-\d{4}-\d\d-\d\d\.xlsx$/);
  assert.equal(readFileSync(await file.path()).subarray(0, 2).toString(), 'PK');
  await page.waitForFunction(() => !document.querySelector('form[data-sending]'));
  await page.click('details.more summary');
  await page.fill('[name=layout]', 'كشف المعرض');
  await page.click('button[name=_save]');
  await page.waitForURL(/layout=/);
  assert.ok(await page.locator('.saved-list .chip-on', { hasText: 'كشف المعرض' }).count());
  const [blank] = await Promise.all([page.waitForEvent('download'), page.click('a[href="/templates/families"]')]);
  assert.match(blank.suggestedFilename(), /^muntija-template-families-ar\.xlsx$/);
  await page.goto(`${server.base}/exports`);
  await check(page, 'export');
  assert.deepEqual(page.faults, []);
  await page.context_.close();
});
