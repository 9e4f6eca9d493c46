import { DESK, language, launch, open, PHONE, signIn } from './lib.mjs';
import { writeFileSync, readFileSync, mkdirSync } from 'node:fs';
const [base, spec, out] = process.argv.slice(2);
const visits = JSON.parse(readFileSync(spec, 'utf8'));
mkdirSync(out, { recursive: true });
const browser = await launch();
const shots = {};
for (const [who, paths] of Object.entries(visits)) for (const [name, viewport] of [['phone', PHONE], ['desk', DESK]]) for (const lang of ['ar', 'en']) {
  const page = await open(browser, { viewport, hasTouch: name === 'phone' });
  if (who !== 'nobody') await signIn(page, base, who); else await page.goto(base + '/signin');
  await language(page, base, lang);
  const first = async (q) => { await page.goto(`${base}/families?${q}`); return page.evaluate(() => [...document.querySelectorAll('main a')].map((a) => a.getAttribute('href').match(/^\/(?:families|registrations)\/(\d+)/)?.[1]).find(Boolean)); };
  const wants = (k) => paths.some((p) => p.includes(k));
  const known = { FAMILY: wants('FAMILY') && await first('state=approved'), DRAFT: wants('DRAFT') && await first('state=draft&entered_by=me'), REVIEW: wants('REVIEW') && await first('state=under_review&reviewer=me') };
  for (const p of paths) {
    const path = p.replace(/FAMILY|DRAFT|REVIEW/, (k) => known[k]);
    await page.goto(base + path); await page.waitForLoadState('networkidle');
    const over = await page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth);
    if (over > 0 || page.faults.length) console.log('!!', path, name, lang, over, page.faults.splice(0));
    const file = `${out}/s${Object.values(shots).flat().length}.png`;
    await page.screenshot({ path: file, fullPage: true });
    (shots[`${name}-${lang}`] ??= []).push({ file, label: `${who} ${p}` });
  }
  await page.context_.close();
}
// sheets
for (const [key, list] of Object.entries(shots)) {
  const per = key.startsWith('phone') ? 5 : 3;
  const w = key.startsWith('phone') ? 320 : 560;
  for (let i = 0; i < list.length; i += per) {
    const ctx = await browser.newContext({ viewport: { width: per * (w + 8), height: 400 } });
    const page = await ctx.newPage();
    const html = list.slice(i, i + per).map((s) => `<div style="width:${w}px;flex:none"><div style="font:11px sans-serif;background:#ff8;white-space:nowrap;overflow:hidden">${s.label}</div><img style="width:${w}px;max-height:${key.startsWith('phone') ? 1900 : 1500}px;object-fit:cover;object-position:top" src="data:image/png;base64,${readFileSync(s.file).toString('base64')}"></div>`).join('');
    await page.setContent(`<body style="margin:0;background:#888"><div style="display:flex;gap:8px;align-items:flex-start">${html}</div>`);
    await page.waitForTimeout(150);
    await page.screenshot({ path: `${out}/${key}-${String(i / per).padStart(2, '0')}.png`, fullPage: true });
    await ctx.close();
  }
}
await browser.close();
