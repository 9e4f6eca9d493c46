// Products go out as a workbook and come back: as they are they change nothing; one changed in Excel is one change, confirmed and taken back. axe, both languages.
import { after, before, test } from 'node:test';
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { check, language, launch, open, PHONE, serve, signIn } from './lib.mjs';

let server, browser, dir;
before(async () => { server = await serve('--demo'); browser = await launch(); dir = mkdtempSync(join(tmpdir(), 'muntija-products-')); });
after(async () => { await browser?.close(); await server?.stop(); if (dir) rmSync(dir, { recursive: true, force: true }); });

async function whole(page, label) {
  for (const lang of ['en', 'ar']) {
    await language(page, server.base, lang);
    await check(page, `${label} ${lang}`, { lang });
  }
}

// reprice writes another price into the first row of products of a workbook, as a person would in Excel.
function reprice(from, to) {
  execFileSync('python3', ['-c', `
import re, sys, zipfile
src, dst = sys.argv[1], sys.argv[2]
with zipfile.ZipFile(src) as a, zipfile.ZipFile(dst, 'w', zipfile.ZIP_DEFLATED) as b:
    texts = {n: a.read(n).decode() for n in a.namelist() if n.endswith('.xml')}
    sheet = max((n for n in texts if n.startswith('xl/worksheets/sheet')), key=lambda n: len(texts[n]))
    head = re.search(r'<c r="([A-Z]+)1"[^>]*>(?:(?!</c>).)*السعر', texts[sheet]).group(1)
    new, n = re.subn(r'(<c r="' + head + r'2"[^>]*><v>)[^<]*', r'\\g<1>77777', texts[sheet], count=1)
    assert n == 1, 'no price to change'
    for name in a.namelist():
        b.writestr(name, new if name == sheet else a.read(name))
`, from, to]);
}

async function upload(page, file) {
  await page.goto(`${server.base}/imports`);
  await page.setInputFiles('[name=file]', file);
  await page.click('form[enctype] button[type=submit]');
  await page.waitForFunction(() => /^\/imports\/\d+\/columns$/.test(location.pathname));
  await page.goto(page.url());
  await whole(page, 'columns');
  await page.click('form[action$="/columns"] button[type=submit]');
  await page.waitForSelector('.roster-tiles', { timeout: 60_000 });
  return page.url();
}

const counts = (page) => page.$$eval('.roster-tile .roster-count', (all) => all.map((x) => Number(x.textContent.trim().replace(/[^0-9]/g, ''))));

test('products out and in', async () => {
  const page = await open(browser, { viewport: PHONE, acceptDownloads: true });
  await signIn(page, server.base, 'sayed.worker');
  await page.goto(`${server.base}/families/export?kind=products`);
  await whole(page, 'export of products');
  const [download] = await Promise.all([page.waitForEvent('download'), page.click('form[action="/families/export"] button[type=submit]:not([name])')]);
  const file = join(dir, 'products.xlsx');
  await download.saveAs(file);

  await upload(page, file);
  const same = await counts(page);
  assert.ok(same[5] > 0 && same.every((n, i) => i === 5 || n === 0), `as they are they change nothing: ${same}`);

  const dearer = join(dir, 'dearer.xlsx');
  reprice(file, dearer);
  const at = await upload(page, dearer);
  const [, , , , products, unchanged] = await counts(page);
  assert.deepEqual([products, unchanged], [1, same[5] - 1]);
  await whole(page, 'dry run');
  await page.goto(`${at}/rows?show=changed`);
  await whole(page, 'the change');
  assert.match((await page.innerText('.roster-diff')).replace(/[,٬]/g, ''), /77777/);
  await page.goto(at);
  await page.click('form[action$="/confirm"] button[type=submit]');
  await page.waitForSelector('form[action$="/undo"]', { timeout: 60_000 });
  page.on('dialog', (d) => d.accept());
  await page.click('form[action$="/undo"] button[type=submit]');
  await page.waitForFunction(() => !document.querySelector('form[action$="/undo"]') && !document.querySelector('[data-poll]'), null, { timeout: 60_000 });
  await whole(page, 'undone');
  assert.deepEqual(page.faults, []);
});
