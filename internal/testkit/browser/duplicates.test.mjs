// The queue of families that may be one: a reviewer looks at a pair, decides, and is not asked again.
import { test, before, after } from 'node:test';
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
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
      await page.click('.pair-item a.btn:not([href*=groups])');
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
  const pairs = await page.locator('.pair-item a.btn:not([href*=groups])').evaluateAll((as) => as.map((a) => a.getAttribute('href')));
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

test('three registrations of one woman are a group: decided in one step, and taken back as a whole', async () => {
  const page = await open(browser, { viewport: DESK });
  await signIn(page, site.base, 'mahmoud.reviewer');
  await page.goto(`${site.base}/duplicates`);
  const group = await page.locator('.pair-item a[href^="/duplicates/groups/"]').first().getAttribute('href');
  const waiting = await page.locator('.pair-tabs a[aria-current] .pair-n').innerText();
  for (const lang of ['ar', 'en']) {
    await language(page, site.base, lang);
    for (const viewport of [PHONE, DESK]) {
      await page.setViewportSize(viewport);
      await page.goto(site.base + group);
      await check(page, `group ${lang} ${viewport.width}`, { lang });
    }
  }
  assert.equal(await page.locator('.group-table thead th').count(), 4, 'three registrations side by side');
  assert.ok(await page.locator('.group-table mark').count() > 0, 'differences are marked');
  await page.check('[name=state][value=same]');
  await page.click('main form button.btn-primary');
  await check(page, 'nobody was chosen to stay', { lang: 'en' });
  assert.equal(await page.locator('[name=same]:checked').count(), 3, 'what was chosen is kept');
  await page.locator('[name=keep]').first().check();
  await Promise.all([page.waitForURL(/\/duplicates\/decisions\/\d+$/), page.click('main form button.btn-primary')]);
  const decision = page.url();
  assert.equal(await page.locator('a[href*="/merge?keep="]').count(), 2, 'two are to be merged into the one that stays');
  await page.goto(`${site.base}/duplicates`);
  assert.equal(await page.locator(`a[href="${group}"]`).count(), 0, 'the group is decided');
  for (const path of [decision, `${site.base}/duplicates/decisions`]) {
    for (const lang of ['ar', 'en']) {
      await language(page, site.base, lang);
      await page.setViewportSize(PHONE);
      await page.goto(path);
      await check(page, `${path} ${lang}`, { lang });
    }
  }
  // One of them is approved: another reviewer merges all in one step.
  await page.goto(`${decision}/merge`);
  assert.equal(await page.locator('main form button.btn-primary').count(), 0, 'who decided does not merge');
  const second = await open(browser, { viewport: DESK });
  await signIn(second, site.base, 'hala.reviewer');
  const looked = async (path, name) => {
    for (const lang of ['ar', 'en']) {
      await language(second, site.base, lang);
      for (const viewport of [PHONE, DESK]) {
        await second.setViewportSize(viewport);
        await second.goto(path);
        await check(second, `${name} ${lang} ${viewport.width}`, { lang });
        if (process.env.SHOTS) await second.screenshot({ path: `${process.env.SHOTS}/${name}-${lang}-${viewport.width}.png`, fullPage: true });
      }
    }
  };
  await looked(`${decision}/merge`, 'merge of a group');
  const whose = await second.locator('.pair-side a').evaluateAll((as) => as.map((a) => a.getAttribute('href')));
  const shown = async () => {
    const out = [];
    for (const path of whose) { await second.goto(site.base + path); out.push(await second.evaluate(() => [...document.querySelectorAll('main dl')].map((d) => d.innerText).join('\n'))); }
    return out;
  };
  const before = await shown();
  await second.goto(`${decision}/merge`);
  await Promise.all([second.waitForURL(decision), second.click('main form button.btn-primary')]);
  await second.goto(site.base + whose[2]);
  assert.equal(new URL(second.url()).pathname, whose[0], 'each merged family leads to the one that stays');
  await looked(`${decision}/unmerge`, 'undo of a group');
  await Promise.all([second.waitForURL(decision), second.click('main form button.btn-danger')]);
  assert.deepEqual(await shown(), before, 'all three show what they showed');
  await page.goto(decision);
  await Promise.all([page.waitForURL(`${site.base}/duplicates`), page.click('main form button.btn-danger')]);
  assert.equal(await page.locator(`a[href="${group}"]`).count(), 1, 'the group waits again');
  assert.equal(await page.locator('.pair-tabs a[aria-current] .pair-n').innerText(), waiting);
});

