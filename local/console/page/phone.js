// One phone: each SMS as the handset shows it, with marks between its segments, and its answers.

import { arrange, counted, make, post, timeOf } from "./dom.js";

const KEPT = 200; // messages on one phone
const LONGEST = 459; // characters of an answer: three segments

export class Phone {
  constructor(number) {
    this.number = number;
    this.messages = [];
    this.made = new Map(); // elements of the thread by key; they are kept, with focus and scroll position
    this.bar = make("div", { class: "status-bar", "aria-hidden": "true" });
    this.head = make("header");
    this.thread = make("div", { class: "thread", tabIndex: 0, role: "log", "aria-label": `Messages on ${number}` });
    this.field = make("input", {
      id: `answer-${number}`, class: "box", autocomplete: "off", maxLength: LONGEST, enterKeyHint: "send",
      "aria-describedby": `answer-error-${number}`,
    });
    this.error = make("p", { class: "answer-error", id: `answer-error-${number}`, role: "alert" });
    this.form = make("form", { class: "answer", noValidate: true, onsubmit: (event) => this.answer(event) },
      make("label", { class: "sr-only", htmlFor: this.field.id }, `Answer as ${number}`),
      this.field,
      make("button", { type: "submit", "aria-label": `Send the answer of ${number}` }, "↑"));
    this.mute = make("p", { class: "mute" }, "An SMS from a name cannot be answered.");
    this.element = make("article", { class: "phone", "aria-label": `Phone ${number}` },
      this.bar, this.head, this.thread, this.error, this.form, this.mute);
  }

  receive(message, { fresh }) {
    this.messages = [...this.messages, message].slice(-KEPT);
    if (fresh) this.made.set(message.submissionId, bubble(message, "bubble fresh"));
  }

  /** Update the frame; touch only what is new. */
  show(answers, optedOut) {
    const last = this.messages.at(-1);
    this.originator = this.messages.findLast(({ sender }) => /^[0-9]+$/.test(sender))?.sender;
    this.form.hidden = !this.originator;
    this.mute.hidden = Boolean(this.originator);
    this.field.placeholder = `Answer ${this.originator ?? ""}`;
    this.bar.replaceChildren(timeOf(last.receivedAt * 1000, { seconds: false }), make("span", {}, last.operator));
    this.head.replaceChildren(
      make("span", { class: "avatar", "aria-hidden": "true" }, [...last.sender][0]),
      make("span", { class: "sender" }, last.sender),
      make("span", {}, make("span", { class: "number" }, this.number),
        optedOut && make("span", { class: "pill rejected", title: "On the opt-out list: a send to it fails before any call" }, "opted out")));
    const wanted = this.entries(answers);
    const before = this.thread.lastElementChild;
    arrange(this.thread, wanted);
    if (before !== this.thread.lastElementChild) this.thread.scrollTop = this.thread.scrollHeight;
  }

  entries(answers) {
    const several = new Set(this.messages.map(({ sender }) => sender)).size > 1;
    const kept = new Map();
    const keep = (key, build) => kept.set(key, this.made.get(key) ?? build());
    const all = [...this.messages, ...answers].sort((a, b) => (a.receivedAt ?? a.sentAt) - (b.receivedAt ?? b.sentAt));
    let before = null;
    for (const one of all) {
      if (one.submissionId) {
        if (several && one.sender !== before) keep(`from ${one.submissionId}`, () => make("p", { class: "from" }, one.sender));
        before = one.sender;
        keep(one.submissionId, () => bubble(one));
      } else {
        keep(`answer ${one.id} ${one.posts}`, () => answered(one));
      }
    }
    this.made = kept;
    return [...kept.values()];
  }

  async answer(event) {
    event.preventDefault();
    const message = this.field.value.trim();
    if (!message) return;
    this.field.value = "";
    this.error.replaceChildren();
    const { status, body } = await post("/answers", { phone: this.number, originator: this.originator, message });
    if (status === 200) return; // the reply of the inbound address comes with the news
    this.field.value ||= message;
    this.error.textContent = body.errors?.[0].detail ?? body.error;
  }
}

function bubble(message, kind = "bubble") {
  const several = message.parts.length > 1;
  const text = make("p", { class: several ? "text several" : "text", dir: "auto" },
    message.parts.map((part, index) =>
      make("span", { class: "part", "data-part": several ? `${index + 1}/${message.parts.length}` : null }, part)));
  // Otherwise a frame that moves plays it again.
  const onanimationend = (event) => event.currentTarget.classList.remove("fresh");
  const arrives = message.reported === "delivered";
  return make("div", { class: arrives ? kind : `${kind} ghost`, onanimationend }, text,
    make("p", { class: "about" }, timeOf(message.receivedAt * 1000), " · ",
      several ? make("b", {}, counted(message.parts.length, "segment")) : "1 segment",
      ` · charset ${message.charset}`,
      !arrives && [" · ", make("b", {}, `reported as ${message.reported}`)]));
}

function answered({ message, sentAt, posts, status }) {
  const taken = posts > 0 && status === 200;
  const said = status === null ? "no answer" : `HTTP ${status}`;
  return make("div", { class: "bubble mine" },
    make("p", { class: "text", dir: "auto" }, make("span", { class: "sr-only" }, "Answer: "), message),
    make("p", { class: taken || !posts ? "about" : "about refused" }, timeOf(sentAt * 1000), " · ",
      !posts ? "being posted …" : taken ? "taken, HTTP 200" : `not taken by the inbound address: ${said} (${counted(posts, "post")})`));
}
