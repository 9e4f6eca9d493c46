// The programming interface: the document held by a public validator, answers by a public JSON Schema checker, a key made, used and revoked on its page,
// an address that is told of events, a template of messages.
import { test, before, after } from 'node:test';
import assert from 'node:assert/strict';
import { createServer } from 'node:http';
import { createHmac } from 'node:crypto';
import { Validator } from '@seriousme/openapi-schema-validator';
import Ajv from 'ajv/dist/2020.js';
import { serve, launch, open, signIn, language, check, PHONE, DESK } from './lib.mjs';

let site, browser;
const told = [];
const taker = createServer((req, res) => {
  let body = '';
  req.on('data', (d) => { body += d; });
  req.on('end', () => { told.push({ headers: req.headers, body }); res.end('ok'); });
});
before(async () => {
  await new Promise((ready) => taker.listen(0, '127.0.0.1', ready));
  site = await serve('--demo', '--hook-allow', '127.0.0.1');
  browser = await launch();
});
after(async () => { await browser?.close(); await site?.stop(); taker.close(); });

const shot = async (page, name) => { if (process.env.SHOTS) await page.screenshot({ path: `${process.env.SHOTS}/${name}.png`, fullPage: true }); };

// look checks a page in both languages on a phone and a desk.
async function look(page, path, name) {
  for (const lang of ['ar', 'en']) {
    await language(page, site.base, lang);
    for (const viewport of [PHONE, DESK]) {
      await page.setViewportSize(viewport);
      await page.goto(`${site.base}${path}`);
      await check(page, `${name} ${lang} ${viewport.width}`, { lang });
      await shot(page, `${name}-${lang}-${viewport.width}`);
    }
  }
}

test('the document is valid, and answers keep to its schemas', async () => {
  const doc = await (await fetch(`${site.base}/api/v1/openapi.json`)).json();
  const result = await new Validator().validate(structuredClone(doc));
  assert.deepEqual([result.valid, result.errors], [true, undefined], 'the OpenAPI document');

  // The validator is one that can say no.
  for (const spoil of [(d) => { delete d.info.title; }, (d) => { d.paths['/me'].get.responses['200'] = { content: 1 }; }, (d) => { d.openapi = '4'; }]) {
    const bad = structuredClone(doc);
    spoil(bad);
    assert.equal((await new Validator().validate(bad)).valid, false, String(spoil));
  }

  const page = await open(browser);
  await signIn(page, site.base, 'mahmoud.reviewer');
  await page.goto(`${site.base}/tokens`);
  await page.fill('[name=name]', 'ajv');
  for (const box of await page.locator('[name=scopes]').all()) await box.check();
  await page.click('main form button.btn-primary');
  const key = await page.inputValue('#token');
  await page.context_.close();

  const ajv = new Ajv({ strict: false, validateFormats: false });
  ajv.addSchema({ $id: 'doc', ...doc });
  const ask = async (method, path, status, token = key, sent = undefined, more = {}) => {
    const headers = { ...more, ...(token ? { authorization: `Bearer ${token}` } : {}) };
    if (method !== 'get') headers['idempotency-key'] = crypto.randomUUID();
    if (sent) headers['content-type'] = 'application/json';
    const r = await fetch(`${site.base}/api/v1${path}`, { method: method.toUpperCase(), headers, body: sent && JSON.stringify(sent) });
    const body = await r.json();
    assert.equal(r.status, status, `${method} ${path}: ${JSON.stringify(body)}`);
    assert.equal(r.headers.get('content-type').split(';')[0], status < 400 ? 'application/json' : 'application/problem+json');
    const pattern = path.split('?')[0].replace(/\/\d+/, '/{id}');
    const answer = doc.paths[pattern][method].responses[status];
    const at = status < 400 ? `doc#/paths/${pattern.replaceAll('~', '~0').replaceAll('/', '~1')}/${method}/responses/${status}/content/application~1json/schema` : 'doc#/components/schemas/Problem';
    assert.ok(answer, `${path}: ${status} is in the document`);
    const valid = ajv.getSchema(encodeURI(at).replaceAll('%7B', '%7B')) ?? ajv.compile({ $ref: encodeURI(at) });
    assert.ok(valid(body), `${path}: ${JSON.stringify(valid.errors)}`);
    body.headers = r.headers;
    return body;
  };
  const get = (path, status, token = key) => ask('get', path, status, token);
  const families = await get('/families?state=approved&limit=5', 200);
  assert.equal(families.items.length, 5);
  const id = families.items[0].id;
  for (const path of ['', '/members', '/project', '/events', '/assessment', '/products']) await get(`/families/${id}${path}`, 200);
  const next = await get(`/families?state=approved&limit=5&cursor=${families.page.next}`, 200);
  assert.notEqual(next.items[0].id, id);
  for (const path of ['/me', '/figures', '/products?limit=3', '/exhibitions?limit=3']) await get(path, 200);
  for (const path of ['/areas', '/reference', '/catalogue/products?limit=2']) await get(path, 200, '');
  await get('/families/999999999', 404);
  await get('/families?colour=red', 400);
  await get('/families', 401, '');

  // A program registers a family: begins a draft, is told what is missing, is told that its version is old, hands in.
  const empty = { case: {}, lead: { given_name: 'منى' }, guardian: {}, household: {}, address: {}, project: {}, skills: {}, finance: {}, consents: [] };
  const draft = await ask('post', '/families', 201, key, { form: empty });
  const at = draft.headers.get('location').replace('/api/v1', '');
  const form = await get(`${at}/form`, 200);
  assert.ok(form.problems.length > 3, 'what is missing is told');
  const match = { 'if-match': form.headers.get('etag') };
  empty.project.name = 'خياطة منى';
  const saved = await ask('put', `${at}/form`, 200, key, { form: empty }, match);
  await ask('put', `${at}/form`, 412, key, { form: empty }, match);
  await ask('put', `${at}/form`, 428, key, { form: empty });
  const refused = await ask('post', `${at}/submission`, 422, key, undefined, { 'if-match': saved.headers.get('etag') });
  assert.ok(refused.errors.some((e) => e.pointer?.startsWith('#/')), 'a problem says where');
  await ask('post', '/families', 422, key, { form: { lead: { shoe_size: 40 } } });
});

