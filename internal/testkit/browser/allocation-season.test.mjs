// A whole season: twelve exhibitions and three thousand applicants. Both ministries set it up, close the calls, solve, read the proof and sign; five exhibitors decline
// and each place is filled at once; a family's letter is printed; anybody verifies the draw, and an equal-chance draw of a single exhibition. Every page of it stays light.
import { after, before, test } from 'node:test';
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { check, DESK, folder, language, launch, open, PHONE, serveIn, signIn } from './lib.mjs';

const run = promisify(execFile);
const root = new URL('../../../', import.meta.url).pathname, binary = join(root, 'bin/muntija');
const LIGHT = 60 * 1024, PATIENT = 10_000; // bytes of HTML; milliseconds on a busy machine

let demo, browser, season, draw, eg, qa, worker;
const out = folder(); // what is downloaded
before(async () => {
  const data = folder();
  const [filled, chromium] = await Promise.all([run('go', ['run', './internal/testkit/fill', '-data', data, '-applicants', '2999'], { cwd: root }), launch()]);
  ({ season, draw } = JSON.parse(filled.stdout));
  browser = chromium;
  demo = await serveIn(data, '--demo');
  [eg, qa, worker] = await Promise.all([open(browser, { viewport: DESK }), open(browser), open(browser, { viewport: PHONE })]);
  await Promise.all([signIn(eg, demo.base, 'salwa.coordinator'), signIn(qa, demo.base, 'maryam.coordinator'), signIn(worker, demo.base, 'sayed.worker')]);
});
after(async () => { await browser?.close(); await demo?.stop(); rmSync(out, { recursive: true, force: true }); });

// visit opens a page that must be there, light and in time.
async function visit(page, path) {
  const began = Date.now(), answer = await page.goto(demo.base + path);
  assert.equal(answer.status(), 200, path);
  const size = (await answer.body()).length, took = Date.now() - began;
  assert.ok(size < LIGHT, `${path}: ${size} bytes of HTML`);
  assert.ok(took < PATIENT, `${path}: ${took} ms`);
}

const press = (page, selector) => Promise.all([page.waitForNavigation(), page.click(selector)]);
// sure presses a button that asks, and says yes.
async function sure(page, action) {
  await page.click(`form[action="${action}"] button`);
  await press(page, 'dialog.ask button[value=yes]');
}
const both = (act) => Promise.all([eg, qa].map(act));
const number = (text) => Number(text.replace(/[٠-٩]/g, (d) => '٠١٢٣٤٥٦٧٨٩'.indexOf(d)).replace(/\D/g, ''));

// counted is how many of a party's applications to an exhibition are in a state.
async function counted(page, exhibition, state) {
  await visit(page, `/exhibitions/${exhibition}/applications`);
  const chip = page.locator(`a.chip[href$="?state=${state}"] strong`);
  return await chip.count() ? number(await chip.innerText()) : 0;
}

// setUp commits to an allocation of all exhibitions of a season, and closes their calls. It returns the allocation's address.
async function setUp(of, rule) {
  await visit(eg, `/seasons/${of.id}/allocations`);
  assert.deepEqual(await eg.locator('[name=exhibitions]:checked').evaluateAll((l) => l.map((e) => Number(e.value)).sort((a, b) => a - b)), of.exhibitions);
  await eg.check(`[name=rule][value=${rule}]`);
  await eg.fill('[name=seconds]', '120'); // five are enough where nothing else runs
  await press(eg, `form[action="/seasons/${of.id}/allocations"] button[type=submit]`);
  const at = new URL(eg.url()).pathname;
  assert.match(at, /^\/allocations\/\d+$/);
  assert.match(await eg.innerText('.al-hash'), /^[0-9a-f]{64}$/);
  assert.equal(await eg.locator(`form[action="${at}/runs"]`).count(), 0, 'it may be solved while people still apply');
  await both(async (page) => {
    const [first, ...others] = of.exhibitions;
    await visit(page, `/exhibitions/${first}`);
    await sure(page, `/exhibitions/${first}/call/close`);
    await page.evaluate(async (ids) => { // the same form, without drawing each page
      for (const id of ids) {
        const form = new DOMParser().parseFromString(await (await fetch(`/exhibitions/${id}`)).text(), 'text/html').querySelector(`form[action="/exhibitions/${id}/call/close"]`);
        const answer = await fetch(form.getAttribute('action'), { method: 'POST', body: new URLSearchParams(new FormData(form)) });
        if (!answer.ok) throw new Error(`closing the call to exhibition ${id}: ${answer.status}`);
      }
    }, others);
  });
  return at;
}

