// What the other modules need to know of the page.

/** csrf returns the token that every request that changes something carries. */
export const csrf = () => document.querySelector('meta[name="csrf-token"]')?.content ?? '';

/** parsed returns the JSON in a data attribute, or an empty object. */
export function parsed(el, name) {
  try { return JSON.parse(el?.dataset[name] ?? '{}'); } catch { return {}; }
}

/** fill puts values into a text's {0}, {1}. */
export const fill = (text, ...values) => (text ?? '').replace(/\{(\d)\}/g, (_, i) => values[i] ?? '');
