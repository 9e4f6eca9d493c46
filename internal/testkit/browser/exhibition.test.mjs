// Both ministries: one proposes an exhibition, the other agrees; the pages of exhibitions, calendar and meetings hold the rules of every page in both languages.
import { after, before, test } from 'node:test';
import assert from 'node:assert/strict';
import { check, launch, language, open, PHONE, serve, signIn } from './lib.mjs';

let demo, browser;
before(async () => { [demo, browser] = await Promise.all([serve('--demo'), launch()]); });
after(async () => { await browser?.close(); await demo?.stop(); });

const day = (n) => { const d = new Date(Date.now() + n * 86400000); return `${d.getDate()}/${d.getMonth() + 1}/${d.getFullYear()}`; };

test('an exhibition is proposed by one party and agreed by the other', async () => {
  const eg = await open(browser, { viewport: PHONE }), qa = await open(browser);
  await signIn(eg, demo.base, 'salwa.coordinator');
  await signIn(qa, demo.base, 'maryam.coordinator');
  await eg.goto(`${demo.base}/exhibitions/new`);
  await eg.fill('[name=name]', 'معرض الخريف المشترك');
  for (const p of ['EG', 'QA']) await eg.check(`[name=parties][value=${p}]`);
  await eg.check('[name=host][value=EG]');
  await eg.fill('[name=first]', day(140));
  await eg.fill('[name=last]', day(146));
  await eg.fill('[name=capacity]', '٦٠');
  await Promise.all([eg.waitForNavigation(), eg.click('main form.ex-form button[type=submit]')]);
  const at = new URL(eg.url()).pathname;
  assert.match(at, /^\/exhibitions\/\d+$/);
  assert.equal((await qa.goto(demo.base + at)).status(), 404);
  await eg.click(`form[action="${at}/submit"] button`);
  await Promise.all([eg.waitForNavigation(), eg.click('dialog.ask button[value=yes]')]);
  await qa.goto(demo.base + at);
  await qa.click(`form[action="${at}/agree"] button`);
  await Promise.all([qa.waitForNavigation(), qa.click('dialog.ask button[value=yes]')]);
  await eg.reload();
  assert.match(await eg.innerText('main'), /متفق عليه/);
  assert.deepEqual([...eg.faults, ...qa.faults], []);
});

for (const lang of ['ar', 'en']) {
  test(`pages in ${lang}`, async () => {
    const page = await open(browser, { viewport: PHONE });
    await signIn(page, demo.base, 'salwa.coordinator');
    await language(page, demo.base, lang);
    for (const path of ['/exhibitions', '/exhibitions/2', '/exhibitions/4', '/exhibitions/4/applications', '/exhibitions/2/floor', '/exhibitions/2/checkin', '/exhibitions/1/report', '/calendar', '/holidays', '/meetings']) {
      assert.equal((await page.goto(demo.base + path)).status(), 200, path);
      await check(page, `${lang} ${path}`, { lang });
    }
    assert.deepEqual(page.faults, []);
  });
}
