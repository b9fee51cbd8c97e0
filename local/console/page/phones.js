// The phones: one frame for each number, the one with the newest SMS first.

import { arrange, byId, make } from "./dom.js";
import { Phone } from "./phone.js";

const SHOWN = 12; // frames; others can be found by number
const BOTTOM = 1e9; // pixels, more than the height of a thread

export class Phones {
  constructor() {
    this.phones = new Map(); // by number, the one with the newest message last
    this.answers = new Map(); // by number
    this.optedOut = new Set();
    byId("find-phone").addEventListener("input", () => this.show());
    this.show();
  }

  take({ whole, messages }) {
    if (whole) {
      for (const phone of this.phones.values()) phone.messages = [];
    }
    for (const message of messages) {
      const phone = this.phones.get(message.recipient) ?? new Phone(message.recipient);
      this.phones.delete(message.recipient);
      this.phones.set(message.recipient, phone);
      phone.receive(message, { fresh: !whole });
    }
    for (const [number, phone] of this.phones) {
      if (!phone.messages.length) this.phones.delete(number);
    }
    this.show();
  }

  takeAnswers(answers) {
    this.answers = Map.groupBy(answers, (answer) => answer.phone);
    this.show();
  }

  takeOptOuts(numbers) {
    this.optedOut = new Set(numbers);
    this.show();
  }

  show() {
    const wanted = byId("find-phone").value.replace(/[^0-9]/g, "");
    const found = [...this.phones.values()].reverse().filter((phone) => phone.number.includes(wanted));
    const shown = found.slice(0, SHOWN);
    byId("phones-count").textContent = this.phones.size || "";
    byId("find-phone-field").hidden = this.phones.size <= 2 && !wanted;
    const rest = found.length - shown.length;
    const tops = shown.map(({ element, thread }) => (element.isConnected ? thread.scrollTop : BOTTOM));
    arrange(byId("shelf"), [
      ...(shown.length ? shown.map((phone) => phone.element) : [idle(wanted)]),
      ...(rest ? [make("p", { class: "rest" }, `and ${rest} more; find them by number`)] : []),
    ]);
    shown.forEach((phone, place) => {
      phone.thread.scrollTop = tops[place]; // moving a frame resets it
      phone.show(this.answers.get(phone.number) ?? [], this.optedOut.has(phone.number));
    });
  }
}

function idle(wanted) {
  return make("article", { class: "phone idle" },
    make("div", { class: "status-bar", "aria-hidden": "true" }, make("span", {}, "––:––")),
    make("div", { class: "lock" },
      make("p", {}, wanted ? "No phone has this number." : "No message yet."),
      make("p", {}, wanted ? "Phones appear with their first SMS." : "Send one: it appears here as the handset shows it.")));
}
