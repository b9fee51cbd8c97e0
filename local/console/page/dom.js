// Making elements and posting. Text is added only as text nodes, because what is shown may be hostile.

/** Make an element: properties by name (`data-` and `aria-` as attributes, `on` as listeners), then its children. */
export function make(tag, properties = {}, ...children) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(properties)) {
    if (value === undefined || value === null || value === false) continue;
    if (name.startsWith("on")) element.addEventListener(name.slice(2), value);
    else if (name in element && name !== "role") element[name] = value;
    else element.setAttribute(name, value === true ? "" : value);
  }
  element.append(...children.flat().filter((child) => child !== null && child !== undefined && child !== false));
  return element;
}

/**
 * Give an element these children, in this order. A child that is in its place is not touched, so that it keeps its
 * focus and is not read aloud again. A child that moves keeps its focus too.
 */
export function arrange(parent, children) {
  const { activeElement } = document;
  const wanted = new Set(children);
  for (const child of [...parent.children]) if (!wanted.has(child)) child.remove();
  children.forEach((child, place) => {
    if (parent.children[place] !== child) parent.insertBefore(child, parent.children[place] ?? null);
  });
  if (activeElement !== document.activeElement && parent.contains(activeElement)) activeElement.focus({ preventScroll: true });
}

export const byId = (id) => document.getElementById(id);

/** Return "1 segment", "2 segments". */
export const counted = (number, noun) => `${number.toLocaleString("en")} ${noun}${number === 1 ? "" : "s"}`;

const CLOCK = { hour: "2-digit", minute: "2-digit", second: "2-digit", hourCycle: "h23" };

/** Make a `time` of an ISO time or epoch milliseconds, in the reader's zone; the date where it is not today. */
export function timeOf(instant, { seconds = true } = {}) {
  const date = new Date(instant);
  const today = date.toDateString() === new Date().toDateString();
  const clock = date.toLocaleTimeString("en", seconds ? CLOCK : { ...CLOCK, second: undefined });
  const day = today ? "" : `${date.toLocaleDateString("en", { day: "numeric", month: "short" })}, `;
  return make("time", { dateTime: date.toISOString(), title: date.toLocaleString() }, day + clock);
}

/** Run a function when it has not been called for some milliseconds. */
export function debounced(milliseconds, run) {
  let timer;
  return (...given) => {
    clearTimeout(timer);
    timer = setTimeout(() => run(...given), milliseconds);
  };
}

/** Post JSON to the console's server; if it does not answer, return an error as the API does. */
export async function post(address, value) {
  try {
    const headers = { "Content-Type": "application/json" };
    return await (await fetch(address, { method: "POST", headers, body: JSON.stringify(value) })).json();
  } catch {
    const errors = [{ detail: "The console does not answer. Is make local still running? It is safe to send again." }];
    return { errors, body: { errors } };
  }
}
