// The catalogue: its public pages without signing in, and a product on its way from the family's page through the committee to the public.
import { after, before, test } from 'node:test';
import assert from 'node:assert/strict';
import { check, DESK, language, launch, open, PHONE, serve, signIn } from './lib.mjs';

let server, browser;
before(async () => { server = await serve('--demo'); browser = await launch(); });
after(async () => { await browser?.close(); await server?.stop(); });

test('public pages: accessible, light, without a cookie', async () => {
  for (const [viewport, lang] of [[PHONE, 'ar'], [DESK, 'ar'], [PHONE, 'en']]) {
    const page = await open(browser, { viewport });
    for (const path of ['/catalogue', '/catalogue/products', '/catalogue/products?craft=TX&craft=PT&party=EG&page=1', `/catalogue/products?q=${encodeURIComponent('لاشيء')}`]) {
      const answer = await page.goto(`${server.base}${path}${path.includes('?') ? '&' : '?'}lang=${lang}`);
      assert.equal(answer.status(), 200, path);
      assert.ok((await answer.body()).length < 60 * 1024, `${path} is heavy`);
      await check(page, `${path} ${lang}`, { lang });
    }
    await page.goto(`${server.base}/catalogue/products?lang=${lang}`);
    await page.click('.cat-card-link >> nth=0');
    assert.match(page.url(), /\/catalogue\/products\/\d+/);
    await check(page, `a product ${lang}`, { lang });
    assert.ok(await page.getAttribute('meta[property="og:image"]', 'content'));
    assert.equal((await page.context_.cookies()).length, 0, 'a visitor gets no cookie');
    await page.context_.close();
  }
});

test('search finds folded Arabic, filters narrow, languages keep the page', async () => {
  const page = await open(browser);
  await page.goto(`${server.base}/catalogue?lang=ar`);
  await page.fill('#cat-q', 'عَبـاية');
  await Promise.all([page.waitForURL(/products\?/), page.keyboard.press('Enter')]);
  const found = await page.locator('.cat-card').count();
  assert.ok(found > 0, 'vowels and tatweel do not matter');
  await page.click('.cat-side a[href*="party=QA"]');
  assert.ok(await page.locator('.cat-card').count() <= found);
  await page.click('a[hreflang=en]');
  assert.equal(await page.getAttribute('html', 'lang'), 'en');
  assert.match(page.url(), /party=QA/);
  assert.deepEqual(page.faults, []);
  await page.context_.close();
});

test('a product: entered, photographed, scored by two, public', async () => {
  const worker = await open(browser, { viewport: PHONE });
  await signIn(worker, server.base, 'sayed.worker');
  await worker.goto(`${server.base}/families?state=approved`);
  await worker.click('.families tbody th a >> nth=0');
  await worker.click('a[href$="/products/new"]');
  await check(worker, 'the form of a product', { lang: 'ar' });
  await worker.fill('[name=name_ar]', 'مفرش تجربة');
  await worker.fill('[name=name_en]', 'Trial cloth');
  await worker.selectOption('[name=craft]', 'TX');
  await worker.fill('[name=materials]', 'قطن');
  await worker.fill('[name=handmade]', '٩٥');
  await worker.fill('[name=price]', '٧٥٠');
  await worker.selectOption('[name=currency]', 'QAR');
  await worker.click('main button.btn-primary');
  assert.ok(await worker.locator('#f-currency-problems').textContent(), 'the wrong currency is said beside its field');
  assert.equal(await worker.inputValue('[name=name_ar]'), 'مفرش تجربة');
  await worker.selectOption('[name=currency]', 'EGP');
  await Promise.all([worker.waitForURL(/\/products\/\d+$/), worker.click('main button.btn-primary')]);
  const address = worker.url();
  const picture = await (await worker.request.get(`${server.base}/catalogue?lang=ar`)).text();
  const image = await (await worker.request.get(server.base + picture.match(/\/catalogue\/thumbs\/\d+/)[0])).body();
  await worker.setInputFiles('input[type=file]', { name: 'a.jpg', mimeType: 'image/jpeg', buffer: image });
  await Promise.all([worker.waitForResponse((r) => r.url() === address && r.request().method() === 'GET'), worker.click('form[data-upload] button')]);
  await worker.goto(address);
  assert.equal(await worker.locator('.prod-photos li').count(), 1);
  await check(worker, 'a product of the office', { lang: 'ar' });
  await worker.click('form[action$="/do/submit"] button');
  await worker.waitForLoadState('networkidle');

  for (const [i, who] of ['mahmoud.reviewer', 'salwa.coordinator'].entries()) {
    const member = await open(browser);
    await signIn(member, server.base, who);
    await member.goto(`${server.base}/products/committee`);
    await check(member, 'the committee', { lang: 'ar' });
    await member.goto(address);
    const items = await member.locator('.score-points').count();
    for (let n = 0; n < items; n++) await member.locator('.score-points').nth(n).locator('label').nth(4).click();
    await member.click('form[action$="/score"] button[type=submit]');
    await member.waitForLoadState('networkidle');
    if (i === 1) {
      await check(member, 'a scored product', { lang: 'ar' });
      await member.click('form[action$="/decide"] button');
      await member.waitForLoadState('networkidle');
      assert.ok(await member.locator('.state-good').count());
    }
    assert.deepEqual(member.faults, []);
    await member.context_.close();
  }
  await worker.goto(address);
  assert.ok(await worker.locator('.state-good').count(), 'the worker sees that it is approved');
  await worker.context_.close();
});

test('what the office edits and prints is accessible in both languages', async () => {
  for (const [who, paths] of [['iman.admin', ['/products', '/products/sheet', '/products/taxonomy', '/products/taxonomy/line?code=PT', '/products/taxonomy/line']], ['salwa.coordinator', ['/products', '/catalogue/print']]]) {
    for (const [lang, viewport] of [['ar', PHONE], ['en', DESK]]) {
      const page = await open(browser, { viewport });
      await signIn(page, server.base, who);
      await language(page, server.base, lang);
      for (const path of paths) {
        const answer = await page.goto(server.base + path);
        assert.equal(answer.status(), 200, path);
        await check(page, `${path} ${lang}`, { lang });
      }
      await page.context_.close();
    }
  }
});