test('an analyst makes a key, uses it, and revokes it', async () => {
  const page = await open(browser, { viewport: PHONE });
  await signIn(page, site.base, 'karim.analyst');
  await look(page, '/tokens', 'tokens');
  await look(page, '/api/docs', 'docs');
  await page.goto(`${site.base}/tokens`);
  await page.click('main form[action="/tokens"] button.btn-primary');
  assert.equal(await page.locator('[data-summary] a').count(), 2, 'a name and a scope are asked for');
  await check(page, 'tokens with problems');
  await page.fill('[name=name]', 'لوحة المؤشرات');
  await page.fill('[name=days]', '٣٠');
  await page.check('[name=scopes][value="figures:read"]');
  await page.click('main form[action="/tokens"] button.btn-primary');
  await check(page, 'the key');
  await shot(page, 'token-made');
  const key = await page.inputValue('#token');
  assert.match(key, /^muntija_[\w-]{43}$/);
  const figures = () => fetch(`${site.base}/api/v1/figures`, { headers: { authorization: `Bearer ${key}` } });
  assert.equal((await figures()).status, 200);
  assert.equal((await fetch(`${site.base}/api/v1/families`, { headers: { authorization: `Bearer ${key}` } })).status, 403, 'a scope that was not ticked');
  await page.goto(`${site.base}/tokens`);
  assert.ok(!(await page.content()).includes(key), 'the key is not shown again');
  const row = page.locator('tr', { hasText: 'لوحة المؤشرات' });
  await row.locator('button').click();
  const sure = page.locator('dialog[open] button.btn-danger, dialog[open] [data-confirm-yes], dialog[open] button.btn-primary').first();
  await Promise.all([page.waitForNavigation(), sure.click()]);
  assert.equal(await row.locator('button').count(), 0);
  assert.equal((await figures()).status, 401);
  await page.context_.close();
});

test('an administrator has a program told of events, and writes a template', async () => {
  const page = await open(browser);
  await signIn(page, site.base, 'iman.admin');
  await look(page, '/hooks', 'hooks');
  await page.fill('[name=url]', 'https://10.1.2.3/in');
  await page.check('[name=kinds][value="family.decided"]');
  await page.click('main form[action="/hooks"] button.btn-primary');
  assert.equal(await page.locator('[data-summary] a').count(), 1, 'an address inside the network is refused');
  await check(page, 'hooks with problems');
  await page.fill('[name=url]', `http://127.0.0.1:${taker.address().port}/in`);
  await page.click('main form[action="/hooks"] button.btn-primary');
  const secret = await page.inputValue('#secret');
  await check(page, 'the secret');
  await page.click('main .crumb a');
  const hook = new URL(page.url()).pathname;
  await Promise.all([page.waitForNavigation(), page.click('form[action$="/ping"] button')]);
  for (let i = 0; i < 40 && told.length === 0; i++) await page.waitForTimeout(250);
  assert.equal(told.length, 1, 'the test event arrived');
  const [{ headers, body }] = told;
  const want = createHmac('sha256', Buffer.from(secret.replace('whsec_', ''), 'base64')).update(`${headers['webhook-id']}.${headers['webhook-timestamp']}.${body}`).digest('base64');
  assert.equal(headers['webhook-signature'], `v1,${want}`);
  assert.equal(JSON.parse(body).type, 'ping');
  await look(page, hook, 'hook');

  await look(page, '/messages', 'messages');
  await language(page, site.base, 'ar');
  await page.setViewportSize(PHONE);
  await page.goto(`${site.base}/message-templates?kind=family.rejected&channel=sms`);
  await check(page, 'template');
  await page.fill('[name=ar_text]', 'أهلًا {age}');
  await page.fill('[name=en_text]', '{name}: {number}');
  await page.click('button[name=do]');
  assert.equal(await page.locator('[data-summary] a').count(), 1, 'an unknown placeholder is named');
  await page.fill('[name=ar_text]', '{name}، لم يُقبل الطلب {number}. للتظلم راجعوا الوحدة الاجتماعية.');
  await page.click('button[name=do]');
  assert.match(await page.textContent('.api-preview'), /منى السيد/);
  await check(page, 'preview');
  await shot(page, 'template');
  await page.check('[name=active]');
  await Promise.all([page.waitForURL(/\/messages$/), page.click('main form button.btn-primary')]);
  await page.context_.close();
});
