// Repeatable rows (data-rows="household.members" data-max="30"): adds a copy of the blank row in the group's <template> and removes a row, without
// asking the server, which does the same when there is no JavaScript. Names in the blank row carry [NEW], titles the word NEW. Each row is an
// element with data-row directly inside the group; rows stay numbered from 0 without a gap, as the server numbers them.

let started = false;

export function start() {
  if (started) return;
  started = true;
  document.addEventListener('click', (e) => {
    const add = e.target.closest('[data-row-add]'), remove = e.target.closest('[data-row-remove]');
    if (add) { if (addRow(add.closest('[data-rows]'))) e.preventDefault(); }
    if (remove) { if (removeRow(remove)) e.preventDefault(); }
  });
  document.querySelectorAll('[data-rows]').forEach(limit);
}

const rowsOf = (group) => [...group.querySelectorAll(':scope > [data-row]')];

function addRow(group) {
  const template = group?.querySelector(':scope > template');
  const count = group ? rowsOf(group).length : 0;
  if (!template || count >= Number(group.dataset.max ?? 30)) return Boolean(template);
  template.before(template.content.cloneNode(true));
  number(group);
  rowsOf(group).at(-1).querySelector('input:not([type=hidden]), select, textarea')?.focus();
  changed(group);
  return true;
}

function removeRow(button) {
  const row = button.closest('[data-row]'), group = row?.closest('[data-rows]');
  if (!group) return false;
  const beside = row.nextElementSibling?.matches('[data-row]') ? row.nextElementSibling : row.previousElementSibling;
  row.remove();
  number(group);
  (beside?.querySelector?.('.row-title') ?? group.querySelector('[data-row-add]'))?.focus();
  changed(group);
  return true;
}

const idOf = (name) => 'f-' + name.replace(/[^A-Za-z0-9_]+/g, '-').replace(/^-+|-+$/g, '');

// number names the rows from 0 as they stand, in names, ids and titles.
function number(group) {
  const pattern = group.querySelector(':scope > template')?.content.querySelector('.row-title')?.textContent ?? 'NEW';
  rowsOf(group).forEach((row, i) => {
    const was = row.querySelector('[data-row-remove]')?.value;
    const is = `${group.dataset.rows}[${i}]`;
    if (was && was !== is) {
      const from = idOf(was), to = idOf(is);
      for (const el of row.querySelectorAll('*')) {
        for (const { name, value } of [...el.attributes]) {
          if ((name === 'name' || name === 'value' || name === 'data-gps') && (value === was || value.startsWith(was + '.'))) el.setAttribute(name, is + value.slice(was.length));
          if (['id', 'for', 'aria-describedby', 'aria-labelledby', 'data-reveal'].includes(name)) {
            el.setAttribute(name, value.split(' ').map((id) => (id === from || id.startsWith(from + '-') ? to + id.slice(from.length) : id)).join(' '));
          }
        }
      }
    }
    const title = pattern.replace('NEW', String(i + 1));
    row.querySelectorAll('.row-title').forEach((t) => { t.textContent = title; });
    const hidden = row.querySelector('[data-row-remove] .visually-hidden');
    if (hidden) hidden.textContent = ' ' + title;
  });
  limit(group);
}

function limit(group) {
  const add = group.querySelector('[data-row-add]');
  if (add) add.hidden = rowsOf(group).length >= Number(group.dataset.max ?? 30);
}

const changed = (group) => group.dispatchEvent(new Event('input', { bubbles: true }));
