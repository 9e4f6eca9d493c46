// Layouts: a proposal found and accepted, an exhibitor dragged onto a taken booth with the best way to make room, both read on a phone and without JavaScript.
import { after, before, test } from 'node:test';
import assert from 'node:assert/strict';
import { check, DESK, language, launch, open, PHONE, serve, signIn } from './lib.mjs';

let demo, browser, hall;
before(async () => { [demo, browser] = await Promise.all([serve('--demo'), launch()]); });
after(async () => { await browser?.close(); await demo?.stop(); });

// The hall for which the demo holds a proposal.
async function findHall(page) {
  await page.goto(`${demo.base}/exhibitions`);
  const shows = await page.$$eval('a[href^="/exhibitions/"]', (as) => [...new Set(as.map((a) => a.getAttribute('href')).filter((h) => /^\/exhibitions\/\d+$/.test(h)))]);
  for (const show of shows) {
    await page.goto(`${demo.base}${show}/halls`);
    for (const h of await page.$$eval('a[href*="/halls/"]', (as) => [...new Set(as.map((a) => a.getAttribute('href')))])) {
      await page.goto(demo.base + h);
      if (await page.$('a[href*="/layouts/"]')) return h;
    }
  }
  assert.fail('the demo holds no proposal');
}

const drawn = (page) => page.waitForSelector('[data-placing][data-ready]');
const spot = (page, code) => page.evaluate((code) => {
  const b = [...document.querySelectorAll('.booth')].find((n) => n.getAttribute('aria-label')?.startsWith(`${code}:`)), r = b.getBoundingClientRect();
  return [r.x + r.width / 2, r.y + r.height / 2];
}, code);
const standing = (page) => page.evaluate(async (url) => (await (await fetch(`${url}/state?wave=1`)).json()), hall);

test('a proposal is asked for, read and accepted', async () => {
  const page = await open(browser, { viewport: DESK });
  await signIn(page, demo.base, 'salwa.coordinator');
  hall = await findHall(page);
  await drawn(page);
  const before = (await standing(page)).people;
  await page.check('input[name=stay][value=none]');
  await page.click('details.more summary');
  await page.fill('[name=seconds]', '٢');
  await page.fill('[name=same_craft]', '200');
  await Promise.all([page.waitForURL(/\/layouts\/\d+$/), page.click('form[action$="/layouts"] button[type=submit]')]);
  await page.waitForSelector('button[name=all]', { timeout: 180_000 });
  await check(page, 'proposal', { lang: 'ar' });
  await page.waitForFunction(() => [...document.images].every((i) => i.complete && i.naturalWidth > 0));
  await page.evaluate(() => document.querySelector('button[name=all]').removeAttribute('data-confirm'));
  await Promise.all([page.waitForNavigation(), page.click('button[name=all]')]);
  assert.match(await page.innerText('main'), /قُبل الاقتراح كله/);
  await page.goto(demo.base + hall);
  await drawn(page);
  const after = (await standing(page)).people;
  assert.ok(after.some((p) => p.booth !== before.find((q) => q.id === p.id).booth), 'somebody moved');
  assert.equal(new Set(after.filter((p) => p.booth).map((p) => p.booth)).size, after.filter((p) => p.booth).length, 'no booth twice');
  await page.context_.close();
});

test('dragged onto a taken booth, an exhibitor is told what that costs, and both move by one press', async () => {
  const page = await open(browser, { viewport: DESK });
  await signIn(page, demo.base, 'salwa.coordinator');
  await page.goto(demo.base + hall);
  await drawn(page);
  const { plan, people } = await standing(page);
  const code = (p) => plan.booths.find((b) => b.id === p.booth).code;
  const own = people.filter((p) => p.booth && p.mine && !p.locked);
  const pair = await page.evaluate(async ([url, own]) => {
    for (const a of own) {
      for (const b of own) {
        if (a.id === b.id) continue;
        const d = await (await fetch(`${url}/drag?wave=1&participation=${a.id}&booth=${b.booth}`, { headers: { Accept: 'application/json' } })).json();
        if (d.possible && d.moves.length > 1) return [a, b];
      }
    }
    return null;
  }, [hall, own]);
  assert.ok(pair, 'two who can change booths');
  const [a, b] = pair;
  await page.evaluate(() => document.querySelector('[data-svg]').scrollIntoView({ block: 'center', behavior: 'instant' }));
  const [fx, fy] = await spot(page, code(a)), [tx, ty] = await spot(page, code(b));
  await page.mouse.move(fx, fy);
  await page.mouse.down();
  await page.mouse.move((fx + tx) / 2, (fy + ty) / 2, { steps: 5 });
  await page.mouse.move(tx, ty, { steps: 5 });
  await page.mouse.up();
  await page.waitForSelector('[data-offer]:not([hidden])');
  assert.match(await page.innerText('[data-offer-text]'), new RegExp(`${b.name}|${a.name}`));
  await check(page, 'offer', { lang: 'ar' });
  await page.keyboard.press('Enter'); // the button has the focus
  await page.waitForFunction(() => document.querySelector('[data-offer]').hidden);
  await page.waitForFunction(async ([url, who, booth]) => (await (await fetch(`${url}/state?wave=1`)).json()).people.find((p) => p.id === who).booth === booth, [hall, a.id, b.booth]);
  assert.deepEqual(page.faults, []);
  await page.context_.close();
});

test('the pages are whole in both languages, on a phone and without JavaScript', async () => {
  for (const [lang, size] of [['ar', PHONE], ['en', DESK], ['en', PHONE]]) {
    const page = await open(browser, { viewport: size });
    await signIn(page, demo.base, 'salwa.coordinator');
    await language(page, demo.base, lang);
    await page.goto(demo.base + hall);
    await check(page, `placing ${lang}`, { lang });
    await page.click('a[href*="/layouts/"]');
    await check(page, `proposal ${lang}`, { lang });
    await language(page, demo.base, 'ar');
    await page.context_.close();
  }
  const plain = await open(browser, { viewport: PHONE, javaScriptEnabled: false });
  await signIn(plain, demo.base, 'salwa.coordinator');
  await plain.goto(demo.base + hall);
  await Promise.all([plain.waitForURL(/\/drag\?/), plain.click('form[action$="/drag"] button')]);
  assert.match(await plain.innerText('main'), /من ينتقل|يقف هناك|ممنوع|لا يستطيع/);
  await plain.context_.close();
  const seen = await open(browser, { viewport: PHONE });
  await signIn(seen, demo.base, 'salwa.coordinator');
  await seen.goto(plain.url());
  await check(seen, 'drag', { lang: 'ar' });
  await seen.context_.close();
});
