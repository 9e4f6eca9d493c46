// Every page, for each role that may see it, in Arabic on a phone and in English on a desk: accessibility, width, words, direction, weight.
import { after, before, test } from 'node:test';
import assert from 'node:assert/strict';
import { readFileSync, readdirSync } from 'node:fs';
import { check, DESK, language, launch, open, PHONE, serve, signIn } from './lib.mjs';

let server, browser;
before(async () => { server = await serve('--demo'); browser = await launch(); });
after(async () => { await browser?.close(); await server?.stop(); });

// Pages by the pattern of their route. FAMILY is an approved family of the person's, DRAFT a draft, REVIEW one under review by the person.
const visits = {
  'sayed.worker': ['/', '/families', '/families?q=فاطمة', '/families?state=rejected&craft=GL&q=لاأحد', '/families/FAMILY', '/families/FAMILY/sheet', '/families/FAMILY/products/new', '/families/FAMILY/card', '/families/FAMILY/history',
    '/families/FAMILY/do/withdraw', '/registrations/new', ...['case', 'lead', 'guardian', 'household', 'protection', 'address', 'project', 'skills', 'formal', 'finance', 'consents', 'documents', 'visits', 'review'].map((s) => `/registrations/DRAFT/${s}`),
    '/account', '/account/password', '/criteria', '/criteria/1'],
  'mahmoud.reviewer': ['/', '/families', '/families/REVIEW', '/families/REVIEW/waive', '/families/REVIEW/do/approve', '/families/REVIEW/do/return', '/families/FAMILY/do/suspend'],
  'salwa.coordinator': ['/', '/families', '/families/FAMILY'],
  'karim.analyst': ['/', '/families', '/families/FAMILY', '/figures', '/dashboard', '/dashboard?view=both', '/reports', '/reports/1', '/reports/editions/1', '/catalogue/exhibitions', '/catalogue/exhibitions/2'],
  'iman.admin': ['/', '/families', '/users', '/users/new', '/users/2', '/users/15', '/users/15/work', '/users/15/work?next=yes&what=open&what=handed_in&what=registered&area=EG-SHG&area=EG-KN&area=EG-FYM', '/audit', '/criteria', '/criteria/3', '/criteria/3/edit', '/criteria/3/criteria/4/edit', '/criteria/3/criteria/21/edit', '/criteria/3/preview', '/jobs', '/jobs/1',
    '/account', '/no-such-page', '/families/999999'],
  'noora.worker': ['/', '/registrations/new'],
};

async function ids(page, who) {
  const first = async (q) => {
    await page.goto(`${server.base}/families?${q}`);
    return page.evaluate(() => [...document.querySelectorAll('main a')].map((a) => a.getAttribute('href').match(/^\/(?:families|registrations)\/(\d+)/)?.[1]).find(Boolean));
  };
  const wants = (k) => visits[who].some((p) => p.includes(k));
  return { FAMILY: wants('FAMILY') && await first('state=approved'), DRAFT: wants('DRAFT') && await first('state=draft&entered_by=me'), REVIEW: wants('REVIEW') && await first('state=under_review&reviewer=me') };
}

// Arabic on a phone and English on a desk; each page is measured at the other width too.
const looks = [['ar', PHONE, DESK], ['en', DESK, PHONE]];

for (const [who, paths] of Object.entries(visits)) {
  for (const [lang, viewport, also] of looks) {
    test(`${who}, ${lang}`, async () => {
      const page = await open(browser, { viewport, hasTouch: viewport === PHONE });
      await signIn(page, server.base, who);
      await language(page, server.base, lang);
      const failures = [];
      const known = await ids(page, who);
      for (const pattern of paths) {
        const path = pattern.replace(/FAMILY|DRAFT|REVIEW/, (k) => known[k]);
        if (/undefined|false/.test(path)) assert.fail(`${who} has no family for ${pattern}`);
        const answer = await page.goto(server.base + path);
        const body = await answer.body();
        assert.ok(answer.status() < 500, `${path}: ${answer.status()}`);
        if (!/no-such|999999/.test(path)) assert.equal(answer.status(), 200, path);
        if (body.length >= 60 * 1024) failures.push(`${path}: ${body.length} bytes of HTML`);
        try { await check(page, `${path} ${lang} ${viewport.width}`, { lang, also }); } catch (e) { failures.push(e.message); page.faults.length = 0; }
      }
      assert.deepEqual(failures, []);
      await page.context_.close();
    });
  }
}

