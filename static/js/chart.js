// Charts of the dashboards: each is drawn from the table behind it, so that nothing is said twice. Without this module the tables stand open.
import { init } from '../vendor/echarts/echarts.js';

const lang = document.documentElement.lang;
const rtl = document.documentElement.dir === 'rtl';
const calm = matchMedia('(prefers-reduced-motion: reduce)').matches;
// Told apart also by those who do not see red and green alike (Okabe and Ito, 2008), 3:1 on white and more.
const tones = { women: '#8A1538', men: '#0F766E', unsaid: '#64748B', all: '#1D4ED8', median: '#1D4ED8', p90: '#C2570C', median_women: '#8A1538', median_men: '#0F766E',
  up_women: '#8A1538', up_men: '#0F766E', down_women: '#C77B90', down_men: '#5FA8A0', EG: '#C2570C', QA: '#8A1538', free: '#94A3B8',
  spent: '#0F766E', reserved: '#C2570C', left: '#94A3B8' };
const short = new Intl.NumberFormat(lang === 'ar' ? 'ar-u-nu-latn' : 'en', { notation: 'compact', maximumFractionDigits: 1 });
const font = getComputedStyle(document.body).fontFamily;

/** read turns a panel's table into names and series. */
function read(panel) {
  const money = !['', 'days', undefined].includes(panel.dataset.unit);
  const heads = [...panel.querySelectorAll('thead th[data-tone]')];
  const rows = [...panel.querySelectorAll('tbody tr')];
  const value = (td) => {
    const n = td?.dataset.n ?? td?.textContent.replace(/[,٬\s]/g, '').replace(/[٠-٩]/g, (d) => d.charCodeAt(0) - 0x660);
    return /^-?\d+$/.test(n) ? Number(n) / (money ? 100 : 1) : null;
  };
  return {
    names: rows.map((r) => r.querySelector('th').textContent.trim()),
    series: heads.map((th, i) => ({ name: th.textContent.trim(), tone: th.dataset.tone, data: rows.map((r) => value(r.querySelectorAll('td')[i])), texts: rows.map((r) => r.querySelectorAll('td')[i]?.textContent.trim()) })),
  };
}

function options(panel, width) {
  const { names, series } = read(panel);
  const kind = panel.dataset.panel;
  const lying = kind === 'bars';
  const stacked = kind !== 'lines' && !series.some((s) => s.tone === 'all');
  const text = { fontFamily: font, fontSize: 12, color: '#3d3a36' };
  const clip = Math.max(90, Math.min(230, Math.round(width * 0.36)));
  const category = { type: 'category', data: names, inverse: lying || rtl, axisTick: { show: false }, axisLine: { lineStyle: { color: '#b9b1a5' } },
    axisLabel: { ...text, ...(lying ? { width: clip, overflow: 'break', lineHeight: 15 } : { hideOverlap: true, width: 74, overflow: 'break' }) }, position: lying && rtl ? 'right' : undefined };
  const values = { type: 'value', minInterval: 1, inverse: lying && rtl, position: !lying && rtl ? 'right' : undefined, splitNumber: 4, splitLine: { lineStyle: { color: '#e8e2d8' } },
    axisLabel: { ...text, formatter: (v) => short.format(v), hideOverlap: true } };
  return {
    animation: !calm, animationDuration: 300, textStyle: text, color: series.map((s) => tones[s.tone] ?? '#1D4ED8'),
    aria: { enabled: true, label: { enabled: false }, decal: { show: series.length > 1 && kind !== 'lines' } },
    legend: { show: series.length > 1, top: 0, data: series.map((s) => s.name)[rtl ? 'reverse' : 'slice'](), [rtl ? 'right' : 'left']: 0, align: rtl ? 'right' : 'left', itemWidth: 16, itemHeight: 10, textStyle: text, icon: kind === 'lines' ? undefined : 'rect' },
    grid: { top: series.length > 1 ? (width < 420 && series.length > 3 ? 58 : 34) : 12, bottom: 4, left: 4, right: 14, containLabel: true },
    tooltip: { renderMode: 'richText', trigger: 'axis', confine: true, axisPointer: { type: kind === 'lines' ? 'line' : 'shadow' }, textStyle: text,
      formatter: (at) => [names[at[0].dataIndex], ...at.map((p) => `${p.seriesName}: ${series[p.seriesIndex].texts[p.dataIndex]}`)].join('\n') },
    [lying ? 'yAxis' : 'xAxis']: category, [lying ? 'xAxis' : 'yAxis']: values,
    series: series.map((s) => ({ name: s.name, type: kind === 'lines' ? 'line' : 'bar', stack: stacked ? 'all' : undefined, data: s.data, barMaxWidth: 30, symbolSize: 6, connectNulls: false,
      lineStyle: { width: 2.5, type: s.tone.startsWith('median_') ? 'dashed' : 'solid' }, emphasis: { disabled: true } })),
  };
}

/** heightOf gives a line of bars room for a long name. */
function heightOf(panel, rows) {
  if (panel.dataset.panel !== 'bars') return 280;
  const long = [...panel.querySelectorAll('tbody th')].some((th) => th.textContent.trim().length > 24);
  return Math.max(150, 60 + (long ? 44 : 27) * rows);
}

for (const panel of document.querySelectorAll('[data-panel]')) {
  const box = panel.querySelector('.panel-chart');
  const rows = panel.querySelectorAll('tbody tr').length;
  box.hidden = false;
  box.style.height = `${heightOf(panel, rows)}px`;
  panel.querySelector('details.more').open = false;
  const chart = init(box, null, { renderer: 'svg' });
  const draw = () => chart.setOption(options(panel, box.clientWidth), true);
  draw();
  let wide = box.clientWidth;
  new ResizeObserver(() => {
    if (box.clientWidth === wide || box.clientWidth === 0) return;
    wide = box.clientWidth;
    chart.resize();
    draw();
  }).observe(box);
  const button = panel.querySelector('[data-png]');
  button.hidden = false;
  button.addEventListener('click', () => png(panel, rows));
}

/** png draws the chart anew on a canvas, with its title above it, and gives it to the person as a file. */
function png(panel, rows) {
  const width = 1000, height = heightOf(panel, rows) + 60;
  const off = document.createElement('div');
  off.style.cssText = `position:fixed;inset-block-start:-9999px;inline-size:${width}px;block-size:${height}px`;
  document.body.append(off);
  const chart = init(off, null, { renderer: 'canvas', devicePixelRatio: 2, width, height });
  const o = options(panel, width);
  o.animation = false;
  o.backgroundColor = '#ffffff';
  o.grid.top += 44;
  o.legend.top = 44;
  chart.setOption(o);
  const canvas = off.querySelector('canvas');
  const ctx = canvas.getContext('2d');
  ctx.save();
  ctx.font = `700 36px ${font}`;
  ctx.fillStyle = '#2b2825';
  ctx.direction = rtl ? 'rtl' : 'ltr';
  ctx.textAlign = 'start';
  ctx.setTransform(1, 0, 0, 1, 0, 0);
  ctx.fillText(panel.querySelector('h2').textContent, rtl ? canvas.width - 20 : 20, 50);
  ctx.restore();
  canvas.toBlob((blob) => {
    const a = document.createElement('a');
    a.href = URL.createObjectURL(blob);
    a.download = `${panel.dataset.name}.png`;
    a.click();
    setTimeout(() => URL.revokeObjectURL(a.href), 1000);
    chart.dispose();
    off.remove();
  }, 'image/png');
}
