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

test('two registrations become one, the other number leads on, and an undo brings both back', async () => {
  const page = await open(browser, { viewport: DESK });
  await signIn(page, site.base, 'mahmoud.reviewer');
  await page.goto(`${site.base}/duplicates`);
  const pairs = await page.locator('.pair-item a.btn').evaluateAll((as) => as.map((a) => a.getAttribute('href')));
  let form;
  for (const pair of pairs) {
    await page.goto(`${site.base}${pair}/merge`);
    if (await page.locator('main form [name=keep]').count() === 1) { form = page.url(); break; }
  }
  assert.ok(form, 'the demo has a pair that one reviewer may merge');
  for (const lang of ['ar', 'en']) {
    await language(page, site.base, lang);
    for (const viewport of [PHONE, DESK]) {
      await page.setViewportSize(viewport);
      await page.goto(form);
      await check(page, `merge ${lang} ${viewport.width}`, { lang });
      if (process.env.SHOTS) await page.screenshot({ path: `${process.env.SHOTS}/merge-${lang}-${viewport.width}.png`, fullPage: true });
    }
  }
  for (const lang of ['ar', 'en']) {
    await language(page, site.base, lang);
    await page.setViewportSize(PHONE);
    await page.goto(`${site.base}/duplicates/certain?from=90`);
    await check(page, `certain ${lang}`, { lang });
    if (process.env.SHOTS) await page.screenshot({ path: `${process.env.SHOTS}/certain-${lang}-360.png`, fullPage: true });
  }
  await page.setViewportSize(DESK);
  await page.goto(form);
  const families = await page.locator('.pair-side a').evaluateAll((as) => as.map((a) => a.getAttribute('href')));
  // What a page of a family shows, without what a merge and its undo add to the history.
  const shown = async (path) => { await page.goto(site.base + path); return page.evaluate(() => [...document.querySelectorAll('main dl')].map((d) => d.innerText).join('\n')); };
  const before = [await shown(families[0]), await shown(families[1])];
  await page.goto(form);
  await Promise.all([page.waitForURL(/\/merges\/\d+$/), page.click('main form button.btn-primary')]);
  const merge = page.url();
  for (const lang of ['ar', 'en']) {
    await language(page, site.base, lang);
    for (const viewport of [PHONE, DESK]) {
      await page.setViewportSize(viewport);
      await page.goto(merge);
      await check(page, `merged ${lang} ${viewport.width}`, { lang });
      if (process.env.SHOTS) await page.screenshot({ path: `${process.env.SHOTS}/merged-${lang}-${viewport.width}.png`, fullPage: true });
    }
  }
  await page.goto(site.base + families[1]);
  assert.equal(new URL(page.url()).pathname, families[0], 'the merged family leads to the one that stays');
  await check(page, 'the family that stays', { lang: 'en' });
  if (process.env.SHOTS) await page.screenshot({ path: `${process.env.SHOTS}/stays.png`, fullPage: true });
  await page.goto(merge);
  await page.click('main form button.btn-danger');
  await page.waitForLoadState();
  assert.match(await page.locator('main').innerText(), /exactly what they were/);
  if (process.env.SHOTS) await page.screenshot({ path: `${process.env.SHOTS}/undone.png`, fullPage: true });
  assert.deepEqual([await shown(families[0]), await shown(families[1])], before, 'both show what they showed');
});
