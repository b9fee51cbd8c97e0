// The magic numbers in a dialog: by group, each with the statuses that it leads to.

import { byId, make } from "./dom.js";

export class Numbers {
  constructor(onTake) {
    this.onTake = onTake;
    this.groups = null;
    this.dialog = byId("numbers");
    byId("open-numbers").addEventListener("click", () => this.open());
    byId("close-numbers").addEventListener("click", () => this.dialog.close());
    byId("find-number").addEventListener("input", () => this.show());
    this.dialog.addEventListener("click", (event) => {
      if (event.target === this.dialog) this.dialog.close(); // the backdrop
    });
  }

  async open() {
    this.dialog.showModal();
    byId("find-number").focus();
    this.groups ??= await (await fetch("/numbers")).json();
    this.show();
  }

  show() {
    if (this.groups === null) return; // not loaded yet
    const words = byId("find-number").value.toLowerCase().split(/\s+/).filter(Boolean);
    const groups = this.groups
      .map(({ title, numbers }) => ({ title, numbers: numbers.filter((one) => words.every((word) => described(one).includes(word))) }))
      .filter(({ numbers }) => numbers.length);
    byId("number-groups").replaceChildren(
      ...groups.map(({ title, numbers }) =>
        make("section", {}, make("h3", {}, title), make("ul", {}, numbers.map((one) => make("li", {}, this.choice(one)))))),
      groups.length ? "" : make("p", { class: "nothing" }, "No magic number matches."));
  }

  choice(one) {
    return make("button", { type: "button", class: "choice", onclick: () => this.take(one.number) },
      make("span", { class: "number" }, one.number),
      make("span", { class: "leads" }, one.leadsTo.map((status) => make("span", { class: `pill ${status}` }, status))),
      make("span", { class: "meaning" }, one.meaning, one.breaker && make("em", {}, `; opens the breaker ${one.breaker}`)));
  }

  take(number) {
    this.dialog.close();
    this.onTake(number);
    byId("text").focus();
  }
}

const described = (one) => [one.number, one.name, one.meaning, ...one.leadsTo, one.breaker].join(" ").toLowerCase();