// solve runs an allocation to its end and returns the run's address. One job is worked off at a time: the demo's own, which print reports, may come first.
async function solve(at) {
  await visit(eg, at);
  await press(eg, `form[action="${at}/runs"] button.btn-primary`);
  await eg.waitForSelector('#run:not([data-poll]) .figures', { timeout: 240_000 });
  const address = new URL(eg.url()).pathname;
  await visit(eg, address);
  assert.match(await eg.innerText('.figures'), /سليم/, 'the independent check did not pass');
  return address;
}

async function sign(address) {
  for (const page of [eg, qa]) {
    await visit(page, address);
    await sure(page, `${address}/sign`);
  }
  assert.match(await qa.innerText('main'), /نافذ/);
}

let plan, chosen, lottery, family;
test('a family applies as the three thousandth, by its field worker and passes screening', async () => {
  const at = `/exhibitions/${season.exhibitions[0]}`;
  await visit(worker, `${at}/apply`);
  await worker.selectOption('[name=family]', { index: 1 });
  await worker.fill('[name=products]', 'كليم وسجاد يدوي');
  await worker.fill('[name=sign]', 'نول الصعيد');
  await worker.selectOption('[name=size]', '2x2');
  await worker.selectOption('[name=people]', '1');
  await press(worker, 'main form:not([role=search]) button.btn-primary');
  family = new URL(worker.url()).pathname;
  assert.match(family, /^\/participations\/\d+$/);
  await visit(eg, family);
  await eg.check('[name=outcome][value=fit]');
  await press(eg, `form[action="${family}/screen"] button`);
});

test('the season is set up, its calls close, it is solved to a proof and signed by both', async () => {
  plan = await setUp(season, 'fair');
  chosen = await solve(plan);
  const [value, bound] = (await eg.locator('section[aria-labelledby=course] dd').allInnerTexts()).slice(0, 2).map(number);
  assert.ok(value > 0 && bound >= value, `value ${value}, bound ${bound}`);
  assert.match(await eg.innerText('.figures'), /الأفضل مثبت/, 'it is not proven');
  assert.match(await eg.innerText('.figures'), /3,000/);
  assert.equal(await eg.locator('section[aria-labelledby=halls] tbody tr').count(), 12);
  await sign(chosen);
});

test('five decline, and each place is filled from the waiting list at once', async () => {
  for (const [i, id] of season.exhibitions.slice(0, 5).entries()) {
    const page = [eg, qa][i % 2];
    const before = [await counted(eg, id, 'invited'), await counted(qa, id, 'invited')];
    await visit(page, `/exhibitions/${id}/applications?state=invited`);
    const who = await page.locator('table a[href^="/participations/"]').first().getAttribute('href');
    await visit(page, who);
    await press(page, `form[action="${who}/answer"] button[value=decline]`);
    assert.equal(await page.locator(`form[action="${who}/answer"]`).count(), 0);
    const then = [await counted(eg, id, 'invited'), await counted(qa, id, 'invited')];
    assert.equal(then[0] + then[1], before[0] + before[1], `exhibition ${id}: the place stands empty: ${before} → ${then}`);
    assert.equal(await counted(page, id, 'declined'), 1);
  }
});