// Another way to write a name: taa marbuta, hamzas, alif maqsura and the space of compounds are what spellings differ in.
const respelt = (name) => name.replaceAll('ة', 'ه').replaceAll(/[أإآ]/g, 'ا').replaceAll('ى', 'ي').replaceAll('عبد ال', 'عبدال');

test('a woman is found by another spelling, merged with her other registration, and after the undo her record is the same bytes', async () => {
  const page = await open(browser, { viewport: DESK, acceptDownloads: true });
  await signIn(page, site.base, 'mahmoud.reviewer');
  await page.goto(`${site.base}/tokens`);
  await page.fill('[name=name]', 'bytes');
  for (const scope of ['families:read', 'products:read']) await page.check(`[name=scopes][value="${scope}"]`);
  await page.click('main form[action="/tokens"] button.btn-primary');
  const authorization = `Bearer ${await page.inputValue('#token')}`;

  // A pair that may be merged, of somebody whose name has two spellings.
  await page.goto(`${site.base}/duplicates`);
  const pairs = await page.locator('.pair-item a.btn:not([href*=groups])').evaluateAll((as) => as.map((a) => a.getAttribute('href')));
  let form, sides;
  for (const pair of pairs) {
    await page.goto(`${site.base}${pair}/merge`);
    if (await page.locator('main form [name=keep]').count() !== 1 || await page.locator('.merge-field').count() === 0) continue;
    sides = await page.locator('.pair-side a').evaluateAll((as) => as.map((a) => ({ name: a.textContent.trim(), path: a.getAttribute('href') })));
    if (respelt(sides[0].name) !== sides[0].name) { form = page.url(); break; }
  }
  assert.ok(form, 'the demo has two registrations of a woman whose name has another spelling');

  // The whole record as bytes: what programs get of it, and what a full export with every column writes. Only the version differs, which counts each change.
  const program = async (path) => {
    const r = await fetch(`${site.base}/api/v1${path}`, { headers: { authorization } });
    assert.equal(r.status, 200, path);
    return (await r.text()).replace(/"version":\d+/, '"version":0');
  };
  const exported = async (name) => {
    await page.goto(`${site.base}/families/export?q=${encodeURIComponent(name)}`);
    await page.locator('[name=columns], [name=extras], [name=full]').evaluateAll((boxes) => { for (const b of boxes) b.checked = true; });
    assert.equal(await page.locator('[name=full]:checked').count(), 1, 'a reviewer may export numbers whole');
    await page.selectOption('[name=format]', 'csv');
    const [file] = await Promise.all([page.waitForEvent('download'), page.click('form[action="/families/export"] button.btn-primary:not([name])')]);
    const text = readFileSync(await file.path()).toString('latin1'); // a character for each byte
    assert.ok(text.trim().split('\n').length > 1, `the export holds ${name}`);
    return text;
  };
  const bytes = async () => {
    const all = [];
    for (const { name, path } of sides) all.push(await program(path), await program(`${path}/members`), await program(`${path}/products`), await exported(name));
    return all;
  };

  const box = page.locator('#q-bar');
  await page.goto(`${site.base}/`);
  await box.click();
  await box.pressSequentially(respelt(sides[0].name), { delay: 15 });
  const option = page.locator(`.suggest [role=option][href="${sides[0].path}"]`);
  await option.waitFor();
  await Promise.all([page.waitForURL(site.base + sides[0].path), option.click()]);
  const before = await bytes();

  // All values of the other registration that differ: the record that stays does change.
  await page.goto(form);
  for (const other of await page.locator('.merge-field [type=radio][value=b]').all()) await other.check();
  await Promise.all([page.waitForURL(/\/merges\/\d+$/), page.click('main form button.btn-primary')]);
  const merge = page.url();
  assert.notEqual(await program(sides[0].path), before[0], 'the merge changed the record');
  await page.goto(merge);
  await page.click('main form button.btn-danger');
  await page.waitForSelector('main form button.btn-danger', { state: 'detached' });
  assert.deepEqual(await bytes(), before, 'both registrations are the same bytes as before');
  assert.deepEqual(page.faults, []);
  await page.context_.close();
});
