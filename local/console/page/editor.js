// The text field, with marks under characters that force Unicode or are replaced. Positions count code points, as in the API.

import { byId, make } from "./dom.js";

export class Editor {
  constructor(changed) {
    this.area = byId("text");
    this.marks = byId("marks");
    this.area.addEventListener("input", () => {
      this.mark(new Map()); // the marks belong to the earlier text
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

  /** Replace the text so that the browser's undo brings it back. */
  replace(text) {
    this.area.focus();
    this.area.select();
    // Deprecated, but the only way to change a text area with undo.
    if (!document.execCommand("insertText", false, text)) {
      this.area.value = text;
      this.area.dispatchEvent(new Event("input"));
    }
  }

  /** Mark characters; `kinds` has the kind of each by its position. */
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

  /** Select the character at a position. */
  select(place) {
    const before = [...this.text].slice(0, place).join("").length;
    const character = [...this.text][place] ?? "";
    this.area.focus();
    this.area.setSelectionRange(before, before + character.length);
  }
}
