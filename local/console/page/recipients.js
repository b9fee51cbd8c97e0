// The recipients as chips: Enter, comma or leaving the field adds what was typed; Backspace removes the last one.

import { byId, make } from "./dom.js";

export class Recipients {
  constructor(changed) {
    this.numbers = [];
    this.wrong = new Map(); // the error by position
    this.changed = changed;
    this.input = byId("to");
    this.input.addEventListener("keydown", (event) => this.onKey(event));
    this.input.addEventListener("blur", () => this.take());
    this.input.addEventListener("input", () => {
      if (/[,;]/.test(this.input.value)) this.take();
    });
    this.input.addEventListener("paste", (event) => {
      event.preventDefault();
      this.input.value += event.clipboardData.getData("text");
      this.take();
    });
    byId("chips").addEventListener("click", (event) => {
      if (event.target === event.currentTarget) this.input.focus();
    });
  }

  /** Add what was typed; numbers may have spaces, so a space ends a number only before a plus. */
  take() {
    const typed = this.input.value.split(/[,;\n\t]+|\s+(?=\+)/).map((entry) => entry.trim()).filter(Boolean);
    this.input.value = "";
    if (typed.length) this.add(typed);
  }

  add(numbers) {
    this.numbers = [...new Set([...this.numbers, ...numbers])];
    this.wrong.clear();
    this.show();
    this.changed();
  }

  remove(place) {
    this.numbers.splice(place, 1);
    this.wrong.clear();
    this.show();
    this.input.focus();
    this.changed();
  }

  /** Mark the entries that the API refused, by their positions. */
  mark(wrong) {
    const key = (map) => JSON.stringify([...map]);
    if (key(wrong) === key(this.wrong)) return; // not drawn again: a button there may have the focus
    this.wrong = wrong;
    this.show();
  }

  onKey(event) {
    if (event.key === "Enter" && !event.ctrlKey && !event.metaKey && this.input.value.trim()) {
      event.preventDefault();
      this.take();
    } else if (event.key === "Backspace" && !this.input.value && this.numbers.length) {
      this.remove(this.numbers.length - 1);
    }
  }

  show() {
    byId("recipients").replaceChildren(
      ...this.numbers.map((number, place) =>
        make("li", { class: this.wrong.has(place) ? "chip wrong" : "chip", title: this.wrong.get(place) ?? "" },
          make("span", {}, number),
          make("button", { type: "button", "aria-label": `Remove ${number}`, onclick: () => this.remove(place) }, "×"))),
    );
    this.input.placeholder = this.numbers.length ? "" : "+56912345678";
  }
}
