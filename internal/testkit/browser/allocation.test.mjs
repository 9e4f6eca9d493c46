// Who goes to which exhibition: both ministries set up, solve, look, sign; five decline and are replaced at once; the family's letter; and the draw as anybody
// checks it, with the file and the program itself. The pages hold the rules of every page in both languages. SHOTS=folder keeps pictures.
import { after, before, test } from 'node:test';
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { check, DESK, launch, language, open, PHONE, serve, signIn } from './lib.mjs';

let demo, browser, dir, plan, run, season, letter;
before(async () => { dir = mkdtempSync(join(tmpdir(), 'muntija-draw-')); [demo, browser] = await Promise.all([serve('--demo'), launch()]); });
after(async () => { await browser?.close(); await demo?.stop(); rmSync(dir, { recursive: true, force: true }); });

const binary = new URL('../../../bin/muntija', import.meta.url).pathname;

async function ask(page, action) {
  await page.click(`form[action="${action}"] button`);
  await Promise.all([page.waitForNavigation(), page.click('dialog.ask button[value=yes]')]);
}

test('a season is planned, signed, declined and verified', async () => {
  const eg = await open(browser, { viewport: PHONE }), qa = await open(browser);
  await signIn(eg, demo.base, 'salwa.coordinator');
  await signIn(qa, demo.base, 'maryam.coordinator');
  await eg.goto(`${demo.base}/calendar`);
  season = await eg.locator('a[href$="/allocations"]').first().getAttribute('href');
  await eg.goto(demo.base + season);
  for (const box of await eg.locator('[name=exhibitions]').all()) {
    const text = await box.evaluate((e) => e.closest('label').innerText);
    await box.setChecked(/مهرجان الحرف/.test(text));
  }
  const exhibitions = await eg.locator('[name=exhibitions]:checked').evaluateAll((l) => l.map((e) => e.value));
  assert.equal(exhibitions.length, 2);
  await Promise.all([eg.waitForNavigation(), eg.click(`form[action="${season}"] button[type=submit]`)]);
  plan = new URL(eg.url()).pathname;
  assert.match(plan, /^\/allocations\/\d+$/);
  // The calls close; only then may it be solved.
  for (const page of [eg, qa]) {
    for (const id of exhibitions) {
      await page.goto(`${demo.base}/exhibitions/${id}`);
      await ask(page, `/exhibitions/${id}/call/close`);
    }
  }
  await eg.goto(demo.base + plan);
  await Promise.all([eg.waitForNavigation(), eg.click(`form[action="${plan}/runs"] button.btn-primary`)]);
  run = new URL(eg.url()).pathname;
  await eg.waitForSelector('#run:not([data-poll]) .figures', { timeout: 180_000 });
  const text = await eg.innerText('main');
  assert.match(text, /سليم/);
  assert.ok(await eg.locator('table progress').count() > 4, 'there are no gauges');
  await ask(eg, `${run}/sign`);
  await qa.goto(demo.base + run);
  await ask(qa, `${run}/sign`);
  assert.match(await qa.innerText('main'), /نافذ/);

  // Five decline; each is replaced from the waiting list while the answer is on its way.
  const invited = async () => {
    await eg.goto(`${demo.base}/exhibitions/${exhibitions[0]}/applications?state=invited`);
    return eg.locator('table a[href^="/participations/"]').evaluateAll((l) => l.map((a) => a.getAttribute('href')));
  };
  const first = await invited();
  for (const at of first.slice(0, 5)) {
    await eg.goto(demo.base + at);
    const decline = eg.locator(`form[action="${at}/answer"] button[value=decline]`);
    await decline.click();
    const sure = eg.locator('dialog.ask button[value=yes]');
    if (await sure.count()) await Promise.all([eg.waitForNavigation(), sure.click()]); else await eg.waitForLoadState();
  }
  const then = await invited();
  assert.ok(then.filter((x) => !first.includes(x)).length > 0, 'nobody moved up');
  await eg.goto(`${demo.base}${run}/list?state=waiting`);
  letter = await eg.locator('a[href$="/letter"]').first().getAttribute('href');
  assert.deepEqual([...eg.faults, ...qa.faults], []);
  await eg.context_.close();
  await qa.context_.close();
});

test('anybody verifies the draw', async () => {
  const page = await open(browser, { acceptDownloads: true });
  const id = plan.split('/').pop();
  await page.goto(`${demo.base}/draws/${id}`);
  const [download] = await Promise.all([page.waitForEvent('download'), page.click('a[href$="/file.json"]')]);
  const file = join(dir, 'draw.json');
  await download.saveAs(file);
  assert.match(execFileSync(binary, ['plan', 'verify', file], { encoding: 'utf8' }), /^Verified/);
  const key = await page.locator('table .ltr').first().innerText();
  await page.fill('#find', key);
  await Promise.all([page.waitForNavigation(), page.click('form[action^="/draws/"] button')]);
  assert.ok(await page.locator('tbody tr').count() <= 2);
  assert.deepEqual(page.faults, []);
  await page.context_.close();
});

for (const lang of ['ar', 'en']) {
  test(`pages in ${lang}`, async () => {
    for (const [viewport, size] of [[PHONE, 360], [DESK, 1280]]) {
      if (size === 1280 && !process.env.SHOTS) continue;
      const page = await open(browser, { viewport });
      await signIn(page, demo.base, 'salwa.coordinator');
      await language(page, demo.base, lang);
      const pages = { season, plan, run, list: `${run}/list`, letter, draws: '/draws', draw: `/draws/${plan.split('/').pop()}`, compare: '/allocations/1/runs/1/compare?with=2' };
      for (const [name, at] of Object.entries(pages)) {
        const answer = await page.goto(demo.base + at);
        assert.equal(answer.status(), 200, at);
        await check(page, `${name} ${lang}`, { lang });
        if (process.env.SHOTS) await page.screenshot({ path: join(process.env.SHOTS, `${name}-${lang}-${size}.png`), fullPage: true });
      }
      assert.deepEqual(page.faults, []);
      await language(page, demo.base, 'ar');
      await page.context_.close();
    }
  });
}
