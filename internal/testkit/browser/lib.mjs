// What the browser tests share: a server of their own, Chromium, signing in, and what every page must keep.
import { spawn } from 'node:child_process';
import { cpSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import assert from 'node:assert/strict';
import { chromium } from 'playwright-core';

const axe = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');
const binary = new URL('../../../bin/muntija', import.meta.url).pathname;

export const PHONE = { width: 360, height: 740 };
export const DESK = { width: 1280, height: 900 };
export const PASSWORD = 'nakhla-warda-nol-2026';
export const email = (name) => `${name}@demo.muntija.example`;

// serve starts the program on a free port and a new data folder; stop() ends it and removes the folder. The demo is copied from the folder that
// run.sh has filled once (MUNTIJA_DEMO); a file run by itself fills its own.
export function serve(...flags) {
  const dir = folder();
  if (process.env.MUNTIJA_DEMO && flags.includes('--demo')) cpSync(process.env.MUNTIJA_DEMO, dir, { recursive: true });
  return serveIn(dir, ...flags);
}

export const folder = () => mkdtempSync(join(tmpdir(), 'muntija-browser-'));

// serveIn does so in a data folder that may be filled.
export async function serveIn(dir, ...flags) {
  const child = spawn(binary, ['serve', '--addr', '127.0.0.1:0', '--data', dir, '--log-level', 'warn', ...flags], { stdio: ['ignore', 'pipe', 'pipe'] });
  let out = '';
  child.stderr.on('data', (d) => process.stderr.write(d));
  const base = await new Promise((resolve, reject) => {
    const late = setTimeout(() => reject(new Error(`the server did not start:\n${out}`)), 150_000);
    child.stdout.on('data', (d) => {
      out += d;
      const m = out.match(/Muntija is at (http:\S+)/);
      if (m && (flags.includes('--demo') ? out.includes('Demo sign-ins') : out.includes('/setup/'))) { clearTimeout(late); resolve(m[1]); }
    });
    child.on('exit', (code) => reject(new Error(`the server ended with ${code}:\n${out}`)));
  });
  return {
    base,
    link: out.match(/\/setup\/\S+/)?.[0],
    stop: ({ keep } = {}) => new Promise((done) => {
      child.removeAllListeners('exit');
      child.on('exit', () => { if (!keep) rmSync(dir, { recursive: true, force: true }); done(); });
      child.kill('SIGTERM');
    }),
  };
}

export const launch = (...more) => chromium.launch({
  executablePath: '/usr/bin/chromium',
  args: ['--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run', '--disable-background-networking', '--disable-component-update', '--disable-sync', ...more],
});

// A page that collects what must not happen: errors of scripts, refusals of the content security policy, failed answers.
export async function open(browser, options = {}) {
  const context = await browser.newContext({ viewport: DESK, locale: 'ar-EG', ...options });
  const page = await context.newPage();
  page.faults = [];
  page.setDefaultTimeout(60_000); // a machine that does something else beside it is slow, not wrong
  page.on('pageerror', (e) => page.faults.push(`script: ${e.message}`));
  page.on('console', (m) => { if (m.type() === 'error' && !/status of (4\d\d|503)|ERR_INTERNET_DISCONNECTED|Failed to fetch/.test(m.text())) page.faults.push(`console: ${m.text()}`); });
  page.on('response', (r) => { if (r.status() >= 500) page.faults.push(`${r.status()} ${r.url()}`); });
  page.context_ = context;
  return page;
}

export async function signIn(page, base, who, password = PASSWORD) {
  await page.goto(`${base}/signin`);
  await page.fill('[name=email]', who.includes('@') ? who : email(who));
  await page.fill('[name=password]', password);
  await Promise.all([page.waitForURL((u) => !u.pathname.startsWith('/signin') || u.pathname === '/signin/second'), page.click('main button.btn-primary')]);
}

export async function language(page, base, lang) {
  if (await page.getAttribute('html', 'lang') === lang) return;
  await Promise.all([page.waitForNavigation(), page.click(`form.locale button[value=${lang}]`)]);
  assert.equal(await page.getAttribute('html', 'lang'), lang);
}

// check holds the page in view to the rules of every page: WCAG 2.2 AA, one h1, nothing wider than the screen (nor than the screen "also"), small
// HTML, direction by language.
export async function check(page, label, { lang, also } = {}) {
  // The whole page in view: what a bar at the foot covers for the moment can be scrolled to.
  const size = page.viewportSize();
  await page.setViewportSize({ width: size.width, height: Math.min(12_000, await page.evaluate(() => document.documentElement.scrollHeight)) });
  await page.evaluate(axe);
  const found = await page.evaluate(async () => {
    const r = await globalThis.axe.run(document, { runOnly: ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice'] });
    return r.violations.map((v) => `${v.id}: ${v.nodes.slice(0, 3).map((n) => n.target.join(' ')).join(' | ')}`);
  });
  const wider = () => document.documentElement.scrollWidth - document.documentElement.clientWidth;
  if (also) {
    await page.setViewportSize(also);
    const over = await page.evaluate(wider);
    assert.ok(over <= 0, `${label}: ${over} px wider than a screen of ${also.width}`);
  }
  await page.setViewportSize(size);
  assert.deepEqual(found, [], `${label}: axe`);
  const facts = await page.evaluate(() => ({
    h1: document.querySelectorAll('h1').length,
    over: document.documentElement.scrollWidth - document.documentElement.clientWidth,
    lang: document.documentElement.lang, dir: document.documentElement.dir,
    missing: document.body.innerText.match(/⟦[^⟧]*⟧/g),
  }));
  assert.equal(facts.h1, 1, `${label}: h1`);
  assert.ok(facts.over <= 0, `${label}: ${facts.over} px wider than the screen`);
  assert.equal(facts.missing, null, `${label}: words are missing`);
  if (lang) assert.deepEqual([facts.lang, facts.dir], [lang, lang === 'ar' ? 'rtl' : 'ltr'], label);
  assert.deepEqual(page.faults, [], `${label}: faults`);
}

// arabic writes digits as an Arabic keyboard does.
export const arabic = (s) => s.replace(/\d/g, (d) => '٠١٢٣٤٥٦٧٨٩'[d]);

// nid makes a made-up Egyptian national id with the structure of a real one.
export function nid(birth, area, serial, woman = true) {
  const [y, m, d] = birth.split('-');
  const s = String(serial * 2 + (woman ? 0 : 1)).padStart(4, '0');
  const head = (y < '2000' ? '2' : '3') + y.slice(2) + m + d + area + s;
  const sum = [2, 7, 6, 5, 4, 3, 2, 7, 6, 5, 4, 3, 2].reduce((t, w, i) => t + w * Number(head[i]), 0);
  return head + String((11 - (sum % 11)) % 10);
}
