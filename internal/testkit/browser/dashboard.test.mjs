// Dashboards and reports: one path for each role, charts and the tables behind them, files, a report that is ordered, made, read and printed; axe on each page in both languages.
import { after, before, test } from 'node:test';
import assert from 'node:assert/strict';
import { check, DESK, language, launch, open, PHONE, serve, signIn } from './lib.mjs';

let server, browser;
before(async () => { server = await serve('--demo'); browser = await launch(); });
after(async () => { await browser?.close(); await server?.stop(); });

async function as(who, lang, viewport = DESK, more = {}) {
  const page = await open(browser, { viewport, ...more });
  await signIn(page, server.base, who);
  await language(page, server.base, lang);
  return page;
}
const drawn = (page) => page.waitForFunction(() => [...document.querySelectorAll('[data-panel]')].every((p) => p.querySelector('.panel-chart svg')));
const tile = (page, text) => page.locator('.tile', { hasText: text }).locator('.tile-count').first().textContent();

// The page that each role begins with, and what must stand on it.
const roles = [['sayed.worker', 'ar', PHONE, 'مسودات'], ['mahmoud.reviewer', 'en', DESK, 'Wait for a decision'], ['salwa.coordinator', 'ar', DESK, 'عارضون'], ['karim.analyst', 'en', PHONE, 'Registered families'], ['iman.admin', 'ar', DESK, 'أسر مسجلة']];
for (const [who, lang, viewport, word] of roles) {
  test(`${who}: the dashboard in ${lang}`, async () => {
    const page = await as(who, lang, viewport);
    await page.goto(`${server.base}/dashboard`);
    await drawn(page);
    assert.match(await tile(page, word), /\d/);
    assert.equal(await page.locator('details.more[open]').count(), 0, 'the tables stand behind the charts');
    const views = await page.locator('.dash-views a').evaluateAll((a) => a.map((x) => x.getAttribute('href')));
    for (const href of views.length ? views : ['/dashboard']) {
      const answer = await page.goto(server.base + href);
      assert.equal(answer.status(), 200);
      assert.ok((await answer.body()).length < 60 * 1024, `${href}: too heavy`);
      await drawn(page);
      await check(page, `${who} ${href}`, { lang });
    }
    await page.context_.close();
  });
}

test('a panel as Excel and as a picture; the tables without a script', async () => {
  const page = await as('karim.analyst', 'en', DESK, { acceptDownloads: true });
  await page.goto(`${server.base}/dashboard?view=registrations`);
  await drawn(page);
  const panel = page.locator('[data-panel]', { hasText: 'By craft' });
  const [sheet] = await Promise.all([page.waitForEvent('download'), panel.locator('a.btn').first().click()]);
  assert.match(sheet.suggestedFilename(), /\.xlsx$/);
  const [picture] = await Promise.all([page.waitForEvent('download'), panel.locator('[data-png]').click()]);
  assert.equal(picture.suggestedFilename(), 'crafts.png');
  const stream = await picture.createReadStream();
  const head = await new Promise((done) => stream.once('data', (d) => done(d.subarray(0, 4).toString('latin1'))));
  assert.equal(head, '\x89PNG');
  assert.deepEqual(page.faults, []);
  const state = await page.context_.storageState();
  const plain = await (await browser.newContext({ javaScriptEnabled: false, storageState: state })).newPage();
  await plain.goto(`${server.base}/dashboard?view=registrations`);
  assert.ok(await plain.locator('details.more[open] table').count() >= 4, 'without a script the tables stand open');
  await page.context_.close();
});

test('each side sees of the other what is not small, and the same totals', async () => {
  const eg = await as('karim.analyst', 'en'), qa = await as('hamad.analyst', 'en');
  for (const p of [eg, qa]) { await p.goto(`${server.base}/dashboard?view=both`); await drawn(p); }
  for (const country of ['Egypt', 'Qatar']) assert.equal(await tile(eg, `Registered families · ${country}`), await tile(qa, `Registered families · ${country}`), country);
  const small = await eg.locator('section.panel', { hasText: '· Qatar' }).locator('tbody td').evaluateAll((c) => c.map((x) => [x.closest('section').dataset.unit ?? '', Number(x.textContent)]).filter(([unit, n]) => unit === '' && n > 0 && n < 5));
  assert.deepEqual(small, []);
  for (const p of [eg, qa]) await p.context_.close();
});

test('a report is ordered, made, read, printed', async () => {
  const page = await as('salwa.coordinator', 'ar');
  await page.goto(`${server.base}/reports`);
  await check(page, 'reports', { lang: 'ar' });
  await page.click('details.report-new summary');
  await page.click('details.report-new button[type=submit]');
  await page.waitForSelector('#summary');
  assert.equal(await page.locator('#summary').count(), 1, 'a report without a title is refused');
  await page.fill('[name=name]', 'تقرير الاختبار');
  await page.check('[name=sections][value=people]');
  await Promise.all([page.waitForURL(/\/reports\/\d+$/), page.click('details.report-new button[type=submit]')]);
  await check(page, 'report', { lang: 'ar' });
  await page.locator('.view-actions button').click();
  await page.waitForSelector('#runs:not([data-poll]) a[href^="/reports/editions/"]', { timeout: 180_000 });
  await page.locator('#runs a[href^="/reports/editions/"]').first().click();
  await page.waitForSelector('.report-hash');
  for (const lang of ['ar', 'en']) {
    await language(page, server.base, lang);
    await check(page, `edition ${lang}`, { lang });
  }
  const hash = (await page.textContent('.report-hash')).match(/[0-9a-f]{64}/)[0];
  const at = new URL(page.url()).pathname;
  const file = await page.evaluate(async (u) => { const b = await (await fetch(u)).arrayBuffer(); return [...new Uint8Array(await crypto.subtle.digest('SHA-256', b))].map((x) => x.toString(16).padStart(2, '0')).join(''); }, `${at}/json`);
  assert.equal(file, hash, 'the checksum is that of the file');
  for (const lang of ['ar', 'en']) {
    await page.goto(`${server.base}${at}/print?lang=${lang}`);
    assert.ok(await page.locator('.rep-panel .bars').count() > 3);
    await check(page, `print ${lang}`, { lang });
  }
  const pdf = await page.evaluate(async (u) => { const r = await fetch(u); return [r.status, (await r.text()).slice(0, 5)]; }, `${at}/pdf?lang=ar`);
  assert.deepEqual(pdf, [200, '%PDF-']);
  const other = await as('maryam.coordinator', 'ar');
  assert.equal((await other.goto(server.base + at)).status(), 404, 'the other country does not see it');
  await page.context_.close();
  await other.context_.close();
});
