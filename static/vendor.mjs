// Copies what is served from node_modules into vendor/, with the licences, and cuts Tabler's style sheet to the families we use.
//
// Why cut: the whole sheet is 79 KB compressed, a third of the first view. Why by a list of families that we never use, and not by a
// scan of the templates: a scan would make each new page depend on re-running this script. Here every ordinary class of the grid, of
// forms, tables, cards, buttons, badges and spacing stays; views_test.go in internal/web/render fails for a class that is not defined.
import { readFileSync, writeFileSync, mkdirSync, copyFileSync, rmSync, existsSync } from 'node:fs';
import postcss from 'postcss';
import { buildSync } from 'esbuild';

const from = (p) => new URL('./node_modules/' + p, import.meta.url);
const to = (p) => new URL('./vendor/' + p, import.meta.url);

rmSync(to(''), { recursive: true, force: true });
for (const d of ['', 'tabler', 'fonts', 'htmx', 'jsqr', 'echarts', 'icons']) mkdirSync(to(d), { recursive: true });

// 1. Tabler: both directions, light theme only.
const droppedClasses = [
  // other people's widgets and parts of Tabler without a place here
  /^(ts-|tom-|litepicker|noUi|apexcharts|jvm-|fc-|dz-|dropzone|tox|plyr|clr-|star-|gl-|pickr|flatpickr|choices|hugerte|signature|filepond|swiper|fslightbox|turbo)/,
  /^(carousel|offcanvas|accordion|chat|payment|flag|brand-|social|img-|ribbon|stamp|card-stamp|card-sponsor|card-rotate|card-chart|chart|sparkline|legend|marker|rating|stars|nav-vertical|navbar-vertical|navbar-overlap|navbar-transparent|dimmer|loader|placeholder|popover|tooltip|bs-|segmented|nav-segmented|theme-|settings|switch-icon|cursor-|tracking|timeline|steps-vertical|tag|tags|toast|trees|signin|avatar-list|avatar-upload|form-imagecheck|form-colorinput|form-colorcheck|form-floating|form-range|ratio|countup|inline-player|mockup|page-wrapper-full|hr-text|divide-|icon-pulse|icon-tada|icon-rotate|icon-filled|icon-inline|shape|pricing|highlight|hljs|markdown|datagrid-narrow|scroll-|scrollable|shadow-|opacity-|blur-|backdrop-|hover-|on-hover|animated-dots|space-y|columns-|text-incl|table-selectable|table-transparent|form-selectgroup|form-help|input-icon-addon|list-separated|list-timeline|list-bordered|list-group-hoverable|accordion|tracking|page-center|vr$|fixed-|mt-n|mb-n|ms-n|me-n|m-n|mx-n|my-n|g-[67]|gx-[67]|gy-[67])/,
  /^(?!container).*-(xxl|xl)(-|$)/, /^(col|row-cols|offset|order|g|gx|gy|w|h|d|flex|justify|align|float|text|m[tbsexy]?|p[tbsexy]?|gap|row-gap|column-gap)-sm-/,
  /^(bg|text|btn|border|badge|alert|card|status|link|table|progress|nav|list-group-item|steps|step|avatar|btn-outline|btn-ghost|btn-light|stroke|fill|steps)-?(outline-|ghost-|status-)?(blue|azure|indigo|purple|pink|red|orange|yellow|lime|green|teal|cyan|facebook|twitter|linkedin|google|youtube|vimeo|dribbble|github|instagram|pinterest|vk|rss|flickr|bitbucket|tabler|x|gray-\d+|black|dark)(-|$)/,
  /^(icon-tabler|avatar|carousel)/, /^theme/, /^(modal|dropdown-menu-(card|columns|arrow)|dropdown-menu-dark|navbar-dark|dropup|dropstart|dropend|dropup-center)/,
];
const dropped = (selector) => {
  if (/\[data-bs-theme=["']?dark|\[data-bs-theme-|tom-select|litepicker/.test(selector)) return true;
  const classes = selector.match(/\.[_a-zA-Z][\w-]*/g) ?? [];
  return classes.some((c) => droppedClasses.some((re) => re.test(c.slice(1))));
};

// light(text) replaces light-dark(a, b) by a: there is one theme, and phones older than 2024 do not know the function.
const light = (text) => {
  for (let i; (i = text.indexOf('light-dark(')) >= 0; ) {
    let depth = 0, comma = -1, end = i + 10;
    for (; end < text.length; end++) {
      const ch = text[end];
      if (ch === '(') depth++;
      else if (ch === ')' && --depth === 0) break;
      else if (ch === ',' && depth === 1 && comma < 0) comma = end;
    }
    text = text.slice(0, i) + text.slice(i + 11, comma).trim() + text.slice(end + 1);
  }
  return text;
};

for (const [source, target] of [['tabler.rtl.min.css', 'tabler.rtl.css'], ['tabler.min.css', 'tabler.css']]) {
  const root = postcss.parse(readFileSync(from('@tabler/core/dist/css/' + source), 'utf8'));
  root.walkRules((rule) => {
    if (rule.parent.type === 'atrule' && /keyframes$/.test(rule.parent.name)) return;
    const keep = rule.selectors.filter((s) => !dropped(s));
    if (keep.length === 0) rule.remove();
    else if (keep.length < rule.selectors.length) rule.selectors = keep;
  });
  root.walkAtRules('font-face', (r) => r.remove());
  root.walkDecls((d) => { d.value = light(d.value); });
  const used = new Set();
  root.walkDecls(/^(animation|animation-name|-webkit-animation)$/, (d) => d.value.split(/[\s,]+/).forEach((w) => used.add(w)));
  root.walkAtRules(/keyframes$/, (r) => { if (!used.has(r.params)) r.remove(); });
  // Custom properties that nothing reads any more, again until none is left.
  for (let again = true; again; ) {
    again = false;
    const read = new Set((root.toString() + readFileSync(new URL('./css/app.css', import.meta.url), 'utf8')).match(/var\(\s*--[\w-]+/g)?.map((v) => v.replace(/var\(\s*/, '')));
    root.walkDecls(/^--/, (d) => { if (!read.has(d.prop)) { d.remove(); again = true; } });
    root.walkRules((r) => { if (r.nodes.length === 0) r.remove(); });
  }
  root.walkAtRules((r) => { if (r.nodes && r.nodes.length === 0) r.remove(); });
  writeFileSync(to('tabler/' + target), root.toString());
}
writeFileSync(to('tabler/LICENSE'), `Tabler (@tabler/core), cut by static/vendor.mjs. https://tabler.io
${readFileSync(from('@tabler/icons/LICENSE'), 'utf8')}`);

// 2. The letters: Arabic and Latin, regular and bold (500 falls back to 400 and 600 to 700, as CSS Fonts 4 section 5.2 says).
const font = '@fontsource/ibm-plex-sans-arabic/';
for (const script of ['arabic', 'latin']) for (const weight of [400, 700]) {
  copyFileSync(from(`${font}files/ibm-plex-sans-arabic-${script}-${weight}-normal.woff2`), to(`fonts/plex-${script}-${weight}.woff2`));
}
copyFileSync(from(font + 'LICENSE'), to('fonts/LICENSE'));

// 3. htmx.
copyFileSync(from('htmx.org/dist/htmx.min.js'), to('htmx/htmx.min.js'));
copyFileSync(from('htmx.org/LICENSE'), to('htmx/LICENSE'));

// 4. jsQR: reads badges where the browser itself cannot. It is loaded at the door only, when the camera is turned on.
copyFileSync(from('jsqr/dist/jsQR.js'), to('jsqr/jsQR.js'));
copyFileSync(from('jsqr/LICENSE'), to('jsqr/LICENSE'));

// 5. ECharts: bars and lines, drawn as SVG (on a canvas for pictures only), as one module. The rest of it would double its weight.
buildSync({ entryPoints: [new URL('./echarts.mjs', import.meta.url).pathname], outfile: to('echarts/echarts.js').pathname, bundle: true, minify: true, format: 'esm', target: 'es2020', legalComments: 'none' });
copyFileSync(from('echarts/LICENSE'), to('echarts/LICENSE'));

// 6. Icons: one sprite of the icons named in icons.txt.
const names = readFileSync(new URL('./icons.txt', import.meta.url), 'utf8').split(/\s+/).filter(Boolean);
let sprite = '<svg xmlns="http://www.w3.org/2000/svg">\n';
for (const name of names) {
  const file = from(`@tabler/icons/icons/outline/${name}.svg`);
  if (!existsSync(file)) throw new Error(`icons.txt: no such icon: ${name}`);
  const inner = readFileSync(file, 'utf8').replace(/<!--[\s\S]*?-->/g, '').replace(/^[\s\S]*?<svg[^>]*>/, '').replace(/<\/svg>\s*$/, '').replace(/\s*\n\s*/g, '');
  sprite += `<symbol id="${name}" viewBox="0 0 24 24" fill="none" stroke="currentColor" stroke-width="1.75" stroke-linecap="round" stroke-linejoin="round">${inner}</symbol>\n`;
}
writeFileSync(to('icons/icons.svg'), sprite + '</svg>\n');
copyFileSync(from('@tabler/icons/LICENSE'), to('icons/LICENSE'));
