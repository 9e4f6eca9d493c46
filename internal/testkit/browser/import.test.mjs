// A messy roster goes in: upload, columns, dry run, confirmation, the marked workbook back, corrected and sent again, undone. axe on each page, both languages.
import { after, before, test } from 'node:test';
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { check, DESK, language, launch, open, PHONE, serve, signIn } from './lib.mjs';

let server, browser, dir;
before(async () => { server = await serve('--demo'); browser = await launch(); dir = mkdtempSync(join(tmpdir(), 'muntija-import-')); });
after(async () => { await browser?.close(); await server?.stop(); if (dir) rmSync(dir, { recursive: true, force: true }); });

const messy = new URL('../../../fixtures/import/association.xlsx', import.meta.url).pathname;

// rewrite changes texts of a workbook as a person would in Excel, and leaves all else as it is.
function rewrite(from, to, changes) {
  execFileSync('python3', ['-c', `
import sys, zipfile, json
src, dst, changes = sys.argv[1], sys.argv[2], json.loads(sys.argv[3])
with zipfile.ZipFile(src) as a, zipfile.ZipFile(dst, 'w', zipfile.ZIP_DEFLATED) as b:
    for n in a.namelist():
        body = a.read(n)
        if n.startswith('xl/worksheets/sheet') or n == 'xl/sharedStrings.xml':
            for old, new in changes:
                body = body.replace(old.encode(), new.encode())
        b.writestr(n, body)
`, from, to, JSON.stringify(changes)]);
}

// whole checks the page in view in both languages and comes back to Arabic.
async function whole(page, label) {
  for (const lang of ['en', 'ar']) {
    await language(page, server.base, lang);
    await check(page, `${label} ${lang}`, { lang });
  }
}

async function upload(page, file) {
  await page.goto(`${server.base}/imports`);
  await page.setInputFiles('[name=file]', file);
  await page.click('form[enctype] button[type=submit]');
  await page.waitForFunction(() => /^\/imports\/\d+\/columns$/.test(location.pathname));
  const at = page.url().replace('/columns', '');
  const answer = await page.goto(page.url());
  assert.ok((await answer.body()).length < 60 * 1024, 'the page of the columns is heavy');
  return at;
}

// checked answers the page of the columns and waits for the dry run, which the page shows by itself.
async function checked(page) {
  await page.click('form[action$="/columns"] button[type=submit]');
  await page.waitForSelector('.roster-tiles', { timeout: 180_000 });
}

const counts = (page) => page.$$eval('.roster-tile .roster-count', (all) => all.map((x) => x.textContent.trim()));

for (const [name, viewport] of [['desk', DESK], ['phone', PHONE]]) {
  test(`a roster, ${name}`, async () => {
    const page = await open(browser, { viewport, acceptDownloads: true });
    await signIn(page, server.base, 'fatma.worker');
    await page.goto(`${server.base}/imports`);
    await whole(page, 'list');

    const file = join(dir, `${name}.xlsx`); // another person's numbers on each device
    rewrite(messy, file, [['2900315260', name === 'desk' ? '2900315270' : '2900315280']]);
    const at = await upload(page, file);
    await whole(page, 'columns');
    assert.match(await page.inputValue('[name="s0.c2"]'), /رقم الهوية/);
    await page.fill('[name="s0.c11"]', 'حقل لا وجود له');
    await page.click('form[action$="/columns"] button[type=submit]');
    await page.waitForSelector('[data-summary]');
    await whole(page, 'columns with a problem');
    await page.goto(`${at}/columns`);
    await page.fill('[name="s0.k.case.application_date"]', '1/3/2026');
    await checked(page);
    await page.reload();
    await whole(page, 'dry run');
    const would = await counts(page);
    assert.ok(Number(would[1]) >= 1 && Number(would[6]) >= 1, `drafts and problems: ${would}`);
    for (const show of ['problem', 'draft', 'changed']) {
      await page.goto(`${at}/rows?show=${show}`);
      await whole(page, `rows ${show}`);
    }
    await page.goto(at);
    await page.click('form[action$="/confirm"] button[type=submit]');
    await page.waitForSelector('form[action$="/undo"]', { timeout: 180_000 });
    assert.deepEqual(await counts(page), would, 'what it did is what it said');
    await page.reload();
    await whole(page, 'done');

    const [download] = await Promise.all([page.waitForEvent('download'), page.click('a[href$="/marked"]')]);
    const marked = join(dir, `${name}-marked.xlsx`);
    await download.saveAs(marked);
    assert.equal(readFileSync(marked).subarray(0, 2).toString(), 'PK');

    // Corrected in its place and sent as it is, it brings in what was left.
    const corrected = join(dir, `${name}-corrected.xlsx`);
    rewrite(marked, corrected, [['خمسة آلاف', '5000']]);
    await upload(page, corrected);
    await checked(page);
    const again = await counts(page);
    assert.deepEqual([again[1], again[5], again[6]], ['1', '3', '0'], `one more draft, three as they are: ${again}`);

    page.once('dialog', (d) => d.accept());
    await page.goto(at);
    await page.click('form[action$="/undo"] button[type=submit]');
    const sure = page.locator('dialog[open] button.btn-primary, dialog[open] button[value=yes], dialog[open] .btn-danger');
    if (await sure.count()) await sure.first().click();
    await page.waitForFunction(() => !document.querySelector('form[action$="/undo"]') && !document.querySelector('[data-poll]') && document.querySelector('.roster-tiles'), null, { timeout: 180_000 });
    await page.reload();
    await whole(page, 'undone');
    assert.deepEqual(page.faults, []);
    await page.context_.close();
  });
}

test('a file that is none', async () => {
  const page = await open(browser);
  await signIn(page, server.base, 'fatma.worker');
  await page.goto(`${server.base}/imports`);
  await page.setInputFiles('[name=file]', { name: 'كشف.xlsx', mimeType: 'application/pdf', buffer: Buffer.from('%PDF-1.7 not a workbook') });
  await page.click('form[enctype] button[type=submit]');
  await page.waitForSelector('[data-summary]');
  await whole(page, 'refused');
  await page.context_.close();
});

test('an administrator sees that an import was, and nothing in it', async () => {
  const page = await open(browser);
  await signIn(page, server.base, 'iman.admin');
  await page.goto(`${server.base}/imports`);
  await whole(page, 'list of an administrator');
  assert.equal(await page.$('input[type=file]'), null);
  assert.ok(!(await page.textContent('main')).includes('.xlsx'));
  await page.context_.close();
});