for (const lang of ['ar', 'en']) {
  test(`a family's letter is printed in ${lang}`, async () => {
    await worker.addInitScript(() => { globalThis.print = () => { document.documentElement.dataset.printed = 'yes'; }; });
    await visit(worker, `${family}/letter?lang=${lang}`);
    const letter = await worker.innerText('.al-letter');
    assert.match(letter, lang === 'ar' ? /كيف تعترضون/ : /How to appeal/);
    await check(worker, `letter ${lang}`, { lang });
    await worker.click('[data-print]');
    assert.equal(await worker.getAttribute('html', 'data-printed'), 'yes');
    await worker.emulateMedia({ media: 'print' });
    assert.ok(await worker.isVisible('.al-letter'));
    assert.ok(!await worker.isVisible('[data-print]'), 'buttons are printed');
    assert.match((await worker.pdf({ format: 'A4' })).subarray(0, 5).toString(), /^%PDF-/);
    await worker.emulateMedia({ media: null });
  });
}

test('all letters are printed in one go, a hundred at a time', async () => {
  await visit(eg, `${plan}/letters?outcome=waiting`);
  await check(eg, 'letters', { lang: 'ar' });
  await press(eg, 'section[aria-labelledby=parts] li a');
  assert.equal(await eg.locator('.al-letter').count(), 100);
  await eg.emulateMedia({ media: 'print' });
  const tops = await eg.locator('.al-letter').evaluateAll((l) => l.slice(0, 2).map((e) => getComputedStyle(e).breakBefore));
  assert.deepEqual(tops, ['auto', 'page']);
  await eg.emulateMedia({ media: null });
});

test('one exhibition is drawn with equal chances', async () => {
  lottery = await setUp(draw, 'equal');
  await sign(await solve(lottery));
});

// verify downloads the file of a draw as anybody may, and lets the program check it; a file in which one digit of the seed is another is refused.
async function verify(page, allocation) {
  const id = allocation.split('/').pop();
  await visit(page, '/draws');
  await press(page, `a[href="/draws/${id}"]`);
  await visit(page, `/draws/${id}`);
  const seed = (await page.locator('.al-hash').allInnerTexts()).map((s) => s.trim()).filter((s) => /^[0-9a-f]{64}$/.test(s))[1];
  const [download] = await Promise.all([page.waitForEvent('download'), page.click('a[href$="/file.json"]')]);
  const file = join(out, `draw-${id}.json`), forged = join(out, `forged-${id}.json`);
  await download.saveAs(file);
  assert.match((await run(binary, ['plan', 'verify', file])).stdout, /^Verified/);
  const text = readFileSync(file, 'utf8');
  assert.ok(text.includes(seed), 'the file holds another seed than the page');
  writeFileSync(forged, text.replaceAll(seed, (seed[0] === '0' ? '1' : '0') + seed.slice(1)));
  await assert.rejects(run(binary, ['plan', 'verify', forged]), 'a forged seed passes');
  const key = await page.locator('table .ltr').first().innerText();
  await page.fill('#find', key);
  await press(page, 'form[action^="/draws/"] button');
  assert.ok(await page.locator('tbody tr').count() > 0);
}

test('anybody verifies both draws', async () => {
  const page = await open(browser, { acceptDownloads: true });
  await verify(page, plan);
  await verify(page, lottery);
  assert.deepEqual(page.faults, []);
  await page.context_.close();
});

for (const lang of ['ar', 'en']) {
  test(`pages of a large season in ${lang}`, async () => {
    await eg.setViewportSize(PHONE);
    await language(eg, demo.base, lang);
    const first = season.exhibitions[0];
    for (const at of [`/seasons/${season.id}/allocations`, plan, chosen, `${chosen}/list`, `${chosen}/list?state=waiting&page=3`, `/draws/${plan.split('/').pop()}`, lottery, `/draws/${lottery.split('/').pop()}`,
      `/exhibitions/${first}`, `/exhibitions/${first}/applications`, `/exhibitions/${first}/applications?state=waiting`, '/exhibitors', '/exhibitions']) {
      await visit(eg, at);
      await check(eg, `${at} ${lang}`, { lang });
    }
  });
}

test('nothing failed on the way', () => assert.deepEqual([eg, qa, worker].flatMap((p) => p.faults), []));
