// Incentives and development plans, each user on their way: a scheme is made, given a rule, published by another person, counted, applied for, approved, delivered with a
// picture; a plan is begun from a template on a phone and an action is ticked. axe on each page, both languages.
import { after, before, test } from 'node:test';
import assert from 'node:assert/strict';
import { check, DESK, language, launch, open, PHONE, serve, signIn } from './lib.mjs';

let server, browser;
before(async () => { server = await serve('--demo'); browser = await launch(); });
after(async () => { await browser?.close(); await server?.stop(); });

async function whole(page, label) {
  for (const lang of ['en', 'ar']) {
    await language(page, server.base, lang);
    await check(page, `${label} ${lang}`, { lang });
  }
}
const press = (page, selector) => Promise.all([page.waitForNavigation(), page.click(selector)]);
async function sure(page, selector) { // a button that asks first
  await page.click(selector);
  await Promise.all([page.waitForNavigation(), page.click('dialog[open] button.btn-primary, dialog[open] [value=yes], dialog[open] [data-yes]')]);
}
async function as(who, viewport = DESK) {
  const page = await open(browser, { viewport });
  await signIn(page, server.base, who);
  return page;
}

test('a scheme from its draft to a delivery', async () => {
  const coordinator = await as('salwa.coordinator');
  await coordinator.goto(`${server.base}/schemes`);
  await whole(coordinator, 'schemes');
  await coordinator.goto(`${server.base}/schemes/new`);
  await whole(coordinator, 'new scheme');
  await coordinator.fill('[name=name]', 'تجهيز المشاغل');
  await coordinator.fill('[name=name_en]', 'Workshop kit');
  await coordinator.fill('[name=budget]', '٢٠٠٠');
  await coordinator.selectOption('[name="offers[0].kind"]', 'tool_kit');
  await coordinator.fill('[name="offers[0].name"]', 'عُدّة');
  await coordinator.fill('[name="offers[0].cost"]', '500');
  await press(coordinator, '.form-foot button[type=submit]');
  const at = coordinator.url();
  assert.match(at, /\/schemes\/\d+$/);
  await whole(coordinator, 'draft');
  await coordinator.goto(`${at}/criteria/2/edit`);
  await whole(coordinator, 'rule of a scheme');
  const admin = await as('iman.admin');
  await admin.goto(at);
  await sure(admin, 'form[action$="/publish"] button');
  await whole(admin, 'published');

  await coordinator.goto(at);
  await press(coordinator, 'form[action$="/count"] button:not([name])');
  await coordinator.waitForSelector('.scheme-answer', { timeout: 120_000 });
  await coordinator.goto(at);
  await whole(coordinator, 'counted');
  assert.ok(await coordinator.$('.scheme-answer'), 'the answer stands on the page');

  const worker = await as('fatma.worker', PHONE);
  await worker.goto(`${server.base}/families?state=approved`);
  const family = await worker.$eval('table.families tbody th a', (a) => a.getAttribute('href'));
  await worker.goto(`${server.base}${family}/grants`);
  await whole(worker, 'grants of a family');
  const offer = `${at.match(/\d+$/)[0]}/1`;
  await worker.selectOption('[name=offer]', offer);
  await press(worker, `form[action="${family}/grants"] button[type=submit]`);
  const grant = worker.url();
  await whole(worker, 'grant');
  await worker.goto(`${server.base}${family}/schemes/${at.match(/\d+$/)[0]}`);
  await whole(worker, 'why');

  const reviewer = await as('mahmoud.reviewer');
  await reviewer.goto(`${server.base}/grants?state=proposed`);
  await whole(reviewer, 'grants');
  await reviewer.goto(grant);
  await press(reviewer, 'button[name=approve]');
  await worker.goto(grant);
  await worker.fill('[name=receiver]', 'صاحبة المشروع');
  const picture = await worker.screenshot({ clip: { x: 0, y: 0, width: 60, height: 60 } });
  await worker.setInputFiles('[name=file]', { name: 'proof.png', mimeType: 'image/png', buffer: picture });
  await press(worker, 'form[action$="/deliver"] button[type=submit]');
  await whole(worker, 'delivered');
  assert.ok(await worker.$('.state-good'), 'it is delivered');
  await coordinator.goto(at);
  assert.match(await coordinator.textContent('.gauge-key-spent'), /500/);
  for (const page of [coordinator, admin, worker, reviewer]) assert.deepEqual(page.faults, []);
});

test('a plan on a phone', async () => {
  const page = await as('noora.worker', PHONE);
  await page.goto(`${server.base}/developments`);
  await whole(page, 'plans');
  await page.goto(`${server.base}/families?state=approved`);
  let fresh;
  for (const href of await page.$$eval('table.families tbody th a', (all) => all.map((a) => a.getAttribute('href')))) {
    await page.goto(server.base + href);
    if ((fresh = await page.$(`a[href="${href}/developments/new"]`))) break;
  }
  assert.ok(fresh, 'a family without a plan');
  await Promise.all([page.waitForNavigation(), fresh.click()]);
  await whole(page, 'new plan');
  await page.fill('[name=goal]', 'مضاعفة المبيعات في عام');
  await page.fill('[name=income]', '١٢٠٠');
  await page.fill('[name=channels]', '1');
  await press(page, '.form-foot button[type=submit]');
  assert.match(page.url(), /\/developments\/\d+$/);
  await whole(page, 'plan');
  const plan = page.url();
  await press(page, 'form[action*="/actions/"] button');
  await page.goto(`${plan}/measure`);
  await whole(page, 'measure');
  await page.fill('[name=income]', '1800');
  await press(page, 'form[action$="/measure"] button[type=submit]');
  assert.match(await page.textContent('main'), /1[,٬]?800|١٬٨٠٠/);
  await page.goto(`${plan}/edit`);
  await whole(page, 'edit plan');
  await page.goto(server.base);
  await whole(page, 'work');
  assert.deepEqual(page.faults, []);
});
