// The main paths of each user: register on a phone, return, correct, approve, card, decision sheet, new criteria with their preview, sign-ins, languages.
import { after, before, test } from 'node:test';
import assert from 'node:assert/strict';
import { createHmac } from 'node:crypto';
import { crc32, deflateSync } from 'node:zlib';
import { arabic, check, launch, language, nid, open, PASSWORD, PHONE, serve, signIn } from './lib.mjs';

let demo, browser;
before(async () => { [demo, browser] = await Promise.all([serve('--demo'), launch()]); });
after(async () => { await browser?.close(); await demo?.stop(); });

const save = (page) => Promise.all([page.waitForNavigation(), page.click('form#reg-form button.btn-primary[type=submit]:not([name])')]);

// put fills a field of whatever kind, if the page has it.
async function put(page, name, value) {
  const field = page.locator(`main [name="${name}"]`).first();
  if (!(await field.count())) return false;
  const tag = await field.evaluate((e) => e.tagName + ':' + (e.type ?? ''));
  if (tag.startsWith('SELECT')) await field.selectOption(value);
  else if (/radio|checkbox/.test(tag)) await page.locator(`main [name="${name}"][value="${value}"]`).first().check();
  else await field.fill(value);
  return true;
}

// what a family answers, by step; the digits are typed as on an Arabic keyboard.
const answers = (id) => ({
  case: { 'case.channel': 'social_unit', 'case.social_unit': 'وحدة الفسطاط', 'case.association': 'جمعية أيادي الخير' },
  lead: { 'lead.name_en': 'Mona Hassan', 'lead.id_expiry': arabic('1/1/2031'), 'lead.marital_status': 'married', 'lead.breadwinner': 'no', 'lead.education': 'technical', 'lead.literacy': 'yes', 'lead.literacy_by': 'سيد عبد الرحيم', 'lead.disability': 'none', 'lead.phones[0].use': 'own', 'lead.birth_date': arabic('15/3/1990'), 'lead.sex': 'f' },
  guardian: {},
  household: { 'household.members[0].name': 'أحمد', 'household.members[0].relation': 'husband', 'household.size': arabic('2'), 'household.dependents': arabic('0'), 'household.tenure': 'owned' },
  protection: { 'household.income_band': 'below_half' },
  address: { 'address.area': 'EG-C', 'address.district': 'حي مصر القديمة', 'address.village': 'الفسطاط', 'address.lat': arabic('30.01'), 'address.lon': arabic('31.23') },
  project: { 'project.name': 'طمي منى', 'project.craft': 'PT', 'project.activity': 'فخار الفسطاط', 'project.stage': 'operating', 'project.at_home': 'yes', 'project.workers_family': arabic('2') },
  // A Hijri date: 14 Jumada al-akhira 1446 is 15 December 2024.
  skills: { 'skills.centre_graduate': 'no', 'skills.craft_proof': 'sample_seen', 'skills.training[0].kind': 'aptitude_test', 'skills.training[0].title': 'اختبار صلاحية', 'skills.training[0].centre': 'مركز التكوين المهني', 'skills.training[0].date': arabic('14/6/1446'), 'skills.training[0].result': 'passed' },
  formal: {},
  finance: { 'finance.est_value': arabic('12500'), 'finance.own_share': arabic('20'), 'finance.guarantee': 'collective', 'finance.guarantee_accepted': 'yes', 'finance.contract_accepted': 'yes' },
  consents: { 'consents[0].given': 'yes', 'consents[0].how': 'signature', 'consents[0].date': arabic('24/11/2026') },
});

