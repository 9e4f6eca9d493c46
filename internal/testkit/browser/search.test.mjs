// The search box on every page, with and without JavaScript, and the families that may be the one being typed.
import { test, before, after } from 'node:test';
import assert from 'node:assert/strict';
import { serve, launch, open, signIn, language, check, PHONE, DESK } from './lib.mjs';

let site, browser, woman;
const other = (name) => name.replaceAll('ة', 'ه').replaceAll(/[أإآ]/g, 'ا').replaceAll('ى', 'ي').replaceAll('عبد ال', 'عبدال');

before(async () => {
  [site, browser] = [await serve('--demo'), await launch()];
  // A woman on file whose name can be typed in another way.
  const page = await open(browser);
  await signIn(page, site.base, 'mahmoud.reviewer');
  await page.goto(`${site.base}/families?sex=f&state=approved&limit=200`);
  const rows = await page.locator('tbody th a').evaluateAll((as) => as.map((a) => ({ name: a.textContent.trim(), path: a.getAttribute('href') })));
  woman = rows.find((r) => other(r.name) !== r.name && r.name.split(' ').length >= 4 && rows.filter((x) => x.name === r.name).length === 1);
  assert.ok(woman, 'the demo has a woman whose name has two spellings');
  await page.context().close();
});
after(async () => { await browser?.close(); await site?.stop(); });

test('a known woman is found by another spelling, by keyboard', async () => {
  const page = await open(browser, { viewport: DESK });
  await signIn(page, site.base, 'mahmoud.reviewer');
  const box = page.locator('#q-bar');
  await box.click();
  await box.pressSequentially(other(woman.name), { delay: 15 });
  const option = page.locator(`.suggest [role=option][href="${woman.path}"]`);
  await option.waitFor();
  assert.equal(await box.getAttribute('aria-expanded'), 'true');
  assert.ok(await option.locator('mark').count() > 0, 'what was found is marked');
  assert.ok((await option.locator('mark').first().textContent()).length > 0 && woman.name.includes(await option.locator('mark').first().textContent()), 'in her own spelling');
  assert.match(await page.locator('.bar-search [role=status]').textContent(), /\d|اقتراح/);
  await check(page, 'suggestions');
  await page.keyboard.press('ArrowDown');
  const at = await box.getAttribute('aria-activedescendant');
  assert.equal(await page.locator(`[id="${at}"]`).getAttribute('aria-selected'), 'true');
  assert.equal(await page.evaluate(() => document.activeElement.id), 'q-bar', 'the focus stays in the box');
  await page.keyboard.press('Escape');
  assert.equal(await box.getAttribute('aria-expanded'), 'false');
  for (let i = 0; i < 12 && await option.getAttribute('aria-selected') !== 'true'; i++) await page.keyboard.press('ArrowDown');
  await Promise.all([page.waitForURL(site.base + woman.path), page.keyboard.press('Enter')]);
});

test('the page of results in both languages, on a phone too', async () => {
  const page = await open(browser, { viewport: PHONE });
  await signIn(page, site.base, 'mahmoud.reviewer');
  for (const lang of ['ar', 'en']) {
    await language(page, site.base, lang);
    for (const viewport of [PHONE, DESK]) {
      await page.setViewportSize(viewport);
      for (const q of [other(woman.name), 'mohamed', 'xyzzy', '']) {
        await page.goto(`${site.base}/search?q=${encodeURIComponent(q)}`);
        await check(page, `results ${lang} ${viewport.width} ${q}`, { lang });
      }
    }
  }
  await page.goto(`${site.base}/search?q=${encodeURIComponent(other(woman.name))}`);
  assert.equal(await page.locator(`main a[href="${woman.path}"]`).count(), 1);
});

test('the box works without JavaScript', async () => {
  const page = await open(browser, { viewport: DESK, javaScriptEnabled: false });
  await signIn(page, site.base, 'mahmoud.reviewer');
  await page.fill('#q-bar', other(woman.name));
  await Promise.all([page.waitForURL(/\/search\?q=/), page.press('#q-bar', 'Enter')]);
  assert.equal(await page.locator(`main a[href="${woman.path}"]`).count(), 1);
});

test('while a registration is typed, who may be on file already appears with reasons and stops nothing', async () => {
  const page = await open(browser, { viewport: PHONE });
  await signIn(page, site.base, 'mahmoud.reviewer');
  await page.setViewportSize(DESK);
  await language(page, site.base, 'ar');
  await page.goto(site.base + woman.path);
  const shown = await page.evaluate(() => document.querySelector('main').innerText);
  let area;
  for (const lang of ['ar', 'en']) {
    await page.setViewportSize(DESK);
    await language(page, site.base, lang);
    await page.setViewportSize(PHONE);
    await page.goto(`${site.base}/registrations/new`);
    const options = await page.locator('[name="address.area"] option').evaluateAll((os) => os.map((o) => [o.value, o.text]));
    area ??= options.find(([value, text]) => value && shown.includes(text))?.[0];
    const [given, ...rest] = other(woman.name).split(' ');
    await page.locator('[name="lead.given_name"]').pressSequentially(given);
    await page.locator('[name="lead.rest_of_name"]').pressSequentially(rest.join(' '));
    await page.selectOption('[name="address.area"]', area);
    const hint = page.locator(`#known a[href="${woman.path}"]`);
    await hint.waitFor();
    const said = await page.locator('#known li', { has: page.locator(`a[href="${woman.path}"]`) }).innerText();
    assert.match(said, lang === 'ar' ? /الاسم/ : /name/, 'the reason is in words');
    assert.equal(await page.locator('#known-line a').isVisible(), true, 'the foot says that there is something to look at');
    await check(page, `known ${lang}`, { lang });
    if (process.env.SHOTS) await page.screenshot({ path: `${process.env.SHOTS}/known-${lang}.png`, fullPage: true });
  }
  await page.selectOption('[name="case.channel"]', { index: 1 });
  await Promise.all([page.waitForURL(/\/registrations\/\d+\/lead$/), page.click('.form-foot .btn-primary')]);
});
