// Both ministries, from the first proposal to the last sale: Egypt's coordinator proposes a joint fair, Qatar's writes the minutes of their meeting, both turn their keys; the
// hall is drawn by mouse and keyboard; calls, an application by a field worker on a phone, another by a family behind its link; screening, a waiting list that moves by itself,
// answers, a booth by drag with the broken rule shown, badges, the door without signal, sales in the money of each host, the report. And the rules of every page, both languages.
import { after, before, test } from 'node:test';
import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { arabic, check, DESK, launch, language, open, PHONE, serve, signIn } from './lib.mjs';

let demo, browser;
before(async () => { [demo, browser] = await Promise.all([serve('--demo'), launch()]); });
after(async () => { await browser?.close(); await demo?.stop(); });

// day is a day of the office (UTC+3), n days from now, as people type it.
const office = (n) => new Date(Date.now() + n * 86_400_000 + 3 * 3_600_000);
const day = (n) => { const d = office(n); return `${d.getUTCDate()}/${d.getUTCMonth() + 1}/${d.getUTCFullYear()}`; };
const iso = (n) => office(n).toISOString().slice(0, 10);

const go = (page, path) => page.goto(demo.base + path);
const post = (page, selector) => Promise.all([page.waitForNavigation(), page.click(selector)]);
// sure presses a button that asks, and says yes.
async function sure(page, selector) {
  await page.click(selector);
  await post(page, 'dialog.ask button[value=yes]');
}
const fillAll = async (page, values) => { for (const [name, value] of Object.entries(values)) await page.fill(`[name="${name}"]`, value); };
const choose = (page, name, value) => page.selectOption(`[name="${name}"]`, value);
// shown is the path of a link that a page shows once.
const shown = async (page) => new URL((await page.innerHTML('main')).match(/https?:\/\/[^"<]+\/(?:apply|answer)\/[^"<]+/)[0]).pathname;
const text = (page, selector = 'main') => page.innerText(selector);

const spot = (page, x, y) => page.evaluate(([x, y]) => {
  const svg = document.querySelector('[data-svg]'), p = new DOMPoint(x, y).matrixTransform(svg.getScreenCTM());
  return [p.x, p.y];
}, [x, y]);

async function drag(page, from, to) {
  await page.mouse.move(...from);
  await page.mouse.down();
  await page.mouse.move((from[0] + to[0]) / 2, (from[1] + to[1]) / 2, { steps: 4 });
  await page.mouse.move(...to, { steps: 4 });
}

const centre = async (locator) => { const b = await locator.boundingBox(); return [b.x + b.width / 2, b.y + b.height / 2]; };

// carry drags an exhibitor of the list over the first booth, and holds it there.
async function carry(page, name) {
  const item = page.locator('.tray-item:not([disabled])', { hasText: name }).first(), booth = page.locator('.booth').first();
  await page.locator('[data-placing]').scrollIntoViewIfNeeded();
  await drag(page, await centre(item), await centre(booth));
}

