// The queue of families that may be one: a reviewer looks at a pair, decides, and is not asked again.
import { test, before, after } from 'node:test';
import assert from 'node:assert/strict';
import { serve, launch, open, signIn, language, check, PHONE, DESK } from './lib.mjs';

let site, browser;
before(async () => { site = await serve('--demo'); browser = await launch(); });
after(async () => { await browser?.close(); await site?.stop(); });

test('a pair is compared, called different, and remembered', async () => {
  const page = await open(browser, { viewport: PHONE });
  await signIn(page, site.base, 'mahmoud.reviewer');
  const waiting = async () => { await page.goto(`${site.base}/duplicates`); return page.locator('.pair-item').count(); };
  let n = 0;
  for (let i = 0; i < 60 && n === 0; i++) { n = await waiting(); if (n === 0) await page.waitForTimeout(500); }
  assert.ok(n > 0, 'the search at the start found the pairs of the demo');
  for (const lang of ['ar', 'en']) {
    await language(page, site.base, lang);
    for (const viewport of [PHONE, DESK]) {
      await page.setViewportSize(viewport);
      await page.goto(`${site.base}/duplicates`);
      await check(page, `queue ${lang} ${viewport.width}`, { lang });
      if (process.env.SHOTS) await page.screenshot({ path: `${process.env.SHOTS}/queue-${lang}-${viewport.width}.png`, fullPage: true });
      await page.click('.pair-item a.btn');
      await page.waitForURL(/\/duplicates\/\d+$/);
      await check(page, `pair ${lang} ${viewport.width}`, { lang });
      if (process.env.SHOTS) await page.screenshot({ path: `${process.env.SHOTS}/pair-${lang}-${viewport.width}.png`, fullPage: true });
    }
  }
  const pair = page.url();
  await page.click('main form button.btn-primary');
  assert.match(page.url(), /\/duplicates\/\d+$/, 'nothing chosen: the page asks again');
  await check(page, 'nothing chosen');
  await page.check('[name=state][value=different]');
  await page.fill('[name=note]', 'أختان');
  await Promise.all([page.waitForURL(`${site.base}/duplicates`), page.click('main form button.btn-primary')]);
  assert.equal(await page.locator('.pair-item').count(), n - 1);
  await page.goto(`${site.base}/duplicates?state=different`);
  assert.equal(await page.locator(`.pair-item a[href="${new URL(pair).pathname}"]`).count(), 1);
});
