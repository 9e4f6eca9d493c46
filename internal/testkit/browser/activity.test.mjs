// An activity of the memorandum, from one ministry's proposal to the joint report: proposed, agreed by the other, changed (the yes falls), agreed again, a document, held, its results.
import { after, before, test } from 'node:test';
import assert from 'node:assert/strict';
import { writeFileSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { check, launch, language, open, PHONE, serve, signIn } from './lib.mjs';

let demo, browser;
before(async () => { [demo, browser] = await Promise.all([serve('--demo'), launch()]); });
after(async () => { await browser?.close(); await demo?.stop(); });

const press = (page, selector) => Promise.all([page.waitForNavigation(), page.click(selector)]);
const sure = async (page, selector) => { await page.click(selector); await press(page, 'dialog.ask button[value=yes]'); };

test('both ministries hold a workshop', async () => {
  const [eg, qa] = await Promise.all([open(browser), open(browser, { viewport: PHONE })]);
  await Promise.all([signIn(eg, demo.base, 'salwa.coordinator'), signIn(qa, demo.base, 'maryam.coordinator')]);
  await eg.goto(`${demo.base}/activities`);
  assert.match(await eg.innerText('main'), /الأسر المنتجة/);
  await eg.goto(`${demo.base}/activities/new`);
  await press(eg, '.form-foot button');
  assert.equal(await eg.locator('[aria-invalid=true]').count() > 1, true, 'an empty form names what is missing');
  await eg.selectOption('[name=kind]', 'workshop');
  await eg.fill('[name=title]', 'ورشة تغليف المنتجات');
  await eg.check('[name=clauses][value="16"]');
  await eg.selectOption('[name=host]', 'QA');
  await press(eg, '.form-foot button');
  const path = new URL(eg.url()).pathname;
  await qa.goto(`${demo.base}/`);
  await press(qa, `a[href="${path}"]`);
  await sure(qa, `form[action="${path}/agree"] button`);
  assert.match(await qa.innerText('main'), /متفق عليه/);

  await eg.goto(`${demo.base}${path}/edit`);
  await eg.fill('[name=place]', 'الدوحة');
  await press(eg, '.form-foot button');
  assert.match(await eg.innerText('main'), /مقترح/);
  await qa.goto(`${demo.base}${path}`);
  await sure(qa, `form[action="${path}/agree"] button`);

  const dir = mkdtempSync(join(tmpdir(), 'activity-'));
  const png = join(dir, 'agenda.png');
  writeFileSync(png, await qa.screenshot());
  await qa.click('details:has([name=file]) summary');
  await qa.fill('[name=title]', 'جدول الأعمال');
  await qa.selectOption('[name=from]', 'QA');
  await qa.setInputFiles('[name=file]', png);
  await press(qa, `form[action="${path}/papers"] button`);
  assert.match(await qa.innerText('main'), /جدول الأعمال/);
  rmSync(dir, { recursive: true });
  const file = await eg.request.get(`${demo.base}${await qa.getAttribute(`a[href^="${path}/papers/"]`, 'href')}`);
  assert.equal(file.headers()['content-type'], 'image/jpeg');

  await qa.goto(`${demo.base}${path}`);
  await press(qa, `form[action="${path}/hold"] button`);
  await qa.goto(`${demo.base}${path}/edit`);
  await qa.fill('[name=outputs]', 'دليل تغليف مشترك');
  await press(qa, '.form-foot button');
  await eg.goto(`${demo.base}/activities/report`);
  assert.match(await eg.innerText('main'), /دليل تغليف مشترك/);
  for (const lang of ['ar', 'en']) {
    for (const page of [eg, qa]) {
      await page.goto(`${demo.base}/`);
      await language(page, demo.base, lang);
      for (const p of ['/activities', '/activities/new', path, `${path}/edit`, '/activities/report?year=2026', '/activities?strand=elderly&year=2024']) {
        await page.goto(demo.base + p);
        await check(page, `${lang} ${p}`, { lang });
      }
    }
  }
});
