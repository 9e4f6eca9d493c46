// The plan of a season: both ministries look at the solved board, ask for what cannot be, give a demand up by one press, move an exhibition by keyboard and by mouse, and sign.
import { after, before, test } from 'node:test';
import assert from 'node:assert/strict';
import { check, DESK, language, launch, open, PHONE, serve, signIn } from './lib.mjs';

let demo, browser, plan, board, run;
before(async () => { demo = await serve('--demo'); browser = await launch(); });
after(async () => { await browser?.close(); await demo?.stop(); });

const go = async (page, what) => { await Promise.all([page.waitForNavigation(), what()]); };
const confirm = async (page, selector) => { await page.click(selector); await go(page, () => page.click('dialog.ask .btn-primary')); };

test('a season is planned, clashes, is relaxed, moved and released', async () => {
  const eg = await open(browser), qa = await open(browser);
  await signIn(eg, demo.base, 'salwa.coordinator');
  await signIn(qa, demo.base, 'maryam.coordinator');
  await eg.goto(`${demo.base}/calendar`);
  plan = await eg.locator('a[href$="/plan"]').first().getAttribute('href');

  // What the planner found stands on the board of the demo.
  await eg.goto(demo.base + plan);
  board = await eg.locator('a[href*="/drafts/"]').first().getAttribute('href');
  await eg.goto(demo.base + board);
  await eg.waitForSelector('#season-board[data-ready]');
  const chips = await eg.locator('.sb .sb-chip').count();
  assert.ok(chips >= 10, `${chips} exhibitions on the board`);

  // A window in which nothing fits: the planner names the demands; giving one up by one press is enough.
  const form = await eg.locator('.sb .sb-chip[data-show]').first().getAttribute('data-show');
  await eg.goto(`${demo.base}${plan}/exhibitions/${form}`);
  await eg.fill('input[name="windows[0].first"]', '2026-12-01');
  await eg.fill('input[name="windows[0].last"]', '2026-12-02');
  await go(eg, () => eg.click('main form button[type=submit]'));
  await go(eg, () => eg.click(`form[action="${plan}/start"] button`));
  await eg.waitForSelector('.sb-reasons, .figures', { timeout: 180_000 });
  run = new URL(eg.url()).pathname;
  const enough = eg.locator('.sb-reasons li:has(.state-good) form button').first();
  await go(eg, () => enough.click());
  board = new URL(eg.url()).pathname;
  await go(eg, () => eg.click(`form[action="${board}/solve"] button[type=submit]`));
  await eg.waitForSelector('.figures', { timeout: 180_000 });
  await eg.goto(demo.base + board);
  await eg.waitForSelector('#season-board[data-ready]');
  const version = await eg.getAttribute('#season-board', 'data-version');

  // By keyboard: take it up, go to a free cell, put it down.
  await eg.locator(`.sb .sb-chip[data-show="${form}"]`).focus();
  await eg.keyboard.press('Enter');
  await eg.waitForSelector('.sb td.n');
  const forward = await eg.evaluate(() => (document.dir === 'rtl' ? 'ArrowLeft' : 'ArrowRight'));
  for (let i = 0; i < 30; i++) {
    await eg.keyboard.press(forward);
    if (await eg.evaluate(() => document.activeElement.matches('.sb td:not(.n)') && !document.activeElement.children.length)) break;
  }
  assert.ok((await eg.textContent('[data-status]')).trim());
  await eg.keyboard.press('Enter');
  await eg.waitForFunction((v) => document.getElementById('season-board').dataset.version !== v, version);

  // By mouse: back into the tray.
  const chip = await eg.locator(`.sb .sb-chip[data-show="${form}"]`).boundingBox(), tray = await eg.locator('.sb-traybox').boundingBox();
  await eg.mouse.move(chip.x + 10, chip.y + 10);
  await eg.mouse.down();
  await eg.mouse.move(tray.x + 200, tray.y + 30, { steps: 8 });
  await eg.mouse.up();
  await eg.waitForSelector(`.sb-tray .sb-chip[data-show="${form}"]`);

  // On a phone there is no board to drag on: a press in the tray leads to the form, with the exhibition chosen.
  await eg.setViewportSize(PHONE);
  await go(eg, () => eg.click(`.sb-tray .sb-chip[data-show="${form}"]`));
  assert.equal(await eg.inputValue('select[name=exhibition]'), form);
  await eg.setViewportSize(DESK);

  // Both keys on one list. What a pending change holds up is told; taking that exhibition as it stands lets the plan through.
  const sign = async (page) => {
    await page.goto(`${demo.base}${board}/changes`);
    await confirm(page, `form[action="${board}/sign"] button`);
  };
  await sign(eg);
  if (await eg.locator('.alert-danger').count()) { // the change of Diyarna waits for Qatar's key
    const waits = await qa.goto(`${demo.base}/exhibitions`).then(() => qa.locator('a[href^="/exhibitions/"]:has-text("ديارنا العربية")').first().getAttribute('href'));
    await qa.goto(demo.base + waits);
    await go(qa, () => qa.locator(`form[action="${waits}/agree"] button`).click());
    await sign(eg);
  }
  assert.equal(await eg.locator('.alert-danger').count(), 0, await eg.textContent('main'));
  await sign(qa);
  assert.ok(new URL(qa.url()).pathname === plan, `released: ${qa.url()} ${await qa.textContent('main')}`);
  assert.ok(await qa.locator('.state-good').count());
  assert.deepEqual([eg.faults, qa.faults], [[], []]);
  await eg.context_.close();
  await qa.context_.close();
});

for (const lang of ['ar', 'en']) {
  test(`the pages of a season's plan, ${lang}`, async () => {
    for (const viewport of [PHONE, DESK]) {
      const page = await open(browser, { viewport });
      await signIn(page, demo.base, 'salwa.coordinator');
      await language(page, demo.base, lang);
      const failures = [];
      await page.goto(demo.base + plan);
      const show = await page.locator('a[href*="/plan/exhibitions/"]').last().getAttribute('href'), venue = await page.locator('a[href*="/plan/venues/"]').first().getAttribute('href');
      const person = await page.locator('a[href*="/plan/people/"]').first().getAttribute('href');
      for (const path of [plan, `${plan}/rules`, show, venue, person, `${plan}/people/new`, board, `${board}/changes`, `${board}/compare?with=1`, run]) {
        const answer = await page.goto(demo.base + path);
        assert.equal(answer.status(), 200, path);
        assert.ok((await answer.body()).length < 60 * 1024, `${path} is too heavy`);
        try { await check(page, `${path} ${lang} ${viewport.width}`, { lang }); } catch (e) { failures.push(e.message); page.faults.length = 0; }
      }
      assert.deepEqual(failures, []);
      await page.context_.close();
    }
  });
}
