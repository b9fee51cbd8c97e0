// The preview: segments, characters left, charset, what forces Unicode, and the cheaper spelling.

import { byId, counted, debounced, make } from "./dom.js";

const BLOCKS = 12; // segments that are drawn
const NAMED = 8; // characters that are listed
const ALPHABETS = { gsm7: "GSM 7-bit", ucs2: "Unicode" };
const UNITS = { gsm7: "septets", ucs2: "code units" };

export class Meter {
  constructor({ editor, onTake }) {
    this.editor = editor;
    this.onTake = onTake;
    this.plain = null; // the text that is offered
    this.speak = debounced(700, (said) => { byId("spoken").textContent = said; });
    document.addEventListener("keydown", (event) => {
      if (event.key === "F2" && this.plain !== null) {
        event.preventDefault();
        this.take();
      }
    });
    this.show(null);
  }

  show(preview) {
    const groups = preview?.groups ?? [];
    byId("meter").replaceChildren(...(groups.length ? groups.map((group) => gauge(group, groups.length > 1)) : [empty()]));
    this.showCauses(groups);
    this.showOffer(preview);
    this.speak(groups.map(spoken).join(". ") + (this.plain === null ? "" : ". There is a cheaper spelling: press F2 to use it."));
  }

  showCauses(groups) {
    const forcing = new Map(groups.flatMap((group) => group.forcedBy).map((one) => [one.position, one]));
    const replaced = new Map(groups.flatMap((group) => group.replaced).map((one) => [one.position, one]));
    this.editor.mark(new Map([
      ...[...replaced.values()].flatMap(({ position, original }) =>
        [...original].map((_, offset) => [position + offset, "replaced"])),
      ...[...forcing.keys()].map((position) => [position, "forces"]),
    ]));
    byId("causes").replaceChildren(...[this.forced([...forcing.values()].sort((one, other) => one.position - other.position), groups), transliterated([...replaced.values()])].filter(Boolean));
  }

  forced(characters, groups) {
    if (!characters.length) return null;
    const total = Math.max(...groups.map((group) => group.forcedByTotal));
    return make("p", { class: "forced" }, "Unicode because of ",
      characters.slice(0, NAMED).map(({ character, codePoint, position }) =>
        make("button", {
          type: "button", class: "character forces", title: `Show it in the text (${codePoint})`,
          "aria-label": `${codePoint} at ${position}: show it in the text`,
          onclick: () => this.editor.select(position),
        }, make("bdi", {}, visible(character)), ` at ${position}`)),
      total > NAMED && ` and ${total - NAMED} more`);
  }

  showOffer(preview) {
    const dearer = (preview?.groups ?? []).filter((group) => group.policy !== "plain" && cheaper(preview.plain, group));
    const dearest = dearer.sort((one, other) => other.segments - one.segments)[0];
    this.plain = dearest ? preview.plain.text : null;
    const box = byId("offer");
    box.hidden = !dearest;
    box.replaceChildren(...(dearest ? [
      make("p", {}, "Transliterated: ", make("strong", {}, saving(preview.plain, dearest))),
      make("p", { class: "sample", dir: "auto" }, preview.plain.text),
      make("button", { type: "button", id: "take", "aria-keyshortcuts": "F2", onclick: () => this.take() },
        "Use this text ", make("kbd", {}, "F2")),
    ] : []));
  }

  take() {
    const text = this.plain;
    this.plain = null;
    this.onTake(text);
  }
}

const cheaper = (plain, group) =>
  plain.segments < group.segments || (plain.alphabet !== group.alphabet && plain.alphabet === "gsm7");

const saving = (plain, group) =>
  plain.segments < group.segments
    ? `${counted(plain.segments, "segment")} instead of ${group.segments}, ${ALPHABETS[plain.alphabet]}`
    : `${ALPHABETS[plain.alphabet]}, ${plain.unitsLeft} left instead of ${group.unitsLeft}`;

const spoken = (group) =>
  `${counted(group.segments, "segment")}, ${group.unitsLeft} left, ${ALPHABETS[group.alphabet]}`;

function gauge(group, named) {
  const last = [...(group.parts.at(-1) ?? "")].length;
  const full = Math.min(group.segments, BLOCKS) - 1;
  const fill = make("i");
  fill.style.setProperty("width", `${(100 * last) / (last + group.unitsLeft || 1)}%`);
  return make("div", { class: "gauge", "data-alphabet": group.alphabet },
    named && make("p", { class: "whom" }, `${counted(group.recipients, "recipient")}, ${group.policy}`),
    make("div", { class: "blocks", "aria-hidden": "true" },
      Array.from({ length: full }, () => make("b", { class: "full" })), make("b", {}, fill)),
    make("p", { class: "figures" },
      make("strong", { class: "segments" }, counted(group.segments, "segment")),
      make("span", { class: "left", title: `${UNITS[group.alphabet]} that still fit into the last segment` }, `${group.unitsLeft} left`),
      make("span", { class: "charset", title: `${group.units} ${UNITS[group.alphabet]} in all` },
        `${ALPHABETS[group.alphabet]}, charset ${group.charset}`)));
}

function empty() {
  return make("div", { class: "gauge" },
    make("div", { class: "blocks", "aria-hidden": "true" }, make("b")),
    make("p", { class: "figures" }, make("span", {}, "Segments and charset are shown here while you type.")));
}

function transliterated(replaced) {
  if (!replaced.length) return null;
  const pairs = [...new Set(replaced.map((one) => `${visible(one.original)} → ${visible(one.replacement) || "nothing"}`))];
  return make("p", { class: "replaced" }, "Transliterated: ",
    pairs.slice(0, NAMED).map((pair) => make("bdi", { class: "character" }, pair)),
    pairs.length > NAMED && ` and ${pairs.length - NAMED} more`);
}

/** Show an invisible character by its code point. */
const visible = (text) => text.replace(/[\p{C}\p{Z}]/gu, (one) => (one === " " ? "␠" : `U+${one.codePointAt(0).toString(16).toUpperCase().padStart(4, "0")}`));