test('both ministries hold an exhibition together', async (t) => {
  const [eg, qa, worker] = await Promise.all([open(browser), open(browser), open(browser, { viewport: PHONE })]);
  await Promise.all([signIn(eg, demo.base, 'salwa.coordinator'), signIn(qa, demo.base, 'maryam.coordinator'), signIn(worker, demo.base, 'sayed.worker')]);
  let at, fair;

  await t.test('proposed by one, invisible until then', async () => {
    await go(eg, '/exhibitions/new');
    await fillAll(eg, { name: 'معرض النيل والخليج', name_en: 'Nile and Gulf fair', series: 'النيل والخليج', edition: arabic('1'), theme: 'الحرف اليدوية', city: 'القاهرة', first: day(1), last: day(5), capacity: arabic('60'),
      over_invite: '0', daily_from: '10:00', daily_to: '22:00', friday_from: '11:30', friday_to: '13:00', ramadan_from: '20:00', ramadan_to: '02:00', 'quotas[0].max': '1', 'quotas[1].max': '30' });
    for (const p of ['EG', 'QA']) await eg.check(`[name=parties][value=${p}]`);
    await eg.check('[name=host][value=EG]');
    await choose(eg, 'quotas[0].line', 'party:EG');
    await choose(eg, 'quotas[1].line', 'party:QA');
    await choose(eg, 'fees[0].kind', 'share');
    await eg.fill('[name="fees[0].percent"]', arabic('10'));
    await eg.check('[name=documents][value=id_card]');
    await post(eg, 'main form.ex-form button[type=submit]');
    at = new URL(eg.url()).pathname;
    assert.match(at, /^\/exhibitions\/\d+$/);
    fair = Number(at.split('/').pop());
    assert.equal((await go(qa, at)).status(), 404);
    await sure(eg, `form[action="${at}/submit"] button`);
  });

  await t.test('discussed in a meeting whose minutes say who does what', async () => {
    await go(qa, at);
    await qa.click('.ex-words summary >> text=إضافة تعليق');
    await qa.fill('#comment', 'نقترح جناحًا لكل أسرة 3 × 3.');
    await post(qa, `form[action="${at}/comments"] button`);
    await post(qa, `a[href="/meetings/new?exhibition=${fair}"]`);
    await fillAll(qa, { title: 'اجتماع معرض النيل والخليج', day: day(0), place: 'القاهرة', agenda: 'الحصص\nالقاعة', decisions: 'ثلاثون جناحًا لقطر.', 'attendees[0].name': 'مريم السليطي', 'attendees[1].name': 'سلوى عبد الغني',
      'actions[0].text': 'رسم القاعة وإرسالها', 'actions[0].due': day(0) });
    await choose(qa, 'attendees[0].party', 'QA');
    await choose(qa, 'attendees[1].party', 'EG');
    await qa.selectOption('[name="actions[0].owner"]', { label: await qa.evaluate(() => [...document.querySelector('[name="actions[0].owner"]').options].find((o) => /مصر/.test(o.label)).label) });
    assert.ok(await qa.isChecked(`[name=exhibitions][value="${fair}"]`));
    await post(qa, 'main form.ex-form button[type=submit]');
    await check(qa, 'minutes', { lang: 'ar' });
    await go(eg, '/');
    assert.match(await text(eg), /رسم القاعة وإرسالها/);
    await post(eg, 'a.queue-row >> text=رسم القاعة وإرسالها');
    await post(eg, 'form[action*="/actions/"] button');
    await go(qa, at);
    assert.match(await text(qa), /اجتماع معرض النيل والخليج/);
  });

  await t.test('agreed with both keys', async () => {
    assert.match(await text(eg, 'body'), /منتجة/);
    await sure(qa, `form[action="${at}/agree"] button`);
    await go(eg, at);
    assert.match(await text(eg), /متفق عليه/);
    assert.match(await text(eg), /نقترح جناحًا لكل أسرة/);
  });

  let hall;
  await t.test('the hall is drawn: rows, a booth by mouse and by keyboard', async () => {
    await go(eg, '/venues');
    await post(eg, '.venue-list h2 a');
    await fillAll(eg, { 'hall.name.ar': 'قاعة النيل والخليج', 'hall.width': arabic('30'), 'hall.depth': arabic('22') });
    await post(eg, 'form[action$="/halls"] button.btn-primary');
    const ready = () => eg.waitForSelector('[data-plan][data-ready]');
    const saved = () => eg.waitForFunction(() => document.querySelector('[data-status]').dataset.state === 'saved');
    const drawing = () => eg.evaluate(async () => (await fetch(`${document.querySelector('[data-plan]').dataset.plan}/drawing`)).json());
    await ready();
    for (const [what, x, y] of [['door:both', 15_000, 500], ['door:exit', 15_000, 21_500]]) {
      await eg.selectOption('[data-add]', what);
      await eg.mouse.click(...await spot(eg, x, y));
    }
    await saved();
    await post(eg, 'a[href$="/grid"]');
    await fillAll(eg, { 'grid.rows': '2', 'grid.columns': arabic('4'), 'grid.x': '6', 'grid.y': '6', 'grid.prefix': 'H' });
    await post(eg, 'main button.btn-primary');
    await ready();
    const was = (await drawing()).plan.booths;
    assert.equal(was.length, 8);
    const last = was.reduce((a, b) => (b.x + b.y > a.x + a.y ? b : a));
    const from = await spot(eg, last.x, last.y);
    await drag(eg, from, await spot(eg, last.x + 3500, last.y));
    await eg.mouse.up();
    await eg.keyboard.press('ArrowRight');
    await eg.keyboard.press('ArrowRight');
    await eg.waitForTimeout(900);
    await saved();
    const now = (await drawing()).plan.booths.find((b) => b.id === last.id);
    assert.ok(now.x > last.x + 3000, `${last.x} → ${now.x}`);
    await check(eg, 'hall', { lang: 'ar' });
    await eg.click('form[action$="/release"] button');
    await post(eg, 'dialog.ask .btn-primary');
    assert.match(await text(eg), /معتمد/);
    await go(eg, `${at}/halls`);
    await eg.selectOption('#plan', { label: await eg.evaluate(() => [...document.querySelector('#plan').options].find((o) => /النيل والخليج/.test(o.label)).label) });
    await post(eg, 'form.inline-form button.btn-primary');
    hall = await eg.getAttribute('main table a', 'href');
  });

  await t.test('called, applied for by a field worker and by a family behind its link', async () => {
    for (const page of [eg, qa]) {
      await go(page, `${at}/call`);
      await fillAll(page, { opens: day(0), closes: day(1) });
      await post(page, 'main form button.btn-primary');
      assert.match(await text(page), /باب التقديم مفتوح/);
    }
    await go(worker, '/');
    await post(worker, `a.queue-row[href="${at}/apply"]`);
    await check(worker, 'apply', { lang: 'ar' });
    const families = await worker.evaluate(() => [...document.querySelector('[name=family]').options].filter((o) => o.value).map((o) => o.value));
    await post(worker, 'main form:not([role=search]) button.btn-primary');
    assert.match(await text(worker, '[data-summary]'), /المنتجات المعروضة/);
    for (const [i, id] of families.slice(0, 2).entries()) {
      await go(worker, `${at}/apply`);
      await choose(worker, 'family', id);
      await fillAll(worker, { products: 'كليم وسجاد يدوي', sign: i ? 'نول الصعيد' : 'خيوط النيل' });
      await choose(worker, 'size', '2x2');
      await choose(worker, 'people', '1');
      await post(worker, 'main form:not([role=search]) button.btn-primary');
      assert.match(new URL(worker.url()).pathname, /^\/participations\/\d+$/);
    }
    await check(worker, 'application', { lang: 'ar' });

    await go(qa, `${at}/apply`);
    await qa.selectOption('[name=family]', { index: 1 });
    await post(qa, `button[formaction="${at}/links"]`);
    const link = await shown(qa);
    const guest = await open(browser, { viewport: PHONE });
    await go(guest, link);
    await check(guest, 'family form', { lang: 'ar' });
    await fillAll(guest, { products: 'عبايات ودراعات', sign: 'بيت الدراعة', sign_en: 'Bait Al Darraa' });
    await choose(guest, 'size', '3x4');
    await choose(guest, 'people', '2');
    await guest.check('[name=needs][value=water]');
    await guest.check('[name=agree]');
    await post(guest, 'main button.btn-primary');
    assert.match(await text(guest), /استلمنا|وصل/);
    assert.deepEqual(guest.faults, []);
    await guest.context_.close();
  });

  const own = {};
  await t.test('screened, invited within the quota, the waiting list moves by itself, accepted', async () => {
    await go(eg, `${at}/applications`);
    const rows = await eg.evaluate(() => [...document.querySelectorAll('main td a[href^="/participations/"]')].map((a) => a.getAttribute('href')));
    assert.equal(rows.length, 2);
    for (const p of rows) {
      await go(eg, p);
      await eg.check('[name=outcome][value=fit]');
      await post(eg, `form[action="${p}/screen"] button`);
    }
    await go(eg, rows[0]);
    await eg.fill('[name=deadline]', day(0));
    await post(eg, `form[action="${rows[0]}/invite"] button`);
    // The one place of the quota is asked for: the second invitation is refused and says why, and the family waits.
    await go(eg, rows[1]);
    await eg.fill('[name=deadline]', day(0));
    await post(eg, `form[action="${rows[1]}/invite"] button`);
    assert.match(await text(eg, '[data-summary]'), /حصة|الحصة/);
    await post(eg, `form[action="${rows[1]}/queue"] button`);
    await go(worker, rows[0]);
    await post(worker, `form[action="${rows[0]}/answer"] button[value=decline]`);
    await go(eg, rows[1]);
    assert.match(await text(eg, '.view-head'), /دُعي/);
    await go(worker, rows[1]);
    await post(worker, `form[action="${rows[1]}/answer"] button[value=accept]`);
    assert.match(await text(worker, '.view-head'), /قَبِل/);
    own.eg = rows[1];

    await go(qa, `${at}/applications`);
    own.qa = await qa.getAttribute('main td a[href^="/participations/"]', 'href');
    assert.equal((await go(eg, own.qa)).status(), 404);
    await go(qa, own.qa);
    await qa.check('[name=outcome][value=fit]');
    await post(qa, `form[action="${own.qa}/screen"] button`);
    await qa.fill('[name=deadline]', day(0));
    await post(qa, `form[action="${own.qa}/invite"] button`);
    await post(qa, `form[action="${own.qa}/link"] button`);
    const guest = await open(browser, { viewport: PHONE });
    await go(guest, await shown(qa));
    await check(guest, 'invitation', { lang: 'ar' });
    await post(guest, 'button[value=accept]');
    assert.match(await text(guest), /قَبِل|تم/);
    await guest.context_.close();
  });

  await t.test('placed by drag, the broken rule shown at once', async () => {
    const names = {};
    for (const [who, page] of [['eg', eg], ['qa', qa]]) { // the host's coordinator may place both parties' exhibitors
      await go(page, own[who]);
      names[who] = (await text(page, 'h1')).trim();
    }
    await go(qa, hall);
    await qa.waitForSelector('[data-placing][data-ready]');
    await carry(qa, names.qa);
    await qa.waitForFunction(() => /ممنوع.*مساحته/.test(document.querySelector('[data-status]').textContent));
    await qa.mouse.up();
    await go(eg, hall);
    await eg.waitForSelector('[data-placing][data-ready]');
    await carry(eg, names.eg);
    await eg.mouse.up();
    await eg.waitForSelector('.booth.is-taken');
    await check(eg, 'placing', { lang: 'ar' });
  });

  let code;
  await t.test('badges', async () => {
    await go(eg, `${at}/badges`);
    assert.equal(await eg.locator('.ex-badge svg').count(), 1);
    code = (await text(eg, '.ex-badge-code')).trim();
    await check(eg, 'badges', { lang: 'ar' });
  });

  await t.test('brought forward by a day, which needs both keys again', async () => {
    await go(eg, `${at}/edit`);
    await fillAll(eg, { first: day(0), reason: 'جهزت القاعة قبل موعدها.' });
    await post(eg, 'main form.ex-form button[type=submit]');
    await go(qa, at);
    await sure(qa, `form[action="${at}/agree"] button`);
    assert.match(await text(qa), /متفق عليه/);
  });

  await t.test('checked in without signal, once', async () => {
    const door = await open(browser, { viewport: PHONE });
    await signIn(door, demo.base, 'salwa.coordinator');
    await go(door, `${at}/checkin`);
    await check(door, 'door', { lang: 'ar' });
    await door.context_.setOffline(true);
    for (let i = 0; i < 2; i++) {
      await door.fill('#code', arabic(code));
      await door.keyboard.press('Enter');
      await door.waitForFunction(() => document.querySelector('[data-checkin-queue]').textContent.trim());
    }
    await door.context_.setOffline(false);
    await door.waitForFunction(() => !Object.keys(localStorage).some((k) => k.startsWith('muntija-checkin')));
    await door.fill('#code', code);
    await door.keyboard.press('Enter');
    await door.waitForFunction(() => /من قبل|سبق/.test(document.querySelector('[data-checkin-result]').textContent));
    assert.deepEqual(door.faults, []);
    await door.context_.close();
    await go(eg, `${at}/floor`);
    assert.match(await text(eg), /حضر 1 من 2/);
  });

  await t.test('checked in by the camera', async () => {
    await go(qa, `${at}/badges`);
    const badge = await qa.locator('.ex-badge svg').first().evaluate((svg) => svg.outerHTML);
    const paper = await open(browser, { viewport: { width: 640, height: 480 } });
    await paper.setContent(`<body style="margin:0;display:grid;place-items:center;height:100vh;background:#fff"><div style="width:300px">${badge}</div></body>`);
    const dir = mkdtempSync(join(tmpdir(), 'muntija-camera-')), film = join(dir, 'badge.mjpeg');
    writeFileSync(film, await paper.screenshot({ type: 'jpeg', quality: 95 }));
    await paper.context_.close();
    const camera = await launch('--use-fake-ui-for-media-stream', '--use-fake-device-for-media-stream', `--use-file-for-fake-video-capture=${film}`);
    try {
      const door = await open(camera, { viewport: PHONE, permissions: ['camera'] });
      await signIn(door, demo.base, 'salwa.coordinator');
      await go(door, `${at}/checkin`);
      await door.click('[data-checkin-camera]');
      await door.waitForFunction(() => document.querySelector('[data-checkin-result] .ex-good'));
      assert.match(await text(door, '[data-checkin-result]'), /قطر/);
      await check(door, 'camera', { lang: 'ar' });
    } finally {
      await camera.close();
      rmSync(dir, { recursive: true, force: true });
    }
    await go(eg, `${at}/floor`);
    assert.match(await text(eg), /حضر 2 من 2/);
  });

  await t.test('sold in the money of each host, reported by each', async () => {
    await go(worker, own.eg);
    await worker.fill(`#s-${iso(0)}`, arabic('1250.50'));
    await post(worker, `form.ex-sale:has(#s-${iso(0)}) button`);
    await go(qa, own.qa);
    await qa.fill(`#s-${iso(0)}`, '900');
    await post(qa, `form.ex-sale:has(#s-${iso(0)}) button`);
    await go(eg, `${at}/report`);
    assert.match(await text(eg), /1,250\.50/);
    assert.doesNotMatch(await text(eg), /900/);
    await go(qa, `${at}/report`);
    assert.match(await text(qa), /900/);
    // In Doha the money is the riyal.
    await go(qa, '/exhibitions/2/floor');
    await post(qa, 'main td a[href^="/participations/"]');
    await qa.fill(`#s-${iso(0)}`, arabic('75'));
    await post(qa, `form.ex-sale:has(#s-${iso(0)}) button`);
    assert.match(await text(qa, '#sales'), /ر\.ق/);
  });

  await t.test('every page of it in both languages', async () => {
    for (const lang of ['en', 'ar']) {
      await go(eg, at);
      await language(eg, demo.base, lang);
      for (const path of [at, `${at}/applications`, own.eg, `${at}/halls`, hall, `${at}/roster`, `${at}/badges`, `${at}/packing`, `${at}/floor`, `${at}/report`, `${at}/edit`, `${at}/call`]) {
        assert.equal((await go(eg, path)).status(), 200, path);
        await check(eg, `${lang} ${path}`, { lang });
      }
    }
    assert.deepEqual([...eg.faults, ...qa.faults, ...worker.faults], []);
  });
});

