// The phones: one frame a number, each SMS as the handset shows it, with the cuts between its segments marked.

import { byId, counted, make, timeOf } from "./dom.js";

const SHOWN = 12; // frames; the others are found by number
const KEPT = 200; // messages on one phone

export class Phones {
  constructor() {
    this.phones = new Map(); // by number, the one with the newest message last
    this.fresh = new Set(); // submission ids that came while the page was open
    byId("find-phone").addEventListener("input", () => this.show());
    this.show();
  }

  take({ whole, messages }) {
    const first = whole;
    if (whole) this.phones.clear();
    for (const message of messages) {
      const thread = this.phones.get(message.recipient) ?? [];
      this.phones.delete(message.recipient);
      this.phones.set(message.recipient, [...thread, message].slice(-KEPT));
      if (!first) this.fresh.add(message.submissionId);
    }
    this.show();
    this.fresh.clear();
  }

  show() {
    const wanted = byId("find-phone").value.replace(/[^0-9]/g, "");
    const found = [...this.phones.keys()].reverse().filter((number) => number.includes(wanted));
    const frames = found.slice(0, SHOWN).map((number) => this.frame(number, this.phones.get(number)));
    byId("phones-count").textContent = this.phones.size || "";
    byId("find-phone-field").hidden = this.phones.size <= 2 && !wanted;
    const shelf = byId("shelf");
    shelf.replaceChildren(...(frames.length ? frames : [idle(wanted)]));
    if (found.length > SHOWN) shelf.append(make("p", { class: "rest" }, `and ${found.length - SHOWN} more; find them by number`));
    for (const thread of shelf.querySelectorAll(".thread")) thread.scrollTop = thread.scrollHeight;
  }

  frame(number, messages) {
    const last = messages.at(-1);
    const senders = new Set(messages.map((message) => message.sender));
    let before = null;
    const bubbles = messages.flatMap((message) => {
      const named = senders.size > 1 && message.sender !== before;
      before = message.sender;
      return [named && make("p", { class: "from" }, message.sender), this.bubble(message)];
    });
    return make("article", { class: "phone", "aria-label": `Phone ${number}` },
      make("div", { class: "status-bar", "aria-hidden": "true" },
        timeOf(last.receivedAt * 1000, { seconds: false }), make("span", {}, last.operator)),
      make("header", {},
        make("span", { class: "avatar", "aria-hidden": "true" }, [...last.sender][0]),
        make("span", { class: "sender" }, last.sender),
        make("span", { class: "number" }, number)),
      make("div", { class: "thread", tabIndex: 0, role: "log", "aria-label": `Messages on ${number}` }, bubbles));
  }

  bubble(message) {
    const several = message.parts.length > 1;
    const text = make("p", { class: several ? "text several" : "text", dir: "auto" },
      message.parts.map((part, index) =>
        make("span", { class: "part", "data-part": several ? `${index + 1}/${message.parts.length}` : null }, part)));
    return make("div", { class: this.fresh.has(message.submissionId) ? "bubble fresh" : "bubble" }, text,
      make("p", { class: "about" }, timeOf(message.receivedAt * 1000), " · ",
        several ? make("b", {}, counted(message.parts.length, "segment")) : "1 segment",
        ` · charset ${message.charset}`));
  }
}

function idle(wanted) {
  return make("article", { class: "phone idle" },
    make("div", { class: "status-bar", "aria-hidden": "true" }, make("span", {}, "––:––")),
    make("div", { class: "lock" },
      make("p", {}, wanted ? "No phone has this number." : "No message yet."),
      make("p", {}, wanted ? "Phones appear with their first SMS." : "Send one: it appears here as the handset shows it.")));
}
