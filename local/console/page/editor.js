// The message's text, with marks under the characters that cost something. Places are code points, as the API counts.

import { byId, make } from "./dom.js";

export class Editor {
  constructor(changed) {
    this.area = byId("text");
    this.marks = byId("marks");
    this.area.addEventListener("input", () => {
      this.mark(new Map()); // marks of an earlier text would stand in wrong places until the next preview
      changed();
    });
    this.area.addEventListener("scroll", () => { this.marks.scrollTop = this.area.scrollTop; });
  }

  get text() {
    return this.area.value;
  }

  clear() {
    this.area.value = "";
    this.mark(new Map());
  }

  /** Put another text in place of this one so that the browser's own undo brings it back. */
  replace(text) {
    this.area.focus();
    this.area.select();
    // Deprecated, and the one way to change a text area that its undo knows of.
    if (!document.execCommand("insertText", false, text)) {
      this.area.value = text;
      this.area.dispatchEvent(new Event("input"));
    }
  }

  /** Mark characters; `kinds` has, by their place, what each is. */
  mark(kinds) {
    const pieces = [];
    let plain = "";
    [...this.text].forEach((character, place) => {
      if (!kinds.has(place)) {
        plain += character;
        return;
      }
      pieces.push(plain, make("mark", { class: kinds.get(place) }, character));
      plain = "";
    });
    this.marks.replaceChildren(...pieces, plain, "\n");
    this.marks.scrollTop = this.area.scrollTop;
  }

  /** Select the character at a place, and show it. */
  select(place) {
    const before = [...this.text].slice(0, place).join("").length;
    const character = [...this.text][place] ?? "";
    this.area.focus();
    this.area.setSelectionRange(before, before + character.length);
  }
}