test('photographs are ordered by mouse, by touch and by keyboard', async () => {
  const page = await open(browser, { viewport: PHONE, hasTouch: true });
  await signIn(page, demo.base, 'sayed.worker');
  const numbers = () => page.evaluate(() => [...document.querySelectorAll('[data-photos] > li')].map((li) => li.dataset.id));
  const saved = async (n) => { await page.waitForFunction((n) => document.querySelector('[data-photos-status]').textContent.includes(n), n); };
  await go(page, '/products?state=draft');
  const drafts = await page.evaluate(() => [...document.querySelectorAll('main a[href^="/products/"]')].map((a) => a.getAttribute('href')).filter((h) => /^\/products\/\d+$/.test(h)));
  for (const product of drafts) { // one that this person may still change
    await go(page, product);
    if (await page.locator('form[data-upload]').count()) break;
  }
  const art = await open(browser, { viewport: { width: 300, height: 240 } });
  for (let i = 0; (await page.locator('.prod-photos > li').count()) < 3; i++) {
    await art.setContent(`<body style="margin:0;background:hsl(${i * 90} 60% 45%)"><h1>${i}</h1></body>`);
    await page.setInputFiles('[name=file]', { name: `${i}.png`, mimeType: 'image/png', buffer: await art.screenshot() });
    await Promise.all([page.waitForNavigation(), page.click('form[data-upload] button[type=submit]')]);
  }
  await art.context_.close();
  const [a, b, c] = await numbers();
  const grip = (id) => page.locator(`[data-photos] > li[data-id="${id}"] [data-grip]`);
  await check(page, 'photographs', { lang: 'ar' });
  // The arrow goes as the page reads: left is later in Arabic.
  await grip(a).focus();
  await page.keyboard.press('ArrowLeft');
  await saved('2 من');
  assert.deepEqual((await numbers()).slice(0, 3), [b, a, c]);
  await page.locator('[data-photos]').scrollIntoViewIfNeeded();
  const [from, to] = [await centre(grip(c)), await centre(page.locator(`[data-photos] > li[data-id="${b}"]`))];
  await drag(page, from, [to[0] + 40, to[1]]);
  await page.mouse.up();
  await saved('1 من');
  assert.deepEqual((await numbers()).slice(0, 3), [c, b, a]);
  // A finger: the same events, from a touch.
  const touch = await page.context_.newCDPSession(page);
  const [start, end] = [await centre(grip(a)), await centre(page.locator(`[data-photos] > li[data-id="${c}"]`))];
  const finger = (type, at) => touch.send('Input.dispatchTouchEvent', { type, touchPoints: at ? [{ x: at[0], y: at[1] }] : [] });
  await finger('touchStart', start);
  for (const part of [0.25, 0.5, 0.75, 1]) await finger('touchMove', [start[0] + (end[0] + 40 - start[0]) * part, start[1] + (end[1] - start[1]) * part]);
  await finger('touchEnd');
  await page.waitForTimeout(300);
  await page.reload();
  assert.equal((await numbers())[0], a);
  assert.deepEqual(page.faults, []);
});

for (const lang of ['ar', 'en']) {
  test(`pages in ${lang}`, async () => {
    const page = await open(browser, { viewport: PHONE });
    await signIn(page, demo.base, 'salwa.coordinator');
    await language(page, demo.base, lang);
    for (const path of ['/exhibitions', '/exhibitions/2', '/exhibitions/4', '/exhibitions/4/applications', '/exhibitions/2/floor', '/exhibitions/2/checkin', '/exhibitions/1/report', '/calendar', '/calendar?view=timeline',
      '/holidays', '/meetings', '/exhibitors', '/seasons/1', '/series', `/series/one?name=${encodeURIComponent('ديارنا')}`]) {
      assert.equal((await page.goto(demo.base + path)).status(), 200, path);
      await check(page, `${lang} ${path}`, { lang });
    }
    assert.deepEqual(page.faults, []);
  });
}