async function begin(page, given, id, phone) {
  await page.goto(`${demo.base}/registrations/new`);
  for (const [name, value] of Object.entries({ 'lead.given_name': given, 'lead.rest_of_name': 'حسن عبد الجواد', 'lead.id_type': 'eg_nid', 'lead.id_number': arabic(id), 'lead.phones[0].number': arabic(phone), 'address.area': 'EG-C', 'case.application_date': arabic(today()), 'case.channel': 'social_unit' })) await put(page, name, value);
  await save(page);
  return Number(page.url().match(/registrations\/(\d+)\//)[1]);
}

const today = () => { const d = new Date(); return `${d.getDate()}/${d.getMonth() + 1}/${d.getFullYear()}`; };

async function fillSteps(page, id) {
  for (const [step, fields] of Object.entries(answers())) {
    if (step === 'consents') fields['consents[0].date'] = arabic(today());
    await page.goto(`${demo.base}/registrations/${id}/${step}`);
    const list = { household: 'household.members', skills: 'skills.training' }[step];
    if (list && !(await page.locator(`main [name="${list}[0].name"], main [name="${list}[0].kind"]`).count())) await page.click(`[data-row-add="${list}"]`);
    for (const [name, value] of Object.entries(fields)) await put(page, name, value);
    await save(page);
    const blocking = await page.locator('[data-summary] li').allInnerTexts();
    assert.deepEqual(blocking, [], `step ${step}`);
  }
}

// png draws a small picture, another one for every tone.
function png(tone) {
  const chunk = (type, data) => {
    const body = Buffer.concat([Buffer.from(type), data]);
    const head = Buffer.alloc(4), tail = Buffer.alloc(4);
    head.writeUInt32BE(data.length);
    tail.writeUInt32BE(crc32(body));
    return Buffer.concat([head, body, tail]);
  };
  const size = 64, header = Buffer.alloc(13);
  header.writeUInt32BE(size, 0);
  header.writeUInt32BE(size, 4);
  header.set([8, 2, 0, 0, 0], 8);
  const rows = Buffer.alloc(size * (1 + 3 * size), tone);
  for (let y = 0; y < size; y++) rows[y * (1 + 3 * size)] = 0;
  return Buffer.concat([Buffer.from('89504e470d0a1a0a', 'hex'), chunk('IHDR', header), chunk('IDAT', deflateSync(rows)), chunk('IEND', Buffer.alloc(0))]);
}

async function upload(page, id, types) {
  for (const type of types) {
    await page.goto(`${demo.base}/registrations/${id}/documents`);
    await page.selectOption('[name=type]', type);
    await page.setInputFiles('[name=file]', { name: 'صورة.png', mimeType: 'image/png', buffer: png(types.indexOf(type) * 9 + 40) });
    const [answer] = await Promise.all([page.waitForResponse((r) => r.request().method() === 'POST' && r.url().endsWith('/documents')), page.click('form[data-upload] button.btn-primary')]);
    assert.ok(answer.status() < 400, `upload of ${type}: ${answer.status()}`);
    await page.waitForLoadState('networkidle');
  }
}

async function handIn(page) {
  await page.click('main form[action$="/submit"] button[type=submit]');
  await Promise.all([page.waitForURL(/\/families\/\d+$/), page.locator('dialog[open] button').filter({ hasText: 'نعم' }).click()]);
}

let family;

test('a field worker registers a family on a phone, with Arabic digits', async () => {
  const page = await open(browser, { viewport: PHONE, hasTouch: true, isMobile: true });
  await signIn(page, demo.base, 'sayed.worker');
  const id = await begin(page, 'منى', nid('1990-03-15', '01', 777), '01001234599');
  family = id;
  await fillSteps(page, id);
  await upload(page, id, ['id_card', 'application_form', 'guarantee', 'contract', 'craft_proof', 'aptitude_result']);
  await page.goto(`${demo.base}/registrations/${id}/skills`);
  assert.match(await page.locator('main').innerText(), /2024/, 'the Hijri date is understood and shown in both calendars');
  await page.goto(`${demo.base}/registrations/${id}/review`);
  await check(page, 'review on a phone');
  assert.deepEqual(await page.locator('main a[href*="#f-"]').allInnerTexts(), [], 'nothing is left to mend');
  await handIn(page);
  assert.match(await page.locator('main').innerText(), /EG-\d{4}-\d{6}-\d{2}/);
  // An own entry cannot be taken into review by the one who entered it, and this role never decides.
  assert.equal(await page.locator('a[href$="/do/approve"], form[action$="/do/take"]').count(), 0);
  await page.context_.close();
});

test('the review page lists every problem with a link to its field', async () => {
  const page = await open(browser, { viewport: PHONE, hasTouch: true });
  await signIn(page, demo.base, 'sayed.worker');
  const id = await begin(page, 'سعاد', nid('1988-05-20', '01', 778), '01001234598');
  await page.goto(`${demo.base}/registrations/${id}/review`);
  const links = page.locator(`main a[href*="/registrations/${id}/"][href*="#f-"]`);
  assert.ok(await links.count() >= 5, `${await links.count()} links`);
  const href = await links.first().getAttribute('href');
  await page.goto(demo.base + href);
  assert.equal(await page.locator(`#${href.split('#')[1]}`).count(), 1, href);
  assert.equal(await page.locator('main form[action$="/submit"] button[type=submit]:not([disabled])').count(), 0, 'it cannot be handed in');
  await page.context_.close();
});

test('a draft is saved while typing, survives a closed tab and a lost signal, and does not overwrite another tab', async () => {
  const page = await open(browser, { viewport: PHONE, hasTouch: true });
  await signIn(page, demo.base, 'sayed.worker');
  const id = await begin(page, 'كريمة', nid('1985-02-02', '01', 779), '01001234597');
  const url = `${demo.base}/registrations/${id}/project`;
  await page.goto(url);
  const saved = page.waitForResponse((r) => r.request().method() === 'PUT' && r.ok(), { timeout: 5000 });
  await page.fill('[name="project.name"]', 'طمي كريمة');
  await saved;
  await page.goto('about:blank');
  await page.goto(url);
  assert.equal(await page.inputValue('[name="project.name"]'), 'طمي كريمة', 'typed and never submitted');

  // No signal: kept on the device, encrypted, and sent when the signal is back.
  await page.context_.setOffline(true);
  await page.fill('[name="project.activity"]', 'فخار وخزف');
  await page.waitForTimeout(2500);
  assert.equal(await page.evaluate(() => JSON.stringify(localStorage).includes('فخار وخزف')), false, 'not in the clear on the device');
  const again = page.waitForResponse((r) => r.request().method() === 'PUT' && r.ok(), { timeout: 30_000 });
  await page.context_.setOffline(false);
  await again;

  // Another tab saved meanwhile: both values are shown, neither is lost.
  await page.goto(url);
  const other = await page.context_.newPage();
  await other.goto(url);
  await other.fill('[name="project.name"]', 'اسم من التبويب الثاني');
  await Promise.all([other.waitForNavigation(), other.click('form#reg-form button.btn-primary[type=submit]:not([name])')]);
  await page.fill('[name="project.name"]', 'اسم من التبويب الأول');
  await page.waitForSelector('[data-autosave-conflict]:not([hidden])', { timeout: 8000 });
  const clash = await page.locator('[data-autosave-conflict]').innerText();
  assert.match(clash, /التبويب الثاني/);
  await page.context_.close();
});

test('it works without JavaScript', async () => {
  const page = await open(browser, { viewport: PHONE, javaScriptEnabled: false });
  await page.goto(`${demo.base}/signin`);
  await page.fill('[name=email]', 'sayed.worker@demo.muntija.example');
  await page.fill('[name=password]', PASSWORD);
  await page.click('main button.btn-primary');
  const id = await begin(page, 'نعمة', nid('1979-09-09', '01', 780), '01001234596');
  await page.goto(`${demo.base}/registrations/${id}/household`);
  await page.click('button[name=_add][value="household.members"]');
  await page.fill('[name="household.members[0].name"]', 'ليلى');
  await save(page);
  await page.goto(`${demo.base}/registrations/${id}/household`);
  assert.equal(await page.inputValue('[name="household.members[0].name"]'), 'ليلى');
  await page.context_.close();
});

async function decide(page, id, step, { reasons = [], note } = {}) {
  await page.goto(`${demo.base}/families/${id}/do/${step}`);
  if (!(await page.locator('main form .form-foot button[type=submit]').count())) assert.fail(`${step}: ${await page.locator('main').innerText()}`);
  for (const r of reasons) await page.check(`[name=reasons][value=${r}]`);
  if (note) await page.fill('[name=note]', note);
  await Promise.all([page.waitForNavigation(), page.click('main form .form-foot button[type=submit]')]);
}

test('a reviewer returns it, the worker corrects it, a reviewer approves it', async () => {
  const reviewer = await open(browser);
  await signIn(reviewer, demo.base, 'mahmoud.reviewer');
  await reviewer.goto(`${demo.base}/families/${family}`);
  await Promise.all([reviewer.waitForNavigation(), reviewer.click('form[action$="/do/take"] button')]);
  await decide(reviewer, family, 'return', { reasons: ['unclear_document'], note: 'الصورة غير واضحة' });
  const worker = await open(browser, { viewport: PHONE });
  await signIn(worker, demo.base, 'sayed.worker');
  assert.match(await worker.locator('main').innerText(), /منى حسن/, 'it waits on "my work"');
  await worker.goto(`${demo.base}/registrations/${family}/project`);
  await worker.fill('[name="project.capacity"]', arabic('40') + ' قطعة');
  await save(worker);
  await worker.goto(`${demo.base}/registrations/${family}/review`);
  await handIn(worker);
  await reviewer.goto(`${demo.base}/families/${family}`);
  await Promise.all([reviewer.waitForNavigation(), reviewer.click('form[action$="/do/take"] button')]);
  await decide(reviewer, family, 'approve');
  await reviewer.goto(`${demo.base}/families/${family}`);
  assert.match(await reviewer.locator('main').innerText(), /مسجَّلة/);

  // The decision sheet, on screen and on paper, and the card that anybody can check.
  await reviewer.goto(`${demo.base}/families/${family}/sheet`);
  await reviewer.emulateMedia({ media: 'print' });
  assert.equal(await reviewer.locator('header.bar').isVisible(), false, 'the bar is not printed');
  await reviewer.emulateMedia({ media: 'screen' });
  await reviewer.goto(`${demo.base}/families/${family}/card`);
  const address = await reviewer.locator('main').innerHTML();
  const token = address.match(/\/v\/([A-Za-z0-9_-]+)/)?.[1];
  assert.ok(token, 'the card names the address of its check');
  const anybody = await open(browser, { viewport: PHONE });
  await anybody.goto(`${demo.base}/v/${token}`);
  const seen = await anybody.locator('main').innerText();
  assert.match(seen, /EG-\d{4}-\d{6}-\d{2}/);
  assert.doesNotMatch(seen, /عبد الجواد/, 'the whole name is not told');
  await check(anybody, 'verification');
  // One letter other, in the middle of the signature: its last ones are nearly always the same.
  await anybody.goto(`${demo.base}/v/${token.slice(0, -20)}${token.at(-20) === 'A' ? 'B' : 'A'}${token.slice(-19)}`);
  assert.doesNotMatch(await anybody.locator('main').innerText(), /EG-\d{4}/);
  for (const p of [reviewer, worker, anybody]) await p.context_.close();
});

test('a protected number is shown on demand, and the showing is recorded', async () => {
  const page = await open(browser);
  await signIn(page, demo.base, 'hala.reviewer');
  await page.goto(`${demo.base}/families/${family}`);
  assert.doesNotMatch(await page.content(), new RegExp(nid('1990-03-15', '01', 777)));
  await page.locator('form[action$="/reveal"] button, button[hx-post$="/reveal"]').first().click();
  await page.waitForFunction((n) => document.body.innerText.includes(n), nid('1990-03-15', '01', 777));
  await page.context_.close();
  const admin = await open(browser);
  await signIn(admin, demo.base, 'iman.admin');
  await admin.goto(`${demo.base}/audit`);
  assert.match(await admin.locator('main').innerText(), /هالة زكريا/);
  assert.doesNotMatch(await admin.content(), new RegExp(nid('1990-03-15', '01', 777)));
  await admin.context_.close();
});

test('a new version of the criteria: builder, preview, publication, re-check; past decisions stay', async () => {
  const page = await open(browser);
  await signIn(page, demo.base, 'iman.admin');
  await page.goto(`${demo.base}/criteria/3/criteria/4/edit`);
  await page.click('button[name=_text]');
  await page.waitForSelector('textarea[name="rule.condition"]');
  await page.fill('textarea[name="rule.condition"]', 'age >= و');
  await page.waitForSelector('#check-rule-condition .expr-bad');
  await page.fill('textarea[name="rule.condition"]', 'age >= 30');
  await page.waitForSelector('#check-rule-condition .expr-good');
  await Promise.all([page.waitForURL(/\/criteria\/3#c4$/), page.click('main form > button.btn-primary[type=submit]')]);
  await page.goto(`${demo.base}/criteria/3/preview`);
  const left = Number((await page.locator('.figure-out .figure-n').innerText()).replace(/\D/g, ''));
  assert.ok(left > 0, 'somebody would leave');
  assert.ok(await page.locator('#names tbody tr').count() > 0, 'with names');
  const sheetBefore = await sheetText(page);
  await page.goto(`${demo.base}/criteria/3/preview`);
  await page.click('main form[action$="/publish"] button[type=submit]');
  await page.locator('dialog[open] button').filter({ hasText: 'نعم' }).click();
  await page.waitForURL(/\/criteria\/3$/);
  await page.click('form[action$="/recheck"] button');
  await page.waitForURL(/\/jobs\/\d+$/);
  await page.waitForFunction(() => document.querySelector('#job') && !document.querySelector('#job[data-poll]'), null, { timeout: 180_000 });
  assert.match(await page.locator('#job').innerText(), /اكتمل/);
  assert.equal(await sheetText(page), sheetBefore, 'the sheet of a past decision');
  await page.context_.close();

  async function sheetText(p) {
    await p.goto(`${demo.base}/families?state=rejected`);
    const href = await p.locator('main table a[href^="/families/"], main .list-card a[href^="/families/"]').first().getAttribute('href');
    await p.goto(demo.base + href);
    const sheets = await p.locator('a[href*="/sheet?a="]').evaluateAll((as) => as.map((a) => a.getAttribute('href')));
    if (!sheets.length) return 'no sheet';
    await p.goto(demo.base + sheets[0]);
    return p.locator('main').innerText();
  }
});

test('neither country sees the other, and roles see what the table says', async () => {
  const qatar = await open(browser);
  await signIn(qatar, demo.base, 'khalid.reviewer');
  for (const path of [`/families/${family}`, `/families/${family}/sheet`, `/families/${family}/card`]) {
    assert.equal((await qatar.goto(demo.base + path)).status(), 404, path);
  }
  await qatar.context_.close();
  const coordinator = await open(browser);
  await signIn(coordinator, demo.base, 'salwa.coordinator');
  await coordinator.goto(`${demo.base}/families/${family}`);
  const text = await coordinator.locator('main').innerText();
  assert.match(text, /فخار/);
  for (const hidden of ['أقل من نصف', 'أحمد', '0777']) assert.ok(!text.includes(hidden), `a coordinator sees ${hidden}`);
  await coordinator.context_.close();
});

test('the first administrator, an invitation, a second factor, language and password', async () => {
  const empty = await serve();
  try {
    const page = await open(browser);
    await page.goto(empty.base + empty.link);
    await check(page, 'set-up');
    const strong = 'qalam-hibr-waraq-1972';
    await put(page, 'name', 'إيمان شوقي');
    await put(page, 'email', 'iman@example.org');
    await put(page, 'party', 'EG');
    await put(page, 'new_password', strong);
    await put(page, 'repeat_password', strong);
    await Promise.all([page.waitForNavigation(), page.click('main button.btn-primary')]);
    assert.equal((await page.goto(empty.base + empty.link)).status(), 404, 'the link works once');
    await signIn(page, empty.base, 'iman@example.org', strong);
    await page.goto(`${empty.base}/families`);
    await check(page, 'an empty list');
    await page.goto(`${empty.base}/users/new`);
    for (const [k, v] of Object.entries({ name: 'محمود فؤاد', email: 'mahmoud@example.org', role: 'reviewer', all_areas: 'yes' })) await put(page, k, v);
    await page.click('main form button.btn-primary');
    await page.waitForLoadState();
    const link = (await page.content()).match(/\/link\/[A-Za-z0-9_-]{20,}/)?.[0];
    assert.ok(link, 'the invitation is shown once');
    const invited = await open(browser, { viewport: PHONE });
    await invited.goto(empty.base + link);
    await check(invited, 'invitation');
    await put(invited, 'new_password', 'midad-daftar-safha-88');
    await put(invited, 'repeat_password', 'midad-daftar-safha-88');
    await Promise.all([invited.waitForNavigation(), invited.click('main button.btn-primary')]);
    await signIn(invited, empty.base, 'mahmoud@example.org', 'midad-daftar-safha-88');
    await language(invited, empty.base, 'en');
    await check(invited, 'work in English', { lang: 'en' });

    // The second factor: enrol, sign out, sign in with a code.
    await invited.goto(`${empty.base}/account/factor`);
    await check(invited, 'second factor');
    const secret = (await invited.locator('.secret').innerText()).replace(/\s/g, '');
    await put(invited, 'code', totp(secret));
    await put(invited, 'current_password', 'midad-daftar-safha-88');
    await invited.click('button[name=do][value=on]');
    await invited.waitForLoadState();
    assert.match(await invited.locator('main').innerText(), /[A-Z0-9]{4}-[A-Z0-9]{4}/, 'recovery codes are shown');
    await invited.goto(`${empty.base}/account`);
    await invited.evaluate(() => document.querySelector('form[action="/signout"]').requestSubmit());
    await invited.waitForURL(/signin/);
    await signIn(invited, empty.base, 'mahmoud@example.org', 'midad-daftar-safha-88');
    assert.match(invited.url(), /second/);
    await check(invited, 'the code page');
    await put(invited, 'code', totp(secret, 30));
    await Promise.all([invited.waitForURL((u) => !u.pathname.startsWith('/signin')), invited.click('main button.btn-primary')]);
    assert.deepEqual([...page.faults, ...invited.faults], []);
    await page.context_.close();
    await invited.context_.close();
  } finally {
    await empty.stop();
  }
});

// totp is RFC 6238 with SHA-1, 30 seconds and 6 digits; ahead is seconds from now, since a code works once.
function totp(secret, ahead = 0) {
  let bits = '';
  for (const c of secret) bits += 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567'.indexOf(c).toString(2).padStart(5, '0');
  const key = Buffer.from(bits.match(/.{8}/g).map((b) => parseInt(b, 2)));
  const counter = Buffer.alloc(8);
  counter.writeBigUInt64BE(BigInt(Math.floor((Date.now() / 1000 + ahead) / 30)));
  const h = createHmac('sha1', key).update(counter).digest();
  return String((h.readUInt32BE(h[19] & 15) & 0x7fffffff) % 1_000_000).padStart(6, '0');
}