test('pages for nobody, and the weight and calm of the first view', async () => {
  for (const lang of ['ar', 'en']) {
    const page = await open(browser, { viewport: PHONE });
    const session = await page.context_.newCDPSession(page);
    await session.send('Network.enable');
    let bytes = 0;
    session.on('Network.loadingFinished', (e) => { bytes += e.encodedDataLength; });
    await page.addInitScript(() => {
      globalThis.shift = 0;
      new PerformanceObserver((l) => { for (const e of l.getEntries()) if (!e.hadRecentInput) globalThis.shift += e.value; }).observe({ type: 'layout-shift', buffered: true });
    });
    await page.goto(`${server.base}/signin`);
    await page.waitForLoadState('networkidle');
    if (lang === 'ar') assert.ok(bytes > 20_000 && bytes < 300 * 1024, `first view: ${bytes} bytes`);
    assert.ok(await page.evaluate(() => globalThis.shift) < 0.05, 'layout shift');
    await language(page, server.base, lang);
    await check(page, `/signin ${lang}`, { lang });
    for (const path of ['/v/not-a-card', '/link/none', '/setup/none', '/families']) {
      await page.goto(server.base + path);
      await check(page, `${path} ${lang}`, { lang });
    }
    await page.context_.close();
  }
});

const web = new URL('../../web/', import.meta.url);
const routes = readdirSync(web).filter((f) => f.endsWith('.go') && !f.endsWith('_test.go'))
  .flatMap((f) => [...readFileSync(new URL(f, web), 'utf8').matchAll(/\{method: "GET", path: "([^"]+)", (?!id: )/g)].map((m) => m[1])); // one with an id is an operation of the interface
// fits reports whether an address belongs to a route.
const fits = (route, path) => { const a = route.split('/'), b = path.split('/'); return a.length === b.length && a.every((x, i) => x.startsWith(':') || x === b[i]); };
const routeOf = (path) => routes.filter((r) => fits(r, path)).sort((a, b) => a.split(':').length - b.split(':').length)[0];

// What links lead to, as each role finds it: one page of every route that no list above names.
const found = new Set();
test('pages that links lead to', async () => {
  const known = (route) => Object.values(visits).flat().some((p) => fits(route, p.split(/[?#]/)[0]));
  const failures = [];
  const files = /\.(csv|svg|xml|pdf|xlsx|ics|json)$|\/(file|marked|pdf|book|drawing|state|judge)$|photos|thumbs|papers\/\d+$|^\/(static|templates|documents)\/|^\/duplicates\/sheet$|^\/dashboard\/sheet|^\/reports\/editions\/\d+\/(sheet|pdf|json|print)|^\/allocations\/\d+\/letters\/print/;
  for (const who of ['mahmoud.reviewer', 'salwa.coordinator', 'sayed.worker', 'iman.admin', 'maryam.coordinator']) {
    const page = await open(browser, { viewport: PHONE });
    await signIn(page, server.base, who);
    await language(page, server.base, 'ar');
    const queue = ['/', '/exhibitions', '/venues', '/products', '/exhibitors', '/meetings', '/activities', '/imports', '/exports', '/catalogue', '/duplicates', '/calendar', '/dashboard', '/reports'], asked = new Set();
    const byRoute = new Map(); // a route is looked at once, and its links are followed from four pages of it
    const pages = [];
    while (queue.length && asked.size < 500) {
      const path = queue.shift();
      if (asked.has(path)) continue;
      asked.add(path);
      const route = routeOf(path.split('?')[0]);
      if (!route || files.test(path) || known(route) && asked.size > 1 || (byRoute.get(route) ?? 0) >= 4) continue;
      const answer = await page.request.get(`${server.base}${path}`);
      if (answer.status() !== 200 || !(answer.headers()['content-type'] ?? '').includes('text/html')) continue;
      byRoute.set(route, (byRoute.get(route) ?? 0) + 1);
      if (!found.has(route)) { found.add(route); if (!known(route)) pages.push(path); }
      queue.push(...[...(await answer.text()).matchAll(/<a [^>]*?href="?(\/[^"\s>?#]*)(\?)?/g)].filter((m) => !m[2]).map((m) => m[1]));
    }
    for (const [lang, viewport, also] of looks) {
      await page.goto(`${server.base}/`);
      await language(page, server.base, lang);
      await page.setViewportSize(viewport);
      for (const path of pages) {
        await page.goto(`${server.base}${path}`);
        try { await check(page, `${who} ${viewport.width} ${path}`, { lang, also }); } catch (e) { failures.push(e.message); page.faults.length = 0; }
      }
    }
    await page.context_.close();
  }
  assert.deepEqual(failures, []);
});

test('every GET route of the program is visited by these tests', () => {
  assert.ok(routes.length > 30, `found ${routes.length} routes`);
  // Addresses in any of these tests, here and in the tests of the rooms: '/users/2', `${server.base}/imports/${id}/rows`.
  const tests = new URL('./', import.meta.url);
  const literals = readdirSync(tests).filter((f) => f.endsWith('.test.mjs')).flatMap((f) => [...readFileSync(new URL(f, tests), 'utf8').matchAll(/['"`](?:\$\{[^}]*\})?(\/[^'"`\s]*)['"`]/g)].map((m) => m[1]));
  const seen = [...Object.values(visits).flat(), ...literals].map((p) => p.replace(/\$\{[^}]*\}/g, 'x').split(/[?#]/)[0]);
  // Not pages: checks of machines, files, suggestions, redirects; and pages that the walks see because they need a state of their own.
  const others = new Set(['/healthz', '/readyz', '/robots.txt', '/favicon.ico', '/.well-known/security.txt', '/registrations/districts', '/registrations/:id/edit', '/documents/:id', '/documents/:id/thumb',
    '/signin/second', '/account/factor', '/users/other',
    '/dashboard/sheet', '/reports/editions/:id/sheet', '/reports/editions/:id/pdf', '/reports/editions/:id/json', '/reports/editions/:id/print', '/allocations/:id/letters/print',
    // files, drawings and what scripts ask
    '/sitemap.xml', '/catalogue/photos/:id', '/catalogue/thumbs/:id', '/product-photos/:id', '/product-thumbs/:id', '/catalogue/print/book', '/catalogue/print/:id/pdf', '/plans/:id/export.json', '/plans/:id/export.xlsx',
    '/exhibitions/:id/roster.csv', '/exhibitions/:id/packing.csv', '/exhibitions/:id/report.csv', '/exhibitions/:id/roster.xlsx', '/exhibitions/:id/packing.xlsx', '/exhibitions/:id/report.xlsx', '/activities/report.xlsx', '/activities/:id/papers/:n', '/exports/:id/file', '/templates/members', '/templates/products', '/duplicates/sheet', '/allocations/:id/runs/:n/list.xlsx', '/draws/:id/file.json', '/seasons/:id/plan/drafts/:n/plan.xlsx', '/seasons/:id/plan/drafts/:n/judge', '/search/suggest', '/imports/:id/file', '/imports/:id/marked',
    '/plans/:id/audit.xlsx', '/plans/:id/drawing', '/plans/:id/drawing.svg', '/exhibitions/:id/halls/:hall/state', '/exhibitions/:id/halls/:hall/judge', '/exhibitions/:id/halls/:hall/drawing.svg',
    '/exhibitions/:id/halls/:hall/layouts/:n', '/exhibitions/:id/halls/:hall/layouts/:n/drawing.svg', '/exhibitions/:id/halls/:hall/drag',
    // secret links, and pages that need what the demo does not hold (an exhibition with a hall, a large export): the tests in Go walk them
    '/apply/:token', '/answer/:token', '/feeds/:token', '/exports/:id', '/exhibitions/:id/halls/:hall', '/exhibitions/:id/halls/:hall/print',
    // what their walks go through, by links
    '/merges/:id', '/allocations/:id/letters', '/duplicates/groups/:id', '/duplicates/decisions/:id', '/duplicates/decisions/:id/merge', '/duplicates/decisions/:id/unmerge', '/exhibitors/:id/edit', '/allocations/:id/runs/:n', '/allocations/:id/runs/:n/list', '/allocations/:id/runs/:n/force/:who', '/seasons/:id/plan/drafts/:n/changes', '/seasons/:id/plan/drafts/:n/compare',
    '/families/:id/developments/new', '/hooks/:id']);
  const unseen = routes.filter((r) => !others.has(r) && !found.has(r) && !seen.some((p) => fits(r, p)));
  assert.deepEqual(unseen, []);
});
